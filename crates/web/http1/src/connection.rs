use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use wirelab_http::{Fields, Method, Request, Response, StatusCode, Version};
use wirelab_sansio::StreamProtocol;

use crate::content::ContentInProgress;
use crate::control::Control;
use crate::framing::{self, Framing};
use crate::head::{Head, HeadInProgress, check_host};
use crate::outgoing::OutgoingContent;
use crate::state::{State, Step};
use crate::tap::{Tap, Tapped};
use crate::{Config, Error, Event, Role, Violation};

/// One end of an HTTP/1.1 connection.
///
/// Received bytes are appended to [`input`](StreamProtocol::input); [`poll_event`](StreamProtocol::poll_event) says what
/// they mean; [`send`](Self::send) takes events of the same kind for the other direction, and
/// [`poll_transmit`](StreamProtocol::poll_transmit) has their bytes.
///
/// A server sees one request at a time: as long as its response is not complete, requests that were pipelined behind it
/// wait in the input. A client may send several requests ahead of their responses.
#[derive(Debug)]
pub struct Connection {
    pub(crate) role: Role,
    pub(crate) config: Config,
    input: BytesMut,
    pub(crate) output: BytesMut,
    /// The peer has ended its side of the stream.
    eof: bool,
    error: Option<Error>,
    /// What is being received.
    pub(crate) theirs: State,
    pub(crate) head: HeadInProgress,
    incoming: ContentInProgress,
    /// What is being sent.
    pub(crate) ours: State,
    pub(crate) outgoing: OutgoingContent,
    /// Requests whose final response has not begun; at a server at most one.
    pub(crate) requests: VecDeque<Outstanding>,
    /// Whether another message may follow on this connection.
    pub(crate) persistent: bool,
    /// The response that is arriving is the server's last: it says so, or its end is the stream's.
    last_response: bool,
    /// The version of the last head received.
    pub(crate) peer_version: Version,
    /// The client waits for 100 (Continue) before it sends its content.
    pub(crate) awaiting_continue: bool,
    pub(crate) tap: Tap,
}

/// What must be remembered of a request until its response comes.
#[derive(Debug)]
pub(crate) struct Outstanding {
    pub(crate) method: Method,
    /// It offers to switch protocols.
    upgrade: bool,
}

impl Outstanding {
    pub(crate) fn new(request: &Request, control: &Control<'_>) -> Self {
        // RFC 9110 §7.8: in HTTP/1.0 the field means nothing.
        let upgrade = control.upgrade && request.version >= Version::HTTP_11;
        Outstanding { method: request.method.clone(), upgrade }
    }

    /// Whether a response with this status makes a tunnel of the connection (RFC 9110 §7.8, §9.3.6).
    pub(crate) fn is_switched_by(&self, status: StatusCode) -> bool {
        self.upgrade && status == StatusCode::SWITCHING_PROTOCOLS
            || self.method == Method::Connect && status.is_success()
    }

    /// Whether there is a response that does.
    pub(crate) fn may_switch(&self) -> bool {
        self.upgrade || self.method == Method::Connect
    }
}

impl Connection {
    /// One end of a new connection.
    pub fn new(role: Role, config: Config) -> Self {
        Connection {
            role,
            config,
            input: BytesMut::new(),
            output: BytesMut::new(),
            eof: false,
            error: None,
            theirs: State::Idle,
            head: HeadInProgress::default(),
            incoming: ContentInProgress::new(Framing::Length(0), 0),
            ours: State::Idle,
            outgoing: OutgoingContent::Omitted,
            requests: VecDeque::new(),
            persistent: true,
            last_response: false,
            peer_version: Version::HTTP_11,
            awaiting_continue: false,
            tap: Tap::default(),
        }
    }

    /// The client's end, with default limits.
    pub fn client() -> Self {
        Connection::new(Role::Client, Config::default())
    }

    /// The server's end, with default limits.
    pub fn server() -> Self {
        Connection::new(Role::Server, Config::default())
    }

    /// Whether the client waits for `100 Continue` before it sends the content (RFC 9110 §10.1.1). A server sends that
    /// response, or a final one at once.
    pub fn expects_continue(&self) -> bool {
        self.awaiting_continue
    }

    /// Whether another message may follow on this connection (RFC 9112 §9.3).
    pub fn is_persistent(&self) -> bool {
        self.persistent
    }

    /// Lets the connection end: a server's next response says `Connection: close`, a client sends no further request.
    pub fn end_after_this(&mut self) {
        self.persistent = false;
    }

