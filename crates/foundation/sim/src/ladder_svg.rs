use crate::ladder::{Ladder, Rung, RungEnd};
use crate::svg::Svg;
use crate::text::shorten;
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
        let mut svg = Svg::new("wirelab-ladder", (WIDTH, bottom + 6), title, &self.description(), STYLE);
        for (x, name) in [LEFT, RIGHT].into_iter().zip(&self.names) {
            svg.text("", (x, TOP), "middle", name);
            svg.line("end", (x, TOP + 8), (x, bottom));
        }
        // Labels last: they lie above the arrows that cross them.
        for rung in &self.rungs {
            self.draw_arrow(&mut svg, rung, &heights);
        }
        for rung in &self.rungs {
            self.draw_label(&mut svg, rung, &heights);
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

    fn draw_arrow(&self, svg: &mut Svg, rung: &Rung, heights: &[u64]) {
        let height = |index: usize| heights.get(index).copied().unwrap_or(FIRST);
        let (near, far) = if rung.from == Side::Client { (LEFT, RIGHT) } else { (RIGHT, LEFT) };
        let y = height(rung.at);
        let middle = (near + 2 * far) / 3;
        match &rung.end {
            RungEnd::Note => {}
            RungEnd::Arrived(at) => {
                let end = height(*at);
                svg.line("", (near, y), (far, end));
                svg.path(&arrow_head((near, y), (far, end)));
                draw_time(svg, rung.from.other(), end, &self.time(*at));
            }
            RungEnd::UnderWay(_) => svg.line("", (near, y), (middle, y + 6)),
            RungEnd::Dropped(reason) => draw_drop(svg, rung.from, (near, y), middle, *reason),
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
fn draw_drop(svg: &mut Svg, from: Side, start: (u64, u64), x: u64, reason: Reason) {
    let end = start.1 + 6;
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
