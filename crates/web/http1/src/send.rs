use wirelab_http::grammar::{self, FIELD_TEXT};
use wirelab_http::{Fields, Method, Request, Response, StatusCode, Version};
use wirelab_wire::Writer;

use crate::connection::{Connection, Outstanding};
use crate::control::Control;
use crate::framing::{self, Framing};
use crate::head::check_host;
use crate::outgoing::OutgoingContent;
use crate::state::{State, Step};
use crate::wire::{encode_request, encode_response};
use crate::{Event, Misuse, Role};

impl Connection {
    /// Sends one event; its bytes wait in [`poll_transmit`](wirelab_sansio::StreamProtocol::poll_transmit).
    ///
    /// A response with neither Content-Length nor Transfer-Encoding is sent in chunks, or, to a client of HTTP/1.0,
    /// up to the end of the stream. `Connection` is added where it is needed. What the answer to HEAD, or a 304, must not have
    /// is left out: the same events can be sent for HEAD as for GET.
    ///
    /// # Errors
    /// The event is not legal here. Nothing was sent, and the connection is as it was.
    pub fn send(&mut self, event: &Event) -> Result<(), Misuse> {
        match (event, self.role) {
            (Event::Request(request), Role::Client) => self.send_request(request),
            (Event::Response(response), _) => self.send_response(response),
            (Event::Data(data), _) => self.send_data(data),
            (Event::End(trailers), _) => self.send_end(trailers),
            _ => Err(Misuse::WrongRole),
        }
    }

    /// Sends a piece of the content. An empty one sends nothing.
    ///
    /// # Errors
    /// There is no head before it, or it is more than Content-Length announced.
    pub fn send_data(&mut self, data: &[u8]) -> Result<(), Misuse> {
        self.check(Step::Data)?;
        let before = self.output.len();
        self.outgoing.put(data, &mut self.output)?;
        if self.outgoing != OutgoingContent::Omitted {
            self.tap.sent_framed(&self.output, before, data);
        }
        Ok(())
    }

    /// Accounts for `len` bytes of content that the driver will write to the stream by itself (`sendfile`), once all of
    /// [`poll_transmit`](wirelab_sansio::StreamProtocol::poll_transmit) is written. Only with Content-Length framing: chunks
    /// have bytes of ours around them.
    ///
    /// # Errors
    /// There is no head before it, the framing is not by length, or it is more than was announced.
    pub fn send_elsewhere(&mut self, len: u64) -> Result<(), Misuse> {
        self.check(Step::Data)?;
        match self.outgoing {
            OutgoingContent::Length(_) => self.outgoing.account(len),
            _ => Err(Misuse::Framing("only content with Content-Length can be written elsewhere")),
        }
    }

