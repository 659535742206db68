//! What the thread of a connection does.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use libc::{POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP};
use wirelab_socket::TcpStream;

use super::ROW;
use crate::alarm::Alarm;
use crate::buffers::Buffers;
use crate::connection::{Connection, Fate, Ready};
use crate::control::Level;
use crate::event_loop::Common;
use crate::worker::{Handles, Worker};
use crate::{Facts, Service, Turn, sys};

/// A connection with its thread. The thread waits in `poll` for its socket, rather than in `recv`: there it could not hear
/// that the server stops, nor keep a deadline without setting one in the kernel each time. That is a third system call for
/// a request.
struct Serving<'a, S: Service> {
    stream: Arc<TcpStream>,
    connection: Connection<S>,
    worker: Worker<'a, S>,
    level: Level,
    grace_over: Option<Instant>,
    /// Both sides have ended. `poll` would say so again and again.
    hung_up: bool,
}

/// Serves one connection to its end.
pub(super) fn serve<S: Service>(stream: TcpStream, peer: SocketAddr, common: &Common<'_, S>, alarm: &Alarm) {
    let stream = Arc::new(stream);
    let _ = stream.set_nodelay(true);
    let now = Instant::now();
    let local = stream.local_addr().unwrap_or(common.local);
    let facts = Facts {
        peer,
        local,
        number: common.table.common().next_number(),
        accepted: now,
        worker: ROW,
        stream: Arc::downgrade(&stream),
    };
    let (service, config) = (common.service, common.config);
    let (local, counters) = (service.local(ROW), common.table.row(ROW));
    let mut turn = Turn { now, stopping: None, out: BytesMut::new(), local, counters };
    let connection = Connection::new(service.open(facts, &mut turn), now);
    let worker = Worker { service, config, buffers: Buffers::default(), turn, handles: Handles::HereCaught };
    let level = Level::Run;
    let mut serving = Serving { stream, connection, worker, level, grace_over: None, hung_up: false };
    if serving.run(alarm).is_err() {
        counters.note("poll-failed");
    }
    serving.connection.closed(&mut serving.worker);
    service.end_turn(&mut serving.worker.turn.local, counters);
}

impl<S: Service> Serving<'_, S> {
    fn run(&mut self, alarm: &Alarm) -> io::Result<()> {
        let mut fate = self.connection.on_open(&mut &*self.stream, &mut self.worker);
        while fate != Fate::Close {
            let ready = self.wait(fate, alarm)?;
            self.worker.turn.now = Instant::now();
            self.worker.service.begin_turn(&mut self.worker.turn.local);
            fate = self.turn(ready);
            self.worker.service.end_turn(&mut self.worker.turn.local, self.worker.turn.counters);
        }
        Ok(())
    }

    fn turn(&mut self, ready: Option<Ready>) -> Fate {
        let (connection, worker) = (&mut self.connection, &mut self.worker);
        let (mut io, now) = (&*self.stream, worker.turn.now);
        if self.level == Level::Abort || self.grace_over.is_some_and(|over| over <= now) {
            worker.turn.counters.note("grace-time");
            return Fate::Close;
        }
        if self.level == Level::Stop && self.grace_over.is_none() {
            worker.turn.stopping = Some(now);
            self.grace_over = Some(now + worker.config.grace_time);
            if connection.on_stop(&mut io, worker) == Fate::Close {
                return Fate::Close;
            }
        }
        match ready {
            Some(ready) => connection.on_ready(ready, &mut io, worker),
            None => connection.on_timer(&mut io, worker),
        }
    }

    /// Waits for the socket, the alarm, or the deadline; or only looks, if there is more to do.
    fn wait(&mut self, fate: Fate, alarm: &Alarm) -> io::Result<Option<Ready>> {
        let (reads, writes) = self.connection.awaits();
        let mut events = if reads { POLLIN | POLLRDHUP } else { 0 };
        events |= if writes { POLLOUT } else { 0 };
        let deadline = self.connection.deadline(&self.worker);
        let deadline = deadline.into_iter().chain(self.grace_over).min();
        let socket = (!self.hung_up).then(|| self.stream.as_fd());
        let bell = alarm.after(self.level);
        let milliseconds = if fate == Fate::Again { 0 } else { milliseconds_until(deadline) };
        let (flags, rung) = sys::poll_two((socket, events), (bell, POLLIN), milliseconds)?;
        if rung != 0 {
            self.level = if self.level == Level::Run { Level::Stop } else { Level::Abort };
        }
        self.hung_up |= flags & POLLHUP != 0;
        let has = |wanted| flags & wanted != 0;
        Ok((flags != 0).then(|| Ready {
            readable: has(POLLIN | POLLRDHUP | POLLHUP | POLLERR),
            writable: has(POLLOUT | POLLHUP | POLLERR),
            read_closed: has(POLLRDHUP | POLLHUP),
            error: has(POLLERR),
        }))
    }
}

/// The time-out of `poll`: whole milliseconds, rounded up so as not to wake too early; -1 is none.
fn milliseconds_until(deadline: Option<Instant>) -> i32 {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    left.map_or(-1, |left: Duration| i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX))
}
