//! A probe: what is sent, by which rule, and which answers the rule allows.

/// One conversation on a connection of its own.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    pub rule: &'static str,
    pub name: String,
    pub steps: Vec<Step>,
    /// The sending side ends behind the last step. Otherwise a last request follows it, whose answer shows that the connection
    /// goes on, and that both ends agree where the probe ended.
    pub half_closes: bool,
    pub answers: Vec<Answer>,
    pub then: Then,
}

/// What the client does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Write(Vec<u8>),
    /// Waits until one more head of a response has arrived.
    AwaitHead,
    /// Waits until the server has ended its side. That is the end of the probe.
    AwaitEnd,
}

/// What may come back for one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// The statuses of which it must have one.
    pub statuses: &'static [u16],
    /// It answers HEAD: no content follows, whatever the fields say.
    pub to_head: bool,
    /// It may also be missing.
    pub optional: bool,
    pub has: Vec<(&'static str, Option<String>)>,
    pub lacks: Vec<&'static str>,
    pub content: Option<Vec<u8>>,
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Kept,
    Closed,
    /// Closed, and no answer said that it would be.
    ClosedInSilence,
    /// Closed behind a refusal, kept behind a success: where the specification leaves the choice between the two.
    ClosedIfRefused,
    /// The specification does not say.
    Either,
}

/// A probe that sends nothing yet.
pub(crate) fn probe(rule: &'static str, name: impl Into<String>) -> Probe {
    Probe {
        rule,
        name: name.into(),
        steps: Vec::new(),
        half_closes: false,
        answers: Vec::new(),
        then: Then::Kept,
    }
}

/// Served with 200, and the connection goes on.
pub(crate) fn served(rule: &'static str, name: impl Into<String>, bytes: impl AsRef<[u8]>) -> Probe {
    probe(rule, name).sends(bytes).gets(&[200])
}

/// Refused with 400, and the connection ends.
pub(crate) fn refused(rule: &'static str, name: impl Into<String>, bytes: impl AsRef<[u8]>) -> Probe {
    probe(rule, name).sends(bytes).gets(&[400]).then(Then::Closed)
}

/// The specification allows both: 200 and the connection goes on, 400 and it ends.
pub(crate) fn open(rule: &'static str, name: impl Into<String>, bytes: impl AsRef<[u8]>) -> Probe {
    probe(rule, name).sends(bytes).gets(&[200, 400]).then(Then::ClosedIfRefused)
}

/// A request of one line and `Host`.
pub(crate) fn request(line: &str) -> String {
    format!("{line}\r\nHost: a.example\r\n\r\n")
}

/// `GET /` with these lines of fields, each with its CRLF, behind `Host`.
pub(crate) fn get(fields: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n")
}

/// `POST /echo` with these lines of fields and this behind the head.
pub(crate) fn post(fields: &str, content: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n{content}")
}

/// `POST /echo` in chunks.
pub(crate) fn chunked(chunks: &str) -> String {
    post("Transfer-Encoding: chunked\r\n", chunks)
}

impl Probe {
    pub(crate) fn sends(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.steps.push(Step::Write(bytes.as_ref().to_vec()));
        self
    }

    pub(crate) fn awaits_head(mut self) -> Self {
        self.steps.push(Step::AwaitHead);
        self
    }

    pub(crate) fn awaits_end(mut self) -> Self {
        self.steps.push(Step::AwaitEnd);
        self
    }

    /// Ends the sending side in place of a further request.
    pub(crate) fn half_closes(mut self) -> Self {
        self.half_closes = true;
        self.then = Then::Closed;
        self
    }

    /// One more answer is expected.
    pub(crate) fn gets(mut self, statuses: &'static [u16]) -> Self {
        self.answers.push(Answer { statuses, ..Answer::default() });
        self
    }

    /// Replaces the statuses of the last answer.
    pub(crate) fn or(self, statuses: &'static [u16]) -> Self {
        self.about_last(|answer| answer.statuses = statuses)
    }

    pub(crate) fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }

    pub(crate) fn closed(self) -> Self {
        self.then(Then::Closed)
    }

    pub(crate) fn answers_head(self) -> Self {
        self.about_last(|answer| answer.to_head = true)
    }

    pub(crate) fn optional(self) -> Self {
        self.about_last(|answer| answer.optional = true)
    }

    pub(crate) fn content(self, content: impl AsRef<[u8]>) -> Self {
        self.about_last(|answer| answer.content = Some(content.as_ref().to_vec()))
    }

    pub(crate) fn has(self, name: &'static str) -> Self {
        self.about_last(|answer| answer.has.push((name, None)))
    }

    pub(crate) fn says(self, name: &'static str, value: impl Into<String>) -> Self {
        self.about_last(|answer| answer.has.push((name, Some(value.into()))))
    }

    pub(crate) fn lacks(self, name: &'static str) -> Self {
        self.about_last(|answer| answer.lacks.push(name))
    }

    fn about_last(mut self, change: impl FnOnce(&mut Answer)) -> Self {
        change(self.answers.last_mut().expect("an answer is expected first"));
        self
    }

    /// How many bytes it sends.
    pub(crate) fn len(&self) -> usize {
        let len = |step: &Step| if let Step::Write(bytes) = step { bytes.len() } else { 0 };
        self.steps.iter().map(len).sum()
    }
}
