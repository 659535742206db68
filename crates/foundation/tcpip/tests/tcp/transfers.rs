//! Bytes arrive whole and in order, whatever the wire does to the segments, and whichever mechanisms are switched on.

use std::time::Duration;

use bytes::BytesMut;
use proptest::prelude::*;
use wirelab_sim::Random;
use wirelab_tcpip::tcp::{Algorithm, Config, Event, State, WhyClosed};

use crate::wire::{CLIENT, Fate, Judge, SERVER, Wire};

/// `len` bytes, each of which says where it belongs.
fn text(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 251) as u8).collect()
}

/// A wire that loses, doubles and delays segments with these probabilities.
fn bad_wire(seed: u64, loss: f64, twice: f64, late: f64) -> Judge {
    let mut random = Random::new(seed);
    Box::new(move |_, _, _| {
        let (lost, doubled, delayed) = (random.chance(loss), random.chance(twice), random.chance(late));
        let by = Duration::from_micros(random.below(30_000));
        match (lost, doubled, delayed) {
            (true, _, _) => Fate::Lost,
            (_, true, _) => Fate::Twice,
            (_, _, true) => Fate::Late(by),
            _ => Fate::Arrives,
        }
    })
}

/// Both ends send `lens` bytes and close; all must arrive, and both must come to their end.
fn transfer(wire: &mut Wire, lens: [usize; 2]) {
    let texts = lens.map(text);
    let mut handed = [0; 2];
    let mut got = [BytesMut::new(), BytesMut::new()];
    wire.run_until(|wire| {
        for of in [CLIENT, SERVER] {
            let Some(end) = &mut wire.ends[of] else { continue };
            end.receive_into(&mut got[of]);
            if end.state().may_send() {
                handed[of] += end.send(&texts[of][handed[of]..]).expect("open");
                if handed[of] == texts[of].len() && end.state().is_synchronized() {
                    end.close();
                }
            }
        }
        wire.ends.iter().all(|end| end.as_ref().is_some_and(|end| end.state() == State::Closed))
    });
    for of in [CLIENT, SERVER] {
        let same = got[of][..] == texts[1 - of][..];
        let len = got[of].len();
        let log: Vec<&str> = wire.log.lines().rev().take(100).collect();
        assert!(same, "{of} got {len} of {} bytes:\n{}", texts[1 - of].len(), log.join("\n"));
        assert_eq!(wire.events[of].last(), Some(&Event::Closed(WhyClosed::Finished)), "{}", log.join("\n"));
    }
}

#[test]
fn a_megabyte_each_way_over_a_good_wire() {
    let mut wire = Wire::new(Config::default(), Config::default());
    transfer(&mut wire, [1_000_000, 1_000_000]);
    assert_eq!(wire.client().info().retransmissions, 0);
}

#[test]
fn a_megabyte_each_way_with_every_twentieth_segment_lost_and_others_late_or_doubled() {
    let mut wire = Wire::new(Config::default(), Config::default());
    wire.fate = bad_wire(3, 0.05, 0.02, 0.05);
    transfer(&mut wire, [1_000_000, 1_000_000]);
}

#[test]
fn both_open_at_once() {
    let mut wire = Wire::simultaneous(&Config::default());
    transfer(&mut wire, [50_000, 50_000]);
}

fn configs() -> impl Strategy<Value = Config> {
    let switches = prop::array::uniform9(any::<bool>());
    let algorithms = prop_oneof![Just(Algorithm::Off), Just(Algorithm::NewReno), Just(Algorithm::Cubic)];
    let sizes = (100_u16..3000, 100_usize..100_000, 100_usize..100_000, 1_usize..20);
    (switches, algorithms, sizes).prop_map(
        |(on, congestion_control, (mss, send_buffer, receive_buffer, gaps))| Config {
            maximum_segment_size: mss,
            send_buffer,
            receive_buffer,
            reassembly_gaps: gaps,
            window_scaling: on[0],
            timestamps: on[1],
            selective_acknowledgment: on[2],
            explicit_congestion_notification: on[3],
            nagle: on[4],
            delayed_acknowledgment: on[5].then_some(Duration::from_millis(40)),
            silly_window_avoidance: on[6],
            fast_retransmit: on[7],
            time_based_detection: on[8],
            congestion_control,
            retries: 40,
            syn_retries: 40,
            ..Config::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_switched_on_and_whatever_the_wire_does(
        client in configs(),
        server in configs(),
        seed in any::<u64>(),
        damage in prop::array::uniform3(0.0..0.2),
        lens in prop::array::uniform2(0_usize..60_000),
    ) {
        let mut wire = Wire::new(client, server);
        wire.fate = bad_wire(seed, damage[0], damage[1], damage[2]);
        transfer(&mut wire, lens);
    }
}
