//! Windows that close and open, and what the timers are for.

use std::time::Duration;

use wirelab_tcpip::tcp::{Config, Event, KeepAlive, State, WhyClosed};
use wirelab_tcpip::{Flags, Options, Segment, Timestamps};

use crate::script::{Scripted, plain};
use crate::wire::{CLIENT, SERVER, Wire};

fn payloads(sent: &[crate::script::Sent]) -> Vec<usize> {
    sent.iter().map(|sent| sent.payload.len()).collect()
}

/// RFC 9293 §3.8.6.1 (MUST-35 to MUST-37): however long, as long as the probes are answered.
#[test]
fn s3_8_6_1_a_window_closed_for_an_hour_is_probed_and_then_used() {
    let mut script = Scripted::established(Config { retries: 4, ..plain() });
    script.get(Segment { window: 0, ..script.ack() });
    script.end.send(&[7; 100]).expect("open");
    assert_eq!(script.sent(), [], "nothing may be sent");
    let closed = Segment { window: 0, ..script.ack() };
    let mut probes = 0;
    while probes < 60 {
        let mut sent = Vec::new();
        while sent.is_empty() && script.end.state() == State::Established {
            sent = script.wait(Duration::from_millis(100));
        }
        probes += 1;
        assert!(!sent.is_empty() && payloads(&sent).iter().all(|&len| len == 1), "{}", script.log);
        script.get(closed);
        assert_eq!(script.end.state(), State::Established, "{}", script.log);
    }
    let sent = script.get(Segment { window: 1000, ..closed });
    assert_eq!(payloads(&sent), [1], "the byte that was dropped, at once\n{}", script.log);
    let sent = script.get(script.ack());
    assert_eq!(payloads(&sent), [99], "and the rest");
}

/// RFC 9293 §3.8.6.1 (SHLD-29, SHLD-30): the first probe after a retransmission timeout, the next ones at growing intervals.
#[test]
fn s3_8_6_1_probes_come_at_doubling_intervals() {
    let mut script = Scripted::established(plain());
    script.get(Segment { window: 0, ..script.ack() });
    script.end.send(b"x").expect("open");
    let start = script.now;
    let closed = Segment { window: 0, ..script.ack() };
    let mut last = (start, Duration::ZERO);
    for _ in 0..5 {
        let mut sent = script.sent();
        while sent.is_empty() {
            sent = script.wait(Duration::from_millis(100));
        }
        let interval = sent[0].at - last.0;
        let doubled = last.1 * 2;
        assert!(last.1.is_zero() || interval == doubled, "{interval:?} after {:?}\n{}", last.1, script.log);
        last = (sent[0].at, interval);
        script.get(closed);
    }
}

/// RFC 9293 §3.8.6.1: a probe whose byte was taken leaves nothing to probe for.
#[test]
fn s3_8_6_1_when_the_probe_was_all_there_was_the_probing_ends() {
    let mut script = Scripted::established(Config { retries: 3, ..plain() });
    script.get(Segment { window: 0, ..script.ack() });
    script.end.send(b"x").expect("open");
    let probe = script.wait(Duration::from_secs(2));
    assert_eq!(payloads(&probe)[0], 1, "{}", script.log);
    script.get(Segment { window: 0, ..script.ack() });
    assert_eq!(script.end.unacknowledged(), 0);
    assert_eq!(script.wait(Duration::from_secs(60 * 60)), [], "{}", script.log);
    assert_eq!(script.end.state(), State::Established, "{}", script.log);
    assert_eq!(script.end.poll_timeout(), None);
}

/// RFC 9293 §3.10.7.4: "special allowance should be made to accept valid ACKs, URGs, and RSTs" when the window is zero. Both
/// ends are full, and both have a probe out: the news that one reads again must reach the other.
#[test]
fn s3_10_7_4_two_closed_windows_open_again() {
    let config = Config { receive_buffer: 1000, ..Config::default() };
    let mut wire = Wire::new(config.clone(), config);
    wire.connect();
    for of in [CLIENT, SERVER] {
        wire.ends[of].as_mut().expect("an end").send(&[of as u8; 1500]).expect("open");
    }
    wire.run_for(Duration::from_secs(60));
    assert_eq!([wire.client().readable(), wire.server().readable()], [1000, 1000], "{}", wire.log);
    // Only the server reads. The client writes all it has before it reads, as a simple program does.
    let mut got = 0;
    for _ in 0..120 {
        got += wire.server().read(usize::MAX).len();
        wire.run_for(Duration::from_secs(1));
    }
    assert_eq!(got, 1500, "{}", wire.log);
}

