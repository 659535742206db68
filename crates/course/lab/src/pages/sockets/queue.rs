//! `/sockets/queue`: the two queues of a listener, as gauges that a visitor fills and drains.

use std::fmt::Write;

use serde_json::{Value, json};
use wirelab::kernel::Counter;

use crate::html::{Tab, page};
use crate::sockets::queue::Snapshot;

/// A row of the page: the key in the JSON, what it is, its value, and what that means.
struct Row {
    key: &'static str,
    name: &'static str,
    value: u64,
    meaning: &'static str,
}

fn rows(seen: &Snapshot) -> Vec<Row> {
    let row = |key, name, value, meaning| Row { key, name, value, meaning };
    let in_state = |state: &str| seen.clients.get(state).copied().unwrap_or(0) as u64;
    vec![
        row(
            "established",
            "clients that are connected",
            in_state("ESTABLISHED"),
            "by their own kernel’s word: connect() has returned, and they may send",
        ),
        row(
            "syn_sent",
            "clients that wait",
            in_state("SYN-SENT"),
            "no answer to the SYN; the kernel sends it again after 1 s, 3 s, 7 s …",
        ),
        row("accepted", "connections accepted", seen.accepted as u64, "those that the server’s program has"),
        row(
            "overflows",
            "ListenOverflows",
            seen.counted.get(Counter::LISTEN_OVERFLOWS),
            "handshakes that met a full accept queue",
        ),
        row(
            "drops",
            "ListenDrops",
            seen.counted.get(Counter::LISTEN_DROPS),
            "SYNs and ACKs that the listener dropped, those included",
        ),
    ]
}

fn gauge(key: &str, name: &str, value: u64, most: u64, meaning: &str) -> String {
    format!(
        "<p class=\"gauge\"><label for=\"{key}\">{name}: <strong data-live=\"{key}\">{value}</strong> of {most}</label>\
         <meter id=\"{key}\" data-live=\"{key}\" min=\"0\" max=\"{most}\" value=\"{value}\"></meter><span>{meaning}</span></p>\n"
    )
}

/// The page, and the same as text.
pub fn pages(seen: &Snapshot) -> (String, String) {
    let room = u64::from(seen.queue.limit) + 1;
    let queue = gauge(
        "queue",
        "accept queue",
        seen.queue.length.into(),
        room,
        "handshakes that are complete, and not yet accepted",
    );
    let syn = gauge(
        "syn_queue",
        "SYN queue",
        seen.syn_queue as u64,
        seen.queue.limit.into(),
        "SYNs that were answered, and whose last ACK has not been taken",
    );
    let row = |row: &Row| {
        format!(
            "<tr><th scope=\"row\">{}</th><td data-live=\"{}\">{}</td><td>{}</td></tr>\n",
            row.name, row.key, row.value, row.meaning
        )
    };
    let table: String = rows(seen).iter().map(row).collect();
    let main = format!(
        "<h1>Who waits where</h1>\n<p class=\"lede\">A listener with <code>listen({})</code>, and a program that can stop calling \
         <code>accept</code>. Stop it, then let clients come, three at a time. How many are connected before the first one has to \
         wait? <span data-live=\"accepting\">{}</span></p>\n\
         <section data-poll=\"/sockets/queue.json\" aria-labelledby=\"gauges\">\n<h2 id=\"gauges\">The two queues</h2>\n{queue}{syn}{}\
         <div class=\"scroll\"><table class=\"numbers\"><thead><tr><th scope=\"col\">What</th><th scope=\"col\">Count</th>\
         <th scope=\"col\">What it says</th></tr></thead>\n<tbody>\n{table}</tbody></table></div>\n</section>\n{}",
        seen.queue.limit,
        accepting(seen),
        buttons(),
        why(room)
    );
    (page(Tab::Sockets, "Who waits where", &main), text(seen))
}

fn accepting(seen: &Snapshot) -> &'static str {
    if seen.accepting { "The program accepts." } else { "The program does not accept." }
}

fn buttons() -> &'static str {
    "<form method=\"post\" action=\"/sockets/queue\" class=\"row\">\n\
     <button name=\"action\" value=\"stop\">Stop accepting</button>\n\
     <button name=\"action\" value=\"connect\">Three clients connect</button>\n\
     <button name=\"action\" value=\"start\">Accept again</button>\n\
     <button name=\"action\" value=\"leave\">All clients go</button>\n</form>\n"
}

fn why(room: u64) -> String {
    format!(
        "<section aria-labelledby=\"why\">\n<h2 id=\"why\">Why</h2>\n\
         <p>The kernel shakes hands by itself. The queue counts as full when it is <em>longer</em> than the backlog, so that it \
         holds {room}. Then the kernel drops new SYNs without a word: to the client the server is slow, not absent. When the \
         program accepts again, the queue is empty at once, and those who wait come in with their next SYN.</p>\n\
         <p>The counters are those of the whole network namespace, since this experiment began; everybody who looks at this \
         page looks at the same listener. In a terminal: <code>cargo run --example ch08_accept_queue</code>.</p>\n</section>\n"
    )
}

fn text(seen: &Snapshot) -> String {
    let mut out = format!(
        "{}\n\n{:>28}  {} of {}\n{:>28}  {}\n",
        accepting(seen),
        "accept queue",
        seen.queue.length,
        u64::from(seen.queue.limit) + 1,
        "SYN queue",
        seen.syn_queue
    );
    for row in rows(seen) {
        let _ = writeln!(out, "{:>28}  {:<6} {}", row.name, row.value, row.meaning);
    }
    out.push_str("\nChange it: curl -d action=stop (or connect, start, leave) to this address.\n");
    out
}

/// What the page's script asks for, again and again.
pub fn json(seen: &Snapshot) -> String {
    let mut all: serde_json::Map<String, Value> =
        rows(seen).into_iter().map(|row| (row.key.to_owned(), json!(row.value))).collect();
    all.insert("queue".into(), json!(seen.queue.length));
    all.insert("syn_queue".into(), json!(seen.syn_queue));
    all.insert("accepting".into(), json!(accepting(seen)));
    format!("{}\n", Value::Object(all))
}
