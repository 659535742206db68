//! What a session does with the protocol's events and the handler's steps.

use bytes::Bytes;
use wirelab_http::{Fields, Request, Response, StatusCode, grammar};
use wirelab_http1::{Error, Event};
use wirelab_sansio::StreamProtocol;

use super::answering::misuse;
use super::{Ended, Mode, Session, Turn};
use crate::access_log::Entry;
use crate::exchange::{Answer, Content, Exchange};
use crate::{Flow, Reply, Step, Takeover};

impl Session {
    /// Something of the request's content has arrived.
    pub(super) fn on_content(&mut self, event: Event, turn: &mut Turn<'_>) -> Result<(), Ended> {
        match event {
            Event::Data(data) => self.take_content(data, turn),
            Event::End(trailers) => self.end_content(trailers, turn),
            Event::Request(_) | Event::Response(_) | Event::Closed => Ok(()), // the caller's, or not to a server
        }
    }

    /// A head has arrived. Says whether it is for the handler, or answered already.
    pub(super) fn begin_exchange(&mut self, request: &Request, turn: &mut Turn<'_>) -> Result<bool, Ended> {
        self.head_began = None;
        self.context.number += 1;
        turn.counters.count_request();
        if self.context.number >= turn.local.config.max_requests || self.context.stopping {
            self.http.end_after_this();
        }
        let entry = turn.local.log.is_some().then(|| Box::new(Entry::new(request, turn.now)));
        self.exchange = Some(Exchange::new(request, entry));
        match objection(request) {
            Some(status) => self.take_step(Reply::error(status).into(), turn).map(|()| false),
            None => Ok(true),
        }
    }

    fn take_content(&mut self, data: Bytes, turn: &mut Turn<'_>) -> Result<(), Ended> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        exchange.received += data.len() as u64;
        let Content::Upload(upload, until) = &mut exchange.content else { return Ok(()) };
        let flow = if exchange.received > turn.local.config.max_body {
            Flow::Respond(Reply::too_large(turn.local.config.max_body).into())
        } else {
            upload.data(data)
        };
        match flow {
            Flow::Continue => Ok(()),
            Flow::Wait(time) => {
                *until = Some(turn.now + time);
                Ok(())
            }
            Flow::Respond(step) => {
                exchange.content = Content::Unread;
                self.take_step(step, turn)
            }
        }
    }

    fn end_content(&mut self, trailers: Fields, turn: &mut Turn<'_>) -> Result<(), Ended> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        match std::mem::replace(&mut exchange.content, Content::Ended) {
            Content::Upload(upload, _) => {
                let step = upload.end(trailers);
                self.take_step(step, turn)
            }
            _ => Ok(()),
        }
    }

    /// Does what the handler wants.
    pub(super) fn take_step(&mut self, mut step: Step, turn: &mut Turn<'_>) -> Result<(), Ended> {
        loop {
            let Some(exchange) = &mut self.exchange else { return Ok(()) };
            step = match step {
                Step::Respond(mut reply) => return self.respond(&mut reply, turn),
                Step::Upgrade(head, takeover) => return self.upgrade(head, takeover, turn),
                Step::Later(time, then) => {
                    exchange.answer = Answer::Later(turn.now + time, then);
                    return Ok(());
                }
                Step::Read(upload) if matches!(exchange.content, Content::Ended) => upload.end(Fields::new()),
                Step::Read(_) if exchange.announced > Some(turn.local.config.max_body) => {
                    Reply::too_large(turn.local.config.max_body).into()
                }
                Step::Read(upload) => {
                    exchange.content = Content::Upload(upload, None);
                    return self.invite_content();
                }
            }
        }
    }

    /// RFC 9110 §10.1.1: a client that waits for permission to send its content gets it. One whose content has begun to
    /// arrive does not wait.
    fn invite_content(&mut self) -> Result<(), Ended> {
        if !self.http.expects_continue() || !self.http.input().is_empty() {
            return Ok(());
        }
        self.http.send_response(&Response::new(StatusCode::CONTINUE)).map_err(misuse)
    }

    /// Forgets the exchange if both of its sides are complete.
    pub(super) fn finish_exchange(&mut self, turn: &mut Turn<'_>) {
        if self.exchange.as_ref().is_some_and(Exchange::is_complete) {
            self.log_unfinished(turn);
        }
    }

    /// Forgets the exchange, however far it has come.
    pub(super) fn log_unfinished(&mut self, turn: &mut Turn<'_>) {
        if let Some(exchange) = &self.exchange
            && exchange.entry.is_some()
        {
            turn.local.write_log(&self.context, exchange.entry.as_deref(), exchange.status, exchange.sent);
        }
        self.exchange = None;
    }

    /// The peer broke the protocol.
    pub(super) fn refuse(&mut self, error: &Error, turn: &mut Turn<'_>) {
        turn.counters.note(error.name());
        self.http.refuse(error, turn.local.common.at(turn.local.date));
        match &mut self.exchange {
            Some(exchange) if exchange.status.is_none() => exchange.status = error.status(),
            Some(_) => {}
            None => turn.local.write_log(&self.context, None, error.status(), 0),
        }
        self.mode = Mode::Ending;
    }

    /// 101, or the successful answer to CONNECT.
    fn upgrade(
        &mut self,
        head: Response,
        takeover: Box<dyn Takeover>,
        turn: &mut Turn<'_>,
    ) -> Result<(), Ended> {
        // The other protocol begins behind the request's content, which is mostly empty.
        while let Ok(Some(Event::Data(_))) = self.http.poll_event() {}
        let status = head.status;
        if self.http.send_response(&head).is_err() {
            if let Some(exchange) = &mut self.exchange {
                exchange.content = Content::Ended;
            }
            return self.respond_to_misuse(turn);
        }
        if let Some(exchange) = &mut self.exchange {
            (exchange.status, exchange.answer) = (Some(status), Answer::Done);
        }
        turn.counters.count_response();
        self.log_unfinished(turn);
        self.begin_tunnel(takeover);
        Ok(())
    }
}

/// Why a request is no handler's business, if it is not.
fn objection(request: &Request) -> Option<StatusCode> {
    if !is_for_this_scheme(request) {
        return Some(StatusCode::MISDIRECTED_REQUEST);
    }
    let mut expected = request.fields.get_all("expect").flat_map(grammar::list);
    // RFC 9110 §10.1.1: the one expectation that there is.
    let is_known = |member: &[u8]| member.eq_ignore_ascii_case(b"100-continue");
    (!expected.all(is_known)).then_some(StatusCode::EXPECTATION_FAILED)
}

/// RFC 9110 §7.4: what is not `http` has requirements (`https`: a certificate) that a plain connection does not meet.
/// Most targets name no scheme, and are about the one of the connection.
fn is_for_this_scheme(request: &Request) -> bool {
    request.target.scheme().is_none_or(|scheme| scheme.eq_ignore_ascii_case("http"))
}
