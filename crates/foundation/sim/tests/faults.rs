//! What links do to packets, and that nothing is invented or lost without being accounted for.

mod stations;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use stations::{A, B, Station, at_ms, ms, packet_of, received, send, stream};
use wirelab_sansio::Instant;
use wirelab_sim::internet::build::Envelope;
use wirelab_sim::internet::{Counters, Internet, LinkId, NodeId, What};
use wirelab_sim::{Bursts, CoDel, Link, Queue, Reason};

/// A ── B, both only keeping what comes.
fn two(seed: u64, up: Link) -> (Internet, NodeId, NodeId, LinkId) {
    let mut internet = Internet::new(seed);
    let a = internet.add("a", Station::new(A));
    let b = internet.add("b", Station::new(B));
    let link = internet.link_both(a, b, up, Link::new(ms(5)));
    (internet, a, b, link)
}

/// The lengths of the runs of packets that were lost one behind the other.
fn runs_of_losses(link: Link, packets: u64) -> Vec<usize> {
    let (mut internet, a, ..) = two(3, link);
    stream(&mut internet, a, packets, ms(1));
    internet.run().unwrap();
    let lost: Vec<bool> = internet
        .events()
        .iter()
        .filter_map(|event| match event.what {
            What::Arrived(_) => Some(false),
            What::Dropped(..) => Some(true),
            _ => None,
        })
        .collect();
    lost.split(|&lost| !lost).map(<[bool]>::len).filter(|&len| len > 0).collect()
}

#[test]
fn losses_in_bursts_come_together() {
    // Without delay a loss and an arrival stand in the log in the order of sending.
    let alone = runs_of_losses(Link::new(Duration::ZERO).loss(0.1), 10_000);
    let bursts = Bursts { enter: 0.25 / 9.0, leave: 0.25, loss: 1.0 };
    let bursts = runs_of_losses(Link::new(Duration::ZERO).bursts(bursts), 10_000);
    let mean = |runs: &[usize]| runs.iter().sum::<usize>() as f64 / runs.len() as f64;
    assert!((1.0..1.25).contains(&mean(&alone)), "alone: {}", mean(&alone));
    assert!((3.2..4.8).contains(&mean(&bursts)), "1 / leave = 4, and they are {}", mean(&bursts));
}

#[test]
fn a_duplicated_packet_arrives_twice_and_is_counted_once_as_sent() {
    let (mut internet, a, b, link) = two(1, Link::new(ms(5)).duplication(1.0));
    send(&mut internet, a, packet_of(100));
    internet.run().unwrap();
    assert_eq!(received(&internet, b).len(), 2);
    let counters = internet.counters(link.up());
    assert_eq!((counters.packets, counters.duplicated, counters.arrived), (1, 1, 2));
}

#[test]
fn a_reordered_packet_is_overtaken_by_those_sent_within_its_extra_time() {
    let (mut internet, a, b, _) = two(1, Link::new(ms(5)).reordering(0.2, ms(3)));
    for len in 100..200 {
        internet.at(at_ms(len), move |internet| send(internet, a, packet_of(len as usize)));
    }
    internet.run().unwrap();
    let lens: Vec<usize> = received(&internet, b).iter().map(|(_, packet)| packet.len()).collect();
    assert!(!lens.is_sorted() && lens.len() == 100, "{lens:?}");
    let moved = lens.iter().enumerate().map(|(place, len)| (place + 100).abs_diff(*len)).max();
    assert!(moved <= Some(3), "{moved:?}");
}

#[test]
fn a_corrupted_packet_differs_in_one_bit_which_its_checksums_show() {
    let (mut internet, a, b, link) = two(1, Link::new(ms(5)).corruption(1.0));
    let sent = packet_of(200);
    send(&mut internet, a, sent.clone());
    internet.run().unwrap();
    let (_, arrived) = &received(&internet, b)[0];
    let flipped: u32 = sent.iter().zip(arrived).map(|(sent, arrived)| (sent ^ arrived).count_ones()).sum();
    assert_eq!((flipped, internet.counters(link.up()).corrupted), (1, 1));
    let captured: Vec<_> = internet.events().packets().map(|(_, _, bytes)| bytes.clone()).collect();
    assert_eq!(captured, [sent, arrived.clone()], "a capture shows what was seen at each end");
}

