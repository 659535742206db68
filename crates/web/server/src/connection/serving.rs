//! What a connection does with the protocol's events and the handler's steps.

use std::os::unix::fs::FileExt;
use std::time::Duration;

use bytes::Bytes;
use wirelab_http::{Fields, Request, Response, StatusCode, grammar};
use wirelab_http1::{Error, Event, Misuse};
use wirelab_sansio::StreamProtocol;

use super::{BATCH, Connection, Ended};
use crate::access_log::Entry;
use crate::exchange::{Answer, Content, Exchange};
use crate::worker::Worker;
use crate::{Body, FilePart, Flow, Pull, Reply, Step, Takeover};

/// Files up to this size are read and sent together with the head, which is one system call and one packet less.
const SMALL_FILE: u64 = 16 * 1024;

/// About what a head takes, for the account of what is collected.
const HEAD: usize = 256;

impl Connection {
    /// Something has arrived.
    pub(super) fn on_http(&mut self, event: Event, worker: &mut Worker<'_>) -> Result<(), Ended> {
        match event {
            Event::Request(request) => self.begin_exchange(request, worker),
            Event::Data(data) => self.take_content(data, worker),
            Event::End(trailers) => self.end_content(trailers, worker),
            Event::Response(_) | Event::Closed => Ok(()), // not to a server; dealt with by the caller
        }
    }

    fn begin_exchange(&mut self, request: Request, worker: &mut Worker<'_>) -> Result<(), Ended> {
        self.note_head();
        self.context.number += 1;
        worker.counters.requests.add(1);
        if self.context.number >= worker.config.max_requests || self.context.stopping {
            self.http.end_after_this();
        }
        let entry = worker.log.is_some().then(|| Box::new(Entry::new(&request, worker.now)));
        self.exchange = Some(Exchange::new(&request, entry));
        let step = match objection(&request) {
            Some(status) => Reply::error(status).into(),
            None => worker.handler.handle(request, &self.context),
        };
        self.take_step(step, worker)
    }

    fn take_content(&mut self, data: Bytes, worker: &mut Worker<'_>) -> Result<(), Ended> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        exchange.received += data.len() as u64;
        let Content::Upload(upload, until) = &mut exchange.content else { return Ok(()) };
        let flow = if exchange.received > worker.config.max_body {
            Flow::Respond(Reply::too_large(worker.config.max_body).into())
        } else {
            upload.data(data)
        };
        match flow {
            Flow::Continue => Ok(()),
            Flow::Wait(time) => {
                *until = Some(worker.now + time);
                Ok(())
            }
            Flow::Respond(step) => {
                exchange.content = Content::Unread;
                self.take_step(step, worker)
            }
        }
    }

