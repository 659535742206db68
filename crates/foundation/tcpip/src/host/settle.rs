//! What follows once a connection was touched: events, queues, timers, and its end.

use bytes::BytesMut;
use wirelab_sansio::Instant;

use super::connections::{Entry, Owner};
use super::{Event, Host, SocketId};
use crate::tcp;
use crate::tcp::{Connection, State, WhyClosed};
use crate::wire::Flags;

impl Host {
    /// Lets a connection send one segment. `false` if it has none.
    pub(super) fn transmit_segment(&mut self, now: Instant, id: SocketId, out: &mut BytesMut) -> bool {
        let Some(entry) = self.connections.get_mut(id) else { return false };
        let ends = entry.connection.endpoints();
        let mut sent = false;
        if let Some(outgoing) = entry.connection.poll_transmit(now) {
            let segment = &outgoing.segment;
            entry.seen.sent(segment);
            self.counters.TcpOutSegs += 1;
            self.counters.TcpOutRsts += u64::from(segment.flags.contains(Flags::RST));
            sent = Host::write_segment(self.config.hop_limit, ends, segment, outgoing.ecn_capable, out);
        }
        let retransmissions = entry.connection.retransmissions();
        self.counters.TcpRetransSegs += retransmissions - entry.retransmissions;
        entry.retransmissions = retransmissions;
        if sent {
            let news = News::of(entry);
            self.connections.turn_again(id);
            self.spread(now, id, news);
        } else {
            self.rest(now, id);
        }
        sent
    }

    /// A connection was touched: what it tells goes to its owner, and it gets its turn to send.
    pub(super) fn settle(&mut self, now: Instant, id: SocketId) {
        if let Some(entry) = self.connections.make_ready(id) {
            let news = News::of(entry);
            self.spread(now, id, news);
        }
    }

    pub(super) fn spread(&mut self, now: Instant, id: SocketId, news: News) {
        if news.events {
            self.take_events(id);
        }
        if news.time_wait {
            self.limit_time_wait(now, id);
        }
    }

    /// A connection has nothing to send now. If it is over, its ends are free; if nobody wants to read from it any more, it
    /// is forgotten.
    fn rest(&mut self, now: Instant, id: SocketId) {
        let Some(entry) = self.connections.rest(id) else { return };
        let (news, is_over) = (News::of(entry), entry.connection.state() == State::Closed);
        self.spread(now, id, news);
        if !is_over {
            return;
        }
        let Some(entry) = self.connections.get(id) else { return };
        match entry.owner {
            Owner::Nobody => self.connections.remove(id),
            Owner::HalfOpen(listener) => {
                self.counters.TcpAttemptFails += 1;
                if let Some(listener) = self.listeners.get_mut(listener) {
                    listener.given_up();
                }
                self.connections.remove(id);
            }
            Owner::Waiting(_) | Owner::Application => {
                self.connections.unlink(id);
                self.connections.leave_time_wait(id);
            }
        }
    }

    fn take_events(&mut self, id: SocketId) {
        let Some(entry) = self.connections.get_mut(id) else { return };
        while let Some(event) = entry.connection.poll_event() {
            match entry.owner {
                Owner::Application => {
                    self.counters.TcpAttemptFails += u64::from(has_failed(event));
                    let event = Event::Tcp(id, event);
                    if self.events.back() != Some(&event) {
                        self.events.push_back(event);
                    }
                }
                Owner::HalfOpen(listener_id) => {
                    entry.held.push(event);
                    if event == tcp::Event::Established
                        && let Some(listener) = self.listeners.get_mut(listener_id)
                    {
                        listener.established(id);
                        entry.owner = Owner::Waiting(listener_id);
                        self.counters.TcpPassiveOpens += 1;
                        self.events.push_back(Event::Acceptable(listener_id));
                    }
                }
                // "Readable" again says nothing new to somebody who has not read yet.
                Owner::Waiting(_) if !entry.held.contains(&event) => entry.held.push(event),
                Owner::Waiting(_) | Owner::Nobody => {}
            }
        }
    }

    fn limit_time_wait(&mut self, now: Instant, id: SocketId) {
        if !self.connections.enter_time_wait(id) {
            return;
        }
        self.counters.TcpExtTW += 1;
        if let Some(oldest) = self.connections.surplus_time_wait(self.config.time_waits) {
            self.counters.TcpExtTCPTimeWaitOverflow += 1;
            self.end_early(now, oldest);
        }
    }

    /// Ends TIME-WAIT: the ends are free for a new connection. To the application the old one ended as it should.
    pub(super) fn end_early(&mut self, now: Instant, id: SocketId) {
        if let Some(entry) = self.connections.get_mut(id) {
            entry.connection.end_time_wait();
        }
        self.connections.leave_time_wait(id);
        self.connections.unlink(id);
        self.settle(now, id);
    }
}

/// What there is to do for a connection, beside its turn to send; mostly nothing.
#[derive(Clone, Copy)]
pub(super) struct News {
    events: bool,
    time_wait: bool,
}

impl News {
    pub(super) fn of(entry: &Entry) -> News {
        News { events: entry.connection.has_events(), time_wait: entry.connection.state() == State::TimeWait }
    }
}

fn has_failed(event: tcp::Event) -> bool {
    matches!(event, tcp::Event::Closed(WhyClosed::Refused | WhyClosed::Unreachable))
}

/// What the application may still do with a connection.
impl Host {
    pub(super) fn of_application(&mut self, id: SocketId) -> Option<&mut Connection> {
        let entry = self.connections.get_mut(id)?;
        (entry.owner == Owner::Application).then_some(&mut entry.connection)
    }
}