#[test]
fn a_packet_larger_than_the_mtu_or_named_by_a_rule_is_dropped_with_the_reason() {
    let (mut internet, a, b, link) = two(1, Link::new(ms(5)).mtu(1000).lose_packet(4));
    internet.drop_if(link.up(), |number, packet| number == 2 && packet.len() == 500);
    for len in [1001, 500, 500, 500, 1000] {
        send(&mut internet, a, packet_of(len));
    }
    internet.run().unwrap();
    let lens: Vec<usize> = received(&internet, b).iter().map(|(_, packet)| packet.len()).collect();
    assert_eq!(lens, [500, 1000]);
    let dropped: Vec<_> = internet.counters(link.up()).dropped.into_iter().collect();
    assert_eq!(dropped, [(Reason::Lost, 1), (Reason::TooBig, 1), (Reason::Rule, 1)]);
}

#[test]
fn a_queue_of_two_packets_turns_the_fourth_away_and_is_seen_to_grow_and_shrink() {
    let (mut internet, a, b, link) = two(1, Link::new(ms(5)).rate(1000).queue(Queue::Packets(2)));
    for _ in 0..4 {
        send(&mut internet, a, packet_of(1000));
    }
    internet.run().unwrap();
    let times: Vec<_> = received(&internet, b).iter().map(|&(at, _)| at).collect();
    assert_eq!(times, [1005, 2005, 3005].map(at_ms));
    let samples: Vec<_> =
        internet.events().queue(link.up()).map(|(at, sample)| (at, sample.packets)).collect();
    assert_eq!(samples, [(at_ms(0), 1), (at_ms(0), 2), (at_ms(1000), 1), (at_ms(2000), 0)]);
    let counters = internet.counters(link.up());
    assert_eq!((counters.peak_packets, counters.peak_bytes), (2, 2000));
    assert_eq!(counters.dropped.get(&Reason::QueueFull), Some(&1));
}

/// A sender that speeds up until it gets a signal, for twenty seconds over a link of 1000 packets a second; the delays of the
/// packets that arrived in the second half.
fn greedy(queue: Queue, ecn: u8) -> (Vec<Duration>, Counters) {
    let (mut internet, a, _, link) = two(1, Link::new(ms(5)).rate(1_000_000).queue(queue));
    let payload = &packet_of(1000)[20..];
    let packet = Envelope { ecn, ..Envelope::new(A.parse().unwrap(), B.parse().unwrap(), 17) }.wrap(payload);
    let sender = Sender { a, link, packet, rate: 1100.0, signals: 0, reacted: at_ms(0) };
    sender.send(&mut internet);
    internet.run_until(at_ms(20_000)).unwrap();
    let delays = internet.events().delays(link.up());
    let late = delays.into_iter().filter(|&(at, _)| at > at_ms(10_000)).map(|(_, delay)| delay).collect();
    (late, internet.counters(link.up()))
}

/// Additive increase, multiplicative decrease, in the plainest way: what active queue management counts on.
struct Sender {
    a: NodeId,
    link: LinkId,
    packet: Bytes,
    /// Packets a second: 100 more each second, a tenth less on a drop or mark, at most every 50 ms.
    rate: f64,
    signals: u64,
    reacted: Instant,
}

impl Sender {
    fn send(mut self, internet: &mut Internet) {
        let now = internet.now();
        send(internet, self.a, self.packet.clone());
        let counters = internet.counters(self.link.up());
        let signals = counters.drops() + counters.marked;
        self.rate += 100.0 / self.rate;
        if signals > self.signals && now - self.reacted >= ms(50) {
            (self.rate, self.signals, self.reacted) = (self.rate * 0.9, signals, now);
        }
        let next = now + Duration::from_secs_f64(1.0 / self.rate);
        internet.at(next, move |internet| self.send(internet));
    }
}

fn median(mut delays: Vec<Duration>) -> Duration {
    delays.sort();
    delays[delays.len() / 2]
}

#[test]
fn rfc_8289_codel_keeps_the_standing_queue_below_its_target_where_drop_tail_does_not() {
    let (tail, _) = greedy(Queue::Packets(200), 0);
    let (codel, counters) = greedy(Queue::CoDel(CoDel::default()), 0);
    // 5 ms of propagation and 1 ms of transmission belong to every packet.
    let wait = |delays| median(delays).saturating_sub(ms(6));
    let (tail, codel) = (wait(tail), wait(codel));
    assert!(codel < ms(5), "CoDel: {codel:?}");
    assert!(tail > ms(50), "drop-tail: {tail:?}");
    assert!(counters.dropped.contains_key(&Reason::WaitedTooLong), "{counters:?}");
    assert!(counters.arrived_bytes > 17_000_000, "and the link is used: {counters:?}");
}

