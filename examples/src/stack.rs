use std::fmt::Write;

use crate::bars::escape;

/// A chart of stacked columns: what a whole is made of, step by step.
///
/// ```
/// use wirelab_examples::Stack;
///
/// let mut chart = Stack::new("Bytes", "KiB", ["read", "unread"]);
/// chart.column([0.0, 4.0]);
/// chart.mark("the reader wakes");
/// chart.column([4.0, 0.0]);
/// assert_eq!(chart.svg().matches("class=\"part").count(), 2 + 2 * 2);   // the legend, and each part of each column
/// ```
#[derive(Clone, Debug)]
pub struct Stack<const PARTS: usize> {
    title: String,
    unit: &'static str,
    parts: [&'static str; PARTS],
    columns: Vec<[f64; PARTS]>,
    marks: Vec<(usize, String)>,
}

/// Follows the reader's choice of light or dark, and names only this class, so that several pictures fit on one page.
const STYLE: &str = ".stack { max-width: 100%; height: auto; color: #1d2330; --paper: #ffffff; }
.stack text { font: 13px ui-monospace, monospace; fill: currentColor; }
.stack .axis { stroke: currentColor; }
.stack .mark { stroke: currentColor; stroke-dasharray: 4 3; }
.stack .part0 { fill: #4a7fc1; } .stack .part1 { fill: #d08a3c; } .stack .part2 { fill: #6aa56a; } .stack .part3 { fill: #a0689c; }
@media (prefers-color-scheme: dark) { .stack { color: #dfe3ea; --paper: #15181e; } }";

const LEFT: f64 = 70.0;
const TOP: f64 = 76.0;
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 200.0;

impl<const PARTS: usize> Stack<PARTS> {
    /// An empty chart of these parts, the lowest first.
    pub fn new(title: impl Into<String>, unit: &'static str, parts: [&'static str; PARTS]) -> Self {
        Stack { title: title.into(), unit, parts, columns: Vec::new(), marks: Vec::new() }
    }

    /// Adds a column, of so much of each part.
    pub fn column(&mut self, values: [f64; PARTS]) {
        self.columns.push(values.map(|value| value.max(0.0)));
    }

    /// Draws a line before the next column, with words below it.
    pub fn mark(&mut self, text: impl Into<String>) {
        self.marks.push((self.columns.len(), text.into()));
    }

    /// The chart as a picture.
    pub fn svg(&self) -> String {
        let title = escape(&self.title);
        let height = TOP + HEIGHT + 12.0 + 18.0 * self.marks.len() as f64;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"stack\" role=\"img\" viewBox=\"0 0 640 {height}\" \
             width=\"640\" height=\"{height}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect width=\"640\" height=\"{height}\" fill=\"var(--paper)\"/>\n<text x=\"10\" y=\"22\">{title}</text>\n",
        );
        let _ =
            self.legend(&mut out).and_then(|()| self.stacks(&mut out)).and_then(|()| self.lines(&mut out));
        out + "</svg>\n"
    }

    fn most(&self) -> f64 {
        let sums = self.columns.iter().map(|column| column.iter().sum());
        sums.fold(0.0, f64::max).max(f64::MIN_POSITIVE)
    }

    fn step(&self) -> f64 {
        WIDTH / self.columns.len().max(1) as f64
    }

    fn legend(&self, out: &mut String) -> std::fmt::Result {
        let mut x = LEFT;
        for (number, part) in self.parts.iter().enumerate() {
            writeln!(
                out,
                "<rect class=\"part{number}\" x=\"{x}\" y=\"36\" width=\"12\" height=\"12\"/><text x=\"{}\" y=\"47\">{}</text>",
                x + 18.0,
                escape(part)
            )?;
            x += 44.0 + 8.0 * part.chars().count() as f64;
        }
        Ok(())
    }

    fn stacks(&self, out: &mut String) -> std::fmt::Result {
        for (number, column) in self.columns.iter().enumerate() {
            let x = LEFT + self.step() * number as f64;
            let mut y = TOP + HEIGHT;
            for (part, value) in column.iter().enumerate() {
                let tall = HEIGHT * value / self.most();
                y -= tall;
                let wide = (self.step() * 0.9).max(1.0);
                writeln!(
                    out,
                    "<rect class=\"part{part}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{tall:.1}\"/>"
                )?;
            }
        }
        Ok(())
    }

    fn lines(&self, out: &mut String) -> std::fmt::Result {
        let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
        writeln!(out, "<path class=\"axis\" fill=\"none\" d=\"M{LEFT} {TOP}V{bottom}H{right}\"/>")?;
        writeln!(out, "<text x=\"10\" y=\"{}\">{:.0} {}</text>", TOP - 6.0, self.most(), self.unit)?;
        for (number, (column, text)) in self.marks.iter().enumerate() {
            let (x, y) = (LEFT + self.step() * *column as f64, bottom + 18.0 * (number + 1) as f64);
            let anchor = if x > 360.0 { "end" } else { "start" };
            let beside = if x > 360.0 { x - 6.0 } else { x + 6.0 };
            writeln!(out, "<path class=\"mark\" d=\"M{x:.1} {TOP}V{y:.1}\"/>")?;
            writeln!(
                out,
                "<text text-anchor=\"{anchor}\" x=\"{beside:.1}\" y=\"{y:.1}\">{}</text>",
                escape(text)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Stack;

    #[test]
    fn the_highest_column_fills_the_height_and_the_others_are_in_proportion() {
        let mut chart = Stack::new("t", "B", ["a", "b"]);
        chart.column([1.0, 3.0]);
        chart.column([2.0, 0.0]);
        let svg = chart.svg();
        let heights: Vec<&str> = svg
            .lines()
            .filter(|line| line.contains(".0\" width=\"") || line.contains("height=\"0.0"))
            .filter_map(|line| line.split("height=\"").nth(1)?.split('"').next())
            .collect();
        assert_eq!(heights, ["50.0", "150.0", "100.0", "0.0"], "{svg}");
    }

    #[test]
    fn nothing_at_all_is_a_picture_too_and_words_cannot_break_it() {
        let mut chart = Stack::new("a<b", "", ["<i>"]);
        chart.mark("<script>");
        let svg = chart.svg();
        assert!(svg.contains("a&lt;b") && !svg.contains("<script>") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
