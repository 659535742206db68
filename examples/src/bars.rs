use std::fmt::{self, Write};

/// A bar chart of a few numbers: `Display` is text, [`svg`](Self::svg) is SVG.
#[derive(Clone, Debug)]
pub struct Bars {
    title: String,
    unit: &'static str,
    bars: Vec<(String, f64)>,
}

/// Follows the reader's choice of light or dark, and names only this class, so that several pictures fit on one page.
const STYLE: &str = ".bars { max-width: 100%; height: auto; color: #1d2330; --paper: #ffffff; }
.bars text { font: 13px ui-monospace, monospace; fill: currentColor; }
.bars .bar { fill: #4a7fc1; }
@media (prefers-color-scheme: dark) { .bars { color: #dfe3ea; --paper: #15181e; } }";

/// How many characters the longest bar takes up.
const COLUMNS: f64 = 50.0;

impl Bars {
    /// An empty chart.
    pub fn new(title: impl Into<String>, unit: &'static str) -> Self {
        Bars { title: title.into(), unit, bars: Vec::new() }
    }

    /// With one more bar.
    #[must_use]
    pub fn bar(mut self, name: impl Into<String>, value: f64) -> Self {
        self.bars.push((name.into(), value.max(0.0)));
        self
    }

    /// A value as a part of the largest.
    fn part(&self, value: f64) -> f64 {
        let most = self.bars.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        if most > 0.0 { value / most } else { 0.0 }
    }

    /// The chart as a picture.
    pub fn svg(&self) -> String {
        let height = 40 + 24 * self.bars.len();
        let title = escape(&self.title);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bars\" role=\"img\" viewBox=\"0 0 640 {height}\" \
             width=\"640\" height=\"{height}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect width=\"640\" height=\"{height}\" fill=\"var(--paper)\"/>\n<text x=\"10\" y=\"22\">{title}</text>\n",
        );
        for (row, (name, value)) in self.bars.iter().enumerate() {
            let (y, width) = (40 + 24 * row, 400.0 * self.part(*value));
            let _ = writeln!(
                out,
                "<text x=\"10\" y=\"{text_y}\">{name}</text><rect class=\"bar\" x=\"100\" y=\"{y}\" width=\"{width:.1}\" height=\"16\"/>\
                 <text x=\"{value_x:.1}\" y=\"{text_y}\">{value:.1} {unit}</text>",
                name = escape(name),
                text_y = y + 13,
                value_x = 108.0 + width,
                unit = self.unit,
            );
        }
        out + "</svg>\n"
    }
}

impl fmt::Display for Bars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let margin = self.bars.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        writeln!(f, "{}", self.title)?;
        for (name, value) in &self.bars {
            // The product lies between 0 and COLUMNS.
            let bar = "█".repeat((self.part(*value) * COLUMNS).round() as usize);
            writeln!(f, "{name:<margin$}  {bar} {value:.1} {}", self.unit)?;
        }
        Ok(())
    }
}

fn escape(text: &str) -> String {
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
    fn names_cannot_break_the_picture() {
        let svg = Bars::new("a<b", "").bar("<script>", 1.0).svg();
        assert!(svg.contains("a&lt;b") && !svg.contains("<script>") && svg.ends_with("</svg>\n"));
    }
}
