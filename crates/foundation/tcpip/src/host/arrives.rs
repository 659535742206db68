//! Whom a segment is for: a connection, a listener, or nobody.

use wirelab_sansio::Instant;
use wirelab_wire::{Decode, Reader};

use super::connections::Owner;
use super::settle::News;
use super::{Host, SocketId};
use crate::ip;
use crate::tcp::{Endpoints, State};
use crate::wire::{Ecn, Flags, Segment, Seq};

impl Host {
    pub(super) fn segment_arrives(&mut self, now: Instant, packet: &ip::Packet<'_>) {
        self.counters.TcpInSegs += 1;
        if Segment::check(packet.payload, &packet.pseudo_header()).is_err() {
            self.counters.TcpInCsumErrors += 1;
            self.counters.TcpInErrs += 1;
            return;
        }
        let Ok(segment) = Segment::decode(&mut Reader::whole(packet.payload)) else {
            self.counters.TcpInErrs += 1;
            return;
        };
        let ends = Endpoints {
            local: (packet.destination, segment.destination).into(),
            remote: (packet.source, segment.source).into(),
        };
        // A segment that seems to come from the port that it goes to would be answered for ever.
        if ends.local == ends.remote || segment.source == 0 || segment.destination == 0 {
            self.counters.TcpInErrs += 1;
            return;
        }
        let mut after = None;
        if let Some(id) = self.connections.find(&ends) {
            let state = self.connections.get(id).map_or(State::Closed, |entry| entry.connection.state());
            if state == State::TimeWait {
                after = self.begins_anew(id, &segment);
            }
            match (state, after) {
                // It may have a RST left to send, but its ends are free.
                (State::Closed, _) => {}
                (_, None) => return self.for_connection(now, id, &segment, packet.ecn == Ecn::Ce),
                (_, Some(_)) => {
                    self.counters.TcpExtTWRecycled += 1;
                    self.end_early(now, id);
                }
            }
        }
        match self.listeners.for_address(ends.local) {
            Some(id) => self.for_listener(now, id, ends, &segment, after),
            None => self.for_nobody(now, ends, &segment),
        }
    }

    /// TIME-WAIT guards against old segments. A SYN that is surely newer than all of them may have the ends for a new
    /// connection (RFC 9293 §3.10.7.4, RFC 6191 §2): one with a later timestamp, or, without timestamps, with a later number. The
    /// answer is the number behind our last.
    fn begins_anew(&self, id: SocketId, segment: &Segment<'_>) -> Option<Seq> {
        let entry = self.connections.get(id)?;
        let plain_syn = segment.flags.contains(Flags::SYN)
            && !segment.flags.contains(Flags::ACK)
            && !segment.flags.contains(Flags::RST);
        if !plain_syn {
            return None;
        }
        self.listeners.for_address(entry.connection.endpoints().local)?;
        let later_number = segment.sequence > entry.connection.expects();
        let newer = match (entry.seen.echo, segment.options.timestamps()) {
            (Some(last), Some(timestamps)) => match timestamps.value.wrapping_sub(last).cast_signed() {
                0 => later_number,
                difference => difference > 0,
            },
            _ => later_number,
        };
        newer.then_some(entry.seen.next)
    }

    fn for_connection(&mut self, now: Instant, id: SocketId, segment: &Segment<'_>, marked: bool) {
        let Some(entry) = self.connections.make_ready(id) else { return };
        if let Owner::HalfOpen(listener) = entry.owner {
            let completes = segment.flags.contains(Flags::ACK)
                && !segment.flags.contains(Flags::RST)
                && !segment.flags.contains(Flags::SYN)
                && segment.acknowledgment == entry.seen.next
                && entry.connection.takes(now, segment);
            if completes && self.listeners.is_full(listener) {
                return self.accept_queue_is_full(now, id, listener);
            }
        }
        entry.connection.receive(now, segment, marked);
        entry.seen.received(segment);
        let news = News::of(entry);
        self.spread(now, id, news);
    }

    /// A segment for no connection and no listener (RFC 9293 §3.10.7.1): a RST that the sender believes, because it has the
    /// number that he expects.
    pub(super) fn for_nobody(&mut self, now: Instant, ends: Endpoints, segment: &Segment<'_>) {
        if segment.flags.contains(Flags::RST) || !self.resets.allow(now) {
            return;
        }
        let mut reset = Segment {
            source: ends.local.port(),
            destination: ends.remote.port(),
            flags: Flags::RST,
            ..Segment::default()
        };
        if segment.flags.contains(Flags::ACK) {
            reset.sequence = segment.acknowledgment;
        } else {
            reset.flags |= Flags::ACK;
            reset.acknowledgment = segment.end();
        }
        self.counters.TcpOutRsts += 1;
        self.queue_segment(now, ends, &reset);
    }
}
