mod ending;
mod reading_writing;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use bytes::BytesMut;
use wirelab_reactor::Event;

use crate::io::Io;
use crate::worker::{Handles, Worker};
use crate::{Next, Service, Session};

/// So many rounds a connection has in one turn; then the others have theirs.
const ROUNDS: usize = 16;

/// One connection: a session, and what its socket was heard to say.
///
/// ```text
///            fill                 advance                     flush
///  socket ─────────▶ Session::input ⇄ Session ⇄ handler ─────────▶ socket
///           recv            requests, answers                send
/// ```
///
/// A round is those three, and with one usual request it is one `recv` and one `send`. Rounds go on until the socket has
/// nothing more, or takes nothing more, or the session waits; the edge-triggered event that changes this comes only
/// once, and is remembered in `readable` and `writable`.
pub(crate) struct Connection<S: Service> {
    session: S::Session,
    stage: Stage,
    /// What the socket did not take.
    unsent: BytesMut,
    readable: bool,
    writable: bool,
    /// The peer has ended its side; behind what is still to be read.
    peer_ending: bool,
    /// The end was read.
    peer_ended: bool,
    /// When the last byte came or went.
    active: Instant,
    /// A request that is to be handled elsewhere.
    request: Option<S::Request>,
}

/// ```text
/// Open ⇄ Asked                    a request is elsewhere
///  └──▶ Ending ──▶ Lingering      the last bytes are sent; this side is ended, and what comes is thrown away
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Asked,
    Ending,
    Lingering,
}

/// What a socket is ready for; the same as in [`wirelab_reactor::Event`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) read_closed: bool,
    pub(crate) error: bool,
}

impl From<Event> for Ready {
    fn from(event: Event) -> Self {
        Ready {
            readable: event.is_readable(),
            writable: event.is_writable(),
            read_closed: event.is_read_closed(),
            error: event.is_error(),
        }
    }
}

/// What becomes of a connection after its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It waits for an event, a timer, or an answer.
    Keep,
    /// It has more to do, and others had to wait.
    Again,
    Close,
}

