//! Listeners: their queues, floods, and SYN cookies.

use std::time::Duration;

use bytes::BytesMut;
use wirelab_tcpip::host::{Event, SocketId};
use wirelab_tcpip::tcp::{self, Cookies, Listen, WhyClosed};
use wirelab_tcpip::{Flags, Segment, Seq};

use crate::wire::{Wire, events, stranger, syn};

/// A flood of SYN from addresses that never answer, and one client among them.
fn flood(cookies: Cookies) -> (Wire, Option<SocketId>) {
    let mut wire = Wire::new();
    let listener = wire.listen(Listen { syn_backlog: 64, cookies, ..Listen::default() });
    let mut out = BytesMut::new();
    for number in 0..10_000 {
        wire.forge(stranger(number), syn(number));
        while wire.server.poll_transmit(wire.now, &mut out) {
            out.clear(); // the strangers do not exist
        }
        assert!(wire.server.connections().0 <= 65, "{:?}", wire.server.connections());
    }
    wire.connect(80);
    wire.settle();
    let accepted = wire.server.accept(listener);
    (wire, accepted)
}

#[test]
fn without_cookies_a_syn_flood_shuts_a_client_out() {
    let (wire, accepted) = flood(Cookies::Never);
    assert_eq!(accepted, None);
    let counters = wire.server.counters();
    assert_eq!(counters.TcpExtTCPReqQFullDrop, 10_000 - 64 + 1);
    assert_eq!((counters.TcpExtListenDrops, counters.TcpExtSyncookiesSent), (10_000 - 64 + 1, 0));
}

#[test]
fn with_cookies_the_client_connects_in_the_middle_of_the_flood() {
    let (mut wire, accepted) = flood(Cookies::WhenFull);
    let accepted = accepted.unwrap_or_else(|| panic!("{:#?}", wire.log));
    let counters = *wire.server.counters();
    assert_eq!((counters.TcpExtSyncookiesSent, counters.TcpExtSyncookiesRecv), (10_000 - 64 + 1, 1));
    let agreed = wire.server.socket(accepted).unwrap().info().agreed;
    assert!(agreed.timestamps && agreed.selective_acknowledgment, "{agreed:?}");
    assert!(agreed.window_scale.is_some(), "{agreed:?}");
    assert_eq!(agreed.maximum_segment_size, 1460);
    wire.server.send(accepted, b"welcome").unwrap();
    wire.settle();
    let said = events(&mut wire.client);
    assert!(
        said.iter().any(|event| matches!(event, Event::Tcp(_, tcp::Event::Readable))),
        "{said:?} {:#?}",
        wire.log
    );
}

#[test]
fn forged_acknowledgments_get_no_connection_out_of_a_listener_that_sends_cookies() {
    let mut wire = Wire::new();
    wire.listen(Listen { cookies: Cookies::Always, ..Listen::default() });
    wire.forge(stranger(1), syn(1));
    for number in 0..20_000_u32 {
        let acknowledgment = Seq(number.wrapping_mul(0x9e37_79b1));
        let ack = Segment { sequence: Seq(2), acknowledgment, flags: Flags::ACK, ..Segment::default() };
        wire.forge(stranger(1), ack);
    }
    assert_eq!(wire.server.connections(), (0, 0));
    assert_eq!(wire.server.counters().TcpExtSyncookiesFailed, 20_000);
}

#[test]
fn a_full_accept_queue_drops_the_final_ack_and_the_client_gets_in_later() {
    let mut wire = Wire::new();
    let listener = wire.listen(Listen { backlog: 1, ..Listen::default() });
    // Three SYN while the accept queue is empty; two of the connections fit (backlog + 1).
    for _ in 0..3 {
        wire.connect(80);
    }
    wire.settle();
    assert_eq!(wire.server.queues(listener), Some((1, 2)), "{:#?}", wire.log);
    assert_eq!(wire.server.counters().TcpExtListenOverflows, 1);
    wire.connect(80);
    wire.settle();
    assert_eq!(wire.server.counters().TcpExtListenOverflows, 2, "a SYN finds the queue full, too");
    assert!(wire.server.accept(listener).is_some());
    wire.pass(Duration::from_secs(4));
    assert_eq!(wire.server.queues(listener).unwrap().1, 2, "{:#?}", wire.log);
}

/// The client has sent data that was dropped; its answer to the repeated SYN ACK has a number behind them.
#[test]
fn an_ack_behind_a_gap_does_not_get_past_a_full_accept_queue_either() {
    let mut wire = Wire::new();
    let listener = wire.listen(Listen { backlog: 0, ..Listen::default() });
    wire.connect(80);
    let second = wire.connect(80);
    wire.settle();
    wire.client.send(second, b"hello").unwrap();
    wire.settle();
    wire.pass(Duration::from_secs(4));
    assert_eq!(wire.server.queues(listener), Some((1, 1)), "{:#?}", wire.log);
    assert!(wire.server.accept(listener).is_some());
    wire.pass(Duration::from_secs(8));
    assert_eq!(wire.server.queues(listener), Some((0, 1)), "{:#?}", wire.log);
}

#[test]
fn with_abort_on_overflow_the_client_is_reset() {
    let mut wire = Wire::new();
    wire.listen(Listen { backlog: 0, abort_on_overflow: true, ..Listen::default() });
    wire.connect(80);
    let second = wire.connect(80);
    wire.settle();
    assert_eq!(wire.server.counters().TcpExtTCPAbortOnOverflow, 1);
    let told = events(&mut wire.client);
    assert!(told.contains(&Event::Tcp(second, tcp::Event::Closed(WhyClosed::Reset))), "{told:?}");
}

#[test]
fn who_waits_when_the_listener_goes_is_reset() {
    let mut wire = Wire::new();
    let listener = wire.listen(Listen::default());
    let socket = wire.connect(80);
    wire.settle();
    wire.server.stop_listening(wire.now, listener);
    wire.settle();
    let told = events(&mut wire.client);
    assert!(told.contains(&Event::Tcp(socket, tcp::Event::Closed(WhyClosed::Reset))), "{told:?}");
    assert_eq!(wire.server.connections(), (0, 0));
}