    /// Whether both directions are between messages, and nothing has arrived or waits to be sent.
    pub fn is_idle(&self) -> bool {
        self.theirs == State::Idle
            && self.ours == State::Idle
            && self.requests.is_empty()
            && self.head.is_empty()
            && self.input.is_empty()
            && self.output.is_empty()
    }

    /// Whether the bytes of this connection belong to another protocol now: after `101 Switching Protocols`, or a
    /// successful answer to CONNECT.
    pub fn is_tunnel(&self) -> bool {
        self.ours == State::Tunnel && self.theirs == State::Tunnel
    }

    /// The bytes that arrived behind what has been read. After a switch of protocols they belong to the new one.
    pub fn take_leftover(&mut self) -> BytesMut {
        self.input.split()
    }

    /// How many requests have been sent (by a client), or received (by a server), whose final response has not begun.
    pub fn unanswered(&self) -> usize {
        self.requests.len()
    }

    /// Where the receiving side is.
    pub fn receiving(&self) -> State {
        self.theirs
    }

    /// Where the sending side is.
    pub fn sending(&self) -> State {
        self.ours
    }

    /// From now on (or no longer), keeps an explanation of every head, chunk and piece of content, in both directions,
    /// for [`poll_tap`](Self::poll_tap). It costs nothing while it is off.
    pub fn tap(&mut self, on: bool) {
        self.tap.switch(on);
    }

    /// The next explained piece of the conversation.
    pub fn poll_tap(&mut self) -> Option<Tapped> {
        self.tap.poll()
    }

    fn next_event(&mut self) -> Result<Option<Event>, Error> {
        match self.theirs {
            State::Idle => self.next_head(),
            State::Content => self.next_content(),
            State::Complete | State::Closed | State::Tunnel => Ok(None),
        }
    }

    fn next_head(&mut self) -> Result<Option<Event>, Error> {
        if self.role == Role::Client && self.requests.is_empty() && !self.input.is_empty() {
            return Err(Violation::UnaskedResponse.into());
        }
        // Asked after every answer, and mostly there is no next request yet.
        if self.input.is_empty() && !self.eof {
            return Ok(None);
        }
        match self.head.advance(&mut self.input, self.role, &self.config)? {
            Some(Head::Request(request)) => self.begin_request(request).map(Some),
            Some(Head::Response(response)) => self.begin_response(response).map(Some),
            None if self.eof => self.end_of_stream(),
            None => Ok(None),
        }
    }

    fn begin_request(&mut self, request: Request) -> Result<Event, Error> {
        let control = Control::of(&request.fields);
        // Before the checks: the answer to a HEAD that they refuse has no content either.
        self.requests.push_back(Outstanding::new(&request, &control));
        check_host(&request, control.host, control.host_repeated)?;
        let framing = framing::of_request(request.version, &control)?;
        self.persistent &= control.persists(request.version);
        // RFC 9110 §10.1.1: not from HTTP/1.0, and not where no content would follow.
        self.awaiting_continue =
            control.expects_continue && request.version >= Version::HTTP_11 && framing != Framing::Length(0);
        self.begin_content(framing, request.version, &request.fields);
        self.tap.request(&request);
        Ok(Event::Request(request))
    }

    fn begin_response(&mut self, response: Response) -> Result<Event, Error> {
        let switched = self.requests.front().is_some_and(|request| request.is_switched_by(response.status));
        self.tap.response(&response);
        if response.status == StatusCode::SWITCHING_PROTOCOLS && !switched {
            return Err(Violation::UnaskedSwitch.into());
        }
        // The last request is the one whose content may be waiting.
        let is_for_the_last = self.requests.len() == 1;
        if response.status.is_informational() && !switched {
            self.awaiting_continue &= response.status != StatusCode::CONTINUE || !is_for_the_last;
            return Ok(Event::Response(response));
        }
        let request = self.requests.pop_front();
        self.awaiting_continue &= !is_for_the_last;
        if switched {
            self.theirs.advance(Step::Switch);
            self.cycle();
            return Ok(Event::Response(response));
        }
        let control = Control::of(&response.fields);
        let framing =
            framing::of_response(&response, &control, request.as_ref().map(|request| &request.method))?;
        self.last_response = !control.persists(response.version) || framing == Framing::UntilClose;
        self.persistent &= !self.last_response;
        self.begin_content(framing, response.version, &response.fields);
        Ok(Event::Response(response))
    }

