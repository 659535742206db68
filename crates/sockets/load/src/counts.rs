use std::io;

/// What became of the requests. Nothing is left out:
///
/// ```text
///   due ─┬─ sent ───┬─ answered
///        │          ├─ failed        refused · reset · closed · timed_out · …
///        │          └─ unanswered    still on its way when the run was over
///        └─ unsent                   queue_full · too_late · at_the_end
/// ```
///
/// `due = sent + unsent` and `sent = answered + failed + unanswered`, whatever the server does: [`add_up`](Self::add_up).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests whose moment had come. In a closed loop, those that were sent.
    pub due: u64,
    /// Given to a connection, one that had to be made for it included.
    pub sent: u64,
    /// Answered to the last byte, whatever the status.
    pub answered: u64,
    /// Sent, and neither answered nor waited for any more.
    pub failed: Failed,
    /// Sent, and neither answered nor failed when the run was over.
    pub unanswered: u64,
    /// Due, and not sent.
    pub unsent: Unsent,
    /// Answers by the first digit of their status, from 1 (of which there are none) to 5 (and above, which nobody sends).
    pub statuses: [u64; 5],
}

/// How requests failed that were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failed {
    /// Nobody listens: the connection was refused by an RST.
    pub refused: u64,
    /// The connection could not be made for another reason: no route, no free port, no descriptor.
    pub no_connection: u64,
    /// The connection was reset before the last byte of the answer.
    pub reset: u64,
    /// The server ended the connection before the last byte of the answer. On a connection that was kept, this may be
    /// its idle time-out, in the moment in which the request was on its way.
    pub closed: u64,
    /// The answer was not complete within [`Config::timeout`](crate::Config::timeout).
    pub timed_out: u64,
    /// What came is not HTTP.
    pub not_http: u64,
}

/// Why requests that were due were not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    /// No connection was free, and [`Config::queue`](crate::Config::queue) requests waited already.
    pub queue_full: u64,
    /// No connection became free within [`Config::timeout`](crate::Config::timeout).
    pub too_late: u64,
    /// Still waiting for a connection when the run was over.
    pub at_the_end: u64,
}

/// One way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Refused,
    NoConnection,
    Reset,
    Closed,
    TimedOut,
    NotHttp,
}

impl Failure {
    pub(crate) fn of_connecting(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Failure::Refused,
            _ => Failure::NoConnection,
        }
    }
}

impl Counts {
    /// Whether every request that was due is in exactly one place.
    pub fn add_up(&self) -> bool {
        self.due == self.sent + self.unsent.total()
            && self.sent == self.answered + self.failed.total() + self.unanswered
            && self.answered == self.statuses.iter().sum::<u64>()
    }

    /// Whether every request that was due was answered.
    pub fn all_answered(&self) -> bool {
        self.answered == self.due
    }

    pub(crate) fn merge(&mut self, other: &Counts) {
        self.due += other.due;
        self.sent += other.sent;
        self.answered += other.answered;
        self.unanswered += other.unanswered;
        self.failed.merge(&other.failed);
        self.unsent.merge(&other.unsent);
        self.statuses.iter_mut().zip(other.statuses).for_each(|(ours, theirs)| *ours += theirs);
    }
}

impl Failed {
    /// The sum.
    pub fn total(&self) -> u64 {
        self.named().map(|(_, count)| count).sum()
    }

    /// Each with its name.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        [
            ("refused", self.refused),
            ("no connection", self.no_connection),
            ("reset", self.reset),
            ("closed", self.closed),
            ("timed out", self.timed_out),
            ("not HTTP", self.not_http),
        ]
        .into_iter()
    }

    pub(crate) fn note(&mut self, failure: Failure) {
        *match failure {
            Failure::Refused => &mut self.refused,
            Failure::NoConnection => &mut self.no_connection,
            Failure::Reset => &mut self.reset,
            Failure::Closed => &mut self.closed,
            Failure::TimedOut => &mut self.timed_out,
            Failure::NotHttp => &mut self.not_http,
        } += 1;
    }

    fn merge(&mut self, other: &Failed) {
        self.refused += other.refused;
        self.no_connection += other.no_connection;
        self.reset += other.reset;
        self.closed += other.closed;
        self.timed_out += other.timed_out;
        self.not_http += other.not_http;
    }
}

impl Unsent {
    /// The sum.
    pub fn total(&self) -> u64 {
        self.queue_full + self.too_late + self.at_the_end
    }

    fn merge(&mut self, other: &Unsent) {
        self.queue_full += other.queue_full;
        self.too_late += other.too_late;
        self.at_the_end += other.at_the_end;
    }
}
