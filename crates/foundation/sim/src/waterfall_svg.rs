use wirelab_sansio::Instant;

use crate::svg::{Svg, stylesheet};
use crate::text::shorten;
use crate::waterfall::{Row, Span, Waterfall, tick_label};

const WIDTH: u64 = 760;
/// Where time begins and ends.
const LEFT: u64 = 190;
const RIGHT: u64 = 670;
/// Where the title, the axis and the first row stand.
const TITLE: u64 = 22;
const AXIS: u64 = 44;
const FIRST: u64 = 54;
const LINE: u64 = 22;
const NAME: usize = 24;

const STYLE: &str = "line { stroke: currentColor; opacity: .2; }
.axis { font-size: 11px; opacity: .75; }
.blocked { fill: none; stroke: currentColor; stroke-dasharray: 2 2; opacity: .6; }
.connect { fill: #d9822b; }
.send { fill: #8e5bd0; }
.wait { fill: #8a94a6; }
.receive { fill: #2f7ed8; }";

impl Waterfall {
    /// The chart as SVG, without scripts, for light and dark pages, to scale. Each bar says what it is, from when to when,
    /// in a `<title>` of its own. The same chart gives the same bytes.
    pub fn svg(&self) -> String {
        let bottom = FIRST + LINE * self.rows.len() as u64;
        let description = format!("{} rows over {}.", self.rows.len(), Instant::from_nanos(self.length()));
        let mut svg = Svg::new(
            "wirelab-waterfall",
            (WIDTH, bottom + 32),
            &self.title,
            &description,
            &stylesheet("wirelab-waterfall", STYLE),
        );
        svg.text("", (8, TITLE), "", &shorten(&self.title, 90));
        self.draw_axis(&mut svg, bottom);
        for (index, row) in self.rows.iter().enumerate() {
            self.draw_row(&mut svg, row, FIRST + LINE * index as u64);
        }
        self.draw_legend(&mut svg, bottom + 8);
        svg.finish()
    }

    /// Where a moment stands, in pixels.
    fn x(&self, moment: Instant) -> f64 {
        LEFT as f64 + (RIGHT - LEFT) as f64 * (moment.as_nanos() as f64 / self.length() as f64)
    }

    fn draw_axis(&self, svg: &mut Svg, bottom: u64) {
        for tick in self.ticks() {
            let x = pixels(self.x(tick));
            svg.line("", (&x, FIRST), (&x, bottom));
            svg.text("axis", (&x, AXIS), "middle", &tick_label(tick));
        }
    }

    fn draw_row(&self, svg: &mut Svg, row: &Row, y: u64) {
        let (text, bar) = (y + 15, y + 4);
        let name = shorten(&row.name, NAME);
        svg.text("", (8, text), "", &name);
        for Span { phase, start, end } in &row.spans {
            let (x, phase) = (self.x(*start), phase.name());
            let width = (self.x(*end) - x).max(1.0);
            let title = format!("{name}: {phase}, {start} to {end}");
            svg.rect(phase, (pixels(x), bar), (pixels(width), 14), &title);
        }
        if let Some((start, end)) = row.ends() {
            let took = Instant::ZERO + (end - start);
            svg.text("axis", (RIGHT + 8, text), "", &took.to_string());
        }
    }

    fn draw_legend(&self, svg: &mut Svg, y: u64) {
        for (index, phase) in self.phases().enumerate() {
            let (x, name) = (LEFT + 90 * index as u64, phase.name());
            svg.rect(name, (x, y), (12, 12), "");
            svg.text("axis", (x + 18, y + 10), "", name);
        }
    }
}

/// To a tenth.
fn pixels(length: f64) -> String {
    format!("{length:.1}")
}
