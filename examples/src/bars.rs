use std::fmt::{self, Write};

/// A bar chart of a few numbers: `Display` is text, [`svg`](Self::svg) is SVG.
///
/// ```
/// use wirelab_examples::Bars;
///
/// let chart = Bars::new("Answers a second", "").group("one thread").bar("small", 9.0).bar("large", 3.0);
/// let chart = chart.group("two threads").bar("small", 10.0).bar("large", 6.0);
/// assert_eq!(chart.to_string().lines().count(), 7);
/// ```
#[derive(Clone, Debug)]
pub struct Bars {
    title: String,
    unit: &'static str,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
enum Row {
    /// The heading of the bars that follow.
    Group(String),
    Bar(String, f64),
}

/// Follows the reader's choice of light or dark, and names only this class, so that several pictures fit on one page.
const STYLE: &str = ".bars { max-width: 100%; height: auto; color: #1d2330; --paper: #ffffff; }
.bars text { font: 13px ui-monospace, monospace; fill: currentColor; }
.bars .bar { fill: #4a7fc1; }
.bars .group { font-weight: bold; }
@media (prefers-color-scheme: dark) { .bars { color: #dfe3ea; --paper: #15181e; } }";

/// How many characters the longest bar takes up.
const COLUMNS: f64 = 50.0;

impl Bars {
    /// An empty chart.
    pub fn new(title: impl Into<String>, unit: &'static str) -> Self {
        Bars { title: title.into(), unit, rows: Vec::new() }
    }

    /// With one more bar.
    #[must_use]
    pub fn bar(mut self, name: impl Into<String>, value: f64) -> Self {
        self.rows.push(Row::Bar(name.into(), value.max(0.0)));
        self
    }

    /// With a heading for the bars that follow.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.rows.push(Row::Group(name.into()));
        self
    }

    /// The length of the longest name of a bar in characters.
    fn margin(&self) -> usize {
        self.rows.iter().filter_map(Row::bar).map(|(name, _)| name.chars().count()).max().unwrap_or(0)
    }

    /// A value as a part of the largest.
    fn part(&self, value: f64) -> f64 {
        let most = self.rows.iter().filter_map(Row::bar).map(|(_, value)| value).fold(0.0, f64::max);
        if most > 0.0 { value / most } else { 0.0 }
    }

    /// The chart as a picture.
    pub fn svg(&self) -> String {
        let height = 40 + 24 * self.rows.len();
        let title = escape(&self.title);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bars\" role=\"img\" viewBox=\"0 0 640 {height}\" \
             width=\"640\" height=\"{height}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect width=\"640\" height=\"{height}\" fill=\"var(--paper)\"/>\n<text x=\"10\" y=\"22\">{title}</text>\n",
        );
        // A character of this font is not wider than 8; the longest bar leaves room for its value.
        let left = (20 + 8 * self.margin()).clamp(100, 300);
        for (number, row) in self.rows.iter().enumerate() {
            let y = 40 + 24 * number;
            let _ = match row {
                Row::Group(name) => {
                    writeln!(out, "<text class=\"group\" x=\"10\" y=\"{}\">{}</text>", y + 13, escape(name))
                }
                Row::Bar(name, value) => self.svg_bar(&mut out, name, *value, left, y),
            };
        }
        out + "</svg>\n"
    }

    fn svg_bar(&self, out: &mut String, name: &str, value: f64, left: usize, y: usize) -> fmt::Result {
        let width = (500 - left) as f64 * self.part(value);
        writeln!(
            out,
            "<text x=\"10\" y=\"{text_y}\">{name}</text><rect class=\"bar\" x=\"{left}\" y=\"{y}\" width=\"{width:.1}\" height=\"16\"/>\
             <text x=\"{value_x:.1}\" y=\"{text_y}\">{value:.1} {unit}</text>",
            name = escape(name),
            text_y = y + 13,
            value_x = (left + 8) as f64 + width,
            unit = self.unit,
        )
    }
}

impl Row {
    fn bar(&self) -> Option<(&str, f64)> {
        match self {
            Row::Bar(name, value) => Some((name, *value)),
            Row::Group(_) => None,
        }
    }
}

impl fmt::Display for Bars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let margin = self.margin();
        writeln!(f, "{}", self.title)?;
        for row in &self.rows {
            match row {
                Row::Group(name) => writeln!(f, "{name}")?,
                Row::Bar(name, value) => {
                    // The product lies between 0 and COLUMNS.
                    let bar = "█".repeat((self.part(*value) * COLUMNS).round() as usize);
                    writeln!(f, "{name:<margin$}  {bar} {value:.1} {}", self.unit)?;
                }
            }
        }
        Ok(())
    }
}

/// Text for between tags.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::Bars;

    #[test]
    fn the_largest_value_has_the_longest_bar() {
        let chart = Bars::new("Times", "µs").bar("read", 10.0).bar("parse", 5.0).bar("none", 0.0).to_string();
        let blocks: Vec<usize> = chart.lines().map(|line| line.matches('█').count()).collect();
        assert_eq!(blocks, [0, 50, 25, 0], "{chart}");
    }

    #[test]
    fn all_groups_are_drawn_to_one_scale() {
        let chart = Bars::new("t", "").group("a").bar("x", 4.0).group("b").bar("x", 2.0);
        let text = chart.to_string();
        let blocks: Vec<usize> = text.lines().map(|line| line.matches('█').count()).collect();
        assert_eq!(blocks, [0, 0, 50, 0, 25], "{text}");
        let svg = chart.svg();
        assert!(svg.contains("width=\"400.0\"") && svg.contains("width=\"200.0\""), "{svg}");
        assert_eq!(svg.matches("class=\"group\"").count(), 2);
    }

    #[test]
    fn names_cannot_break_the_picture() {
        let svg = Bars::new("a<b", "").bar("<script>", 1.0).svg();
        assert!(svg.contains("a&lt;b") && !svg.contains("<script>") && svg.ends_with("</svg>\n"));
    }
}
