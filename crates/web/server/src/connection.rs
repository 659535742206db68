mod deadlines;
mod ending;
mod reading_writing;
mod serving;
mod tunnel;

use std::time::Instant;

use bytes::BytesMut;
use wirelab_http1::{Connection as Http1, Event as Http1Event, Role};
use wirelab_reactor::{Event, TimerId};
use wirelab_sansio::StreamProtocol;

use crate::exchange::{Answer, Exchange};
use crate::worker::Worker;
use crate::{Body, Context, Takeover};

/// So much is collected before it is written, if there is so much to say.
pub(crate) const BATCH: usize = 64 * 1024;

/// So many rounds a connection has in one turn; then the others have theirs.
const ROUNDS: usize = 16;

/// One connection: its socket, the protocol on it, and the request in progress.
///
/// ```text
///            fill                    act                      flush
///  socket ─────────▶ http1::Connection ⇄ Exchange ⇄ handler ─────────▶ socket
///           recv            events, answers                    send
/// ```
///
/// A round is those three, and with one usual request it is one `recv` and one `send`. Rounds go on until the
/// socket has nothing more, or takes nothing more, or the handler waits for time to pass; the edge-triggered event
/// that changes this comes only once, and is remembered in `readable` and `writable`.
pub(crate) struct Connection {
    pub(crate) context: Context,
    http: Http1,
    exchange: Option<Exchange>,
    mode: Mode,
    /// What the socket did not take.
    unsent: BytesMut,
    readable: bool,
    writable: bool,
    /// The peer has ended its side; behind what is still to be read.
    peer_ending: bool,
    /// The end was read.
    peer_ended: bool,
    /// `act` stopped because there was enough to write, not because there was nothing to do.
    full: bool,
    /// The last byte that came or went.
    active: Instant,
    /// The first byte of a head that is not complete; for the first head, the connection's first moment.
    head_began: Option<Instant>,
    /// The timer that is set, and for when. Mostly earlier than the deadline, which moves on with each byte.
    pub(crate) timer: Option<(TimerId, Instant)>,
    /// It is in the loop's list of those that have more to do.
    pub(crate) is_queued: bool,
}

enum Mode {
    Serving,
    /// Another protocol has taken over.
    Tunnel {
        takeover: Box<dyn Takeover>,
        input: BytesMut,
        until: Option<Instant>,
        called: bool,
    },
    /// The last word is to be sent, and then this side to be ended.
    Ending,
    /// This side is ended. What still comes is thrown away until the peer ends its side too.
    Lingering,
}

/// What becomes of a connection after its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It waits for an event or a timer.
    Keep,
    /// It has more to do, and others had to wait.
    Again,
    Close,
}

