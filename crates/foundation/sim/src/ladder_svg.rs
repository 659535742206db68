use std::fmt::Write;

use crate::ladder::{Ladder, Rung, RungEnd};
use crate::text::{shorten, svg_head, xml};
use crate::{Reason, Side};

const WIDTH: u64 = 680;
const LEFT: u64 = 120;
const RIGHT: u64 = 560;
/// Where the names stand, and the first entry.
const TOP: u64 = 26;
const FIRST: u64 = 52;
/// The least distance between two entries, so that their texts do not touch.
const LINE: u64 = 17;
/// How many pixels are shared out between the entries in proportion to the time between them.
const STRETCH: u128 = 280;
/// How many characters of a label fit between the lines.
const LABEL: usize = 52;

const STYLE: &str = "line { stroke: currentColor; stroke-width: 1.3; }
path { fill: currentColor; }
.end { stroke-width: 2; }
.time { opacity: .75; }
.label { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
.note { font-style: italic; }
.lost line { stroke: var(--loss); stroke-dasharray: 5 3; }
.lost path { stroke: var(--loss); stroke-width: 2; fill: none; }
.lost .time { fill: var(--loss); opacity: 1; }";

impl Ladder {
    /// The picture as SVG, without scripts, for light and dark pages. Arrows slant with the time a packet takes; as every entry
    /// takes at least a line, distances are not quite to scale, and the times stand beside. The same ladder
    /// gives the same bytes.
    pub fn svg(&self, title: &str) -> String {
        let heights = self.heights();
        let bottom = heights.last().copied().unwrap_or(FIRST) + 24;
        let mut out = svg_head("wirelab-ladder", (WIDTH, bottom + 6), title, &self.description(), STYLE);
        for (x, name) in [LEFT, RIGHT].into_iter().zip(&self.names) {
            let _ = writeln!(out, "<text x=\"{x}\" y=\"{TOP}\" text-anchor=\"middle\">{}</text>", xml(name));
            let top = TOP + 8;
            let _ = writeln!(out, "<line class=\"end\" x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{bottom}\"/>");
        }
        // Labels last: they lie above the arrows that cross them.
        for rung in &self.rungs {
            self.draw_arrow(&mut out, rung, &heights);
        }
        for rung in &self.rungs {
            self.draw_label(&mut out, rung, &heights);
        }
        out.push_str("</svg>\n");
        out
    }

    fn description(&self) -> String {
        let [left, right] = &self.names;
        let packets = self.rungs.iter().filter(|rung| rung.end != RungEnd::Note).count();
        let dropped = self.rungs.iter().filter(|rung| matches!(rung.end, RungEnd::Dropped(_))).count();
        let end = self.moments.last().copied().unwrap_or_default();
        format!(
            "A conversation of {left} and {right}: {packets} packets, {dropped} of them dropped, until {end}."
        )
    }

    /// How far down each entry of the log stands.
    fn heights(&self) -> Vec<u64> {
        let first = self.moments.first().copied().unwrap_or_default();
        let whole = self.moments.last().map_or(0, |&last| (last - first).as_nanos()).max(1);
        let mut y = FIRST;
        let mut before = first;
        let mut heights = Vec::with_capacity(self.moments.len());
        for (index, &moment) in self.moments.iter().enumerate() {
            let stretch = (moment - before).as_nanos() * STRETCH / whole;
            y += u64::try_from(stretch).unwrap_or(0) + if index > 0 { LINE } else { 0 };
            heights.push(y);
            before = moment;
        }
        heights
    }

    fn draw_arrow(&self, out: &mut String, rung: &Rung, heights: &[u64]) {
        let height = |index: usize| heights.get(index).copied().unwrap_or(FIRST);
        let (near, far) = if rung.from == Side::Client { (LEFT, RIGHT) } else { (RIGHT, LEFT) };
        let y = height(rung.at);
        let middle = (near + 2 * far) / 3;
        match &rung.end {
            RungEnd::Note => {}
            RungEnd::Arrived(at) => {
                let end = height(*at);
                let _ = writeln!(out, "<line x1=\"{near}\" y1=\"{y}\" x2=\"{far}\" y2=\"{end}\"/>");
                let _ = writeln!(out, "<path d=\"{}\"/>", arrow_head((near, y), (far, end)));
                draw_time(out, rung.from.other(), end, &self.time(*at));
            }
            RungEnd::UnderWay(_) => {
                let _ = writeln!(out, "<line x1=\"{near}\" y1=\"{y}\" x2=\"{middle}\" y2=\"{}\"/>", y + 6);
            }
            RungEnd::Dropped(reason) => draw_drop(out, rung.from, (near, y), middle, *reason),
        }
    }

    fn draw_label(&self, out: &mut String, rung: &Rung, heights: &[u64]) {
        let y = heights.get(rung.at).copied().unwrap_or(FIRST);
        let (x, anchor) = if rung.from == Side::Client { (LEFT + 14, "start") } else { (RIGHT - 14, "end") };
        // A packet's label stands above its arrow, a note beside its time.
        let (class, y_text) =
            if rung.end == RungEnd::Note { ("label note", y + 4) } else { ("label", y - 4) };
        let label = xml(&shorten(&rung.label, LABEL));
        let _ = writeln!(
            out,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y_text}\" text-anchor=\"{anchor}\">{label}</text>"
        );
        draw_time(out, rung.from, y, &self.time(rung.at));
    }
}

fn draw_time(out: &mut String, side: Side, y: u64, text: &str) {
    let (x, anchor) = if side == Side::Client { (LEFT - 8, "end") } else { (RIGHT + 8, "start") };
    let y = y + 4;
    let _ = writeln!(out, "<text class=\"time\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>");
}

/// A broken line that ends in a cross.
fn draw_drop(out: &mut String, from: Side, start: (u64, u64), x: u64, reason: Reason) {
    let ((near, y), end) = (start, start.1 + 6);
    let _ = writeln!(out, "<g class=\"lost\"><line x1=\"{near}\" y1=\"{y}\" x2=\"{x}\" y2=\"{end}\"/>");
    let (left, right, up, down) = (x - 5, x + 5, end - 5, end + 5);
    let _ = writeln!(out, "<path d=\"M{left},{up} L{right},{down} M{left},{down} L{right},{up}\"/>");
    draw_time(out, from.other(), end, &reason.to_string());
    out.push_str("</g>\n");
}

/// A triangle at `to`, pointing away from `from`.
fn arrow_head(from: (u64, u64), to: (u64, u64)) -> String {
    let (x, y) = (to.0 as f64, to.1 as f64);
    let (dx, dy) = (x - from.0 as f64, y - from.1 as f64);
    // Divisions and roots are rounded in the same way everywhere, so this too is the same to the byte.
    let length = (dx * dx + dy * dy).sqrt().max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let corner = |side: f64| (x - 9.0 * ux - side * uy, y - 9.0 * uy + side * ux);
    let ((ax, ay), (bx, by)) = (corner(4.0), corner(-4.0));
    format!("M{x:.0},{y:.0} L{ax:.1},{ay:.1} L{bx:.1},{by:.1} z")
}
