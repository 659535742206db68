use std::fs::File;
use std::time::Instant;

use bytes::BytesMut;

use crate::{Facts, Tally, Turn};

/// What is served: a factory of sessions, and what is done with the requests that they find.
///
/// One value serves all connections, from all threads of a [`Model`](crate::Model) (which then asks for [`Sync`]). What a
/// thread needs for itself alone goes into [`Local`](Self::Local).
pub trait Service {
    /// What the sessions of one worker share: caches, a log, a clock's last reading. It is made on the worker's own
    /// thread, and never leaves it.
    type Local;
    /// What a session wants handled. It may travel to another thread.
    type Request: Send;
    /// What the handler says. It travels back.
    type Answer: Send;
    /// One connection's protocol.
    type Session: Session<Local = Self::Local, Request = Self::Request, Answer = Self::Answer>;

    /// Called once on each worker, before its first connection.
    fn local(&self, worker: usize) -> Self::Local;

    /// A connection was accepted. What the new session appends to [`turn.out`](Turn::out) is sent at once, as the greeting of
    /// protocols in which the server speaks first; [`Session::advance`] is first called when something has arrived, when the
    /// session's deadline has passed, or when the server stops.
    fn open(&self, facts: Facts, turn: &mut Turn<'_, Self::Local>) -> Self::Session;

    /// Handles a request. This may compute, or wait: on which thread it does, and whom it keeps waiting there, is
    /// what the models differ in.
    fn handle(&self, request: Self::Request) -> Self::Answer;

    /// A loop has woken up. The place to look at the clock, once for all connections that are served now.
    fn begin_turn(&self, _local: &mut Self::Local) {}

    /// A loop is about to sleep. The place to write out what was collected meanwhile.
    fn end_turn(&self, _local: &mut Self::Local, _counters: &Tally) {}
}

/// One connection, as the models see it: bytes and answers in, bytes and requests out. It knows no socket, no thread and
/// no clock.
///
/// ```text
///            input(), received()                advance(): Next::Request
///   socket ──────────────────────▶ ┌───────────┐ ───────────────────────▶ handler, on this thread or another
///          ◀────────────────────── │  Session  │ ◀───────────────────────
///            advance(): turn.out   └───────────┘        answer()
///                                    ▲       │
///                  handle_timeout()  │       ▼  deadline()
///                                     a timer
/// ```
///
/// Any order of calls is legal. The driver reads only when [`wants_read`](Self::wants_read), and calls
/// [`advance`](Self::advance) after everything that may have changed something.
pub trait Session {
    /// The service's [`Local`](Service::Local).
    type Local;
    /// The service's [`Request`](Service::Request).
    type Request;
    /// The service's [`Answer`](Service::Answer).
    type Answer;

    /// Received bytes that were not used yet. The driver appends to it, and takes its memory back while it is empty.
    fn input(&mut self) -> &mut BytesMut;

    /// So many bytes were appended to the input.
    fn received(&mut self, _count: usize) {}

    /// The peer has ended its side: nothing will be appended any more.
    fn receive_eof(&mut self);

    /// Whether more input has somewhere to go. While it has not, TCP's window stops the peer.
    fn wants_read(&self, _now: Instant) -> bool {
        true
    }

    /// How many bytes the next read should have room for.
    fn room(&self) -> usize {
        16 * 1024
    }

    /// Goes as far as possible with what is there, appends to [`turn.out`](Turn::out) what is to be sent, and says what
    /// comes next.
    fn advance(&mut self, turn: &mut Turn<'_, Self::Local>) -> Next<Self::Request>;

    /// The request that [`advance`](Self::advance) gave last is on its way to another thread, and its answer will take a
    /// while: what is still to go into [`turn.out`](Turn::out) must go now. Nothing else is called before the answer, but
    /// for [`stop`](Self::stop) and [`closed`](Self::closed).
    fn handed_over(&mut self, _turn: &mut Turn<'_, Self::Local>) {}

    /// The answer to the request that [`advance`](Self::advance) gave last.
    fn answer(&mut self, answer: Self::Answer, turn: &mut Turn<'_, Self::Local>);

    /// The handler has panicked, and there is no answer. Tell the peer, or end.
    fn fail(&mut self, turn: &mut Turn<'_, Self::Local>);

    /// The part of a file that [`Next::File`] announced.
    fn file(&self) -> Option<FilePart<'_>> {
        None
    }

    /// So many bytes of the file were sent.
    fn file_sent(&mut self, _count: usize, _turn: &mut Turn<'_, Self::Local>) {}

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; `active` is when bytes last came or went.
    /// While a request is with its handler, or the peer does not take what was sent, the driver does not ask.
    fn deadline(&self, _active: Instant, _turn: &Turn<'_, Self::Local>) -> Option<Instant> {
        None
    }

    /// The deadline has passed. What the session makes of it, the next [`advance`](Self::advance) says.
    fn handle_timeout(&mut self, _turn: &mut Turn<'_, Self::Local>) {}

    /// The server was told to stop: finish what has begun, and then end.
    fn stop(&mut self, turn: &mut Turn<'_, Self::Local>);

    /// The last call: the connection ends, in whatever way.
    fn closed(&mut self, _turn: &mut Turn<'_, Self::Local>) {}
}

/// What a session says after [`Session::advance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<R> {
    /// Handle this, and give the session its answer. It has at most one request with a handler.
    Request(R),
    /// Nothing, until something arrives or its deadline passes.
    Wait,
    /// There is more to say once this is sent: ask again.
    More,
    /// Behind what is in `out` goes a part of a file, [`Session::file`].
    File,
    /// That was the last: send it, end this side (FIN), and wait a while for the peer's end.
    Shutdown,
    /// Close at once, and send nothing more. The name, if there is one, is counted as an incident.
    Close(Option<&'static str>),
}

/// A part of a file, which the kernel sends without showing it to the program.
#[derive(Clone, Copy, Debug)]
pub struct FilePart<'a> {
    /// The open file; its own position does not matter.
    pub file: &'a File,
    /// Where the part begins.
    pub offset: u64,
    /// How many bytes are left of it.
    pub len: u64,
}