/// RFC 9293 §3.10.7.4: a RST with the expected number counts when the window is zero.
#[test]
fn s3_10_7_4_a_reset_is_taken_when_the_window_is_closed() {
    let mut script = Scripted::established(Config { receive_buffer: 100, ..plain() });
    script.get(script.data(&[1; 100]));
    assert_eq!(script.end.info().receive_window, 0);
    script.get(Segment { flags: Flags::RST, ..script.ack() });
    assert_eq!(script.end.state(), State::Closed);
}

/// RFC 9293 §3.8.6.2.2 (MUST-39): the window moves by half of the buffer or a full segment, not by what was read.
#[test]
fn s3_8_6_2_2_a_slow_reader_does_not_ask_for_small_segments() {
    let mut script = Scripted::established(Config { receive_buffer: 4000, ..plain() });
    script.get(script.data(&[1; 1460]));
    script.get(script.data(&[1; 1460]));
    script.get(script.data(&[1; 1080]));
    assert_eq!(script.end.info().receive_window, 0);
    let mut windows = Vec::new();
    for _ in 0..40 {
        assert_eq!(script.end.read(100).len(), 100);
        windows.extend(script.sent().iter().map(|sent| sent.window));
    }
    assert_eq!(windows, [2000, 4000], "{}", script.log);
}

/// RFC 9293 §3.8.6.2.1 (MUST-38).
#[test]
fn s3_8_6_2_1_a_small_window_is_not_used_until_the_timer_overrides() {
    let mut script = Scripted::established(plain());
    script.get(Segment { window: 10, ..script.ack() });
    script.end.send(&[1; 100]).expect("open");
    assert_eq!(script.sent(), [], "ten bytes are not worth a segment");
    let sent = script.wait(Duration::from_millis(300));
    assert_eq!(payloads(&sent), [10], "the override timer\n{}", script.log);
}

/// RFC 896, RFC 9293 §3.7.4: one small segment may be unacknowledged, and no second.
#[test]
fn s3_7_4_small_pieces_wait_for_the_acknowledgment_of_the_first() {
    let mut script = Scripted::established(plain());
    let mut sent = Vec::new();
    for _ in 0..10 {
        script.end.send(b"abc").expect("open");
        sent.extend(script.sent());
    }
    assert_eq!(payloads(&sent), [3]);
    assert_eq!(payloads(&script.get(script.ack())), [27]);
    script.end.set_nodelay(true);
    script.end.send(b"abc").expect("open");
    assert_eq!(payloads(&script.sent()), [3], "MUST-17: it can be switched off");
}

/// RFC 9293 §3.8.6.3 (SHLD-18, SHLD-19, MUST-40).
#[test]
fn s3_8_6_3_an_acknowledgment_waits_for_a_second_full_segment_or_its_timer() {
    let delay = Duration::from_millis(40);
    let mut script = Scripted::established(Config { delayed_acknowledgment: Some(delay), ..plain() });
    assert_eq!(script.get(script.data(&[1; 1460])), []);
    assert_eq!(script.get(script.data(&[1; 1460])).len(), 1, "every second full segment");
    let start = script.now;
    assert_eq!(script.get(script.data(&[1; 100])), []);
    let sent = script.wait(Duration::from_secs(1));
    assert_eq!(sent.len(), 1, "{}", script.log);
    assert!(sent[0].is_ack() && sent[0].at == start + delay);
}

