//! `/odd`: the list of odd requests, and one of them with what came back.

use wirelab::http1::Error;
use wirelab::wire::render::section_address;

use crate::html::{Tab, escape, explained, page};
use crate::odd::cases::{ALL, Case};
use crate::odd::finished::Finished;

/// The list of all.
pub fn list() -> String {
    let main = format!(
        "<h1>Odd requests</h1>\n<p class=\"lede\">No browser sends these. Choose one: the lab opens a real TCP connection to \
         itself, sends exactly the bytes that it shows, and explains what came back. Predict the answer first.</p>\n{}",
        links(None)
    );
    page(Tab::Odd, "Odd requests", &main)
}

fn links(current: Option<&Case>) -> String {
    let item = |case: &Case| {
        let is_current = current.is_some_and(|current| current.id == case.id);
        let mark = if is_current { " aria-current=\"true\"" } else { "" };
        let about =
            if current.is_none() { format!("<span>{}</span>", escape(case.question)) } else { String::new() };
        format!("<li><a href=\"/odd?case={}\"{mark}>{}</a>{about}</li>\n", case.id, escape(case.title))
    };
    let items: String = ALL.iter().map(item).collect();
    let class = if current.is_none() { "cases" } else { "cases short" };
    format!("<nav aria-label=\"Odd requests\"><ul class=\"{class}\">\n{items}</ul></nav>\n")
}

/// One of them. The answer is behind a fold, so that there is time for a prediction.
pub fn case(finished: &Finished) -> String {
    let case = finished.case;
    let main = format!(
        "<h1>{}</h1>\n<p class=\"lede\"><strong>Predict:</strong> {}</p>\n{}<details class=\"answer\">\n\
         <summary>Show what came back, and why</summary>\n{}{}{}</details>\n{}",
        escape(case.title),
        escape(case.question),
        sent(finished),
        received(finished),
        why(finished),
        parsed(finished),
        others(case),
    );
    page(Tab::Odd, case.title, &main)
}

fn sent(finished: &Finished) -> String {
    let cut = if finished.shown < finished.sent_len {
        format!(" The first {} are shown; the rest is more of the same.", finished.shown)
    } else {
        String::new()
    };
    let bytes = finished.sent.buffers.first().map(|buffer| &buffer.bytes[..]).unwrap_or_default();
    format!(
        "<section aria-labelledby=\"sent\">\n<h2 id=\"sent\">{} bytes were sent</h2>\n<p><code>\\r</code> is byte 13, CR; <code>\\n</code> is byte 10, LF.{cut}</p>\n\
         <pre class=\"raw\">{}</pre></section>\n",
        finished.sent_len,
        visible(bytes)
    )
}

/// Bytes as text, in which line ends can be seen.
fn visible(bytes: &[u8]) -> String {
    let mut out = String::new();
    for &byte in bytes {
        match byte {
            b'\r' => out.push_str("<i>\\r</i>"),
            b'\n' => out.push_str("<i>\\n</i>\n"),
            b' '..=b'~' => out.push_str(&escape(char::from(byte).encode_utf8(&mut [0; 4]))),
            other => out.push_str(&format!("<i>\\x{other:02x}</i>")),
        }
    }
    out
}

fn received(finished: &Finished) -> String {
    format!(
        "<section aria-labelledby=\"answer\">\n<h2 id=\"answer\">What came back</h2>\n\
         <p class=\"verdict\"><strong>{}</strong> {}</p>\n{}</section>\n",
        escape(&finished.statuses_text()),
        finished.outcome.ending.text(),
        explained(&finished.received, "r")
    )
}

fn parsed(finished: &Finished) -> String {
    format!(
        "<section aria-labelledby=\"parsed\">\n<h2 id=\"parsed\">What our parser made of the request</h2>\n{}</section>\n",
        explained(&finished.sent, "q")
    )
}

fn others(case: &Case) -> String {
    format!(
        "<section aria-labelledby=\"others\"><h2 id=\"others\">More of them</h2>{}</section>\n",
        links(Some(case))
    )
}

fn why(finished: &Finished) -> String {
    let rule = finished.error.as_ref().map_or("", Error::rule);
    let read = |address: String| format!(" <a href=\"{}\">Read {}</a>.", escape(&address), escape(rule));
    let section = section_address(rule).map(read).unwrap_or_default();
    format!(
        "<section aria-labelledby=\"why\">\n<h2 id=\"why\">Why</h2>\n\
         <p>{}{section}</p>\n<p>{}</p>\n<p><strong>A lenient recipient:</strong> {}</p>\n</section>\n",
        escape(&finished.why()),
        escape(finished.case.lesson),
        escape(finished.case.lenient)
    )
}
