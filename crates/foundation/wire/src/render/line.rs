//! One node of the tree on one line, or on more if its meaning takes many words.

use super::terminal::{Color, Style};
use crate::explain::Node;
use crate::trace::Value;

/// Where the right margin is.
const WIDTH: usize = 110;

/// How wide the columns are on the left, which are the same on each line.
pub(super) struct Columns {
    pub(super) place: usize,
    pub(super) bytes: usize,
    pub(super) name: usize,
}

impl Columns {
    fn all(&self) -> usize {
        self.place + 2 + self.bytes + 2 + self.name
    }
}

pub(super) struct Line<'e> {
    pub(super) node: &'e Node,
    pub(super) place: String,
    pub(super) bytes: String,
    /// What is drawn before the name.
    pub(super) tree: String,
    /// What is drawn below the name, if the line goes on there.
    pub(super) below: String,
    pub(super) value: String,
    /// Where the node is specified, if that is not where its parent is.
    pub(super) section: Option<&'static str>,
}

/// What a line break must not cut, and the blanks before it.
struct Word {
    gap: usize,
    text: String,
    color: Option<Color>,
}

impl Line<'_> {
    /// Appends the line to `out`.
    pub(super) fn render(&self, columns: &Columns, style: Style, out: &mut String) {
        let name_color = if self.node.value == Value::Group { Color::Bold } else { Color::Cyan };
        let name = style.paint(&self.tree, Color::Dim) + &style.paint(self.node.name, name_color);
        let mut line = pad(&self.place, columns.place, &style.paint(&self.place, Color::Dim));
        line += "  ";
        line += &pad(&self.bytes, columns.bytes, &style.paint(&self.bytes, Color::Green));
        line += "  ";
        line += &pad(&format!("{}{}", self.tree, self.node.name), columns.name, &name);
        let name_end = columns.all() - columns.name + width(&self.tree) + width(self.node.name);
        let mut column = name_end.max(columns.all());
        for mut word in self.words(style) {
            if column + word.gap + width(&word.text) > WIDTH && column > columns.all() {
                out.push_str(line.trim_end());
                out.push('\n');
                line = self.beginning_below(columns, style);
                column = columns.all();
                word.gap = 2;
            }
            column += word.gap + width(&word.text);
            line += &" ".repeat(word.gap);
            line += &word.color.map_or(word.text.clone(), |color| style.paint(&word.text, color));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }

    /// The columns on the left of a line that goes on: nothing but the tree.
    fn beginning_below(&self, columns: &Columns, style: Style) -> String {
        let indent = " ".repeat(columns.all() - columns.name);
        indent + &pad(&self.below, columns.name, &style.paint(&self.below, Color::Dim))
    }

    /// What stands to the right of the name.
    fn words(&self, style: Style) -> Vec<Word> {
        let colored = |text: String, color| Word { gap: 2, text, color: Some(color) };
        let mut words = Vec::new();
        if !self.value.is_empty() {
            words.push(colored(self.value.clone(), Color::Yellow));
        }
        for (index, word) in self.node.note.iter().flat_map(|note| note.split_whitespace()).enumerate() {
            let text: String = word.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
            words.push(match index {
                0 => Word { gap: 2, text: format!("— {text}"), color: None },
                _ => Word { gap: 1, text, color: None },
            });
        }
        words.extend(self.section.map(|section| colored(section.to_owned(), Color::Dim)));
        // Who opened a group is not who read its bytes.
        let source = self.node.location.filter(|_| style.source && self.node.value != Value::Group);
        words.extend(source.map(|at| colored(format!("{}:{}", at.file(), at.line()), Color::Dim)));
        words
    }
}

/// `painted`, which shows as `text`, with blanks up to `to` columns.
fn pad(text: &str, to: usize, painted: &str) -> String {
    format!("{painted}{}", " ".repeat(to.saturating_sub(width(text))))
}

/// How many columns `text` takes; what is written here has no wide characters.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}
