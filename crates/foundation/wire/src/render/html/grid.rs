//! The bytes of each buffer, sixteen a row, each tied to the field that it belongs to.

use std::fmt::Write;

use super::{HtmlOptions, escape};
use crate::explain::{Buffer, Explanation, Node};

/// Appends the grid of every buffer.
pub(super) fn grids(explanation: &Explanation, options: &HtmlOptions<'_>, out: &mut String) {
    let owners = owners(explanation, options);
    for (number, (buffer, owners)) in explanation.buffers.iter().zip(&owners).enumerate() {
        let caption = escape(buffer.name);
        let _ = writeln!(out, "<table class=\"bytes\" data-buffer=\"{number}\"><caption>{caption}</caption>");
        rows(buffer, owners, &escape(options.id_prefix), out);
        out.push_str("</table>\n");
    }
}

/// What a byte belongs to: one leaf, or several that share its bits.
#[derive(Clone, Default)]
struct Owner {
    leaves: Vec<usize>,
    class: &'static str,
}

impl Owner {
    /// The id of the first leaf, and the ids of all. What no leaf holds belongs to the root.
    fn ids(&self, prefix: &str) -> (String, String) {
        let ids: Vec<String> = self.leaves.iter().map(|leaf| format!("{prefix}{leaf}")).collect();
        let first = ids.first().cloned().unwrap_or_else(|| format!("{prefix}0"));
        let all = if ids.is_empty() { first.clone() } else { ids.join(" ") };
        (first, all)
    }
}

/// For each byte of each buffer, its owner. A leaf goes by its number in the order of the tree.
fn owners(explanation: &Explanation, options: &HtmlOptions<'_>) -> Vec<Vec<Owner>> {
    fn visit(node: &Node, class_of: fn(&Node) -> &'static str, next: &mut usize, owners: &mut [Vec<Owner>]) {
        let number = *next;
        *next += 1;
        let is_leaf = !node.children.iter().any(|child| child.buffer == node.buffer);
        let bytes = owners.get_mut(node.buffer).and_then(|owners| owners.get_mut(node.byte_range()));
        for owner in bytes.into_iter().flatten().filter(|_| is_leaf) {
            if owner.leaves.is_empty() {
                owner.class = class_of(node);
            }
            owner.leaves.push(number);
        }
        node.children.iter().for_each(|child| visit(child, class_of, next, owners));
    }
    let unowned = |buffer: &Buffer| vec![Owner::default(); buffer.bytes.len()];
    let mut owners: Vec<Vec<Owner>> = explanation.buffers.iter().map(unowned).collect();
    visit(&explanation.root, options.class_of, &mut 0, &mut owners);
    owners
}

/// The hexadecimal bytes are links to their fields, so that they work without a script. They are not in the order of the
/// tab key: there may be hundreds, and the tree says the same.
fn rows(buffer: &Buffer, owners: &[Owner], prefix: &str, out: &mut String) {
    for (row, (bytes, owners)) in buffer.bytes.chunks(16).zip(owners.chunks(16)).enumerate() {
        let _ = write!(out, "<tr><th scope=\"row\">{:04x}</th><td class=\"hex\">", row * 16);
        for (at, (byte, owner)) in (row * 16..).zip(bytes.iter().zip(owners)) {
            let (first, all) = owner.ids(prefix);
            let class = owner.class;
            let _ = write!(
                out,
                "<a class=\"{class}\" href=\"#{first}\" title=\"byte {at}\" tabindex=\"-1\" data-leaf=\"{all}\">{byte:02x}</a> "
            );
        }
        out.push_str("</td><td class=\"text\">");
        for (byte, owner) in bytes.iter().zip(owners) {
            let shown = if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '·' };
            let shown = escape(shown.encode_utf8(&mut [0; 4]));
            let (class, (_, all)) = (owner.class, owner.ids(prefix));
            let _ = write!(out, "<i class=\"{class}\" data-leaf=\"{all}\">{shown}</i>");
        }
        out.push_str("</td></tr>\n");
    }
}