    /// [`send`](Self::send) with an [`Event::End`], for who has the trailers and no event.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_end(&mut self, trailers: &Fields) -> Result<(), Misuse> {
        self.check(Step::End)?;
        let before = self.output.len();
        self.outgoing.end(trailers, &mut self.output)?;
        self.tap.sent_end(&self.output, before);
        self.ours.advance(Step::End);
        self.cycle();
        Ok(())
    }

    fn send_request(&mut self, request: &Request) -> Result<(), Misuse> {
        if self.requests.len() >= self.config.max_pipelined || self.may_switch() {
            return Err(Misuse::TooFarAhead);
        }
        self.check(Step::Head)?;
        if !self.persistent {
            return Err(Misuse::OutOfOrder { state: State::Closed.name() });
        }
        let control = Control::of(&request.fields);
        check_request(request, &control)?;
        let framing = framing::of_request(request.version, &control).map_err(|_| BAD_FRAMING)?;
        let before = self.output.len();
        encode_request(request, &mut Writer::new(&mut self.output));
        self.tap.sent_request(&self.output, before);
        self.requests.push_back(Outstanding::new(request, &control));
        self.persistent &= control.persists(request.version);
        self.awaiting_continue = control.expects_continue && framing != Framing::Length(0);
        self.outgoing = framing.into();
        self.ours.advance(Step::Head);
        Ok(())
    }

    /// [`send`](Self::send) with an [`Event::Response`], for who has the head and no event.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_response(&mut self, response: &Response) -> Result<(), Misuse> {
        if self.role != Role::Server {
            return Err(Misuse::WrongRole);
        }
        let switches = self.requests.front().is_some_and(|request| request.is_switched_by(response.status));
        if response.status.is_informational() && !switches {
            return self.send_interim(response);
        }
        self.check(Step::Head)?;
        let Some(request) = self.requests.front() else { return Err(self.out_of_order()) };
        if switches {
            return self.send_switch(response);
        }
        check_response(response)?;
        let control = Control::of(&response.fields);
        let framing =
            framing::of_response(response, &control, Some(&request.method)).map_err(|_| BAD_FRAMING)?;
        // Where no content follows, too: RFC 9112 §6.2 is about the fields.
        control.chunked(response.version).and(control.content_length()).map_err(|_| BAD_FRAMING)?;
        if response.status == StatusCode::NO_CONTENT {
            check_unframed(response)?;
        }
        // What both ends understand.
        let version = self.peer_version.min(response.version);
        if version < Version::HTTP_11 && control.has_codings() {
            return Err(Misuse::Framing("an HTTP/1.0 client knows no transfer coding (RFC 9112 §6.1)"));
        }
        let closes = control.close || self.awaiting_continue;
        let omitted = request.method == Method::Head || response.status.forbids_content();
        self.persistent &= !closes;
        let mut more = Fields::new();
        self.outgoing = match framing {
            _ if omitted => OutgoingContent::Omitted,
            Framing::UntilClose if version >= Version::HTTP_11 => {
                let _ = more.push("Transfer-Encoding", "chunked");
                OutgoingContent::Chunked
            }
            Framing::UntilClose => {
                self.persistent = false;
                OutgoingContent::UntilClose
            }
            framing => framing.into(),
        };
        self.push_connection_option(version, &control, &mut more);
        self.put_response(response, &more);
        self.requests.pop_front();
        self.ours.advance(Step::Head);
        Ok(())
    }

    fn send_interim(&mut self, response: &Response) -> Result<(), Misuse> {
        self.check(Step::Interim)?;
        if self.requests.is_empty() {
            return Err(self.out_of_order());
        }
        if response.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Misuse::Head("the request did not offer to switch protocols (RFC 9110 §7.8)"));
        }
        check_response(response)?;
        check_unframed(response)?;
        if self.peer_version < Version::HTTP_11 {
            return Err(Misuse::InterimToHttp10);
        }
        self.awaiting_continue &= response.status != StatusCode::CONTINUE;
        self.put_response(response, &Fields::new());
        Ok(())
    }

    /// 101, or a successful answer to CONNECT: the bytes behind it are not HTTP.
    fn send_switch(&mut self, response: &Response) -> Result<(), Misuse> {
        // Content of the request that is still to come would be taken for the new protocol's.
        if self.theirs != State::Complete {
            return Err(Misuse::OutOfOrder { state: self.theirs.name() });
        }
        check_response(response)?;
        check_unframed(response)?;
        self.put_response(response, &Fields::new());
        self.requests.pop_front();
        self.advance_both(Step::Switch);
        Ok(())
    }

    pub(crate) fn put_response(&mut self, response: &Response, more: &Fields) {
        let before = self.output.len();
        encode_response(response, more, &mut Writer::new(&mut self.output));
        self.tap.sent_response(&self.output, before);
    }

    /// Says what becomes of the connection, where the peer could not know (RFC 9112 §9.3, §9.6).
    fn push_connection_option(&self, version: Version, control: &Control<'_>, more: &mut Fields) {
        if !self.persistent && !control.close {
            let _ = more.push("Connection", "close");
        }
        if self.persistent && version < Version::HTTP_11 && !control.keep_alive {
            let _ = more.push("Connection", "keep-alive");
        }
    }

    fn may_switch(&self) -> bool {
        self.requests.back().is_some_and(Outstanding::may_switch)
    }

    fn check(&self, step: Step) -> Result<(), Misuse> {
        self.ours.after(step).map(|_| ()).ok_or_else(|| self.out_of_order())
    }

    fn out_of_order(&self) -> Misuse {
        Misuse::OutOfOrder { state: self.ours.name() }
    }
}

const BAD_FRAMING: Misuse = Misuse::Framing("they contradict each other (RFC 9112 §6)");

/// What every server refuses is not sent in the first place.
fn check_request(request: &Request, control: &Control<'_>) -> Result<(), Misuse> {
    if request.version.major != 1 {
        return Err(BAD_VERSION);
    }
    if !grammar::is_token(request.method.as_str().as_bytes()) {
        return Err(Misuse::Head("the method is not a token (RFC 9112 §3.1)"));
    }
    if request.target.check_method(&request.method).is_err() {
        return Err(Misuse::Head("the target's form does not go with the method (RFC 9112 §3.2)"));
    }
    check_host(request, control.host, control.host_repeated).map_err(|_| {
        Misuse::Head("there must be one Host field that says what the target says (RFC 9112 §3.2)")
    })
}

fn check_response(response: &Response) -> Result<(), Misuse> {
    if response.version.major != 1 {
        return Err(BAD_VERSION);
    }
    if !(100..=999).contains(&response.status.0) {
        return Err(Misuse::Head("a status code has three digits (RFC 9112 §4)"));
    }
    // RFC 9112 §11.1: a line break in here would begin another response.
    let reason = response.reason.as_deref().unwrap_or_default();
    if FIELD_TEXT.span(reason) != reason.len() {
        return Err(Misuse::Head("the reason phrase has a control character (RFC 9112 §4)"));
    }
    Ok(())
}

/// 1xx, 204 and the opening of a tunnel (RFC 9110 §8.6, RFC 9112 §6.1).
fn check_unframed(response: &Response) -> Result<(), Misuse> {
    if response.fields.contains("Content-Length") || response.fields.contains("Transfer-Encoding") {
        return Err(Misuse::Framing(
            "a response that never has content has no framing fields (RFC 9112 §6.1)",
        ));
    }
    Ok(())
}

const BAD_VERSION: Misuse = Misuse::Head("HTTP/1.0 and 1.1 are what is spoken here (RFC 9112 §2.3)");
