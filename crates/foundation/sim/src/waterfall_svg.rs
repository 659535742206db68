use std::fmt::Write;

use wirelab_sansio::Instant;

use crate::text::{shorten, svg_head, xml};
use crate::waterfall::{Row, Waterfall, tick_label};

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
        let mut out = svg_head("wirelab-waterfall", (WIDTH, bottom + 32), &self.title, &description, STYLE);
        let _ = writeln!(out, "<text x=\"8\" y=\"{TITLE}\">{}</text>", xml(&shorten(&self.title, 90)));
        self.draw_axis(&mut out, bottom);
        for (index, row) in self.rows.iter().enumerate() {
            self.draw_row(&mut out, row, FIRST + LINE * index as u64);
        }
        self.draw_legend(&mut out, bottom + 8);
        out.push_str("</svg>\n");
        out
    }

    /// Where a moment stands, in pixels.
    fn x(&self, moment: Instant) -> f64 {
        LEFT as f64 + (RIGHT - LEFT) as f64 * (moment.as_nanos() as f64 / self.length() as f64)
    }

    fn draw_axis(&self, out: &mut String, bottom: u64) {
        for tick in self.ticks() {
            let (x, label) = (self.x(tick), tick_label(tick));
            let _ = writeln!(out, "<line x1=\"{x:.1}\" y1=\"{FIRST}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>");
            let _ = writeln!(
                out,
                "<text class=\"axis\" x=\"{x:.1}\" y=\"{AXIS}\" text-anchor=\"middle\">{label}</text>"
            );
        }
    }

    fn draw_row(&self, out: &mut String, row: &Row, y: u64) {
        let (text, bar) = (y + 15, y + 4);
        let name = xml(&shorten(&row.name, NAME));
        let _ = writeln!(out, "<text x=\"8\" y=\"{text}\">{name}</text>");
        for span in &row.spans {
            let (x, phase) = (self.x(span.start), span.phase.name());
            let width = (self.x(span.end) - x).max(1.0);
            let _ = writeln!(
                out,
                "<rect class=\"{phase}\" x=\"{x:.1}\" y=\"{bar}\" width=\"{width:.1}\" height=\"14\">\
                 <title>{name}: {phase}, {} to {}</title></rect>",
                span.start, span.end,
            );
        }
        if let Some((start, end)) = row.ends() {
            let (x, took) = (RIGHT + 8, Instant::ZERO + (end - start));
            let _ = writeln!(out, "<text class=\"axis\" x=\"{x}\" y=\"{text}\">{took}</text>");
        }
    }

    fn draw_legend(&self, out: &mut String, y: u64) {
        for (index, phase) in self.phases().enumerate() {
            let (x, name) = (LEFT + 90 * index as u64, phase.name());
            let _ = writeln!(out, "<rect class=\"{name}\" x=\"{x}\" y=\"{y}\" width=\"12\" height=\"12\"/>");
            let (x, y) = (x + 18, y + 10);
            let _ = writeln!(out, "<text class=\"axis\" x=\"{x}\" y=\"{y}\">{name}</text>");
        }
    }
}
