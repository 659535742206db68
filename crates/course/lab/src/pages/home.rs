//! `/`: the visitor's request, the head of the answer, and the connection.

use serde_json::{Value, json};
use wirelab::wire::{Explanation, Node, render};

use crate::html::{Tab, escape, explained, page, source_link};
use crate::numbers::{self, Number};
use crate::visit::Visit;

/// The page, which shows `head`, the head that it is sent with.
pub fn html(visit: &Visit, head: &Explanation) -> String {
    let main = [lead(visit), request(visit), response(head), connection(visit), form()].concat();
    page(Tab::Home, &visit.heading(), &main)
}

fn lead(visit: &Visit) -> String {
    let reuse = match visit.connection.request {
        1 => "It has carried this one request; reload and see.".to_owned(),
        count => format!("It has carried {count} requests, this one included."),
    };
    format!(
        "<h1>{}</h1>\n<p class=\"lede\">They came over <a href=\"#connection\">TCP connection {}</a>. {reuse} Below is every \
         byte, and what our parser took it for. Choose any of them: its line in the tree ends in a link to the line of \
         source code that read it{}.</p>\n",
        escape(&visit.heading()),
        visit.connection.connection,
        example_of_a_source_link(&visit.request.root),
    )
}

/// For the first field's name.
fn example_of_a_source_link(root: &Node) -> String {
    let leaves = root.leaves();
    let name = leaves.iter().find(|leaf| leaf.name == "field name");
    let Some(source) = name.and_then(|name| name.location) else { return String::new() };
    let (link, file) =
        (source_link(source.file(), source.line()), source.file().rsplit('/').next().unwrap_or_default());
    format!(
        ", such as <a href=\"{}\"><code>{}:{}</code></a> for a field’s name",
        escape(&link),
        escape(file),
        source.line()
    )
}

fn request(visit: &Visit) -> String {
    let about_chunks = if visit.chunked {
        "<p>The content came in chunks. The server removes their sizes before the handler sees the content, so that \
         they are not shown here; <a href=\"/odd?case=chunked\">the odd requests</a> have one with all of its bytes.</p>\n"
    } else {
        ""
    };
    format!(
        "<section aria-labelledby=\"request\">\n<h2 id=\"request\">Your request</h2>\n{about_chunks}{}</section>\n",
        explained(&visit.request, "q")
    )
}

fn response(head: &Explanation) -> String {
    let length = head.buffers.first().map_or(0, |buffer| buffer.bytes.len());
    format!(
        "<section aria-labelledby=\"response\">\n<h2 id=\"response\">Our answer: {length} bytes of head, and this page</h2>\n\
         <p>Exactly these bytes stood before the first byte of this page. Here the links lead to the lines that wrote \
         them.</p>\n{}</section>\n",
        explained(head, "r")
    )
}

fn connection(visit: &Visit) -> String {
    let row = |number: Number| {
        format!(
            "<tr><th scope=\"row\">{}</th><td data-number=\"{}\">{}</td><td>{}</td></tr>\n",
            escape(number.name),
            number.key,
            escape(&number.value),
            escape(&number.meaning)
        )
    };
    let rows: String = numbers::of(&visit.connection).into_iter().map(row).collect();
    format!(
        "<section aria-labelledby=\"connection\">\n<h2 id=\"connection\">The connection that carried both</h2>\n\
         <p>What our server counts, and what the Linux kernel tells about its TCP (<code>getsockopt(TCP_INFO)</code>), \
         read when your request had arrived.</p>\n\
         <div class=\"scroll\"><table class=\"numbers\"><thead><tr><th scope=\"col\">What</th><th scope=\"col\">Value</th>\
         <th scope=\"col\">What it says</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n</section>\n"
    )
}

fn form() -> String {
    "<section aria-labelledby=\"send\">\n<h2 id=\"send\">Send a request with content</h2>\n\
     <form method=\"post\" action=\"/\">\n<label for=\"message\">Some words, of which every byte will be shown</label>\n\
     <div class=\"row\"><input id=\"message\" name=\"message\" maxlength=\"200\" value=\"50% off, é &amp; ü\" autocomplete=\"off\">\
     <button>POST it</button></div>\n</form>\n\
     <p>Then look at requests that no browser sends: <a href=\"/odd\">the odd ones</a>.</p>\n</section>\n"
        .to_owned()
}

/// The same for programs.
pub fn json(visit: &Visit) -> String {
    let numbers: serde_json::Map<String, Value> = numbers::of(&visit.connection)
        .into_iter()
        .map(|number| (number.key.to_owned(), json!({ "value": number.value, "meaning": number.meaning })))
        .collect();
    let all =
        json!({ "heading": visit.heading(), "request": render::json(&visit.request), "connection": numbers });
    format!("{all:#}\n")
}
