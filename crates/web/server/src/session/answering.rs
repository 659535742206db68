//! How an answer is sent.

use std::os::unix::fs::FileExt;
use std::time::Duration;

use bytes::Bytes;
use wirelab_http::{Fields, StatusCode};
use wirelab_http1::{Error, Event, Misuse};
use wirelab_sansio::StreamProtocol;

use super::{BATCH, Ended, Session, Turn};
use crate::exchange::{Answer, Content};
use crate::{Body, FilePart, Pull, Reply};

/// Files up to this size are read and sent together with the head, which is one system call and one packet less.
const SMALL_FILE: u64 = 16 * 1024;

/// About what a head takes, for the account of what is collected.
const HEAD: usize = 256;

impl Session {
    /// Begins the answer.
    pub(super) fn respond(&mut self, reply: &mut Reply, turn: &mut Turn<'_>) -> Result<(), Ended> {
        if let Err(error) = self.decline_content(turn.local.config.max_discard) {
            self.refuse(&error, turn);
            return Ok(());
        }
        load_small_file(reply, turn);
        let Reply { head, body } = reply;
        turn.local.complete_head(head, body);
        if head.status.is_informational() || self.http.send_response(head).is_err() {
            return self.respond_to_misuse(turn);
        }
        self.send_body(head.status, std::mem::replace(body, Body::Empty), turn)
    }

    /// The handler's answer cannot be sent: its framing fields contradict each other or the status.
    pub(super) fn respond_to_misuse(&mut self, turn: &mut Turn<'_>) -> Result<(), Ended> {
        turn.counters.note("misuse");
        let Reply { mut head, body } = Reply::error(StatusCode::INTERNAL_SERVER_ERROR);
        turn.local.complete_head(&mut head, &body);
        let status = head.status;
        self.http.send_response(&head).map_err(misuse)?;
        self.send_body(status, body, turn)
    }

    fn send_body(&mut self, status: StatusCode, body: Body, turn: &mut Turn<'_>) -> Result<(), Ended> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        exchange.status = Some(status);
        if exchange.is_head || status.forbids_content() || body.is_empty() {
            return self.end_answer(Fields::new(), turn);
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
    pub(super) fn advance_answer(&mut self, turn: &mut Turn<'_>) -> Result<Option<usize>, Ended> {
        let Some(exchange) = &mut self.exchange else { return Ok(None) };
        if !exchange.has_work(turn.now) {
            return Ok(None);
        }
        match std::mem::replace(&mut exchange.answer, Answer::Awaited) {
            Answer::Later(_, then) => {
                let step = then();
                self.take_step(step, turn)?;
                Ok(Some(HEAD))
            }
            Answer::Sending(body @ Body::File(_), until) => {
                exchange.answer = Answer::Sending(body, until);
                Ok(None) // that is the socket's part of the work
            }
            Answer::Sending(body, _) => self.send_piece(body, turn).map(Some),
            answer @ (Answer::Awaited | Answer::Done) => {
                exchange.answer = answer;
                Ok(None)
            }
        }
    }

    fn send_piece(&mut self, body: Body, turn: &mut Turn<'_>) -> Result<usize, Ended> {
        let (piece, rest) = match body {
            Body::Full(mut bytes) => (bytes.split_to(bytes.len().min(BATCH)), Body::Full(bytes)),
            Body::Stream(mut source) => match source.pull(BATCH) {
                Pull::Data(piece) => (piece, Body::Stream(source)),
                Pull::Wait(time) => return Ok(self.wait_for_source(source, time, turn)),
                Pull::End(trailers) => return self.end_answer(trailers, turn).map(|()| HEAD),
                Pull::Fail => return Err(Ended(Some("source-failed"))),
            },
            Body::Empty | Body::File(_) => (Bytes::new(), Body::Empty),
        };
        self.http.send_data(&piece).map_err(misuse)?;
        let Some(exchange) = &mut self.exchange else { return Ok(0) };
        exchange.sent += piece.len() as u64;
        if rest.is_empty() {
            self.end_answer(Fields::new(), turn)?;
        } else {
            exchange.answer = Answer::Sending(rest, None);
        }
        Ok(piece.len().max(HEAD))
    }

    fn wait_for_source(&mut self, source: Box<dyn crate::Source>, time: Duration, turn: &Turn<'_>) -> usize {
        // At least a little: a source that waits for no time would keep the loop from everything else.
        let until = turn.now + time.max(Duration::from_millis(1));
        if let Some(exchange) = &mut self.exchange {
            exchange.answer = Answer::Sending(Body::Stream(source), Some(until));
        }
        0
    }

    /// The answer's content has been sent.
    pub(super) fn end_answer(&mut self, trailers: Fields, turn: &mut Turn<'_>) -> Result<(), Ended> {
        match self.http.send_end(&trailers) {
            // RFC 9110 §6.5.1: trailers may be dropped where they cannot be sent.
            Err(Misuse::TrailersWithoutChunks) => self.http.send_end(&Fields::new()),
            other => other,
        }
        .map_err(misuse)?;
        if let Some(exchange) = &mut self.exchange {
            exchange.answer = Answer::Done;
        }
        turn.counters.count_response();
        Ok(())
    }

    /// The driver has sent so much of the file.
    pub(super) fn count_of_file(&mut self, count: u64, turn: &mut Turn<'_>) -> Result<(), Ended> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        let Answer::Sending(Body::File(part), _) = &mut exchange.answer else { return Ok(()) };
        part.offset += count;
        part.len = part.len.saturating_sub(count);
        exchange.sent += count;
        if part.len > 0 {
            return Ok(());
        }
        self.end_answer(Fields::new(), turn)
    }
}

/// A small file becomes a body in memory; one that cannot be read becomes a 500.
fn load_small_file(reply: &mut Reply, turn: &Turn<'_>) {
    if let Body::File(FilePart { file, offset, len: len @ 1..=SMALL_FILE }) = &reply.body {
        let mut bytes = vec![0; *len as usize];
        match file.read_exact_at(&mut bytes, *offset) {
            Ok(()) => reply.body = Body::Full(bytes.into()),
            Err(_) => {
                turn.counters.note("file-unreadable");
                *reply = Reply::error(StatusCode::INTERNAL_SERVER_ERROR);
            }
        }
    }
}

pub(super) fn misuse(_: Misuse) -> Ended {
    Ended(Some("misuse"))
}
