use std::time::Duration;

use wirelab::load::{Config, Counts, Histogram};

/// A load that waits for a minute for its answers: where a program promises that everybody gets one, a busy machine shall not
/// break the promise. It ends with the last answer.
pub fn patient() -> Config {
    let minute = Duration::from_secs(60);
    Config { timeout: minute, grace: minute, ..Config::default() }
}

/// The headings of [`times`].
pub const TIMES: [&str; 5] = ["p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"];

/// Response times as cells of a table.
pub fn times(times: &Histogram) -> [String; 5] {
    let [p50, p90, p99, p999] = [50.0, 90.0, 99.0, 99.9].map(|percent| times.percentile(percent));
    [p50, p90, p99, p999, times.longest()].map(milliseconds)
}

/// A time in milliseconds, with three digits that mean something.
pub fn milliseconds(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    let places = if ms < 10.0 { 2 } else { usize::from(ms < 100.0) };
    format!("{ms:.places$}")
}

/// What became of the requests of a load, in a line: what did not happen is left out.
pub fn what_became(counts: &Counts) -> String {
    let failed = counts.failed.named();
    let unsent = [
        ("not sent, as the queue was full", counts.unsent.queue_full),
        ("not sent in time", counts.unsent.too_late),
        ("not sent before the end", counts.unsent.at_the_end),
    ];
    let others = failed.chain([("unanswered", counts.unanswered)]).chain(unsent);
    let others = others.filter(|(_, count)| *count > 0).map(|(name, count)| format!(", {count} {name}"));
    let [_, _, redirects, clients, servers] = counts.statuses;
    let statuses = [("3xx", redirects), ("4xx", clients), ("5xx", servers)];
    let statuses = statuses
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!(", {count} of them {name}"));
    let answered = format!("{} due, {} sent, {} answered", counts.due, counts.sent, counts.answered);
    statuses.chain(others).fold(answered, |line, part| line + &part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_enough() {
        let shown = [90, 1_234, 12_345, 123_456].map(|micros| milliseconds(Duration::from_micros(micros)));
        assert_eq!(shown, ["0.09", "1.23", "12.3", "123"]);
    }

    #[test]
    fn only_what_happened_is_said() {
        let mut counts =
            Counts { due: 9, sent: 8, answered: 6, statuses: [0, 4, 0, 0, 2], ..Counts::default() };
        counts.failed.reset = 2;
        counts.unsent.too_late = 1;
        assert_eq!(
            what_became(&counts),
            "9 due, 8 sent, 6 answered, 2 of them 5xx, 2 reset, 1 not sent in time"
        );
    }
}
