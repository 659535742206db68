use std::io::ErrorKind;
use std::net::Shutdown;
use std::time::Instant;

use bytes::BytesMut;
use wirelab_http1::{Connection as Http1, Event as Http1Event, Role};
use wirelab_reactor::{Event, TimerId};
use wirelab_sansio::StreamProtocol;

use crate::buffers::READ;
use crate::exchange::{Answer, Exchange};
use crate::worker::Worker;
use crate::{Body, Context, Takeover, Tunnel};

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
    pub(crate) http: Http1,
    pub(crate) exchange: Option<Exchange>,
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
    pub(crate) active: Instant,
    /// The first byte of a head that is not complete; for the first head, the connection's first moment.
    head_began: Option<Instant>,
    /// The timer that is set, and for when. Mostly earlier than the deadline, which moves on with each byte.
    pub(crate) timer: Option<(TimerId, Instant)>,
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
pub(crate) struct Ended(pub(crate) Option<&'static str>);

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
        if self.flush(worker)? {
            self.send_file(worker)?;
        }
        self.finish_exchange(worker);
        if matches!(self.mode, Mode::Serving) && self.is_over() {
            self.mode = Mode::Ending;
        }
        Ok(!matches!(self.mode, Mode::Serving) || self.has_work(worker.now))
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
    pub(crate) fn polls(&self, now: Instant) -> bool {
        self.exchange.as_ref().is_none_or(|exchange| exchange.takes_content(now))
    }

    /// At most one `recv`.
    fn fill(&mut self, worker: &mut Worker<'_>) -> Result<(), Ended> {
        if !self.readable || !self.wants_read(worker.now) {
            return Ok(());
        }
        let wanted = if self.exchange.is_some() { BATCH } else { READ };
        let room = worker.buffers.make_room(self.http.input(), wanted);
        match self.context.stream.read_into(self.http.input()) {
            Ok(0) => {
                (self.peer_ended, self.readable) = (true, false);
                self.http.receive_eof();
            }
            Ok(count) => self.count_received(count, room, worker),
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
            Err(_) => return Err(Ended(Some("reset"))),
        }
        Ok(())
    }

    /// A short read has emptied the receive buffer, unless the peer's end stands behind it.
    fn count_received(&mut self, count: usize, room: usize, worker: &Worker<'_>) {
        self.readable = count == room || self.peer_ending;
        self.active = worker.now;
        self.context.received += count as u64;
        worker.counters.bytes_in.add(count as u64);
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

    /// Writes what the worker has collected; what the socket does not take becomes `unsent`. True if all is gone.
    pub(crate) fn flush(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if worker.out.is_empty() {
            return Ok(true);
        }
        let written = self.write(&worker.out, worker.now);
        if let Ok(written) = written {
            self.unsent.extend_from_slice(&worker.out[written..]);
            worker.counters.bytes_out.add(written as u64);
        }
        worker.out.clear();
        written.map(|_| self.unsent.is_empty())
    }

    fn flush_unsent(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if self.unsent.is_empty() {
            return Ok(true);
        }
        if self.writable {
            let unsent = std::mem::take(&mut self.unsent);
            worker.out.extend_from_slice(&unsent);
            return self.flush(worker);
        }
        Ok(false)
    }

    fn write(&mut self, bytes: &[u8], now: Instant) -> Result<usize, Ended> {
        match self.context.stream.write(bytes) {
            Ok(count) => {
                self.active = now;
                self.writable = count == bytes.len();
                Ok(count)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.writable = false;
                Ok(0)
            }
            Err(_) => Err(Ended(Some("reset"))),
        }
    }

    /// `sendfile`, once the head is out.
    fn send_file(&mut self, worker: &mut Worker<'_>) -> Result<(), Ended> {
        let Some(Exchange { answer: Answer::Sending(Body::File(part), _), sent, .. }) = &mut self.exchange
        else {
            return Ok(());
        };
        while self.writable && part.len > 0 {
            let count = usize::try_from(part.len).unwrap_or(usize::MAX).min(16 * BATCH);
            match self.context.stream.sendfile(&part.file, part.offset, count) {
                Ok(0) => return Err(Ended(Some("file-too-short"))),
                Ok(count) => {
                    part.offset += count as u64;
                    part.len -= count as u64;
                    *sent += count as u64;
                    self.active = worker.now;
                    worker.counters.bytes_out.add(count as u64);
                    break; // others have their turn between two pieces
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.kind() == ErrorKind::Other || error.raw_os_error() == Some(libc::EIO) => {
                    return Err(Ended(Some("file-unreadable")));
                }
                Err(_) => return Err(Ended(Some("reset"))),
            }
        }
        if part.len == 0 { self.end_answer(wirelab_http::Fields::new(), worker) } else { Ok(()) }
    }

    /// The first moment at which something must have happened.
    pub(crate) fn deadline(&self, worker: &Worker<'_>) -> Option<Instant> {
        let config = worker.config;
        let after_stall = self.active + config.stall_time;
        match (&self.mode, &self.exchange) {
            (Mode::Lingering, _) => Some(self.active + config.linger_time),
            _ if !self.unsent.is_empty() => Some(after_stall),
            (Mode::Tunnel { until, .. }, _) => *until,
            (_, Some(exchange)) => Some(exchange.wakes().unwrap_or(after_stall)),
            (_, None) => {
                let idle = self.active + config.idle_time;
                let awaited = self.head_began.map_or(idle, |began| began + config.head_time);
                let farewell = worker.stopping.map(|stopped| stopped + config.farewell_time);
                // Who is in the middle of a head may finish it; who has said nothing has this long to begin.
                let speaks = self.context.received > 0 && self.head_began.is_some();
                Some(farewell.filter(|_| !speaks).map_or(awaited, |farewell| awaited.min(farewell)))
            }
        }
    }

    fn time_out(&mut self, worker: &mut Worker<'_>) -> Fate {
        let name = match (&self.mode, &self.exchange) {
            (Mode::Lingering, _) => "linger-time",
            (_, Some(_)) | (Mode::Ending | Mode::Tunnel { .. }, _) => "stall-time",
            _ if !self.unsent.is_empty() => "stall-time",
            (_, None) if worker.stopping.is_some() => return self.end(Ended(None), worker),
            (_, None) if self.head_began.is_some() => "head-time",
            (_, None) => "idle-time",
        };
        worker.counters.note(name);
        let ended = self.answer_time_out(name, worker);
        match ended {
            Ok(true) => self.proceed(worker),
            Ok(false) => self.end(Ended(None), worker),
            Err(ended) => self.end(ended, worker),
        }
    }

    /// Ends the serving: what was said is still sent, then this side ended.
    pub(crate) fn begin_ending(&mut self) {
        self.mode = Mode::Ending;
    }

    pub(crate) fn begin_tunnel(&mut self, takeover: Box<dyn Takeover>) {
        let input = self.http.take_leftover();
        self.mode = Mode::Tunnel { takeover, input, until: None, called: false };
    }

    pub(crate) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    pub(crate) fn is_head_begun(&self) -> bool {
        self.head_began.is_some() && self.context.received > 0
    }

    pub(crate) fn note_head(&mut self) {
        self.head_began = None;
    }

    fn say_last(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if !self.flush_unsent(worker)? {
            return Ok(false);
        }
        self.log_unfinished(worker);
        if self.peer_ended {
            return Err(Ended(None));
        }
        // RFC 9112 §9.6: end this side only, and let the peer read what was sent. A plain close with unread bytes in
        // the receive buffer would be a reset, which can destroy the answer at the peer.
        self.context.stream.shutdown(Shutdown::Write).map_err(|_| Ended(None))?;
        self.mode = Mode::Lingering;
        self.active = worker.now;
        Ok(true)
    }

    /// Throws away what comes. The time is not extended by it: a peer who goes on sending does not listen.
    fn linger(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if !self.readable {
            return Ok(false);
        }
        let input = self.http.input();
        input.clear();
        let room = worker.buffers.make_room(input, BATCH);
        match self.context.stream.read_into(input) {
            Ok(0) => Err(Ended(None)),
            Ok(count) => {
                worker.counters.bytes_in.add(count as u64);
                input.clear();
                self.readable = count == room || self.peer_ending;
                Ok(self.readable)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(false)
            }
            Err(_) => Err(Ended(None)),
        }
    }

    /// A round of another protocol.
    fn tunnel(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if !self.flush_unsent(worker)? {
            return Ok(false);
        }
        let Mode::Tunnel { takeover, input, until, called } = &mut self.mode else { return Ok(false) };
        let (had, ended) = (input.len(), self.peer_ended);
        if self.readable && !self.peer_ended && input.len() < 16 * BATCH {
            let room = worker.buffers.make_room(input, READ);
            match self.context.stream.read_into(input) {
                Ok(0) => (self.peer_ended, self.readable) = (true, false),
                Ok(count) => {
                    self.readable = count == room || self.peer_ending;
                    self.active = worker.now;
                    worker.counters.bytes_in.add(count as u64);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
                Err(_) => return Err(Ended(Some("reset"))),
            }
        }
        let due = until.is_some_and(|until| until <= worker.now);
        let news = input.len() > had || self.peer_ended != ended || due || !*called;
        if !news {
            return Ok(false);
        }
        *called = true;
        match takeover.run(input, self.peer_ended, &mut worker.out) {
            Tunnel::Open => *until = None,
            Tunnel::Wait(time) => *until = Some(worker.now + time),
            Tunnel::Close => self.mode = Mode::Ending,
        }
        // A protocol that has room again is asked again for more.
        if let Mode::Tunnel { called, .. } = &mut self.mode
            && worker.out.len() >= BATCH
        {
            *called = false;
        }
        self.flush(worker)?;
        Ok(true)
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

    fn end(&mut self, ended: Ended, worker: &mut Worker<'_>) -> Fate {
        if let Some(name) = ended.0 {
            worker.counters.note(name);
        }
        worker.out.clear();
        self.log_unfinished(worker);
        Fate::Close
    }
}
