use std::io::IsTerminal;

use super::line::{Columns, Line, width};
use super::value;
use crate::error::WireError;
use crate::explain::{Explanation, Node};
use crate::trace::Value;

/// How many bytes of a text are shown.
const TEXT: usize = 40;
/// Names longer than this push their value to the right instead of all other values.
const NAME_WIDTH: usize = 40;

/// How [`terminal`] writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// With colours, as ANSI escape sequences.
    pub color: bool,
    /// With the line of source code that read each field, behind it.
    pub source: bool,
}

impl Style {
    /// Characters alone: for files, pipes and tests.
    pub const PLAIN: Style = Style { color: false, source: false };

    /// With colours if standard output is a terminal and `NO_COLOR` is not set (<https://no-color.org>: or is empty).
    pub fn detect() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Style { color: std::io::stdout().is_terminal() && !refused, source: false }
    }

    pub(super) fn paint(self, text: &str, color: Color) -> String {
        match self.color && !text.is_empty() {
            true => format!("\x1b[{}m{text}\x1b[0m", color as u8),
            false => text.to_owned(),
        }
    }
}

/// The numbers of ANSI's "select graphic rendition".
#[derive(Clone, Copy)]
pub(super) enum Color {
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
}

/// The tree as lines of text: place, bytes, name, value, meaning, section.
///
/// Fields smaller than a byte show their bits instead of their bytes. Bytes that were made from other bytes stand below
/// the field that they came from, their places marked with `›`. What does not fit into 110 columns goes on below. An error
/// comes last, with a caret under its byte.
///
/// ```
/// use wirelab_wire::{explain_with, render};
///
/// let (_, explanation) = explain_with(&[0x45, 0x1f, 0x90], true, "example", "here", |r| {
///     r.bits::<4>("version")?;
///     r.bits::<4>("length")?;
///     r.u16("port")
/// });
/// assert_eq!(render::terminal(&explanation, render::Style::PLAIN), "\
/// 0–2                example     here
/// 0.0–0.3  0100....  ├─ version  4
/// 0.4–0.7  ....0101  ├─ length   5
/// 1–2      1f 90     └─ port     8080 (0x1f90)
/// ");
/// ```
pub fn terminal(explanation: &Explanation, style: Style) -> String {
    let mut lines = Vec::new();
    collect(explanation, &explanation.root, &Branch::default(), &mut lines);
    let widest = |width: fn(&Line) -> usize| lines.iter().map(width).max().unwrap_or(0);
    let columns = Columns {
        place: widest(|line| width(&line.place)),
        bytes: widest(|line| width(&line.bytes)),
        name: widest(|line| width(&line.tree) + width(line.node.name)).min(NAME_WIDTH),
    };
    let mut out = String::new();
    for line in &lines {
        line.render(&columns, style, &mut out);
    }
    if let Some(error) = &explanation.error {
        out.push('\n');
        out.push_str(&refusal(explanation, error, style));
    }
    out
}

/// Where in the tree a line stands.
#[derive(Clone, Default)]
struct Branch {
    /// The lines that run past it, from the root on.
    rails: String,
    /// The piece that ties it to them.
    tie: &'static str,
    /// How many buffers are between it and the bytes that were given.
    derivations: usize,
    /// Where its parent is specified.
    section: Option<&'static str>,
}

fn collect<'e>(explanation: &'e Explanation, node: &'e Node, branch: &Branch, lines: &mut Vec<Line<'e>>) {
    let below = match branch.tie {
        "" => "",
        "└─ " => "   ",
        _ => "│  ",
    };
    let rails = format!("{}{below}", branch.rails);
    lines.push(Line {
        node,
        place: "›".repeat(branch.derivations) + &value::place(node),
        bytes: bytes_column(explanation, node),
        tree: format!("{}{}", branch.rails, branch.tie),
        below: format!("{rails}{}", if node.children.is_empty() { "" } else { "│" }),
        value: short_value(explanation, node),
        section: node.section.filter(|_| node.section != branch.section),
    });
    for (index, child) in node.children.iter().enumerate() {
        let below = Branch {
            rails: rails.clone(),
            tie: if index + 1 == node.children.len() { "└─ " } else { "├─ " },
            derivations: branch.derivations + usize::from(child.buffer != node.buffer),
            section: node.section.or(branch.section),
        };
        collect(explanation, child, &below, lines);
    }
}

/// The bytes of a field, or its bits with dots for those of its neighbours; nothing for a group, whose parts follow.
fn bytes_column(explanation: &Explanation, node: &Node) -> String {
    let bytes = explanation.bytes_of(node);
    match bytes {
        _ if node.value == Value::Group => String::new(),
        [byte] if !value::fills_its_bytes(node) => {
            let first = node.bits.start / 8 * 8;
            let bit = |i: usize| match node.bits.contains(&(first + i)) {
                true => char::from(b'0' + (byte >> (7 - i) & 1)),
                false => '.',
            };
            (0..8).map(bit).collect()
        }
        _ => value::short_hex(bytes),
    }
}

fn short_value(explanation: &Explanation, node: &Node) -> String {
    match (node.value, explanation.bytes_of(node).get(..TEXT)) {
        (Value::Text, Some(beginning)) if node.byte_range().len() > TEXT => value::quoted(beginning) + " …",
        _ => value::value(explanation, node).unwrap_or_default(),
    }
}

/// The error, and the row of sixteen bytes with a caret under the one where it struck.
fn refusal(explanation: &Explanation, error: &WireError, style: Style) -> String {
    let given = explanation.buffers.first().map(|buffer| &buffer.bytes[..]).unwrap_or_default();
    // An error behind the last byte is shown at the end of the row before it.
    let first = if error.at == given.len() { error.at.saturating_sub(1) } else { error.at } / 16 * 16;
    let row: String = given.iter().skip(first).take(16).map(|byte| format!("{byte:02x} ")).collect();
    let label = format!("{first:>6}  ");
    let caret = " ".repeat(label.len() + (error.at - first) * 3) + "^^";
    format!(
        "{} {error}\n{}{}\n{}\n",
        style.paint("refused:", Color::Red),
        style.paint(&label, Color::Dim),
        row.trim_end(),
        style.paint(&caret, Color::Red)
    )
}
