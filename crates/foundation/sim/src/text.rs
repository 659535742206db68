//! What the pictures share: text that can stand in a terminal or in an SVG.

use std::fmt::Write;

/// Replaces what neither a terminal nor XML can show.
pub(crate) fn printable(text: &str) -> String {
    let hidden = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// Cuts a text that is too long, and marks the cut.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

pub(crate) fn width(text: &str) -> usize {
    text.chars().count()
}

/// Text as it stands in XML, in an element or an attribute.
pub(crate) fn xml(text: &str) -> String {
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

/// The beginning of an SVG picture: its size, its name and description for those who do not see it, and its
/// style, which follows the reader's choice of light or dark. The style names only this `class`, so that several
/// pictures can stand in one page.
pub(crate) fn svg_head(class: &str, size: (u64, u64), title: &str, description: &str, style: &str) -> String {
    let (w, h) = size;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" role=\"img\" viewBox=\"0 0 {w} {h}\" \
         width=\"{w}\" height=\"{h}\">\n<title>{}</title>\n<desc>{}</desc>\n<style>",
        xml(title),
        xml(description),
    );
    let _ = writeln!(
        out,
        ".{class} {{ max-width: 100%; height: auto; color: #1d2330; --paper: #ffffff; --loss: #b3261e; }}"
    );
    let _ = writeln!(out, ".{class} text {{ font: 12px ui-monospace, monospace; fill: currentColor; }}");
    for rule in style.lines() {
        let _ = writeln!(out, ".{class} {rule}");
    }
    let _ = writeln!(
        out,
        "@media (prefers-color-scheme: dark) {{ .{class} {{ color: #dfe3ea; --paper: #15181e; --loss: #ff8a80; }} }}\n\
         </style>\n<rect width=\"{w}\" height=\"{h}\" fill=\"var(--paper)\"/>",
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_control_characters_do_not_survive() {
        assert_eq!(xml("<a href='&\"'>\0\n"), "&lt;a href=&#39;&amp;&quot;&#39;&gt;\u{fffd}\u{fffd}");
    }

    #[test]
    fn only_a_text_that_is_too_long_is_cut() {
        assert_eq!(shorten("größe", 5), "größe");
        assert_eq!(shorten("größer", 5), "größ…");
    }
}
