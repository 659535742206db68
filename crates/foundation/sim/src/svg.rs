//! SVG by hand: the head with its style, and the few shapes of which the pictures are made.

use std::fmt::{Display, Write};

use crate::text::printable;

/// A picture that is being drawn. What is drawn later lies above what was drawn before. An empty class or anchor is left out.
pub(crate) struct Svg {
    out: String,
}

impl Svg {
    /// An empty picture of this width and height. Title and description are for those who do not see it; the style is a
    /// [`stylesheet`] of this class, or nothing if the page has it already.
    pub(crate) fn new(class: &str, size: (u64, u64), title: &str, description: &str, style: &str) -> Self {
        let ((w, h), title, description) = (size, xml(title), xml(description));
        let mut svg = Svg { out: String::new() };
        svg.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" role=\"img\" viewBox=\"0 0 {w} {h}\" \
             width=\"{w}\" height=\"{h}\">\n<title>{title}</title>\n<desc>{description}</desc>\n",
        ));
        if !style.is_empty() {
            svg.put(format_args!("<style>\n{style}</style>\n"));
        }
        svg.put(format_args!("<rect width=\"{w}\" height=\"{h}\" fill=\"var(--paper)\"/>\n"));
        svg
    }

    pub(crate) fn text(&mut self, class: &str, at: (impl Display, impl Display), anchor: &str, text: &str) {
        let ((x, y), text) = (at, xml(text));
        let (class, anchor) = (attribute("class", class), attribute("text-anchor", anchor));
        self.put(format_args!("<text{class} x=\"{x}\" y=\"{y}\"{anchor}>{text}</text>\n"));
    }

    pub(crate) fn line(
        &mut self,
        class: &str,
        from: (impl Display, impl Display),
        to: (impl Display, impl Display),
    ) {
        let ((x1, y1), (x2, y2), class) = (from, to, attribute("class", class));
        self.put(format_args!("<line{class} x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>\n"));
    }

    pub(crate) fn path(&mut self, steps: &str) {
        self.put(format_args!("<path d=\"{steps}\"/>\n"));
    }

    /// A rectangle; a `title` that is not empty shows when it is pointed at.
    pub(crate) fn rect(
        &mut self,
        class: &str,
        at: (impl Display, u64),
        size: (impl Display, u64),
        title: &str,
    ) {
        let ((x, y), (w, h), class) = (at, size, attribute("class", class));
        self.put(format_args!("<rect{class} x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\""));
        match title {
            "" => self.put(format_args!("/>\n")),
            title => self.put(format_args!("><title>{}</title></rect>\n", xml(title))),
        }
    }

    /// What `draw` draws, as a link with a title that shows when it is pointed at. The tabulator does not stop there: to those
    /// who do not see it, a picture is one thing.
    pub(crate) fn link(&mut self, href: &str, title: &str, draw: impl FnOnce(&mut Self)) {
        let (href, title) = (xml(href), xml(title));
        self.put(format_args!("<a href=\"{href}\" tabindex=\"-1\"><title>{title}</title>"));
        draw(self);
        self.put(format_args!("</a>\n"));
    }

    /// What `draw` draws, as a group of this class.
    pub(crate) fn group(&mut self, class: &str, draw: impl FnOnce(&mut Self)) {
        self.put(format_args!("<g class=\"{class}\">"));
        draw(self);
        self.put(format_args!("</g>\n"));
    }

    pub(crate) fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }

    fn put(&mut self, markup: std::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(markup); // a String takes everything
    }
}

/// The style of the pictures of a class: `rules`, one a line, and what all pictures have. It follows the reader's choice of light
/// or dark, and names only this `class`, so that several pictures can stand in one page.
pub(crate) fn stylesheet(class: &str, rules: &str) -> String {
    let mut out = format!(
        ".{class} {{ max-width: 100%; height: auto; color: #1d2330; --paper: #ffffff; --loss: #b3261e; }}\n\
         .{class} text {{ font: 12px ui-monospace, monospace; fill: currentColor; }}\n"
    );
    for rule in rules.lines() {
        let _ = writeln!(out, ".{class} {rule}"); // a String takes everything
    }
    let _ = writeln!(
        out,
        "@media (prefers-color-scheme: dark) {{ .{class} {{ color: #dfe3ea; --paper: #15181e; --loss: #ff8a80; }} }}"
    );
    out
}

fn attribute(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(" {name}=\"{value}\"") }
}

/// Text as it stands in XML, in an element or an attribute.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn markup_and_control_characters_do_not_survive() {
        assert_eq!(xml("<a href='&\"'>\0\n"), "&lt;a href=&#39;&amp;&quot;&#39;&gt;\u{fffd}\u{fffd}");
    }
}
