//! The two programs: one writes, the other reads what comes.

use std::time::Duration;

use bytes::BytesMut;
use wirelab::sansio::Instant;
use wirelab::sim::internet::Application;
use wirelab::tcpip::host::{Event, Host, SocketId};
use wirelab::tcpip::tcp;

use super::parameters::Parameters;

/// Writes so many bytes, and closes.
pub struct Source {
    /// The connection.
    pub socket: SocketId,
    left: usize,
    write: usize,
    pause: Duration,
    next: Option<Instant>,
}

impl Source {
    /// A program that will write what the parameters say.
    pub fn new(socket: SocketId, parameters: &Parameters) -> Self {
        let write = if parameters.pause == 0 { parameters.bytes } else { parameters.write };
        Source {
            socket,
            left: parameters.bytes as usize,
            write: write as usize,
            pause: Duration::from_millis(parameters.pause.into()),
            next: None,
        }
    }

    fn write(&mut self, now: Instant, host: &mut Host) {
        let piece = vec![b'x'; self.write.min(self.left)];
        // A connection that is gone takes nothing more.
        let taken = host.send(self.socket, &piece).unwrap_or(0);
        self.left -= taken.min(self.left);
        self.next = (taken > 0 && self.left > 0).then(|| now + self.pause);
        if self.left == 0 {
            host.close(self.socket);
        }
    }
}

impl Application<Host> for Source {
    fn on_event(&mut self, now: Instant, host: &mut Host, event: Event) {
        if let Event::Tcp(_, tcp::Event::Established) = event {
            self.write(now, host);
        }
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.next.map(|when| (when, "the application writes"))
    }

    fn handle_timeout(&mut self, now: Instant, host: &mut Host) {
        if self.next.is_some_and(|when| when <= now) {
            self.write(now, host);
        }
    }
}

/// Reads at once, and closes when the other has.
#[derive(Default)]
pub struct Sink {
    /// The connection, once it is accepted.
    pub socket: Option<SocketId>,
    /// How many bytes were read when.
    pub arrivals: Vec<(Instant, u64)>,
    /// Whether the end of the stream was read.
    pub ended: bool,
}

impl Application<Host> for Sink {
    fn on_event(&mut self, now: Instant, host: &mut Host, event: Event) {
        if let Event::Acceptable(listener) = event {
            self.socket = host.accept(listener);
        }
        let Some(socket) = self.socket else { return };
        let count = host.receive_into(socket, &mut BytesMut::new());
        if count > 0 {
            self.arrivals.push((now, count as u64));
        }
        if matches!(event, Event::Tcp(_, tcp::Event::EndOfStream)) {
            self.ended = true;
            host.close(socket);
        }
    }
}
