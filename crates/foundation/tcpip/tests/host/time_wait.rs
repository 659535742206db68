//! TIME-WAIT: how long it guards its ends, and against whom.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use wirelab_tcpip::host::{self, Event, ListenerId, SocketId};
use wirelab_tcpip::tcp::{self, Listen, State, WhyClosed};
use wirelab_tcpip::{Flags, Segment, Seq, Timestamps, ip};
use wirelab_wire::{Decode, Reader};

use crate::wire::{Wire, events, said, stranger, syn};

/// A connection of the server to a peer that is played here: it was closed, by the server first.
struct Closed {
    wire: Wire,
    listener: ListenerId,
    socket: SocketId,
    peer: SocketAddr,
    /// What the peer acknowledged last.
    acknowledged: Seq,
}

/// The peer's numbers begin at 1000; `stamp` is the timestamp of its segments, if it sends any.
fn closed(stamp: Option<u32>) -> Closed {
    let mut wire = Wire::new();
    let (listener, peer) = (wire.listen(Listen::default()), stranger(5));
    wire.forge(peer, stamped(syn(1000), stamp));
    let syn_ack = answer(&mut wire);
    let ack = |acknowledgment, flags| {
        let base = Segment { sequence: Seq(1001), acknowledgment, window: 1000, ..Segment::default() };
        stamped(Segment { flags: Flags::ACK | flags, ..base }, stamp)
    };
    wire.forge(peer, ack(syn_ack + 1, Flags::default()));
    let socket = wire.server.accept(listener).unwrap();
    wire.server.close(socket);
    said(&mut wire.server, wire.now);
    wire.forge(peer, ack(syn_ack + 2, Flags::FIN));
    said(&mut wire.server, wire.now);
    assert_eq!(wire.server.socket(socket).unwrap().state(), State::TimeWait);
    Closed { wire, listener, socket, peer, acknowledged: syn_ack + 2 }
}

