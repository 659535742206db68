mod grid;
mod markup;

use std::fmt::Write;

pub use self::markup::{escape, section_address};
use super::value;
use crate::explain::{Explanation, Node};
use crate::trace::Value;

/// How [`html`] links and names things.
#[derive(Clone, Copy, Debug)]
pub struct HtmlOptions<'o> {
    /// What the ids of the fragment begin with, so that several explanations fit on one page.
    pub id_prefix: &'o str,
    /// The address of a line of source code, given its file and number; `None`: lines are named, not linked.
    pub source_link: Option<fn(&str, u32) -> String>,
    /// The class of the bytes of a leaf, by which they are coloured: usually [`class_of_value`].
    pub class_of: fn(&Node) -> &'static str,
}

impl Default for HtmlOptions<'_> {
    fn default() -> Self {
        HtmlOptions { id_prefix: "x", source_link: None, class_of: class_of_value }
    }
}

/// `k-number`, `k-text` or `k-bytes`, by what the leaf was read as; `k-unread` if nothing read it. [`CSS`] has a colour for each.
pub fn class_of_value(leaf: &Node) -> &'static str {
    match (leaf.value, leaf.location) {
        (Value::Number(_), _) => "k-number",
        (Value::Text, _) => "k-text",
        (Value::Bytes | Value::Group, Some(_)) => "k-bytes",
        (Value::Bytes | Value::Group, None) => "k-unread",
    }
}

/// Style sheet for what [`html`] makes, for light and dark.
pub const CSS: &str = include_str!("explanation.css");

/// The explanation as a fragment of HTML: for each buffer a grid of its bytes, and the tree as nested `details`.
///
/// It needs no script: each byte is a link to its field. For a script that wants to connect the two in both directions, each byte
/// has `data-leaf`, the id of the leaf that holds it (of several that share its bits, all ids with blanks between), and each
/// node has `data-buffer` and `data-bytes` (`first-last`, empty for none). All text is escaped.
pub fn html(explanation: &Explanation, options: &HtmlOptions<'_>) -> String {
    let mut page = Html { explanation, options, out: String::new(), next_id: 0 };
    page.out.push_str("<div class=\"explanation\">\n<div class=\"grids\">\n");
    grid::grids(explanation, options, &mut page.out);
    page.out.push_str("</div>\n<div class=\"tree\">\n");
    page.node(&explanation.root, None);
    if let Some(error) = &explanation.error {
        let _ = writeln!(page.out, "<p class=\"refused\">Refused: {}</p>", escape(&error.to_string()));
    }
    page.out.push_str("</div>\n</div>\n");
    page.out
}

struct Html<'e> {
    explanation: &'e Explanation,
    options: &'e HtmlOptions<'e>,
    out: String,
    /// Ids are the nodes' numbers in the order of the tree.
    next_id: usize,
}

impl Html<'_> {
    fn node(&mut self, node: &Node, section: Option<&'static str>) {
        let id = self.next_id;
        self.next_id += 1;
        let range = node.byte_range();
        let bytes =
            if range.is_empty() { String::new() } else { format!("{}-{}", range.start, range.end - 1) };
        let (tag, open) = if node.children.is_empty() { ("div", "") } else { ("details", " open") };
        let _ = write!(
            self.out,
            "<{tag}{open} class=\"node\" id=\"{}{id}\" data-buffer=\"{}\" data-bytes=\"{bytes}\">",
            escape(self.options.id_prefix),
            node.buffer
        );
        let label = self.label(node, section);
        let _ = match node.children.is_empty() {
            true => write!(self.out, "{label}"),
            false => writeln!(self.out, "<summary>{label}</summary>"),
        };
        node.children.iter().for_each(|child| self.node(child, node.section.or(section)));
        let _ = writeln!(self.out, "</{tag}>");
    }

    fn label(&self, node: &Node, section: Option<&'static str>) -> String {
        let mut label = format!(
            "<span class=\"place\">{}</span> <span class=\"name\">{}</span>",
            value::place(node),
            escape(node.name)
        );
        if let Some(value) = value::value(self.explanation, node) {
            let _ = write!(label, " <code class=\"value\">{}</code>", escape(&value));
        }
        if let Some(note) = &node.note {
            let _ = write!(label, " <span class=\"note\">{}</span>", escape(note));
        }
        if let Some(own) = node.section.filter(|own| Some(*own) != section) {
            let _ = write!(label, " {}", section_link(own));
        }
        if let Some(source) = node.location.filter(|_| node.children.is_empty()) {
            let place = format!("{}:{}", source.file(), source.line());
            let short = escape(place.rsplit('/').next().unwrap_or(&place));
            let _ = match self.options.source_link {
                Some(link) => write!(
                    label,
                    " <a class=\"source\" title=\"{}\" href=\"{}\">{short}</a>",
                    escape(&place),
                    escape(&link(source.file(), source.line()))
                ),
                None => write!(label, " <span class=\"source\" title=\"{}\">{short}</span>", escape(&place)),
            };
        }
        label
    }
}

/// `RFC 9112 §3.2` as a link to that section.
fn section_link(section: &str) -> String {
    let text = escape(section);
    match section_address(section) {
        Some(address) => format!("<a class=\"section\" href=\"{}\">{text}</a>", escape(&address)),
        None => format!("<span class=\"section\">{text}</span>"),
    }
}
