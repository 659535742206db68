//! The same pages for terminals.

use std::fmt::Write;

use wirelab::wire::Explanation;
use wirelab::wire::render::{Style, terminal};

use crate::numbers;
use crate::odd::cases::ALL;
use crate::odd::finished::Finished;
use crate::visit::Visit;

/// `/`
pub fn home(visit: &Visit, head: &Explanation, style: Style) -> String {
    let mut out = format!("{}. Each of them:\n\n{}\n", visit.heading(), terminal(&visit.request, style));
    let length = head.buffers.first().map_or(0, |buffer| buffer.bytes.len());
    let _ = writeln!(out, "The head of this answer, {length} bytes:\n\n{}", terminal(head, style));
    out.push_str("The connection that carried both:\n\n");
    for number in numbers::of(&visit.connection) {
        let _ = writeln!(out, "{:>26}  {:<24} {}", number.name, number.value, number.meaning);
    }
    out.push_str(
        "\nMore: /?source=1 (with the line of source code that read each field), /ansi (with colours), /json,\n/odd (odd requests). Send content with curl --data.\n",
    );
    out
}

/// `/odd`
pub fn odd_list() -> String {
    let mut out = String::from("Odd requests. Predict the answer, then ask for it: /odd?case=NAME\n\n");
    for case in ALL {
        let _ = writeln!(out, "{:<20} {}\n{:20} {}\n", case.id, case.title, "", case.question);
    }
    out
}

/// `/odd?case=…`
pub fn odd_case(finished: &Finished, style: Style) -> String {
    let case = finished.case;
    let mut out = format!("{}\n\nPredict: {}\n\n", case.title, case.question);
    let _ = writeln!(out, "{} bytes were sent:\n\n{}", finished.sent_len, terminal(&finished.sent, style));
    let _ =
        writeln!(out, "What came back: {}. {}\n", finished.statuses_text(), finished.outcome.ending.text());
    let _ = writeln!(out, "{}\n{}\n", terminal(&finished.received, style), finished.why());
    let _ = writeln!(out, "{}\n\nA lenient recipient: {}", case.lesson, case.lenient);
    out
}
