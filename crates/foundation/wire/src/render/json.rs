use serde_json::{Map, Value as Json, json as make};

use super::value;
use crate::explain::{Explanation, Node};
use crate::trace::Value;

/// The explanation as JSON: `buffers` (name and bytes in hexadecimal), `root` (the tree), and `error` (or null).
///
/// A node has `name`, `buffer`, `bits` (first, and behind the last), and, where there is one, `value` (a number, or text as a
/// string), `note`, `section`, `source` (`file:line`) and `children`.
pub fn json(explanation: &Explanation) -> Json {
    let buffers: Vec<Json> = explanation
        .buffers
        .iter()
        .map(|buffer| {
            let hex: String = buffer.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            make!({ "name": buffer.name, "hex": hex })
        })
        .collect();
    let error = explanation.error.as_ref().map(|error| {
        let rule = error.rule().map(|rule| make!({ "name": rule.name, "section": rule.section }));
        make!({ "at": error.at, "field": error.field, "text": error.kind.to_string(), "rule": rule })
    });
    make!({ "buffers": buffers, "root": node(explanation, &explanation.root), "error": error })
}

fn node(explanation: &Explanation, this: &Node) -> Json {
    let mut object = Map::new();
    object.insert("name".into(), this.name.into());
    object.insert("buffer".into(), this.buffer.into());
    object.insert("bits".into(), make!([this.bits.start, this.bits.end]));
    match this.value {
        Value::Number(number) => drop(object.insert("value".into(), number.into())),
        Value::Text => drop(object.insert("value".into(), value::quoted(explanation.bytes_of(this)).into())),
        Value::Bytes | Value::Group => {}
    }
    let mut insert =
        |key: &str, text: Option<String>| text.map(|text| object.insert(key.into(), text.into()));
    insert("note", this.note.clone());
    insert("section", this.section.map(str::to_string));
    insert("source", this.location.map(|source| format!("{}:{}", source.file(), source.line())));
    if !this.children.is_empty() {
        let children: Vec<Json> = this.children.iter().map(|child| node(explanation, child)).collect();
        object.insert("children".into(), children.into());
    }
    Json::Object(object)
}