    fn end_content(&mut self, trailers: Fields, worker: &mut Worker<'_>) -> Result<(), Ended> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        match std::mem::replace(&mut exchange.content, Content::Ended) {
            Content::Upload(upload, _) => {
                let step = upload.end(trailers);
                self.take_step(step, worker)
            }
            _ => Ok(()),
        }
    }

    /// Does what the handler wants.
    fn take_step(&mut self, mut step: Step, worker: &mut Worker<'_>) -> Result<(), Ended> {
        loop {
            let Some(exchange) = &mut self.exchange else { return Ok(()) };
            step = match step {
                Step::Respond(mut reply) => return self.respond(&mut reply, worker),
                Step::Upgrade(head, takeover) => return self.upgrade(head, takeover, worker),
                Step::Later(time, then) => {
                    exchange.answer = Answer::Later(worker.now + time, then);
                    return Ok(());
                }
                Step::Read(upload) if matches!(exchange.content, Content::Ended) => upload.end(Fields::new()),
                Step::Read(_) if exchange.announced > Some(worker.config.max_body) => {
                    Reply::too_large(worker.config.max_body).into()
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

    /// Begins the answer.
    fn respond(&mut self, reply: &mut Reply, worker: &mut Worker<'_>) -> Result<(), Ended> {
        if let Err(error) = self.decline_content(worker.config.max_discard) {
            return self.refuse(&error, worker);
        }
        load_small_file(reply, worker);
        let Reply { head, body } = reply;
        worker.complete_head(head, body);
        if head.status.is_informational() || self.http.send_response(head).is_err() {
            return self.respond_to_misuse(worker);
        }
        self.send_body(head.status, std::mem::replace(body, Body::Empty), worker)
    }

    /// The handler's answer cannot be sent: its framing fields contradict each other or the status.
    fn respond_to_misuse(&mut self, worker: &mut Worker<'_>) -> Result<(), Ended> {
        worker.counters.note("misuse");
        let Reply { mut head, body } = Reply::error(StatusCode::INTERNAL_SERVER_ERROR);
        worker.complete_head(&mut head, &body);
        let status = head.status;
        self.http.send_response(&head).map_err(misuse)?;
        self.send_body(status, body, worker)
    }

    fn send_body(&mut self, status: StatusCode, body: Body, worker: &mut Worker<'_>) -> Result<(), Ended> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        exchange.status = Some(status);
        if exchange.is_head || status.forbids_content() || body.is_empty() {
            return self.end_answer(Fields::new(), worker);
        }
        if let Body::File(part) = &body {
            self.http.send_elsewhere(part.len).map_err(misuse)?;
        }
        exchange.answer = Answer::Sending(body, None);
        Ok(())
    }

    /// Nobody will read the content that is still to come. A little is thrown away, so that the connection lives on; for
    /// the sake of more, or of content that the client has not begun to send, it does not.
    fn decline_content(&mut self, limit: u64) -> Result<(), Error> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        if matches!(exchange.content, Content::Ended) {
            return Ok(());
        }
        exchange.content = Content::Discard;
        // Chunks announce no length: what has arrived, mostly all, is read before the answer says how it goes on.
        while exchange.announced.is_none() {
            match self.http.poll_event()? {
                Some(Event::Data(_)) => {}
                Some(Event::End(_)) => {
                    exchange.content = Content::Ended;
                    return Ok(());
                }
                _ => break,
            }
        }
        if exchange.announced.is_none_or(|length| length > limit) || self.http.expects_continue() {
            self.http.end_after_this();
        }
        Ok(())
    }

    /// Takes the answer one step further, if it can go further by itself; says about how many bytes that gave.
    pub(super) fn advance_answer(&mut self, worker: &mut Worker<'_>) -> Result<Option<usize>, Ended> {
        let Some(exchange) = &mut self.exchange else { return Ok(None) };
        if !exchange.has_work(worker.now) {
            return Ok(None);
        }
        match std::mem::replace(&mut exchange.answer, Answer::Awaited) {
            Answer::Later(_, then) => {
                let step = then();
                self.take_step(step, worker)?;
                Ok(Some(HEAD))
            }
            Answer::Sending(body @ Body::File(_), until) => {
                exchange.answer = Answer::Sending(body, until);
                Ok(None) // that is the socket's part of the work
            }
            Answer::Sending(body, _) => self.send_piece(body, worker).map(Some),
            answer @ (Answer::Awaited | Answer::Done) => {
                exchange.answer = answer;
                Ok(None)
            }
        }
    }

    fn send_piece(&mut self, body: Body, worker: &mut Worker<'_>) -> Result<usize, Ended> {
        let (piece, rest) = match body {
            Body::Full(mut bytes) => (bytes.split_to(bytes.len().min(BATCH)), Body::Full(bytes)),
            Body::Stream(mut source) => match source.pull(BATCH) {
                Pull::Data(piece) => (piece, Body::Stream(source)),
                Pull::Wait(time) => return Ok(self.wait_for_source(source, time, worker)),
                Pull::End(trailers) => return self.end_answer(trailers, worker).map(|()| HEAD),
                Pull::Fail => return Err(Ended(Some("source-failed"))),
            },
            Body::Empty | Body::File(_) => (Bytes::new(), Body::Empty),
        };
        self.http.send_data(&piece).map_err(misuse)?;
        let Some(exchange) = &mut self.exchange else { return Ok(0) };
        exchange.sent += piece.len() as u64;
        if rest.is_empty() {
            self.end_answer(Fields::new(), worker)?;
        } else {
            exchange.answer = Answer::Sending(rest, None);
        }
        Ok(piece.len().max(HEAD))
    }

    fn wait_for_source(
        &mut self,
        source: Box<dyn crate::Source>,
        time: Duration,
        worker: &Worker<'_>,
    ) -> usize {
        // At least a little: a source that waits for no time would keep the loop from everything else.
        let until = worker.now + time.max(Duration::from_millis(1));
        if let Some(exchange) = &mut self.exchange {
            exchange.answer = Answer::Sending(Body::Stream(source), Some(until));
        }
        0
    }

    /// The answer's content has been sent.
    pub(super) fn end_answer(&mut self, trailers: Fields, worker: &mut Worker<'_>) -> Result<(), Ended> {
        match self.http.send_end(&trailers) {
            // RFC 9110 §6.5.1: trailers may be dropped where they cannot be sent.
            Err(Misuse::TrailersWithoutChunks) => self.http.send_end(&Fields::new()),
            other => other,
        }
        .map_err(misuse)?;
        if let Some(exchange) = &mut self.exchange {
            exchange.answer = Answer::Done;
        }
        worker.counters.responses.add(1);
        Ok(())
    }

    /// Forgets the exchange if both of its sides are complete.
    pub(super) fn finish_exchange(&mut self, worker: &mut Worker<'_>) {
        if self.exchange.as_ref().is_some_and(Exchange::is_complete) {
            self.log_unfinished(worker);
        }
    }

    /// Forgets the exchange, however far it has come.
    pub(super) fn log_unfinished(&mut self, worker: &mut Worker<'_>) {
        if let Some(exchange) = &self.exchange
            && exchange.entry.is_some()
        {
            worker.write_log(&self.context, exchange.entry.as_deref(), exchange.status, exchange.sent);
        }
        self.exchange = None;
    }

    /// The peer broke the protocol.
    pub(super) fn refuse(&mut self, error: &Error, worker: &mut Worker<'_>) -> Result<(), Ended> {
        worker.counters.note(error.name());
        self.http.refuse(error, worker.common.at(worker.date));
        match &mut self.exchange {
            Some(exchange) if exchange.status.is_none() => exchange.status = error.status(),
            Some(_) => {}
            None => worker.write_log(&self.context, None, error.status(), 0),
        }
        self.begin_ending();
        Ok(())
    }

    /// 101, or the successful answer to CONNECT.
    fn upgrade(
        &mut self,
        head: Response,
        takeover: Box<dyn Takeover>,
        worker: &mut Worker<'_>,
    ) -> Result<(), Ended> {
        // The other protocol begins behind the request's content, which is mostly empty.
        while let Ok(Some(Event::Data(_))) = self.http.poll_event() {}
        let status = head.status;
        if self.http.send_response(&head).is_err() {
            if let Some(exchange) = &mut self.exchange {
                exchange.content = Content::Ended;
            }
            return self.respond_to_misuse(worker);
        }
        if let Some(exchange) = &mut self.exchange {
            (exchange.status, exchange.answer) = (Some(status), Answer::Done);
        }
        worker.counters.responses.add(1);
        self.log_unfinished(worker);
        self.begin_tunnel(takeover);
        Ok(())
    }

    /// Says what can be said about a time-out of this name; false if that is nothing.
    pub(super) fn answer_time_out(&mut self, name: &str, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if self.has_unsent() {
            // The client takes nothing. A reset frees what the kernel still holds for it.
            let _ = self.context.stream.set_linger(Some(Duration::ZERO));
            return Ok(false);
        }
        let awaits = |exchange: &Exchange| matches!(exchange.answer, Answer::Awaited);
        let head_begun = name == "head-time" && self.is_head_begun();
        match &mut self.exchange {
            Some(exchange) if awaits(exchange) => {
                exchange.content = Content::Unread;
                self.http.end_after_this();
                self.respond(&mut Reply::error(StatusCode::REQUEST_TIMEOUT), worker)?;
                Ok(true)
            }
            None if head_begun => {
                self.http.time_out(worker.common.at(worker.date));
                self.http.poll_transmit(&mut worker.out);
                worker.write_log(&self.context, None, Some(StatusCode::REQUEST_TIMEOUT), 0);
                self.flush(worker)?;
                self.begin_ending();
                Ok(true)
            }
            _ => Ok(false),
        }
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

/// A small file becomes a body in memory; one that cannot be read becomes a 500.
fn load_small_file(reply: &mut Reply, worker: &Worker<'_>) {
    if let Body::File(FilePart { file, offset, len: len @ 1..=SMALL_FILE }) = &reply.body {
        let mut bytes = vec![0; *len as usize];
        match file.read_exact_at(&mut bytes, *offset) {
            Ok(()) => reply.body = Body::Full(bytes.into()),
            Err(_) => {
                worker.counters.note("file-unreadable");
                *reply = Reply::error(StatusCode::INTERNAL_SERVER_ERROR);
            }
        }
    }
}

fn misuse(_: Misuse) -> Ended {
    Ended(Some("misuse"))
}