    fn begin_content(&mut self, framing: Framing, version: Version, head: &Fields) {
        self.incoming = ContentInProgress::new(framing, head.received_text().map_or(0, Bytes::len));
        self.peer_version = version;
        self.theirs = State::Content;
    }

    fn next_content(&mut self) -> Result<Option<Event>, Error> {
        let event = self.incoming.advance(&mut self.input, self.eof, &self.config, &mut self.tap)?;
        match &event {
            Some(Event::End(_)) => {
                self.theirs = State::Complete;
                self.awaiting_continue = false;
                self.cycle();
            }
            Some(Event::Data(data)) => {
                self.awaiting_continue = false;
                self.tap.data(data);
            }
            _ => {}
        }
        Ok(event)
    }

    fn end_of_stream(&mut self) -> Result<Option<Event>, Error> {
        // The empty line that some clients send behind a request is no message that was cut off.
        if !self.head.is_empty() || self.input.iter().any(|byte| !b"\r\n".contains(byte)) {
            return Err(Violation::Truncated { within: "a head" }.into());
        }
        if self.role == Role::Client && !self.requests.is_empty() {
            return Err(Violation::Truncated { within: "the responses" }.into());
        }
        self.input.clear();
        self.persistent = false;
        self.advance_both(Step::Close);
        Ok(Some(Event::Closed))
    }

    /// What follows when a side has become complete.
    pub(crate) fn cycle(&mut self) {
        match self.role {
            Role::Server => self.cycle_server(),
            Role::Client => self.cycle_client(),
        }
    }

    /// A server's sides go round together: the next request is read when this one is answered.
    fn cycle_server(&mut self) {
        match (self.ours, self.theirs) {
            (State::Complete, State::Complete) if self.persistent => self.advance_both(Step::Next),
            // RFC 9112 §9.6: closing does not wait for content that the answer did not wait for.
            (State::Complete, _) if !self.persistent => {
                self.ours.advance(Step::Close);
                self.cycle_server();
            }
            (State::Closed, State::Complete) => self.theirs.advance(Step::Close),
            _ => {}
        }
    }

    /// A client's sides go round by themselves: requests may run ahead of responses.
    fn cycle_client(&mut self) {
        // Having said that a request is the last, a client still reads the answers to those before it.
        let is_over = self.last_response || !self.persistent && self.requests.is_empty();
        match (self.ours, self.theirs) {
            // RFC 9112 §9.5: a request that is still being sent is given up, since nobody reads it.
            (_, State::Complete) if is_over => self.advance_both(Step::Close),
            (_, State::Complete) => self.theirs.advance(Step::Next),
            // RFC 9110 §7.8: the request is finished before this side, too, speaks another protocol.
            (State::Complete, State::Tunnel) => self.ours.advance(Step::Switch),
            _ => {}
        }
        let waits = self.requests.back().is_some_and(Outstanding::may_switch);
        if self.ours == State::Complete && self.persistent && !waits {
            self.ours.advance(Step::Next);
        }
    }

    pub(crate) fn advance_both(&mut self, step: Step) {
        self.ours.advance(step);
        self.theirs.advance(step);
    }
}

impl StreamProtocol for Connection {
    type Event = Event;
    type Error = Error;

    fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    fn receive_eof(&mut self) {
        self.eof = true;
    }

    fn poll_event(&mut self) -> Result<Option<Event>, Error> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        self.next_event().inspect_err(|error| {
            self.persistent = false;
            self.error = Some(error.clone());
        })
    }

    fn poll_transmit(&mut self, out: &mut BytesMut) -> usize {
        let len = self.output.len();
        if out.is_empty() {
            // Nothing to append to: the buffers change places, and no byte is copied.
            std::mem::swap(out, &mut self.output);
        } else {
            out.extend_from_slice(&self.output);
            self.output.clear();
        }
        len
    }

    fn wants_read(&self) -> bool {
        // Enough to find every limit exceeded.
        let Config { max_start_line, max_head, max_chunk_line, max_trailers, .. } = self.config;
        let enough =
            [max_start_line, max_head, max_chunk_line, max_trailers].into_iter().fold(64 * 1024, usize::max);
        self.error.is_none() && self.theirs != State::Closed && self.input.len() < enough
    }

    fn wants_shutdown(&self) -> bool {
        self.ours == State::Closed && (self.role == Role::Server || self.theirs == State::Closed)
    }
}

/// Content as `Bytes`, without copying where that is what it is.
impl From<Bytes> for Event {
    fn from(data: Bytes) -> Self {
        Event::Data(data)
    }
}
