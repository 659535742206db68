use std::time::Instant;

use wirelab_http::{Method, Request, StatusCode};

use crate::access_log::Entry;
use crate::{Body, Step, Upload};

/// One request and its answer, as far as they have come. The two sides move independently: an answer may begin, and even
/// end, before the content has arrived.
///
/// ```text
/// content   Unread ──▶ Upload ──▶ Ended          Unread, Upload ──▶ Discard ──▶ Ended
/// answer    Awaited ⇄ Later ──▶ Sending ──▶ Done
/// ```
pub(crate) struct Exchange {
    pub(crate) content: Content,
    pub(crate) answer: Answer,
    /// How much content the head announced; `None` if it did not say.
    pub(crate) announced: Option<u64>,
    /// How much content has come.
    pub(crate) received: u64,
    /// The answer has a head only.
    pub(crate) is_head: bool,
    pub(crate) status: Option<StatusCode>,
    /// How much content was sent.
    pub(crate) sent: u64,
    pub(crate) entry: Option<Box<Entry>>,
}

/// Where the request's content goes.
pub(crate) enum Content {
    /// Nobody has said yet, so that nothing of it is read.
    Unread,
    /// To the handler, who may have asked for nothing more before a certain moment.
    Upload(Box<dyn Upload>, Option<Instant>),
    /// Away.
    Discard,
    /// All of it has arrived.
    Ended,
}

/// How far the answer is.
pub(crate) enum Answer {
    /// The handler waits for content.
    Awaited,
    /// The handler wants to be asked again at that moment.
    Later(Instant, Box<dyn FnOnce() -> Step + Send>),
    /// The head is sent, and the body is not; the source may have asked to be asked again at that moment.
    Sending(Body, Option<Instant>),
    Done,
}

impl Exchange {
    pub(crate) fn new(request: &Request, entry: Option<Box<Entry>>) -> Self {
        // A head with an invalid length did not come this far.
        let announced = match request.fields.get_str("content-length") {
            Some(length) => length.parse().ok(),
            None if request.fields.contains("transfer-encoding") => None,
            None => Some(0),
        };
        Exchange {
            content: Content::Unread,
            answer: Answer::Awaited,
            announced,
            received: 0,
            is_head: request.method == Method::Head,
            status: None,
            sent: 0,
            entry,
        }
    }

    /// Whether the next piece of the request's content has somewhere to go.
    pub(crate) fn takes_content(&self, now: Instant) -> bool {
        match &self.content {
            Content::Unread | Content::Ended => false,
            Content::Upload(_, until) => until.is_none_or(|until| until <= now),
            Content::Discard => true,
        }
    }

    /// Whether the answer can go on by itself.
    pub(crate) fn has_work(&self, now: Instant) -> bool {
        match &self.answer {
            Answer::Awaited | Answer::Done => false,
            Answer::Later(at, _) => *at <= now,
            Answer::Sending(_, until) => until.is_none_or(|until| until <= now),
        }
    }

    /// What was waited for until a moment that is past is not waited for any more.
    pub(crate) fn forget_waits(&mut self, now: Instant) {
        if let Content::Upload(_, until) = &mut self.content {
            *until = until.filter(|until| *until > now);
        }
        if let Answer::Sending(_, until) = &mut self.answer {
            *until = until.filter(|until| *until > now);
        }
    }

    /// When it wants to go on by itself, if it waits for nothing but time.
    pub(crate) fn wakes(&self) -> Option<Instant> {
        let content = match &self.content {
            Content::Upload(_, until) => *until,
            _ => None,
        };
        let answer = match &self.answer {
            Answer::Later(at, _) => Some(*at),
            Answer::Sending(_, until) => *until,
            _ => None,
        };
        content.into_iter().chain(answer).min()
    }

    pub(crate) fn is_complete(&self) -> bool {
        matches!((&self.content, &self.answer), (Content::Ended, Answer::Done))
    }

    pub(crate) fn is_answered(&self) -> bool {
        matches!(self.answer, Answer::Done)
    }
}
