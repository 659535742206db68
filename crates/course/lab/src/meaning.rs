//! Adds to an explanation what its fields mean: the registry's sentences about names and numbers.

use wirelab::http::registry;
use wirelab::wire::{Buffer, Explanation, Node, Value};

/// Adds notes and sections to everything that the registry knows.
pub fn add(explanation: &mut Explanation) {
    let Explanation { buffers, root, .. } = explanation;
    add_to(root, buffers);
}

fn add_to(node: &mut Node, buffers: &[Buffer]) {
    match node.name {
        "field line" => about_field(node, buffers),
        "method" => {
            if let Some(info) = registry::method(&text_of(node, buffers)) {
                say(node, info.section, info.meaning);
            }
        }
        "status code" => {
            let code = text_of(node, buffers).parse().ok();
            if let Some(info) = code.and_then(registry::status) {
                say(node, info.section, format!("{}: {}", info.name, info.meaning));
            }
        }
        "request target" => about_target(node, &text_of(node, buffers)),
        "protocol" => say(node, "RFC 9112 §2.3", "the protocol's name; it is case-sensitive"),
        "minor version" => say(node, "RFC 9110 §2.5", "what the sender can do beyond the major version"),
        "reason phrase" => say(node, "RFC 9112 §4", "words for people; programs must not rely on them"),
        "content" if node.buffer == 0 => {
            say(node, "RFC 9112 §6", "its length was announced by Content-Length")
        }
        _ => {}
    }
    let ends = match node.name {
        name if name.ends_with(" head") => "an empty line: the head ends here",
        "trailers" => "an empty line: the trailers, and the message, end here",
        _ => "",
    };
    for child in &mut node.children {
        if child.name == "end of line" && !ends.is_empty() {
            say(child, "RFC 9112 §2.1", ends);
        }
        add_to(child, buffers);
    }
}

fn about_field(line: &mut Node, buffers: &[Buffer]) {
    let name =
        line.children.iter().find(|child| child.name == "field name").map(|node| text_of(node, buffers));
    match name.as_deref().and_then(registry::field) {
        Some(info) => say(line, info.section, format!("{}: {}", info.name, info.meaning)),
        None => line.note = name.map(|name| format!("{name}: a field that our registry does not know.")),
    }
    for child in &mut line.children {
        match child.name {
            "field name" => {
                child.section = Some("RFC 9110 §5.1");
                child.note = None; // the line has said it
            }
            "field value" => child.section = Some("RFC 9110 §5.5"),
            "colon" | "blanks" => child.section = Some("RFC 9112 §5"),
            "end of line" => child.section = Some("RFC 9112 §2.2"),
            _ => {}
        }
    }
}

fn about_target(node: &mut Node, target: &str) {
    let (section, form) = match target {
        "*" => ("RFC 9112 §3.2.4", "asterisk form: the server as a whole"),
        path if path.starts_with('/') => {
            ("RFC 9112 §3.2.1", "origin form: path and query; the host is in its own field")
        }
        absolute if absolute.contains("://") => {
            ("RFC 9112 §3.2.2", "absolute form, as a proxy is asked; every server must take it")
        }
        _ => ("RFC 9112 §3.2.3", "authority form: for CONNECT alone"),
    };
    say(node, section, form);
}

fn say(node: &mut Node, section: &'static str, note: impl Into<String>) {
    node.section = Some(section);
    node.note = Some(note.into());
}

fn text_of(node: &Node, buffers: &[Buffer]) -> String {
    let bytes = buffers.get(node.buffer).and_then(|buffer| buffer.bytes.get(node.byte_range()));
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

/// Adds bytes that were made from those on the wire, as a buffer of their own with one node.
pub fn append_buffer(explanation: &mut Explanation, name: &'static str, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let node = leaf(name, explanation.buffers.len(), 0..bytes.len());
    explanation.buffers.push(Buffer { name, bytes: bytes.to_vec() });
    explanation.root.children.push(Node { section: Some("RFC 9112 §7.1"), ..node });
}

/// Where bytes were refused, splits what was not understood in three: what was taken before the bad byte, the byte, and what
/// nobody read. So the byte has a place in the tree that can be pointed at.
pub fn mark_refusal(explanation: &mut Explanation) {
    let Some(error) = explanation.error else { return };
    let Some(at) = explanation.root.children.iter().position(|child| child.name == "not understood") else {
        return;
    };
    let range = explanation.root.children[at].byte_range();
    if !range.contains(&error.at) {
        return;
    }
    let parts = [
        leaf("read, and given up", 0, range.start..error.at),
        Node {
            note: Some(error.rule().map_or_else(|| error.kind.to_string(), |rule| rule.says.to_owned())),
            section: error.rule().map(|rule| rule.section),
            ..leaf("refused here", 0, error.at..error.at + 1)
        },
        leaf("never read", 0, error.at + 1..range.end),
    ];
    let parts = parts.into_iter().filter(|part| !part.bits.is_empty());
    explanation.root.children.splice(at..=at, parts);
}

fn leaf(name: &'static str, buffer: usize, bytes: std::ops::Range<usize>) -> Node {
    Node {
        name,
        buffer,
        bits: bytes.start * 8..bytes.end * 8,
        value: Value::Text,
        note: None,
        section: None,
        location: None,
        children: Vec::new(),
    }
}
