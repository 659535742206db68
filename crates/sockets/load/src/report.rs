use std::time::Duration;

use crate::counts::Failure;
use crate::{Counts, Histogram};

/// What a load has shown.
///
/// Times are of requests that were answered. A percentile says nothing of those that failed or were not sent: look at
/// [`counts`](Self::counts) first.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What became of the requests.
    pub counts: Counts,
    /// **Response times**: from the moment at which the request was due to the last byte of its answer. What a user
    /// waits, in line or not.
    pub response: Histogram,
    /// Service times: from the moment at which the request was given to a connection to the last byte. What a
    /// generator measures that starts its clock when it sends; the difference to [`response`](Self::response) is what that
    /// one hides.
    pub service: Histogram,
    /// The same, for each kind of request in the [`Mix`](crate::Mix), in its order.
    pub kinds: Vec<Kind>,
    /// The same, second by second. A request belongs to the second in which it was due.
    pub seconds: Vec<Second>,
    /// From the first moment to the last answer, failure or end of waiting.
    pub elapsed: Duration,
    /// Connections made, successfully.
    pub connected: u64,
    /// Connections that the server ended or reset while no request was on them.
    pub lost_idle: u64,
    /// Connections that were to be made before the clock started, and could not be.
    pub not_opened: u64,
    /// Bytes of content in answers.
    pub bytes: u64,
}

/// What became of one kind of request.
#[derive(Clone, Debug, Default)]
pub struct Kind {
    /// Its name in the mix.
    pub name: String,
    /// What became of them.
    pub counts: Counts,
    /// Response times, from the due moment.
    pub response: Histogram,
}

/// What became of the requests that were due in one second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// So many were due.
    pub due: u64,
    /// So many of them were answered, then or later.
    pub answered: u64,
    /// So many failed, or were not sent.
    pub failed: u64,
    /// The sum of the response times.
    pub sum: Duration,
    /// The longest response time.
    pub longest: Duration,
}

impl Second {
    /// The average response time; zero if nothing was answered.
    pub fn mean(&self) -> Duration {
        u32::try_from(self.answered)
            .ok()
            .and_then(|answered| self.sum.checked_div(answered))
            .unwrap_or_default()
    }
}

/// A request, as far as the report needs to know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Of {
    pub(crate) kind: usize,
    /// When it was due, from the beginning.
    pub(crate) due: Duration,
}

impl Report {
    /// Answers a second, over the whole run.
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.counts.answered as f64 / seconds } else { 0.0 }
    }

    /// Adds what another thread has measured at the same time, with the same mix.
    pub fn merge(&mut self, other: &Report) {
        self.counts.merge(&other.counts);
        self.response.merge(&other.response);
        self.service.merge(&other.service);
        self.kinds.resize_with(self.kinds.len().max(other.kinds.len()), Kind::default);
        for (ours, theirs) in self.kinds.iter_mut().zip(&other.kinds) {
            ours.name.clone_from(&theirs.name);
            ours.counts.merge(&theirs.counts);
            ours.response.merge(&theirs.response);
        }
        self.seconds.resize_with(self.seconds.len().max(other.seconds.len()), Second::default);
        for (ours, theirs) in self.seconds.iter_mut().zip(&other.seconds) {
            ours.due += theirs.due;
            ours.answered += theirs.answered;
            ours.failed += theirs.failed;
            ours.sum += theirs.sum;
            ours.longest = ours.longest.max(theirs.longest);
        }
        self.elapsed = self.elapsed.max(other.elapsed);
        self.connected += other.connected;
        self.lost_idle += other.lost_idle;
        self.not_opened += other.not_opened;
        self.bytes += other.bytes;
    }

    pub(crate) fn for_kinds<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let kinds = names.map(|name| Kind { name: name.to_owned(), ..Kind::default() }).collect();
        Report { kinds, ..Report::default() }
    }

    fn second(&mut self, due: Duration) -> &mut Second {
        let at = usize::try_from(due.as_secs()).unwrap_or(0);
        if self.seconds.len() <= at {
            self.seconds.resize_with(at + 1, Second::default);
        }
        &mut self.seconds[at]
    }

    /// The counts in which a request of this kind is counted.
    fn both(&mut self, of: Of, count: impl Fn(&mut Counts)) {
        count(&mut self.counts);
        count(&mut self.kinds[of.kind].counts);
    }

    pub(crate) fn due(&mut self, of: Of) {
        self.both(of, |counts| counts.due += 1);
        self.second(of.due).due += 1;
    }

    pub(crate) fn sent(&mut self, of: Of) {
        self.both(of, |counts| counts.sent += 1);
    }

    pub(crate) fn unsent(&mut self, of: Of, count: impl Fn(&mut crate::Unsent)) {
        self.both(of, |counts| count(&mut counts.unsent));
        self.second(of.due).failed += 1;
    }

    pub(crate) fn unanswered(&mut self, of: Of) {
        self.both(of, |counts| counts.unanswered += 1);
        self.second(of.due).failed += 1;
    }

    pub(crate) fn failed(&mut self, of: Of, failure: Failure) {
        self.both(of, |counts| counts.failed.note(failure));
        self.second(of.due).failed += 1;
    }

    pub(crate) fn answered(&mut self, of: Of, status: u16, response: Duration, service: Duration) {
        // A final status is 200 to 599, or else it is not HTTP/1.1.
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        self.both(of, |counts| {
            counts.answered += 1;
            counts.statuses[class] += 1;
        });
        self.response.record(response);
        self.service.record(service);
        self.kinds[of.kind].response.record(response);
        let second = self.second(of.due);
        second.answered += 1;
        second.sum += response;
        second.longest = second.longest.max(response);
    }
}
