use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use wirelab_http::{Method, Request, Response, StatusCode, Version};
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
    head: HeadInProgress,
    incoming: ContentInProgress,
    /// What is being sent.
    pub(crate) ours: State,
    pub(crate) outgoing: OutgoingContent,
    /// Requests whose final response has not begun; at a server at most one.
    pub(crate) requests: VecDeque<Outstanding>,
    /// Whether another message may follow on this connection.
    pub(crate) persistent: bool,
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
    /// It is a CONNECT, or offers to switch protocols.
    pub(crate) may_switch: bool,
}

impl Outstanding {
    pub(crate) fn new(request: &Request, control: &Control<'_>) -> Self {
        let may_switch = control.upgrade || request.method == Method::Connect;
        Outstanding { method: request.method.clone(), may_switch }
    }

    /// Whether a response with this status makes a tunnel of the connection (RFC 9110 §7.8, §9.3.6).
    pub(crate) fn is_switched_by(&self, status: StatusCode) -> bool {
        status == StatusCode::SWITCHING_PROTOCOLS || self.method == Method::Connect && status.is_success()
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
            incoming: ContentInProgress::new(Framing::Length(0)),
            ours: State::Idle,
            outgoing: OutgoingContent::Omitted,
            requests: VecDeque::new(),
            persistent: true,
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
        match self.head.advance(&mut self.input, self.role, &self.config)? {
            Some(Head::Request(request)) => self.begin_request(request).map(Some),
            Some(Head::Response(response)) => self.begin_response(response).map(Some),
            None if self.eof => self.end_of_stream(),
            None => Ok(None),
        }
    }

    fn begin_request(&mut self, request: Request) -> Result<Event, Error> {
        let control = Control::of(&request.fields);
        check_host(&request, control.host, control.host_repeated)?;
        let framing = framing::of_request(request.version, &control)?;
        self.requests.push_back(Outstanding::new(&request, &control));
        self.persistent &= control.persists(request.version);
        // RFC 9110 §10.1.1: not from HTTP/1.0, and not where no content would follow.
        self.awaiting_continue =
            control.expects_continue && request.version >= Version::HTTP_11 && framing != Framing::Length(0);
        self.begin_content(framing, request.version);
        self.tap.request(&request);
        Ok(Event::Request(request))
    }

    fn begin_response(&mut self, response: Response) -> Result<Event, Error> {
        let switched = self.requests.front().is_some_and(|request| request.is_switched_by(response.status));
        self.tap.response(&response);
        if response.status == StatusCode::SWITCHING_PROTOCOLS
            && !self.requests.front().is_some_and(|request| request.may_switch)
        {
            return Err(Violation::UnaskedSwitch.into());
        }
        if response.status.is_informational() && !switched {
            self.awaiting_continue &= response.status != StatusCode::CONTINUE;
            return Ok(Event::Response(response));
        }
        let request = self.requests.pop_front();
        self.awaiting_continue = false;
        if switched {
            (self.ours, self.theirs) = (State::Tunnel, State::Tunnel);
            return Ok(Event::Response(response));
        }
        let control = Control::of(&response.fields);
        let framing =
            framing::of_response(&response, &control, request.as_ref().map(|request| &request.method))?;
        self.persistent &= control.persists(response.version) && framing != Framing::UntilClose;
        self.begin_content(framing, response.version);
        Ok(Event::Response(response))
    }

    fn begin_content(&mut self, framing: Framing, version: Version) {
        self.incoming = ContentInProgress::new(framing);
        self.peer_version = version;
        self.theirs = State::Content;
    }

    fn next_content(&mut self) -> Result<Option<Event>, Error> {
        let event = self.incoming.advance(&mut self.input, self.eof, &self.config)?;
        match &event {
            Some(Event::End(trailers)) => {
                self.tap.trailers(trailers);
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
        self.theirs = State::Closed;
        self.ours = self.ours.after(Step::Close).unwrap_or(self.ours);
        Ok(Some(Event::Closed))
    }

    /// What follows when a side has become complete.
    pub(crate) fn cycle(&mut self) {
        match self.role {
            Role::Server if self.ours == State::Complete && self.theirs == State::Complete => {
                let step = if self.persistent { Step::Next } else { Step::Close };
                self.advance_both(step);
            }
            Role::Server => {}
            Role::Client => self.cycle_client(),
        }
    }

    /// A client's sides go round by themselves: requests may run ahead of responses.
    fn cycle_client(&mut self) {
        if self.theirs == State::Complete {
            if !self.persistent {
                return self.advance_both(Step::Close);
            }
            self.theirs = State::Idle;
        }
        let waits = self.requests.back().is_some_and(|request| request.may_switch);
        if self.ours == State::Complete && self.persistent && !waits {
            self.ours = State::Idle;
        }
    }

    fn advance_both(&mut self, step: Step) {
        // A side that is still in the middle of its message cannot be finished any more.
        let after = |state: State| state.after(step).unwrap_or(State::Closed);
        (self.ours, self.theirs) = (after(self.ours), after(self.theirs));
    }

    /// Sends an error response in place of the answer that cannot be given, if none has been begun, and ends the
    /// connection. For a server, after [`poll_event`](StreamProtocol::poll_event) has failed.
    pub fn refuse(&mut self, error: &Error) {
        if let (Role::Server, State::Idle, Some(status)) = (self.role, self.ours, error.status()) {
            let text = format!("{status}\n\n{error}\n");
            let head = Response::new(status)
                .with("Content-Type", "text/plain; charset=utf-8")
                .with("Content-Length", text.len())
                .with("Connection", "close");
            self.put_response(&head, &wirelab_http::Fields::new());
            let omitted = self.requests.front().is_some_and(|request| request.method == Method::Head);
            if !omitted {
                self.output.extend_from_slice(text.as_bytes());
                self.tap.sent_data(text.as_bytes());
            }
        }
        self.persistent = false;
        (self.ours, self.theirs) = (State::Closed, State::Closed);
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
        let enough = self.config.max_head.max(64 * 1024);
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
