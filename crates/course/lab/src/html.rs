//! HTML by hand: escaping, the frame of every page, and explanations with linked bytes.

use wirelab::wire::render::{self, HtmlOptions};
use wirelab::wire::{Explanation, Node};

/// Text that cannot be taken for markup, inside an element or a quoted attribute. Everything that came from outside
/// goes through here, or through the renderer of `wirelab::wire`, which does the same.
pub fn escape(text: &str) -> String {
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

/// The tabs, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// `/`
    Home,
    /// `/odd`
    Odd,
    /// `/source/…`
    Source,
}

/// A whole page: `title` is text, `main` is markup.
pub fn page(tab: Tab, title: &str, main: &str) -> String {
    let title = escape(title);
    let link = |to: Tab, href: &str, name: &str| {
        let current = if to == tab { " aria-current=\"page\"" } else { "" };
        format!("<li><a href=\"{href}\"{current}>{name}</a></li>")
    };
    let tabs = [
        link(Tab::Home, "/", "Your connection"),
        link(Tab::Odd, "/odd", "Odd requests"),
        link(Tab::Source, "/source/", "Source"),
    ]
    .concat();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title} · Wirelab</title>\n<link rel=\"stylesheet\" href=\"/lab.css\">\n\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\n<script src=\"/lab.js\" defer></script>\n\
         </head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n\
         <header><p class=\"brand\"><a href=\"/\">Wirelab</a></p><nav aria-label=\"Pages\"><ul>{tabs}</ul></nav></header>\n\
         <main id=\"main\" tabindex=\"-1\">\n{main}</main>\n\
         <footer><p>Served by our own event loop and our own HTTP/1.1. In a terminal: <code>curl -s</code> with this \
         page’s address.</p></footer>\n</body>\n</html>\n"
    )
}

/// The address in the lab of a line of source code.
pub fn source_link(file: &str, line: u32) -> String {
    format!("/source/{}#L{line}", file.replace('\\', "/"))
}

/// An explanation, where each byte of the grid links to its field and is coloured by the field's kind. `prefix` keeps the ids
/// of several explanations on one page apart.
pub fn explained(explanation: &Explanation, prefix: &str) -> String {
    let options = HtmlOptions { id_prefix: prefix, source_link: Some(source_link) };
    let mut kinds = Vec::new();
    kinds_of(&explanation.root, &mut kinds);
    link_bytes(&render::html(explanation, &options), prefix, &kinds)
}

/// For each node, in the order of the tree, the class of its bytes.
fn kinds_of(node: &Node, kinds: &mut Vec<&'static str>) {
    kinds.push(match node.name {
        "method" | "request target" | "status code" | "reason phrase" | "chunk size" => "k-start",
        "protocol" | "major version" | "dot" | "minor version" => "k-version",
        "field name" | "extension name" => "k-name",
        "field value" | "extension value" => "k-value",
        "refused here" => "k-bad",
        "not understood" | "read, and given up" | "never read" => "k-unread",
        "content" | "chunk data" | "joined chunks" | "content, joined from its chunks" => "k-data",
        _ => "k-mark",
    });
    node.children.iter().for_each(|child| kinds_of(child, kinds));
}

/// The renderer marks each byte with the id of its field. Here the hexadecimal ones become links to it, with their
/// offset as the title, so that they work without a script. They are not in the order of the tab key: there are hundreds, and
/// the tree says the same.
fn link_bytes(html: &str, prefix: &str, kinds: &[&str]) -> String {
    let mut pieces = html.split("<span data-leaf=\"");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    let (mut in_text, mut at) = (false, 0);
    for piece in pieces {
        let Some((id, rest)) = piece.split_once("\">") else { continue };
        let Some((shown, rest)) = rest.split_once("</span>") else { continue };
        let number = id.strip_prefix(prefix).and_then(|number| number.parse::<usize>().ok());
        let kind = number.and_then(|number| kinds.get(number)).copied().unwrap_or_default();
        out.push_str(&match in_text {
            true => format!("<i class=\"{kind}\" data-leaf=\"{id}\">{shown}</i>"),
            false => format!(
                "<a class=\"{kind}\" href=\"#{id}\" title=\"byte {at}\" tabindex=\"-1\" data-leaf=\"{id}\">{shown}</a>"
            ),
        });
        at = if rest.contains("<table") { 0 } else { at + usize::from(!in_text) };
        in_text =
            if rest.contains("class=\"text\"") { true } else { in_text && !rest.contains("class=\"hex\"") };
        out.push_str(rest);
    }
    out
}
