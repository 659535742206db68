//! Two ends of a datagram protocol in virtual time.

mod support;

use std::net::SocketAddr;

use bytes::BytesMut;
use support::{CLIENT, Ping, SERVER, at_ms, ms, name};
use wirelab_sansio::{DatagramProtocol, Instant, Transmit};
use wirelab_sim::{DatagramPair, Kind, Link, Queue, Reason, RunError, Side};

fn pair(pings: u8) -> DatagramPair<Ping, Ping> {
    DatagramPair::new(Ping::new(SERVER, pings), Ping::new(CLIENT, 0)).link(Link::new(ms(20))).label(name)
}

#[test]
fn a_ping_that_is_lost_is_sent_again_when_its_timeout_comes() {
    let mut pair = pair(2).downlink(Link::new(ms(20)).lose_packet(1));
    let mut answered = Vec::new();
    pair.run(|client, number| answered.push((number, client.now())), |_, _| {}).unwrap();
    assert_eq!(answered, [(1, at_ms(90)), (2, at_ms(130))]);
    let expected = "         client                               server
  0.000 ms  │─── ping 1 ────────────────────────▶│  20.000 ms
      lost  │            X──────────── pong 1 ───│  20.000 ms
 50.000 ms  │ *  timeout: no answer              │
 50.000 ms  │─── ping 1 ────────────────────────▶│  70.000 ms
 90.000 ms  │◀──────────────────────── pong 1 ───│  70.000 ms
 90.000 ms  │─── ping 2 ────────────────────────▶│  110.000 ms
130.000 ms  │◀──────────────────────── pong 2 ───│  110.000 ms
";
    assert_eq!(pair.ladder().to_string(), expected, "got\n{}", pair.ladder());
}

#[test]
fn an_answer_at_the_very_moment_of_the_timeout_is_in_time() {
    let mut pair = pair(1).link(Link::new(support::RETRY / 2));
    pair.run(|_, _| {}, |_, _| {}).unwrap();
    assert_eq!(pair.log().traffic(Side::Client), (1, 2), "{}", pair.ladder());
}

#[test]
fn a_ping_into_the_void_ends_in_a_named_error() {
    let mut pair = pair(1).uplink(Link::new(ms(20)).loss(1.0)).max_steps(100);
    let error = pair.run(|_, _| {}, |_, _| {}).unwrap_err();
    assert!(matches!(error, RunError::TooManySteps { steps: 100, .. }), "{error}");
}

#[test]
fn a_datagram_to_another_address_goes_nowhere() {
    let mut pair = DatagramPair::new(Ping::new("203.0.113.9:9", 1), Ping::new(CLIENT, 0));
    pair.run_until(at_ms(10), |_, _| {}, |_, _| {}).unwrap();
    let last = pair.log().entries().last().map(|entry| entry.kind);
    assert!(matches!(last, Some(Kind::Dropped(_, Reason::NoRoute))), "{last:?}");
}

#[test]
fn half_of_all_packets_may_be_lost_and_every_ping_is_still_answered_in_order() {
    for seed in 0..50 {
        let mut pair = pair(10).link(Link::new(ms(20)).loss(0.5).jitter(ms(40))).seed(seed);
        let mut answered = Vec::new();
        pair.run(|_, number| answered.push(number), |_, _| {}).unwrap();
        assert_eq!(answered, (1..=10).collect::<Vec<u8>>(), "seed {seed}\n{}", pair.ladder());
    }
}

#[test]
fn the_same_seed_gives_the_same_log_and_picture_and_another_seed_another() {
    let run = |seed| {
        let link = Link::new(ms(20)).loss(0.3).jitter(ms(40)).rate(1000).queue(Queue::Packets(2));
        let mut pair = pair(10).link(link).seed(seed);
        pair.run(|_, _| {}, |_, _| {}).unwrap();
        (pair.log().to_string(), pair.ladder().svg("seed"))
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

/// Sends one transmission at the start, and reports the sizes that come.
struct Burst {
    transmit: Option<Transmit>,
    sizes: Vec<usize>,
}

impl DatagramProtocol for Burst {
    type Event = usize;
    fn receive(&mut self, _now: Instant, _from: SocketAddr, datagram: &mut [u8]) {
        self.sizes.push(datagram.len());
    }
    fn poll_transmit(&mut self, _now: Instant, out: &mut BytesMut) -> Option<Transmit> {
        let transmit = self.transmit.take()?;
        out.resize(transmit.len, 0);
        Some(transmit)
    }
    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        None
    }
    fn handle_timeout(&mut self, _now: Instant) {}
    fn poll_event(&mut self) -> Option<usize> {
        self.sizes.pop()
    }
}

/// The sizes that arrive when one transmission is sent over a link.
fn sizes(link: Link, len: usize, segment_size: Option<usize>) -> Vec<usize> {
    let transmit = Some(Transmit { to: SERVER.parse().unwrap(), len, segment_size });
    let silent = Burst { transmit: None, sizes: Vec::new() };
    let mut pair = DatagramPair::new(Burst { transmit, sizes: Vec::new() }, silent).link(link);
    let mut sizes = Vec::new();
    pair.run(|_, _| {}, |_, size| sizes.push(size)).unwrap();
    sizes
}

#[test]
fn a_transmission_is_cut_into_datagrams_of_its_segment_size() {
    assert_eq!(sizes(Link::default(), 2500, Some(1000)), [1000, 1000, 500]);
    assert_eq!(sizes(Link::default(), 2000, Some(1000)), [1000, 1000]);
    assert_eq!(sizes(Link::default(), 2500, None), [2500]);
    assert_eq!(sizes(Link::default(), 0, None), [0], "an empty datagram is one, too");
    assert_eq!(sizes(Link::default(), 2500, Some(0)), [2500], "a size of zero means nothing");
}

#[test]
fn a_burst_loses_what_does_not_fit_the_queue() {
    let link = Link::default().rate(1_000_000).queue(Queue::Packets(2));
    assert_eq!(sizes(link, 501, Some(100)), [100, 100, 100], "one leaves, two wait, three are dropped");
}
