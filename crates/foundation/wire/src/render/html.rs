use std::fmt::Write;

use super::value;
use crate::explain::{Explanation, Node};

/// How [`html`] links and names things.
#[derive(Clone, Copy, Debug)]
pub struct HtmlOptions<'o> {
    /// What the ids of the fragment begin with, so that several explanations fit on one page.
    pub id_prefix: &'o str,
    /// The address of a line of source code, given its file and number; `None`: lines are named, not linked.
    pub source_link: Option<fn(&str, u32) -> String>,
}

impl Default for HtmlOptions<'_> {
    fn default() -> Self {
        HtmlOptions { id_prefix: "x", source_link: None }
    }
}

/// Style sheet for what [`html`] makes, for light and dark.
pub const CSS: &str = include_str!("explanation.css");

/// The explanation as a fragment of HTML: for each buffer a grid of its bytes, and the tree as nested `details`.
///
/// It needs no script. For one that wants to connect the two: each byte of the grid has `data-leaf`, the id of the leaf that holds
/// it, and each node has `data-buffer` and `data-bytes` (`first-last`, empty for none). All text is escaped.
pub fn html(explanation: &Explanation, options: &HtmlOptions<'_>) -> String {
    let mut page = Html { explanation, options, out: String::new(), next_id: 0 };
    page.out.push_str("<div class=\"explanation\">\n");
    page.out.push_str("<div class=\"grids\">\n");
    let leaf_ids = leaf_ids(explanation);
    for (number, ids) in leaf_ids.iter().enumerate() {
        page.grid(number, ids);
    }
    page.out.push_str("</div>\n<div class=\"tree\">\n");
    page.node(&explanation.root, None);
    if let Some(error) = &explanation.error {
        let _ = writeln!(page.out, "<p class=\"refused\">Refused: {}</p>", escape(&error.to_string()));
    }
    page.out.push_str("</div>\n</div>\n");
    page.out
}

/// For each buffer, the id of the leaf at each byte. Ids are the nodes' numbers in the order of the tree.
fn leaf_ids(explanation: &Explanation) -> Vec<Vec<usize>> {
    fn visit(node: &Node, next: &mut usize, ids: &mut [Vec<usize>]) {
        let id = *next;
        *next += 1;
        let is_leaf = !node.children.iter().any(|child| child.buffer == node.buffer);
        if let (true, Some(buffer)) = (is_leaf, ids.get_mut(node.buffer)) {
            buffer
                .iter_mut()
                .take(node.byte_range().end)
                .skip(node.byte_range().start)
                .for_each(|at| *at = id);
        }
        node.children.iter().for_each(|child| visit(child, next, ids));
    }
    let mut ids: Vec<Vec<usize>> =
        explanation.buffers.iter().map(|buffer| vec![0; buffer.bytes.len()]).collect();
    visit(&explanation.root, &mut 0, &mut ids);
    ids
}

struct Html<'e> {
    explanation: &'e Explanation,
    options: &'e HtmlOptions<'e>,
    out: String,
    next_id: usize,
}

impl Html<'_> {
    fn grid(&mut self, number: usize, leaf_ids: &[usize]) {
        let Some(buffer) = self.explanation.buffers.get(number) else { return };
        let (prefix, name) = (escape(self.options.id_prefix), escape(buffer.name));
        let _ =
            writeln!(self.out, "<table class=\"bytes\" data-buffer=\"{number}\"><caption>{name}</caption>");
        for (row, bytes) in buffer.bytes.chunks(16).enumerate() {
            let _ = write!(self.out, "<tr><th scope=\"row\">{:04x}</th><td class=\"hex\">", row * 16);
            let ids = leaf_ids.get(row * 16..).unwrap_or_default();
            for (byte, id) in bytes.iter().zip(ids) {
                let _ = write!(self.out, "<span data-leaf=\"{prefix}{id}\">{byte:02x}</span> ");
            }
            self.out.push_str("</td><td class=\"text\">");
            for (byte, id) in bytes.iter().zip(ids) {
                let shown = if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '·' };
                let shown = escape(shown.encode_utf8(&mut [0; 4]));
                let _ = write!(self.out, "<span data-leaf=\"{prefix}{id}\">{shown}</span>");
            }
            self.out.push_str("</td></tr>\n");
        }
        self.out.push_str("</table>\n");
    }

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
        match node.children.is_empty() {
            true => drop(write!(self.out, "{label}")),
            false => drop(writeln!(self.out, "<summary>{label}</summary>")),
        }
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
    let link = section.strip_prefix("RFC ").map(|rest| rest.split_once(" §").unwrap_or((rest, "")));
    match link {
        Some((number, part)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            let anchor = if part.is_empty() { String::new() } else { format!("#section-{}", escape(part)) };
            format!(
                "<a class=\"section\" href=\"https://www.rfc-editor.org/rfc/rfc{number}{anchor}\">{text}</a>"
            )
        }
        _ => format!("<span class=\"section\">{text}</span>"),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