/// Why a connection ends without further words; the name is for the counters.
struct Ended(Option<&'static str>);

impl Connection {
    pub(crate) fn new(context: Context, http: Http1) -> Self {
        let now = context.accepted;
        Connection {
            context,
            http,
            exchange: None,
            mode: Mode::Serving,
            unsent: BytesMut::new(),
            readable: false,
            writable: true,
            peer_ending: false,
            peer_ended: false,
            full: false,
            active: now,
            head_began: Some(now),
            timer: None,
            is_queued: false,
        }
    }

    /// The end of a server.
    pub(crate) fn protocol(config: &wirelab_http1::Config) -> Http1 {
        Http1::new(Role::Server, config.clone())
    }

    /// The poller has something to say.
    pub(crate) fn on_event(&mut self, event: Event, worker: &mut Worker<'_>) -> Fate {
        self.readable |= event.is_readable();
        self.writable |= event.is_writable();
        self.peer_ending |= event.is_read_closed();
        if event.is_error() {
            let expected = matches!(self.mode, Mode::Lingering);
            return self.end(Ended((!expected).then_some("reset")), worker);
        }
        self.proceed(worker)
    }

    /// The timer has expired. Mostly the deadline has moved on since it was set, and nothing is to be done.
    pub(crate) fn on_timer(&mut self, worker: &mut Worker<'_>) -> Fate {
        match self.proceed(worker) {
            Fate::Keep if self.deadline(worker).is_some_and(|deadline| deadline <= worker.now) => {
                self.time_out(worker)
            }
            fate => fate,
        }
    }

    /// The server was told to stop: the answer to the next request is the last.
    pub(crate) fn on_stop(&mut self, worker: &mut Worker<'_>) -> Fate {
        self.context.stopping = true;
        self.http.end_after_this();
        self.proceed(worker)
    }

    /// Rounds, until there is nothing more to do now.
    pub(crate) fn proceed(&mut self, worker: &mut Worker<'_>) -> Fate {
        for _ in 0..ROUNDS {
            let round = match self.mode {
                Mode::Serving => self.serve(worker),
                Mode::Tunnel { .. } => self.tunnel(worker),
                Mode::Ending => self.say_last(worker),
                Mode::Lingering => self.linger(worker),
            };
            match round {
                Ok(true) => {}
                Ok(false) => {
                    self.park(worker);
                    return Fate::Keep;
                }
                Err(ended) => return self.end(ended, worker),
            }
        }
        Fate::Again
    }

    /// One round; says whether there may be another.
    fn serve(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if !self.flush_unsent(worker)? {
            return Ok(false); // no new work for a client that does not take the old
        }
        if let Some(exchange) = &mut self.exchange {
            exchange.forget_waits(worker.now);
        }
        self.fill(worker)?;
        self.full = false;
        // The protocol writes into the worker's buffer, and gives it back with what it wrote: two swaps.
        self.http.poll_transmit(&mut worker.out);
        let acted = self.act(worker);
        self.http.poll_transmit(&mut worker.out);
        acted?;
        // Behind a file that is sent to its end, the next request may have arrived already.
        let file_ended = self.flush(worker)? && self.send_file(worker)?;
        self.finish_exchange(worker);
        if matches!(self.mode, Mode::Serving) && self.is_over() {
            self.mode = Mode::Ending;
        }
        Ok(file_ended || !matches!(self.mode, Mode::Serving) || self.has_work(worker.now))
    }

    fn is_over(&self) -> bool {
        let answered = self.exchange.as_ref().is_none_or(Exchange::is_answered);
        // An answer that came before the end of the content, on a connection that will have no other.
        let rest_unwanted = self.exchange.is_some() && !self.http.is_persistent();
        answered && (self.http.wants_shutdown() || rest_unwanted)
    }

    fn has_work(&self, now: Instant) -> bool {
        if !self.unsent.is_empty() {
            return false;
        }
        let on_file =
            matches!(&self.exchange, Some(Exchange { answer: Answer::Sending(Body::File(_), _), .. }));
        let answer = self.exchange.as_ref().is_some_and(|exchange| exchange.has_work(now));
        self.full || answer && (self.writable || !on_file) || self.readable && self.wants_read(now)
    }

    fn wants_read(&self, now: Instant) -> bool {
        !self.peer_ended && self.polls(now) && self.http.wants_read()
    }

    /// Whether the protocol's next event has somewhere to go.
    fn polls(&self, now: Instant) -> bool {
        self.exchange.as_ref().is_none_or(|exchange| exchange.takes_content(now))
    }

    /// Events to the handler and answers to the protocol, until either has no more or there is enough to write.
    fn act(&mut self, worker: &mut Worker<'_>) -> Result<(), Ended> {
        let mut produced = 0;
        loop {
            if produced >= BATCH {
                self.full = true;
                return Ok(());
            }
            if let Some(amount) = self.advance_answer(worker)? {
                produced += amount;
                continue;
            }
            self.finish_exchange(worker);
            if !matches!(self.mode, Mode::Serving) || self.is_over() || !self.polls(worker.now) {
                return Ok(());
            }
            match self.http.poll_event() {
                Ok(Some(Http1Event::Closed)) => self.mode = Mode::Ending,
                Ok(Some(event)) => self.on_http(event, worker)?,
                Ok(None) => return Ok(()),
                Err(error) => self.refuse(&error, worker)?,
            }
        }
    }

    fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    fn is_head_begun(&self) -> bool {
        self.head_began.is_some() && self.context.received > 0
    }

    fn note_head(&mut self) {
        self.head_began = None;
    }

    /// The connection waits: it needs no buffers meanwhile.
    fn park(&mut self, worker: &mut Worker<'_>) {
        let input = match &mut self.mode {
            Mode::Tunnel { input, .. } => input,
            _ => self.http.input(),
        };
        worker.buffers.take_back(input);
        let awaits_head = self.exchange.is_none() && !self.http.input().is_empty();
        if awaits_head && self.head_began.is_none() {
            self.head_began = Some(worker.now);
        }
        if self.unsent.is_empty() {
            self.unsent = BytesMut::new();
        }
    }
}
