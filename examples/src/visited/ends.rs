use std::collections::BTreeMap;
use std::time::Duration;

use bytes::BytesMut;
use wirelab::sansio::Instant;
use wirelab::sim::internet::Application;
use wirelab::tcpip::host::{Event, Host, ListenerId, SocketId};
use wirelab::tcpip::tcp::{self, Agreed, WhyClosed};

/// How a client fared on one connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visit {
    /// It sent its SYN.
    pub begun: Instant,
    /// It believed to be connected.
    pub connected: Option<Instant>,
    /// The answer to its hello came.
    pub answered: Option<Instant>,
    /// It ended otherwise.
    pub failed: Option<WhyClosed>,
}

impl Visit {
    /// How long its hello took to be answered, connecting included.
    pub fn took(&self) -> Option<Duration> {
        Some(self.answered? - self.begun)
    }
}

/// Says hello on each connection, and leaves when it is answered.
#[derive(Default)]
pub(super) struct Client {
    pub(super) visits: BTreeMap<SocketId, Visit>,
}

impl Application<Host> for Client {
    fn on_event(&mut self, now: Instant, host: &mut Host, event: Event) {
        let Event::Tcp(id, event) = event else { return };
        let Some(visit) = self.visits.get_mut(&id) else { return };
        match event {
            tcp::Event::Established => {
                visit.connected = Some(now);
                let _ = host.send(id, b"hello"); // unsent is unanswered
            }
            tcp::Event::Readable => {
                visit.answered = Some(now);
                host.receive_into(id, &mut BytesMut::new());
                host.release(now, id);
            }
            tcp::Event::Closed(why) => visit.failed = Some(why),
            _ => {}
        }
    }
}

/// Answers whatever it reads, and accepts nobody before a certain time.
pub(super) struct Server {
    listener: ListenerId,
    accepts: Option<Instant>,
    pub(super) agreed: Option<Agreed>,
    pub(super) most_half_open: usize,
}

impl Server {
    pub(super) fn new(listener: ListenerId, accepts_after: Duration) -> Self {
        let accepts = Some(Instant::ZERO + accepts_after);
        Server { listener, accepts, agreed: None, most_half_open: 0 }
    }

    pub(super) fn look(&mut self, host: &Host) {
        let half_open = host.queues(self.listener).map_or(0, |(half_open, _)| half_open);
        self.most_half_open = self.most_half_open.max(half_open);
    }

    fn accept(&mut self, host: &mut Host) {
        while let Some(id) = host.accept(self.listener) {
            self.agreed = host.socket(id).map(|connection| connection.info().agreed);
        }
    }
}

impl Application<Host> for Server {
    fn on_event(&mut self, now: Instant, host: &mut Host, event: Event) {
        match event {
            Event::Acceptable(_) if self.accepts.is_none() => self.accept(host),
            Event::Tcp(id, tcp::Event::Readable) => {
                host.receive_into(id, &mut BytesMut::new());
                let _ = host.send(id, b"hello to you"); // the client is gone if not
            }
            Event::Tcp(id, tcp::Event::EndOfStream) => host.release(now, id),
            _ => {}
        }
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.accepts.map(|at| (at, "now it accepts"))
    }

    fn handle_timeout(&mut self, now: Instant, host: &mut Host) {
        if self.accepts.take_if(|at| *at <= now).is_some() {
            self.accept(host);
        }
    }
}
