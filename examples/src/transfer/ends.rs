//! The applications of both ends.

use std::time::Duration;

use bytes::BytesMut;
use wirelab::sansio::Instant;
use wirelab::sim::internet::Application;
use wirelab::tcpip::host::{Event, Host, SocketId};
use wirelab::tcpip::tcp;

/// How the server reads.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// At once.
    AtOnce,
    /// At once, but not before this time is over.
    After(Duration),
    /// So many bytes at each tick.
    Every(Duration, usize),
}

/// Sends its bytes once it is connected.
pub(super) struct Source {
    pub(super) bytes: usize,
    pub(super) socket: Option<SocketId>,
}

impl Application<Host> for Source {
    fn on_event(&mut self, _now: Instant, host: &mut Host, event: Event) {
        if let Event::Tcp(id, tcp::Event::Established) = event {
            // What the send buffer did not take would be missing at the other end.
            let _ = host.send(id, &vec![b'x'; self.bytes]);
        }
    }
}

/// Reads at its own pace.
pub(super) struct Sink {
    pub(super) pace: Pace,
    pub(super) socket: Option<SocketId>,
    pub(super) wanted: usize,
    pub(super) received: usize,
    pub(super) next: Option<Instant>,
    pub(super) complete: Option<Instant>,
}

impl Sink {
    fn read(&mut self, now: Instant, host: &mut Host) {
        let Some(id) = self.socket else { return };
        self.received += match self.pace {
            Pace::AtOnce | Pace::After(_) => host.receive_into(id, &mut BytesMut::new()),
            Pace::Every(_, most) => host.read(id, most).len(),
        };
        if self.received == self.wanted {
            self.complete.get_or_insert(now);
        }
    }
}

impl Application<Host> for Sink {
    fn on_event(&mut self, now: Instant, host: &mut Host, event: Event) {
        if let Event::Acceptable(listener) = event {
            self.socket = host.accept(listener);
            self.next = match self.pace {
                Pace::AtOnce => None,
                Pace::After(time) | Pace::Every(time, _) => Some(now + time),
            };
        }
        if matches!(self.pace, Pace::AtOnce) {
            self.read(now, host);
        }
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.next.filter(|_| self.complete.is_none()).map(|when| (when, "the application reads"))
    }

    fn handle_timeout(&mut self, now: Instant, host: &mut Host) {
        if self.next.is_none_or(|when| now < when) {
            return;
        }
        match self.pace {
            Pace::Every(time, _) => self.next = Some(now + time),
            _ => (self.pace, self.next) = (Pace::AtOnce, None),
        }
        self.read(now, host);
    }
}