fn stamped(mut segment: Segment<'static>, stamp: Option<u32>) -> Segment<'static> {
    if let Some(value) = stamp {
        segment.options.push_timestamps(Timestamps { value, echo: 0 });
    }
    segment
}

/// The number of the one segment that the server sends.
fn answer(wire: &mut Wire) -> Seq {
    let mut out = BytesMut::new();
    assert!(wire.server.poll_transmit(wire.now, &mut out));
    let packet = ip::Packet::parse(&out).unwrap();
    Segment::decode(&mut Reader::whole(packet.payload)).unwrap().sequence
}

impl Closed {
    /// Whether a SYN gets a SYN ACK. Otherwise TIME-WAIT goes on as if nothing had come.
    fn is_reopened_by(&mut self, syn: Segment<'_>) -> bool {
        let until = self.wire.server.poll_timeout();
        self.wire.forge(self.peer, syn);
        let said = said(&mut self.wire.server, self.wire.now);
        let reopened = said.iter().any(|segment| segment.starts_with("SYN ACK"));
        let state = self.wire.server.socket(self.socket).unwrap().state();
        assert_eq!(state, if reopened { State::Closed } else { State::TimeWait }, "{said:?}");
        if !reopened {
            assert_eq!(self.wire.server.poll_timeout(), until, "{said:?}");
        }
        reopened
    }
}

/// RFC 9293 §3.10.7.4 and RFC 6191 §2: a later SYN may have the ends of a connection in TIME-WAIT; an older one may not.
#[test]
fn s3_10_7_4_a_newer_syn_ends_time_wait_and_an_older_one_does_not() {
    let mut closed = closed(None);
    for older in [0, 900, 1001, 1002] {
        assert!(!closed.is_reopened_by(syn(older)), "{older} is not behind the FIN's number");
    }
    assert!(closed.is_reopened_by(syn(5000)));
    let Closed { mut wire, listener, socket, peer, acknowledged } = closed;
    assert_eq!(wire.server.counters().TcpExtTWRecycled, 1);
    let told = events(&mut wire.server);
    assert!(told.contains(&Event::Tcp(socket, tcp::Event::Closed(WhyClosed::Finished))), "{told:?}");
    assert_eq!(wire.server.socket(socket).unwrap().why_closed(), Some(WhyClosed::Finished));
    let old = Segment { sequence: Seq(5001), acknowledgment: acknowledged, ..Segment::default() };
    wire.forge(peer, Segment { flags: Flags::ACK, window: 1000, ..old }); // the old connection's numbers
    assert_eq!(wire.server.accept(listener), None);
}

/// RFC 6191 §2: a later timestamp is newer whatever the number, an earlier one older whatever the number; between equal ones the
/// number decides.
#[test]
fn rfc_6191_s2_where_there_are_timestamps_they_decide_which_syn_is_newer() {
    for last in [7000, u32::MAX - 10] {
        let stamp = |ahead: i32| Some(last.wrapping_add_signed(ahead));
        for (number, ahead, newer) in [
            (900, 1, true),
            (5000, 100, true),
            (5000, -1, false),
            (900, -1, false),
            (900, 0, false),
            (5000, 0, true),
        ] {
            let reopened = closed(Some(last)).is_reopened_by(stamped(syn(number), stamp(ahead)));
            assert_eq!(reopened, newer, "{number}, {ahead} after {last}");
        }
    }
}

/// RFC 9293 §3.4.1, MAY-2: the new connection's numbers are behind those of the old one.
#[test]
fn s3_4_1_the_answer_to_the_new_syn_has_a_number_behind_the_old_ones() {
    let mut closed = closed(None);
    closed.wire.forge(closed.peer, syn(5000));
    assert!(answer(&mut closed.wire) > closed.acknowledged);
}

/// RFC 7323 §5.4: the offset is that of the two ends. What RFC 6191 asks of the next connection is then true of itself.
#[test]
fn rfc_7323_s5_4_the_timestamps_of_two_ends_go_on_growing_from_one_connection_to_the_next() {
    let one_port =
        host::Config { first_ephemeral_port: 40_000, last_ephemeral_port: 40_000, ..host::Config::default() };
    let mut wire = Wire::with(one_port, host::Config::default());
    wire.listen(Listen::default());
    let mut syn = || {
        let (began, socket) = (wire.now, wire.connect(80));
        let mut out = BytesMut::new();
        assert!(wire.client.poll_transmit(wire.now, &mut out));
        let packet = ip::Packet::parse(&out).unwrap();
        let syn = Segment::decode(&mut Reader::whole(packet.payload)).unwrap();
        wire.client.abort(socket);
        wire.settle();
        wire.now += Duration::from_millis(1234);
        (began, syn.sequence, syn.options.timestamps().unwrap().value)
    };
    let (first, second) = (syn(), syn());
    assert!(second.0 - first.0 >= Duration::from_millis(1234));
    assert_eq!(u128::from(second.2.wrapping_sub(first.2)), (second.0 - first.0).as_millis());
    let offset = first.2.wrapping_sub((first.0.as_nanos() / 1_000_000) as u32);
    assert_ne!(offset, first.1.0, "another key than that of the sequence numbers");
}

#[test]
fn time_wait_is_limited() {
    let config = host::Config { time_waits: 3, ..host::Config::default() };
    let mut wire = Wire::with(config, host::Config::default());
    let listener = wire.listen(Listen::default());
    for _ in 0..10 {
        let socket = wire.connect(80);
        wire.settle();
        let accepted = wire.server.accept(listener).unwrap();
        wire.client.release(wire.now, socket);
        wire.settle();
        wire.server.release(wire.now, accepted);
        wire.settle();
    }
    assert_eq!(wire.client.connections(), (3, 3));
    assert_eq!(wire.client.counters().TcpExtTCPTimeWaitOverflow, 7);
}