/// Why a connection ends without further words; the name is for the counters.
struct Ended(Option<&'static str>);

impl<S: Service> Connection<S> {
    pub(crate) fn new(session: S::Session, now: Instant) -> Self {
        Connection {
            session,
            stage: Stage::Open,
            unsent: BytesMut::new(),
            readable: false,
            writable: true,
            peer_ending: false,
            peer_ended: false,
            active: now,
            request: None,
        }
    }

    /// The session was opened just now: what it had to say goes out before anything is heard.
    pub(crate) fn on_open(&mut self, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Fate {
        match self.flush(io, worker) {
            Ok(_all) => Fate::Keep,
            Err(ended) => self.end(ended, worker),
        }
    }

    /// The socket has something to say.
    pub(crate) fn on_ready(&mut self, ready: Ready, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Fate {
        self.readable |= ready.readable;
        self.writable |= ready.writable;
        self.peer_ending |= ready.read_closed;
        if ready.error {
            let expected = self.stage == Stage::Lingering;
            return self.end(Ended((!expected).then_some("reset")), worker);
        }
        self.proceed(io, worker)
    }

    /// The timer has expired. Mostly the deadline has moved on since it was set, and nothing is to be done.
    pub(crate) fn on_timer(&mut self, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Fate {
        match self.proceed(io, worker) {
            Fate::Keep if self.deadline(worker).is_some_and(|deadline| deadline <= worker.turn.now) => {
                self.time_out(io, worker)
            }
            fate => fate,
        }
    }

    /// The server was told to stop.
    pub(crate) fn on_stop(&mut self, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Fate {
        self.session.stop(&mut worker.turn);
        self.proceed(io, worker)
    }

    /// The answer has come back from where the request was handled; none if the handler panicked.
    pub(crate) fn on_answer(
        &mut self,
        answer: Option<S::Answer>,
        io: &mut impl Io,
        worker: &mut Worker<'_, S>,
    ) -> Fate {
        if self.stage == Stage::Asked {
            self.stage = Stage::Open;
            self.active = worker.turn.now; // the peer had to wait, and was not idle
            self.take_answer(answer, worker);
        }
        self.proceed(io, worker)
    }

    /// A request that shall be handled elsewhere, if there is one that was not yet taken.
    pub(crate) fn take_request(&mut self) -> Option<S::Request> {
        self.request.take()
    }

    /// There was no room for it.
    pub(crate) fn give_back(&mut self, request: S::Request) {
        self.request = Some(request);
    }

    /// Rounds, until there is nothing more to do now.
    pub(crate) fn proceed(&mut self, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Fate {
        for _ in 0..ROUNDS {
            let round = match self.stage {
                Stage::Open => self.serve(io, worker),
                Stage::Asked => self.flush_unsent(io, worker).map(|_| false),
                Stage::Ending => self.say_last(io, worker),
                Stage::Lingering => self.linger(io, worker),
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
    fn serve(&mut self, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Result<bool, Ended> {
        if !self.unsent.is_empty() && !self.flush_unsent(io, worker)? {
            return Ok(false); // no new work for a client that does not take the old
        }
        self.fill(io, worker)?;
        let next = self.advance(worker);
        if let Next::Close(name) = next {
            return Err(Ended(name));
        }
        let flushed = self.flush(io, worker)?;
        match next {
            Next::Wait | Next::Request(_) => Ok(flushed && self.readable && self.wants_read(worker)),
            Next::More => Ok(flushed),
            Next::File => {
                Ok(flushed && (self.send_file(io, worker)? || self.readable && self.wants_read(worker)))
            }
            Next::Shutdown | Next::Close(_) => {
                self.stage = Stage::Ending;
                Ok(true)
            }
        }
    }

    /// Lets the session go on, and handles what it finds, until it has nothing more to handle here.
    fn advance(&mut self, worker: &mut Worker<'_, S>) -> Next<()> {
        loop {
            let request = match self.session.advance(&mut worker.turn) {
                Next::Request(request) => request,
                Next::Wait => return Next::Wait,
                Next::More => return Next::More,
                Next::File => return Next::File,
                Next::Shutdown => return Next::Shutdown,
                Next::Close(name) => return Next::Close(name),
            };
            let answer = match worker.handles {
                Handles::Here => Some(worker.service.handle(request)),
                // What the handler shares with later requests is its own business; locks are poisoned, for one.
                Handles::HereCaught => catch_unwind(AssertUnwindSafe(|| worker.service.handle(request))).ok(),
                Handles::Elsewhere => {
                    self.request = Some(request);
                    self.stage = Stage::Asked;
                    self.session.handed_over(&mut worker.turn);
                    return Next::Request(());
                }
            };
            worker.turn.counters.add(|row| &row.handled, 1);
            self.take_answer(answer, worker);
        }
    }

    fn take_answer(&mut self, answer: Option<S::Answer>, worker: &mut Worker<'_, S>) {
        match answer {
            Some(answer) => self.session.answer(answer, &mut worker.turn),
            None => {
                worker.turn.counters.note("panic");
                self.session.fail(&mut worker.turn);
            }
        }
    }

    fn wants_read(&self, worker: &Worker<'_, S>) -> bool {
        self.stage == Stage::Open && !self.peer_ended && self.session.wants_read(worker.turn.now)
    }

    /// What the connection would hear from its socket that it does not know yet: that it is readable, or writable.
    pub(crate) fn awaits(&self) -> (bool, bool) {
        (!self.readable && !self.peer_ended, !self.writable)
    }

    /// The connection waits: it needs no buffers meanwhile.
    fn park(&mut self, worker: &mut Worker<'_, S>) {
        worker.buffers.take_back(self.session.input());
        if self.unsent.is_empty() && self.unsent.capacity() > 0 {
            self.unsent = BytesMut::new();
        }
    }

    /// The first moment at which something must have happened.
    pub(crate) fn deadline(&self, worker: &Worker<'_, S>) -> Option<Instant> {
        match self.stage {
            Stage::Lingering => Some(self.active + worker.config.linger_time),
            _ if !self.unsent.is_empty() => Some(self.active + worker.config.stall_time),
            Stage::Asked => None,
            Stage::Open | Stage::Ending => self.session.deadline(self.active, &worker.turn),
        }
    }

    fn time_out(&mut self, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Fate {
        let name = match self.stage {
            Stage::Lingering => "linger-time",
            _ if !self.unsent.is_empty() => {
                // The client takes nothing. A reset frees what the kernel still holds for it.
                let _ = io.stream().set_linger(Some(std::time::Duration::ZERO));
                "stall-time"
            }
            _ => {
                self.session.handle_timeout(&mut worker.turn);
                return self.proceed(io, worker);
            }
        };
        self.end(Ended(Some(name)), worker)
    }
}
