//! `/sockets/nagle`: the stall, and its end, as ladders.

use std::time::Duration;

use wirelab::sim::Ladder;

use super::picture;
use crate::html::{Tab, page};
use crate::sockets::nagle::{Exchange, PIECES};

/// The page, and the same as text.
pub fn pages(exchanges: &[Exchange; 2]) -> (String, String) {
    let sections: String = exchanges.iter().map(section).collect();
    let main = format!(
        "<h1>Write, write, read</h1>\n<p class=\"lede\">A client wrote {} bytes, then {}, then waited for the answer. The \
         server answered as soon as it had both. This happened just now, on this machine’s loopback device, on a \
         connection that had made four such exchanges before.</p>\n{sections}{}",
        PIECES[0],
        PIECES[1],
        why()
    );
    let text =
        exchanges.iter().map(|it| format!("{}: {}\n\n{}\n", title(it), summary(it), Ladder::new(&it.log)));
    (page(Tab::Sockets, "Write, write, read", &main), text.collect())
}

fn title(exchange: &Exchange) -> &'static str {
    if exchange.nodelay { "With TCP_NODELAY" } else { "With Nagle’s algorithm, the default" }
}

fn summary(exchange: &Exchange) -> String {
    let took = milliseconds(exchange.took);
    let info = &exchange.after_write;
    match info.notsent_bytes {
        0 => format!("The answer came after {took} ms. The kernel sent both pieces at once."),
        kept => format!(
            "The answer came after {took} ms. After the second write the kernel had {} segment unacknowledged and {kept} bytes \
             not sent; it kept them back for {} ms.",
            info.unacked,
            milliseconds(exchange.held)
        ),
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e3)
}

fn section(exchange: &Exchange) -> String {
    let id = if exchange.nodelay { "nodelay" } else { "nagle" };
    let ladder = Ladder::new(&exchange.log);
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n<p>{}</p>\n{}</section>\n",
        title(exchange),
        summary(exchange),
        picture(&ladder.svg(title(exchange)), &ladder.to_string())
    )
}

fn why() -> &'static str {
    "<section aria-labelledby=\"why\">\n<h2 id=\"why\">Why</h2>\n\
     <p>Three parties wait for each other. Nagle’s algorithm (<a href=\"https://www.rfc-editor.org/rfc/rfc9293#section-3.7.4\">RFC \
     9293 §3.7.4</a>) holds a small segment back while an earlier one is unacknowledged. The receiver’s kernel delays the \
     acknowledgement, as the answer could carry it (<a href=\"https://www.rfc-editor.org/rfc/rfc9293#section-3.8.6.3\">§3.8.6.3</a>). \
     And the receiver’s program has nothing to answer yet. Only the delayed acknowledgement’s timer ends it: 40 ms on \
     Linux.</p>\n\
     <p>Arrows begin where the program, or the kernel’s count of unsent bytes, showed that the bytes left, and end where the \
     other program had read them. The acknowledgement itself no program sees.</p>\n\
     <p>The best cure is one write. Reload to measure again; in a terminal, <code>cargo run --example ch10_nagle</code> tries all \
     cures.</p>\n</section>\n"
}
