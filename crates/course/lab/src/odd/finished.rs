//! An experiment that is over: both directions explained, and the verdict.

use wirelab::http1::Error;
use wirelab::wire::Explanation;

use super::cases::Case;
use super::conversation::{explain_answers, explain_requests};
use super::experiment::Outcome;
use super::verdict;

/// So many bytes of a long request are shown.
const SHOWN: usize = 640;

/// An experiment that is over, and what there is to say about it.
pub struct Finished {
    /// Which one.
    pub case: &'static Case,
    /// The bytes that were sent, as far as they are shown.
    pub sent: Explanation,
    /// How many were sent.
    pub sent_len: usize,
    /// How many of them are shown.
    pub shown: usize,
    /// The bytes that came back.
    pub received: Explanation,
    /// The status of each answer.
    pub statuses: Vec<u16>,
    /// How the connection ended.
    pub outcome: Outcome,
    /// Why the request was refused, if it was.
    pub error: Option<Error>,
}

impl Finished {
    /// Explains both directions.
    pub fn new(case: &'static Case, parts: &[Vec<u8>], outcome: Outcome) -> Self {
        let sent = parts.concat();
        let shown = sent.get(..SHOWN).unwrap_or(&sent);
        let (statuses, received) = explain_answers(&outcome.received, case.methods);
        Finished {
            case,
            sent: explain_requests(shown),
            sent_len: sent.len(),
            shown: shown.len(),
            received,
            statuses: statuses.into_iter().map(|status| status.0).collect(),
            outcome,
            error: verdict::of(&sent),
        }
    }

    /// Whether the answers are those that the case expects.
    pub fn is_as_expected(&self) -> bool {
        self.statuses == self.case.statuses && self.error.as_ref().map(Error::name) == self.case.rule
    }

    /// `400, 200`.
    pub fn statuses_text(&self) -> String {
        let texts: Vec<String> = self.statuses.iter().map(u16::to_string).collect();
        if texts.is_empty() { "no answer".into() } else { texts.join(", then ") }
    }

    /// Why, in a sentence.
    pub fn why(&self) -> String {
        match &self.error {
            Some(error) => format!("Our parser refused it: {error}. The rule is called {}.", error.name()),
            None => "Our parser found nothing wrong with it.".to_owned(),
        }
    }
}