#[test]
fn rfc_8289_s5_codel_marks_those_who_understand_it_and_drops_none_of_them() {
    let (delays, counters) = greedy(Queue::CoDel(CoDel::default()), 2);
    assert!(median(delays).saturating_sub(ms(6)) < ms(5));
    assert!(counters.marked > 0 && counters.drops() == 0, "{counters:?}");
}

fn links() -> impl Strategy<Value = Link> {
    let queue = prop_oneof![
        Just(Queue::Unlimited),
        (0_usize..5).prop_map(Queue::Packets),
        (0_usize..5000).prop_map(Queue::Bytes),
        Just(Queue::CoDel(CoDel { interval: ms(5), target: ms(1), ..CoDel::default() })),
    ];
    let faults = (0.0..0.5, 0.0..0.5, 0.0..0.5, 0.0..0.5);
    (queue, faults, 0_u64..20, prop::option::of(1_000_u64..1_000_000)).prop_map(
        |(queue, (loss, duplication, reordering, corruption), jitter, rate)| {
            let bursts = Bursts { enter: loss / 4.0, leave: 0.5, loss: 0.9 };
            let link = Link::new(ms(3)).queue(queue).loss(loss).duplication(duplication).jitter(ms(jitter));
            let link = link.reordering(reordering, ms(7)).corruption(corruption).bursts(bursts).mtu(900);
            if let Some(rate) = rate { link.rate(rate) } else { link }
        },
    )
}

fn any_run(link: Link, sizes: &[usize], seed: u64, until: u64) -> (Internet, LinkId) {
    let (mut internet, a, _, link) = two(seed, link);
    for (number, &size) in sizes.iter().enumerate() {
        internet.at(at_ms(number as u64 / 3), move |internet| send(internet, a, packet_of(size)));
    }
    internet.run_until(at_ms(until)).unwrap();
    (internet, link)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_packet_is_invented_and_none_lost_without_account(
        link in links(), sizes in prop::collection::vec(28_usize..1000, 0..100), seed: u64, until in 0_u64..60,
    ) {
        let (mut internet, link) = any_run(link, &sizes, seed, until);
        let mut under_way = BTreeSet::new();
        for event in internet.events().iter() {
            match event.what {
                What::Sent(id) | What::Duplicated(_, id) => prop_assert!(under_way.insert(id)),
                What::Arrived(id) | What::Dropped(id, _) => prop_assert!(under_way.remove(&id), "ended twice"),
                _ => {}
            }
        }
        prop_assert_eq!(under_way.len() as u64, internet.under_way(link.up()));
        internet.run().unwrap();
        let counters = internet.counters(link.up());
        prop_assert_eq!(counters.packets, sizes.len() as u64);
        prop_assert_eq!(counters.packets + counters.duplicated, counters.arrived + counters.drops());
        prop_assert_eq!((internet.queued(link.up()), internet.under_way(link.up())), (0, 0));
    }

    #[test]
    fn the_same_seed_gives_the_same_log_to_the_byte(
        link in links(), sizes in prop::collection::vec(28_usize..1000, 0..60), seed: u64,
    ) {
        let run = || any_run(link.clone(), &sizes, seed, 10_000).0.events().to_string();
        prop_assert_eq!(run(), run());
    }
}

#[test]
fn another_seed_gives_another_log() {
    let log = |seed| any_run(Link::new(ms(5)).loss(0.5), &[100; 50], seed, 1000).0.events().to_string();
    assert_ne!(log(1), log(2));
}

#[test]
fn a_hundred_thousand_packets_without_a_log_keep_their_counters() {
    let mut internet = Internet::new(1).without_events();
    let a = internet.add("a", Station::new(A));
    let b = internet.add("b", Station::new(B));
    let link = internet.link(a, b, Link::new(ms(20)).rate(100_000_000));
    stream(&mut internet, a, 100_000, Duration::from_micros(10));
    internet.run().unwrap();
    assert_eq!(internet.counters(link.up()).arrived, 100_000);
    assert!(internet.events().is_empty());
}

#[test]
fn a_run_that_does_not_end_is_ended_with_a_name() {
    let mut internet = Internet::new(1).max_steps(1000);
    let a = internet.add("a", Station::answering(A));
    let b = internet.add("b", Station::answering(B));
    internet.link(a, b, Link::new(ms(5)));
    send(&mut internet, a, packet_of(100)); // answered for ever
    let error = internet.run().unwrap_err();
    assert!(error.to_string().contains("1000 steps"), "{error}");
}