/// RFC 9293 §3.8.4.
#[test]
fn s3_8_4_a_silent_peer_is_probed_and_given_up() {
    let (idle, interval) = (Duration::from_secs(100), Duration::from_secs(10));
    let keep_alive = Some(KeepAlive { idle, interval, probes: 3 });
    let mut script = Scripted::established(Config { keep_alive, ..plain() });
    let start = script.now;
    let sent = script.wait(Duration::from_secs(129));
    let times: Vec<u64> = sent.iter().map(|sent| (sent.at - start).as_secs()).collect();
    assert_eq!(times, [100, 110, 120], "{}", script.log);
    let old = sent.iter().all(|sent| sent.is_ack() && sent.seq + 1 == script.sent_to);
    assert!(old, "SEG.SEQ = SND.NXT − 1: {sent:?}");
    script.wait(Duration::from_secs(2));
    assert_eq!(script.end.why_closed(), Some(WhyClosed::TimedOut));
}

/// RFC 9293 §3.8.4 (MUST-26): no probe while data is outstanding; retransmission finds out as well.
#[test]
fn s3_8_4_nobody_is_probed_who_owes_an_acknowledgment() {
    let keep_alive =
        Some(KeepAlive { idle: Duration::from_secs(1), interval: Duration::from_secs(1), probes: 2 });
    let mut script = Scripted::established(Config { keep_alive, ..plain() });
    script.end.send(b"abc").expect("open");
    let sent = script.wait(Duration::from_secs(30));
    assert!(sent.iter().all(|sent| sent.payload == b"abc"), "{}", script.log);
    assert_eq!(script.end.state(), State::Established, "{}", script.log);
}

/// What the host relies on: without an application FIN-WAIT-2 ends.
#[test]
fn fin_wait_2_is_limited_once_the_application_is_gone() {
    let limit = Duration::from_secs(60);
    let mut script = Scripted::in_state(State::FinWait2, plain());
    script.wait(Duration::from_secs(3600));
    assert_eq!(script.end.state(), State::FinWait2, "with an application it lasts");
    script.end.release(script.now);
    script.wait(limit - Duration::from_millis(1));
    assert_eq!(script.end.state(), State::FinWait2);
    script.wait(Duration::from_millis(1));
    assert_eq!(script.end.state(), State::Closed);
}

fn stamped(value: u32) -> Options {
    let mut options = Options::new();
    options.push_timestamps(Timestamps { value, echo: 0 });
    options
}

/// RFC 7323 §5.3, R1.
#[test]
fn s5_3_a_segment_with_an_older_timestamp_is_dropped_and_acknowledged() {
    let mut script = Scripted::established_with(Config { timestamps: true, ..plain() }, stamped(1000));
    script.get(Segment { options: stamped(2000), ..script.data(b"new") });
    let answers = script.get(Segment { options: stamped(1999), ..script.data(b"old") });
    assert_eq!(script.end.read(100), "new");
    assert!(answers.len() == 1 && answers[0].is_ack(), "{}", script.log);
    script.get(Segment { options: stamped(2000), ..script.data(b"same") });
    assert_eq!(script.end.read(100), "same", "an equal one is not older\n{}", script.log);
}

/// RFC 7323 §5.5: after 24 days it may have wrapped.
#[test]
fn s5_5_after_24_days_of_silence_an_older_timestamp_says_nothing() {
    let mut script = Scripted::established_with(Config { timestamps: true, ..plain() }, stamped(1000));
    script.wait(Duration::from_secs(25 * 24 * 60 * 60));
    script.get(Segment { options: stamped(999), ..script.data(b"late") });
    assert_eq!(script.end.read(100), "late", "{}", script.log);
}

/// RFC 9293 §3.8.6.1 and §3.10.4: the FIN needs no room, but a number.
#[test]
fn s3_10_4_a_fin_behind_a_closed_window_arrives() {
    let config = Config { receive_buffer: 1000, ..Config::default() };
    let mut wire = Wire::new(config.clone(), config);
    wire.connect();
    wire.client().send(&[1; 1000]).expect("open");
    wire.run_for(Duration::from_secs(1));
    wire.client().close();
    wire.run_for(Duration::from_secs(30));
    assert_eq!(wire.server().read(usize::MAX).len(), 1000);
    wire.run_for(Duration::from_secs(120));
    assert!(wire.events[SERVER].contains(&Event::EndOfStream), "{}", wire.log);
    assert_eq!(wire.client().state(), State::FinWait2, "{}", wire.log);
}
