//! Segments that no peer would send, in every state.

use std::time::Duration;

use bytes::BytesMut;
use proptest::prelude::*;
use wirelab_sim::Random;
use wirelab_tcpip::tcp::{Config, KeepAlive, State};
use wirelab_tcpip::{Flags, Options, SackBlock, SackBlocks, Segment, Seq, Timestamps};

use crate::script::{RESTING, Scripted, THEIRS};

/// The byte that belongs at a number; none is 200 or more.
fn byte_at(seq: Seq) -> u8 {
    (seq.0.wrapping_sub(THEIRS.0) % 200) as u8
}

/// What an attacker writes, who does not know what belongs there.
const FORGED: u8 = 238;

fn config(random: &mut Random) -> Config {
    Config {
        receive_buffer: 1 + random.below(6000) as usize,
        send_buffer: 3000,
        reassembly_gaps: 1 + random.below(5) as usize,
        timestamps: random.chance(0.5),
        selective_acknowledgment: random.chance(0.5),
        window_scaling: random.chance(0.5),
        explicit_congestion_notification: random.chance(0.5),
        nagle: random.chance(0.5),
        silly_window_avoidance: random.chance(0.7),
        time_based_detection: random.chance(0.7),
        keep_alive: random.chance(0.3).then(KeepAlive::default),
        ..Config::default()
    }
}

/// A number near one that matters, or any.
fn near(random: &mut Random, of: Seq) -> Seq {
    match random.below(4) {
        0 => of,
        1 => of + (random.below(9) as u32).wrapping_sub(4),
        2 => of + (random.below(9000) as u32).wrapping_sub(3000),
        _ => Seq(random.below(1 << 32) as u32),
    }
}

fn options(random: &mut Random, ack: Seq) -> Options {
    let mut options = Options::new();
    if random.chance(0.1) {
        options.push_maximum_segment_size(random.below(1 << 16) as u16);
        options.push_window_scale(random.below(256) as u8);
        options.push_sack_permitted();
    }
    if random.chance(0.6) {
        let (value, echo) = (random.below(1 << 32) as u32, random.below(1 << 32) as u32);
        options.push_timestamps(Timestamps { value, echo });
    }
    if random.chance(0.3) {
        let mut blocks = SackBlocks::EMPTY;
        for _ in 0..random.below(3) {
            blocks.push(SackBlock { left: near(random, ack), right: near(random, ack) });
        }
        options.push_sack(&blocks);
    }
    options
}

/// One made-up segment, and what must hold after it.
fn throw(random: &mut Random, script: &mut Scripted, got: &mut Vec<u8>) {
    let (next, window) = (script.end.expects(), script.end.info().receive_window);
    let edge = next + window;
    let aim = if random.chance(0.2) { edge } else { next };
    let sequence = near(random, aim);
    let acknowledgment = near(random, script.sent_to);
    let flags = match random.below(3) {
        0 => Flags(random.below(256) as u8),
        1 => Flags::ACK,
        _ => Flags(Flags::ACK.0 | random.below(256) as u8 & !(Flags::RST.0 | Flags::SYN.0)),
    };
    let len = random.below(1500) as u32 * random.below(2) as u32;
    // Behind the window, before it, or with an ACK of what was never sent: nothing of it may be delivered.
    let outside = sequence >= edge || sequence + len <= next || acknowledgment > script.sent_to;
    let first = sequence + u32::from(flags.contains(Flags::SYN));
    let payload: Vec<u8> = (0..len).map(|i| if outside { FORGED } else { byte_at(first + i) }).collect();
    let outside = if script.end.state().is_synchronized() { outside } else { false };
    let payload = if outside || len == 0 { payload } else { (0..len).map(|i| byte_at(first + i)).collect() };
    let options = options(random, acknowledgment);
    let window = random.below(1 << 16) as u16 * random.below(2) as u16;
    script.get(Segment {
        sequence,
        acknowledgment,
        flags,
        window,
        options,
        payload: &payload,
        ..script.ack()
    });
    if random.chance(0.3) {
        let _refused_when_closed = script.end.send(&[1; 700]);
    }
    if random.chance(0.01) {
        script.end.close();
    }
    if random.chance(0.005) {
        script.end.release(script.now);
    }
    if random.chance(0.02) {
        script.end.set_path_segment_size(script.now, random.below(2000) as u16);
    }
    if random.chance(0.2) {
        let mut read = BytesMut::new();
        script.end.receive_into(&mut read);
        got.extend_from_slice(&read);
    }
    if random.chance(0.2) {
        script.wait(Duration::from_millis(random.below(3000)));
    }
    script.sent();
    let config = script.end.config();
    assert!(script.end.readable() <= config.receive_buffer, "{}", script.log);
    assert!(script.end.unacknowledged() <= config.send_buffer, "{}", script.log);
    while script.end.poll_event().is_some() {}
}

fn conversation(seed: u64, state: State, segments: usize) {
    let mut random = Random::new(seed);
    let config = config(&mut random);
    let mut script = Scripted::in_state(state, config);
    let mut first = (state != State::SynSent).then(|| THEIRS + 1);
    let mut got = Vec::new();
    for _ in 0..segments {
        let before = script.end.state();
        throw(&mut random, &mut script, &mut got);
        if before == State::SynSent && script.end.state() != State::SynSent {
            // Whatever SYN it believed; what it delivers begins behind it.
            first = None;
        }
        if script.end.state() == State::Closed {
            break;
        }
        if script.log.len() > 20_000 {
            script.log.clear();
        }
    }
    let mut rest = BytesMut::new();
    script.end.receive_into(&mut rest);
    got.extend_from_slice(&rest);
    assert!(!got.contains(&FORGED), "forged bytes were delivered:\n{}", script.log);
    if let Some(first) = first {
        for (i, &byte) in got.iter().enumerate() {
            assert_eq!(byte, byte_at(first + i as u32), "byte {i} is not in its place:\n{}", script.log);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn whatever_arrives_nothing_breaks_and_nothing_forged_is_delivered(
        seed in any::<u64>(),
        state in prop::sample::select(&RESTING[..]),
        segments in 1_usize..150,
    ) {
        conversation(seed, state, segments);
    }
}

#[test]
#[ignore = "takes minutes; run with --profile quick"]
fn ten_million_segments() {
    for seed in 0..100_000_u64 {
        conversation(seed, RESTING[seed as usize % RESTING.len()], 100);
    }
}
