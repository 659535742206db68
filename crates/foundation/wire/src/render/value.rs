//! Values in words, for all renderings alike.

use crate::explain::{Explanation, Node};
use crate::trace::Value;

/// How many bytes of a field are shown as hexadecimal digits before the rest becomes an ellipsis.
const SHOWN: usize = 8;

/// The value of a field: a number in decimal (and in hexadecimal, from 10 on), text in quotes, and for opaque bytes how
/// many they are. A group has none.
pub(super) fn value(explanation: &Explanation, node: &Node) -> Option<String> {
    match node.value {
        Value::Group => None,
        Value::Number(number @ 0..10) => Some(number.to_string()),
        Value::Number(number) => Some(format!("{number} ({number:#x})")),
        Value::Text => Some(quoted(explanation.bytes_of(node))),
        Value::Bytes => Some(match node.byte_range().len() {
            1 => "1 byte".to_string(),
            len => format!("{len} bytes"),
        }),
    }
}

/// Text in double quotes, with everything that is not printable ASCII escaped.
pub(super) fn quoted(text: &[u8]) -> String {
    format!("\"{}\"", text.escape_ascii().to_string().replace("\\'", "'"))
}

/// The first bytes as hexadecimal digits.
pub(super) fn short_hex(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    let rest = if bytes.len() > SHOWN { " …" } else { "" };
    shown.join(" ") + rest
}

/// The place of a node: `4–5` in bytes, `0.4–0.7` where it does not fill its bytes.
pub(super) fn place(node: &Node) -> String {
    let (first, end) = (node.bits.start, node.bits.end);
    if first == end {
        return format!("{}", first / 8);
    }
    let last = end - 1;
    match (fills_its_bytes(node), first / 8 == last / 8) {
        (true, true) => format!("{}", first / 8),
        (true, false) => format!("{}–{}", first / 8, last / 8),
        (false, _) if first == last => format!("{}.{}", first / 8, first % 8),
        (false, _) => format!("{}.{}–{}.{}", first / 8, first % 8, last / 8, last % 8),
    }
}

/// Whether the node begins and ends between two bytes.
pub(super) fn fills_its_bytes(node: &Node) -> bool {
    node.bits.start.is_multiple_of(8) && node.bits.end.is_multiple_of(8)
}
