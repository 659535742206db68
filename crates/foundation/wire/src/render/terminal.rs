use std::fmt::Write;
use std::io::IsTerminal;

use super::value;
use crate::explain::{Explanation, Node};

/// How [`terminal`] writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// With colours (ANSI escapes).
    pub color: bool,
    /// With the line of source code that read each field.
    pub source: bool,
}

impl Style {
    /// Without colours: for files, pipes and tests.
    pub const PLAIN: Style = Style { color: false, source: false };

    /// With colours if standard output is a terminal and `NO_COLOR` is not set.
    pub fn detect() -> Self {
        let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Style { color, source: false }
    }
}

const DIM: &str = "2";
const BOLD: &str = "1";
const CYAN: &str = "36";
const RED: &str = "31";

/// The explanation as an indented tree, a line a field: place, bytes, name, value, meaning, section.
///
/// ```
/// use wirelab_wire::render::{Style, terminal};
/// use wirelab_wire::explain_with;
///
/// let (_, explanation) = explain_with(&[0x1f, 0x90], true, "port", "here", |r| r.u16("number"));
/// let text = terminal(&explanation, Style::PLAIN);
/// assert!(text.contains("number  8080 (0x1f90)"), "{text}");
/// ```
pub fn terminal(explanation: &Explanation, style: Style) -> String {
    let mut text = Text { explanation, style, out: String::new() };
    text.node(&explanation.root, 0, None);
    if let Some(error) = &explanation.error {
        let line = format!("refused: {error}");
        text.paint(RED, &line);
        text.out.push('\n');
    }
    text.out
}

struct Text<'e> {
    explanation: &'e Explanation,
    style: Style,
    out: String,
}

impl Text<'_> {
    fn node(&mut self, node: &Node, depth: usize, section: Option<&'static str>) {
        let is_leaf = node.children.is_empty();
        let bytes = self.explanation.bytes_of(node);
        let hex = if is_leaf { value::short_hex(bytes) } else { String::new() };
        let left = format!("{:>11}  {hex:<25}  {:indent$}", value::place(node), "", indent = depth * 2);
        self.paint(DIM, &left);
        self.paint(if is_leaf { CYAN } else { BOLD }, node.name);
        if let Some(value) = value::value(self.explanation, node) {
            let _ = write!(self.out, "  {value}");
        }
        if let Some(note) = &node.note {
            let _ = write!(self.out, "  — {note}");
        }
        if let Some(own) = node.section.filter(|own| Some(*own) != section) {
            self.paint(DIM, &format!("  [{own}]"));
        }
        if let (true, Some(source)) = (self.style.source && is_leaf, node.location) {
            self.paint(DIM, &format!("  {}:{}", source.file(), source.line()));
        }
        self.out.push('\n');
        let section = node.section.or(section);
        node.children.iter().for_each(|child| self.child(node, child, depth + 1, section));
    }

    /// A child in another buffer gets a line that says so: its places count from that buffer's start.
    fn child(&mut self, parent: &Node, child: &Node, depth: usize, section: Option<&'static str>) {
        if child.buffer != parent.buffer {
            let name = self.explanation.buffers.get(child.buffer).map_or("", |buffer| buffer.name);
            let line = format!("{:>11}  {:<25}  {:indent$}↳ {name}:\n", "", "", "", indent = depth * 2);
            self.paint(DIM, &line);
        }
        self.node(child, depth, section);
    }

    fn paint(&mut self, code: &str, text: &str) {
        match self.style.color {
            true => drop(write!(self.out, "\x1b[{code}m{text}\x1b[0m")),
            false => self.out.push_str(text),
        }
    }
}
