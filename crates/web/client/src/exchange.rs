use std::time::Instant;

use bytes::Bytes;
use wirelab_http::{Fields, Response, StatusCode};
use wirelab_http1::Event;

use crate::request::Outgoing;
use crate::{Config, Connection, Error};

/// How many 1xx responses one request may get.
const MAX_INTERIM: usize = 32;

/// The head of a final response, and the interim ones before it.
pub(crate) struct Answer {
    pub(crate) head: Response,
    pub(crate) interim: Vec<Response>,
}

/// One request, and the head of its response.
///
/// ```text
///   head ──▶ (wait for 100) ──▶ content, piece by piece ──▶ end ──▶ wait for the head of the response
///                │ final response     │ error response
///                └────────────────────┴──────▶ the rest of the content is not sent, and the connection ends
/// ```
pub(crate) fn run(
    connection: &mut Connection,
    request: &mut Outgoing,
    config: &Config,
) -> Result<Answer, Error> {
    let deadline = config.exchange_timeout.and_then(|limit| Instant::now().checked_add(limit));
    connection.set_deadline(deadline);
    let mut exchange = Exchange { connection, interim: Vec::new(), head: None };
    exchange.connection.send(&Event::Request(request.head(config)?))?;
    if request.waits_for_continue() {
        exchange.wait_for_continue(config, deadline)?;
    }
    if exchange.head.is_none() {
        exchange.send_content(request)?;
    }
    let head = exchange.final_head()?;
    Ok(Answer { head, interim: exchange.interim })
}

struct Exchange<'c> {
    connection: &'c mut Connection,
    interim: Vec<Response>,
    /// The final head, if it has come.
    head: Option<Response>,
}

impl Exchange<'_> {
    /// Returns when the server has said something, or for too long nothing.
    fn wait_for_continue(&mut self, config: &Config, deadline: Option<Instant>) -> Result<(), Error> {
        let patience = Instant::now().checked_add(config.continue_timeout);
        self.connection.set_deadline(patience.into_iter().chain(deadline).min());
        while self.connection.http().expects_continue() && self.head.is_none() {
            match self.connection.next_event() {
                Ok(event) => self.take(event)?,
                // RFC 9110 §10.1.1: a client must not wait indefinitely.
                Err(Error::Timeout { .. }) if deadline.is_none_or(|at| Instant::now() < at) => break,
                Err(error) => return Err(error),
            }
        }
        self.connection.set_deadline(deadline);
        if self.head.is_some() {
            // RFC 9112 §9.3: content was announced and does not come, so that nothing else can follow.
            self.connection.end_after_this();
        }
        Ok(())
    }

    fn send_content(&mut self, request: &mut Outgoing) -> Result<(), Error> {
        let sent = request.body.for_each(|piece| self.send_piece(piece)).and_then(|complete| {
            if complete {
                self.connection.send(&Event::End(Fields::new()))?;
                self.connection.flush()?;
            }
            Ok(())
        });
        match sent {
            // A server that refuses content answers and closes; the answer can be read although the content cannot be sent.
            Err(lost) if lost.is_lost_connection() => match self.final_head() {
                Ok(head) => self.head = Some(head),
                Err(_) => return Err(lost),
            },
            sent => sent?,
        }
        Ok(())
    }

    /// Sends a piece of the content; `false` if the server does not want any more of it.
    fn send_piece(&mut self, piece: Bytes) -> Result<bool, Error> {
        self.connection.send(&Event::Data(piece))?;
        self.connection.flush()?;
        while self.head.is_none() {
            match self.connection.event_without_waiting()? {
                None => break,
                event => self.take(event)?,
            }
        }
        // RFC 9112 §9.5: after an error status, the content is for nobody.
        let refused = self.head.as_ref().is_some_and(|head| head.status.is_error());
        if refused {
            self.connection.end_after_this();
        }
        Ok(!refused)
    }

    fn final_head(&mut self) -> Result<Response, Error> {
        loop {
            if let Some(head) = self.head.take() {
                return Ok(head);
            }
            let event = self.connection.next_event()?;
            self.take(event)?;
        }
    }

    fn take(&mut self, event: Option<Event>) -> Result<(), Error> {
        match event {
            Some(Event::Response(head)) if is_interim(&head) => {
                if self.interim.len() == MAX_INTERIM {
                    return Err(Error::TooManyInterim { limit: MAX_INTERIM });
                }
                self.interim.push(head);
                Ok(())
            }
            Some(Event::Response(head)) => {
                self.head = Some(head);
                Ok(())
            }
            // An http1 client that owes a response gives nothing else; this keeps the loops finite all the same.
            _ => Err(wirelab_http1::Violation::Truncated { within: "the responses" }.into()),
        }
    }
}

/// 101 is the last word of HTTP on a connection, and so a final response.
fn is_interim(head: &Response) -> bool {
    head.status.is_informational() && head.status != StatusCode::SWITCHING_PROTOCOLS
}

impl From<wirelab_http1::Violation> for Error {
    fn from(violation: wirelab_http1::Violation) -> Self {
        Error::Http(violation.into())
    }
}
