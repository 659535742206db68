use std::collections::BTreeSet;

use crate::ladder::{Ladder, Rung, RungEnd};
use crate::ladder_links;
use crate::svg::{Svg, stylesheet};
use crate::text::{shorten, width};
use crate::{Reason, Side};

const WIDTH: u64 = 680;
pub(crate) const LEFT: u64 = 120;
pub(crate) const RIGHT: u64 = 560;
/// Where the names stand, and the first entry.
const TOP: u64 = 26;
const FIRST: u64 = 52;
/// The least distance between two entries, so that their texts do not touch.
const LINE: u64 = 17;
/// How much further down than a line a label that follows a note has to stand: it stands above its entry's height, and the note below.
const BEHIND_NOTE: u64 = 8;
/// How many pixels are shared out between the entries in proportion to the time between them.
const STRETCH: u128 = 280;
/// How many characters of a label fit between the lines.
pub(crate) const LABEL: usize = 52;

/// How many characters fit between the lines in all.
const LANE: usize = 55;

const STYLE: &str = "line { stroke: currentColor; stroke-width: 1.3; }
path { fill: currentColor; }
.end { stroke-width: 2; }
.time { opacity: .75; }
.label { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
.note { font-style: italic; }
.lost line { stroke: var(--loss); stroke-dasharray: 5 3; }
.lost path { stroke: var(--loss); stroke-width: 2; fill: none; }
.lost .time { fill: var(--loss); opacity: 1; }";

const CLASS: &str = "wirelab-ladder";

impl Ladder {
    /// The picture as SVG, without scripts, for light and dark pages. Arrows slant with the time a packet takes; as every entry
    /// takes at least a line, distances are not quite to scale, and the times stand beside. The same ladder
    /// gives the same bytes.
    pub fn svg(&self, title: &str) -> String {
        let links = if self.rungs.iter().any(|rung| rung.link.is_some()) { ladder_links::STYLE } else { "" };
        self.draw(title, &stylesheet(CLASS, &[STYLE, links].join("\n")))
    }

    /// The picture for a page that has the [`stylesheet`](Self::stylesheet) and allows no other.
    pub fn svg_without_style(&self, title: &str) -> String {
        self.draw(title, "")
    }

    /// The style of all ladders, with links or without.
    pub fn stylesheet() -> String {
        stylesheet(CLASS, &[STYLE, ladder_links::STYLE].join("\n"))
    }

    fn draw(&self, title: &str, style: &str) -> String {
        let heights = self.heights();
        let bottom = heights.last().copied().unwrap_or(FIRST) + 24;
        let mut svg = Svg::new(CLASS, (WIDTH, bottom + 6), title, &self.description(), style);
        for (x, name) in [LEFT, RIGHT].into_iter().zip(&self.names) {
            svg.text("", (x, TOP), "middle", name);
            svg.line("end", (x, TOP + 8), (x, bottom));
        }
        // Labels late: they lie above the arrows that cross them.
        for rung in &self.rungs {
            self.draw_arrow(&mut svg, rung, &heights);
        }
        for rung in &self.rungs {
            self.draw_label(&mut svg, rung, &heights);
        }
        for rung in &self.rungs {
            self.draw_link(&mut svg, rung, &heights);
        }
        svg.finish()
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
        let behind_notes = self.behind_notes();
        let mut y = FIRST;
        let mut before = first;
        let mut heights = Vec::with_capacity(self.moments.len());
        for (index, &moment) in self.moments.iter().enumerate() {
            let stretch = u64::try_from((moment - before).as_nanos() * STRETCH / whole).unwrap_or(0);
            let least = if behind_notes.contains(&index) { BEHIND_NOTE } else { 0 };
            y += stretch.max(least) + if index > 0 { LINE } else { 0 };
            heights.push(y);
            before = moment;
        }
        heights
    }

    /// The packets whose labels would touch the note of the entry before.
    fn behind_notes(&self) -> BTreeSet<usize> {
        let pairs = self.rungs.iter().zip(self.rungs.iter().skip(1));
        let touching = pairs.filter(|(note, packet)| {
            let follows = note.end == RungEnd::Note && packet.end != RungEnd::Note;
            let share_a_line = width(&note.label) + width(&packet.label) > LANE;
            follows && packet.at == note.at + 1 && (packet.from == note.from || share_a_line)
        });
        touching.map(|(_, packet)| packet.at).collect()
    }

    /// Where a packet's arrow begins, and where it ends.
    pub(crate) fn shaft(&self, rung: &Rung, heights: &[u64]) -> ((u64, u64), (u64, u64)) {
        let height = |index: usize| heights.get(index).copied().unwrap_or(FIRST);
        let (near, far) = if rung.from == Side::Client { (LEFT, RIGHT) } else { (RIGHT, LEFT) };
        let y = height(rung.at);
        let tip = match rung.end {
            RungEnd::Arrived(at) => (far, height(at)),
            _ => ((near + 2 * far) / 3, y + 6), // it gets no further than this
        };
        ((near, y), tip)
    }

    fn draw_arrow(&self, svg: &mut Svg, rung: &Rung, heights: &[u64]) {
        let (start, tip) = self.shaft(rung, heights);
        match &rung.end {
            RungEnd::Note => {}
            RungEnd::Arrived(at) => {
                svg.line("", start, tip);
                svg.path(&arrow_head(start, tip));
                draw_time(svg, rung.from.other(), tip.1, &self.time(*at));
            }
            RungEnd::UnderWay(_) => svg.line("", start, tip),
            RungEnd::Dropped(reason) => draw_drop(svg, rung.from, start, tip, *reason),
        }
    }

    fn draw_label(&self, svg: &mut Svg, rung: &Rung, heights: &[u64]) {
        let y = heights.get(rung.at).copied().unwrap_or(FIRST);
        let (x, anchor) = if rung.from == Side::Client { (LEFT + 14, "start") } else { (RIGHT - 14, "end") };
        // A packet's label stands above its arrow, a note beside its time.
        let (class, y_text) =
            if rung.end == RungEnd::Note { ("label note", y + 4) } else { ("label", y - 4) };
        svg.text(class, (x, y_text), anchor, &shorten(&rung.label, LABEL));
        draw_time(svg, rung.from, y, &self.time(rung.at));
    }
}

fn draw_time(svg: &mut Svg, side: Side, y: u64, text: &str) {
    let (x, anchor) = if side == Side::Client { (LEFT - 8, "end") } else { (RIGHT + 8, "start") };
    svg.text("time", (x, y + 4), anchor, text);
}

/// A broken line that ends in a cross.
fn draw_drop(svg: &mut Svg, from: Side, start: (u64, u64), (x, end): (u64, u64), reason: Reason) {
    let (left, right, up, down) = (x - 5, x + 5, end - 5, end + 5);
    svg.group("lost", |svg| {
        svg.line("", start, (x, end));
        svg.path(&format!("M{left},{up} L{right},{down} M{left},{down} L{right},{up}"));
        draw_time(svg, from.other(), end, &reason.to_string());
    });
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
