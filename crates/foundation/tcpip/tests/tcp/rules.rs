//! One rule, one test: the name begins with the section that says so.

use std::time::Duration;

use wirelab_tcpip::tcp::{Algorithm, Config, State, WhyClosed};
use wirelab_tcpip::{Flags, Options, SackBlock, SackBlocks, Segment, Timestamps};

use crate::script::{OURS, Scripted, THEIRS, plain};

/// RFC 9293 §3.10.7.3, first: `<SEQ=SEG.ACK><CTL=RST>`.
#[test]
fn s3_10_7_3_an_ack_of_nothing_we_sent_is_answered_with_a_reset() {
    for acknowledgment in [OURS, OURS + 2, OURS + (1 << 30)] {
        let mut script = Scripted::connecting(plain());
        let answers = script.get(Segment { acknowledgment, ..script.syn_ack() });
        assert_eq!(answers.len(), 1, "{}", script.log);
        assert_eq!((answers[0].flags, answers[0].seq), (Flags::RST, acknowledgment));
        assert_eq!(script.end.state(), State::SynSent);
    }
}

/// RFC 9293 §3.10.7.3, second: a RST without an ACK of our SYN does nothing.
#[test]
fn s3_10_7_3_a_reset_in_syn_sent_must_acknowledge_the_syn() {
    let mut script = Scripted::connecting(plain());
    assert_eq!(script.get(Segment { flags: Flags::RST, ..script.ack() }), []);
    let wrong = Segment { flags: Flags::RST | Flags::ACK, acknowledgment: OURS, ..script.ack() };
    assert_eq!(script.get(wrong), [], "and a wrong one is not answered");
    assert_eq!(script.end.state(), State::SynSent);
    script.get(Segment { flags: Flags::RST | Flags::ACK, ..script.ack() });
    assert_eq!(script.end.why_closed(), Some(WhyClosed::Refused));
}

/// RFC 9293 §3.10.7.3, fifth.
#[test]
fn s3_10_7_3_what_has_neither_syn_nor_rst_is_dropped_in_syn_sent() {
    let mut script = Scripted::connecting(plain());
    assert_eq!(script.get(script.data(b"early")), []);
    assert_eq!(script.get(Segment { flags: Flags::FIN | Flags::ACK, ..script.ack() }), []);
    assert_eq!((script.end.state(), script.end.readable()), (State::SynSent, 0));
}

/// RFC 9293 §3.10.7.4, fifth: "If the ACK bit is off, drop the segment and return".
#[test]
fn s3_10_7_4_a_segment_without_ack_is_dropped() {
    let mut script = Scripted::established(plain());
    assert_eq!(script.get(Segment { flags: Flags::default(), ..script.data(b"no ACK") }), []);
    assert_eq!(script.end.readable(), 0);
}

/// RFC 9293 §3.10.7.4, SYN-RECEIVED: an ACK that is not of our SYN is answered with a RST.
#[test]
fn s3_10_7_4_a_wrong_ack_in_syn_received_is_answered_with_a_reset() {
    let mut script = Scripted::accepting(plain(), Options::new());
    let acknowledgment = OURS + 77;
    let answers = script.get(Segment { acknowledgment, ..script.ack() });
    assert_eq!((answers[0].flags, answers[0].seq), (Flags::RST, acknowledgment), "{}", script.log);
    assert_eq!(script.end.state(), State::SynReceived);
}

/// RFC 9293 §3.10.7.4, first: "an acknowledgment should be sent in reply (unless the RST bit is set)".
#[test]
fn s3_10_7_4_an_old_segment_is_answered_with_what_is_expected() {
    let mut script = Scripted::established(plain());
    let data = script.data(b"abc");
    script.get(data);
    let answers = script.get(data);
    assert!(answers.len() == 1 && answers[0].is_ack(), "{}", script.log);
    assert_eq!(answers[0].ack, THEIRS + 4);
    assert_eq!(script.end.read(100), "abc");
}

/// RFC 9293 §3.10.7.4: "segments with higher beginning sequence numbers SHOULD be held" (SHLD-31).
#[test]
fn s3_10_7_4_data_behind_a_gap_is_held() {
    let mut script = Scripted::established(plain());
    let (first, second) = (script.data(b"abc"), script.data(b"def"));
    script.get(Segment { sequence: second.sequence + 3, ..second });
    assert_eq!(script.end.readable(), 0);
    let answers = script.get(first);
    assert_eq!(answers[0].ack, THEIRS + 7, "MUST-59: one ACK for all");
    assert_eq!(script.end.read(100), "abcdef");
}

/// RFC 9293 §3.10.7.4 (SHLD-31) holds for a FIN, too: once the gap is filled, it need not be sent again.
#[test]
fn s3_10_7_4_a_fin_behind_a_gap_is_held() {
    let mut script = Scripted::established(plain());
    let (first, last) = (script.data(b"abc"), script.data(b"def"));
    script.get(Segment { sequence: last.sequence + 3, flags: Flags::FIN | Flags::ACK, ..last });
    assert_eq!(script.end.state(), State::Established);
    let answers = script.get(first);
    assert_eq!(answers[0].ack, THEIRS + 8, "six bytes and the FIN\n{}", script.log);
    assert_eq!(script.end.state(), State::CloseWait);
    assert_eq!(script.end.read(100), "abcdef");
}

/// RFC 9293 §3.1: "reserved bits MUST be ignored in received segments".
#[test]
fn s3_1_reserved_bits_are_ignored() {
    let mut script = Scripted::established(plain());
    script.get(Segment { reserved: 0xf, ..script.data(b"abc") });
    assert_eq!(script.end.readable(), 3);
}

/// RFC 9293 §3.7.1 (MUST-15): without the option the peer takes 536 bytes.
#[test]
fn s3_7_1_a_peer_that_says_nothing_gets_segments_of_536_bytes() {
    let mut script = Scripted::established_with(plain(), Options::new());
    script.end.send(&[1; 2000]).expect("open");
    let lens: Vec<usize> = script.sent().iter().map(|sent| sent.payload.len()).collect();
    assert_eq!(lens[..3], [536; 3], "{}", script.log);
}

/// RFC 9293 §3.7.1 (MUST-14): both SYNs carry it, if what we take differs from the default.
#[test]
fn s3_7_1_both_syns_carry_the_segment_size() {
    let mut script = Scripted::connecting(plain());
    let again = script.wait(Duration::from_millis(1500));
    assert_eq!(again[0].options.maximum_segment_size(), Some(1460), "{}", script.log);
    let mut script = Scripted::accepting(plain(), Options::new());
    let again = script.wait(Duration::from_millis(1500));
    assert_eq!(again[0].flags, Flags::SYN | Flags::ACK);
    assert_eq!(again[0].options.maximum_segment_size(), Some(1460), "{}", script.log);
}

/// RFC 9293 §3.8.3 (MUST-20 to MUST-23): R2 ends it; until then the same number again.
#[test]
fn s3_8_3_a_peer_that_acknowledges_nothing_new_is_given_up() {
    let mut script = Scripted::established(Config { retries: 5, ..plain() });
    script.end.send(b"abc").expect("open");
    let stubborn = Segment { acknowledgment: OURS + 1, ..script.ack() };
    script.sent();
    for _ in 0..200 {
        script.wait(Duration::from_secs(1));
        script.get(stubborn);
    }
    assert_eq!(script.end.why_closed(), Some(WhyClosed::TimedOut), "{}", script.log);
}

/// RFC 9293 §3.9.2.2 (MUST-56): not even a hard error aborts an established connection.
#[test]
fn s3_9_2_2_an_icmp_error_ends_only_what_is_being_opened() {
    let mut script = Scripted::established(plain());
    script.end.unreachable(true);
    assert_eq!(script.end.state(), State::Established);
    let mut script = Scripted::connecting(plain());
    script.end.unreachable(false);
    assert_eq!(script.end.state(), State::SynSent, "a soft error");
    script.end.unreachable(true);
    assert_eq!(script.end.why_closed(), Some(WhyClosed::Unreachable));
}

/// RFC 9293 §3.10.4 (SHLD-3), RFC 1122 §4.2.2.13: unread or later data is lost, and the peer hears of it.
#[test]
fn s3_10_4_data_that_nobody_will_read_is_answered_with_a_reset() {
    let mut script = Scripted::established(plain());
    script.get(script.data(b"unread"));
    script.end.release(script.now);
    assert!(script.sent().iter().any(|sent| sent.flags.contains(Flags::RST)), "{}", script.log);
    let mut script = Scripted::established(plain());
    script.end.release(script.now);
    script.sent();
    let answers = script.get(script.data(b"late"));
    assert!(answers.iter().any(|sent| sent.flags.contains(Flags::RST)), "{}", script.log);
    assert_eq!(script.end.state(), State::Closed);
}

/// RFC 6298 §5.5 and §2.1: one second, and then twice as long each time.
#[test]
fn s5_5_the_timeout_doubles() {
    let mut script = Scripted::connecting(plain());
    let start = script.now;
    let again = script.wait(Duration::from_secs(16));
    let times: Vec<u64> = again.iter().map(|sent| (sent.at - start).as_secs()).collect();
    assert_eq!(times, [1, 3, 7, 15], "{}", script.log);
}

/// RFC 5681 §3.2: the third duplicate, not the second.
#[test]
fn s3_2_the_third_duplicate_acknowledgment_brings_the_segment_again() {
    let mut script = Scripted::established(Config { congestion_control: Algorithm::NewReno, ..plain() });
    let first = script.ack();
    script.end.send(&[1; 14_600]).expect("open");
    assert_eq!(script.sent().len(), 10);
    let again = |sent: &[crate::script::Sent]| sent.iter().any(|sent| sent.seq == OURS + 1);
    assert!(!again(&script.get(first)) && !again(&script.get(first)), "{}", script.log);
    assert!(again(&script.get(first)), "{}", script.log);
    assert_eq!(script.end.info().fast_recoveries, 1);
}

/// RFC 6582 §3.2: an ACK that covers only a part shows the next loss, without three more duplicates.
#[test]
fn s3_2_a_partial_acknowledgment_brings_the_next_hole() {
    let mut script = Scripted::established(Config { congestion_control: Algorithm::NewReno, ..plain() });
    let first = script.ack();
    script.end.send(&[1; 14_600]).expect("open");
    script.sent();
    for _ in 0..3 {
        script.get(first);
    }
    let partial = Segment { acknowledgment: first.acknowledgment + 1460, ..first };
    let sent = script.get(partial);
    assert!(sent.iter().any(|sent| sent.seq == partial.acknowledgment), "{}", script.log);
}

/// RFC 5681 §4.2: at once when out of order, and when a gap is filled.
#[test]
fn s4_2_what_is_out_of_order_is_acknowledged_at_once() {
    let later = Some(Duration::from_millis(200));
    let mut script = Scripted::established(Config { delayed_acknowledgment: later, ..plain() });
    let (first, second) = (script.data(b"abc"), script.data(b"def"));
    let answers = script.get(Segment { sequence: second.sequence + 3, ..second });
    assert_eq!(answers.len(), 1, "a duplicate acknowledgment");
    assert_eq!(script.get(first).len(), 1, "the gap is filled");
    let fin = Segment { flags: Flags::FIN | Flags::ACK, sequence: script.end.expects() + 9, ..script.ack() };
    assert_eq!(script.get(fin).len(), 1, "a FIN behind a gap, too\n{}", script.log);
}

/// RFC 2018 §4: what is held is reported, the last first.
#[test]
fn s4_an_acknowledgment_reports_what_is_held() {
    let mut options = Options::new();
    options.push_sack_permitted();
    let config = Config { selective_acknowledgment: true, ..plain() };
    let mut script = Scripted::established_with(config, options);
    let data = script.data(b"abc");
    script.get(Segment { sequence: data.sequence + 10, ..data });
    let answers = script.get(Segment { sequence: data.sequence + 20, ..data });
    let block = |at: u32| SackBlock { left: data.sequence + at, right: data.sequence + at + 3 };
    assert_eq!(answers[0].options.sack().as_slice(), [block(20), block(10)], "{}", script.log);
}

/// RFC 6675 §5: what was reported is not sent again.
#[test]
fn s5_only_the_hole_is_sent_again() {
    let mut options = Options::new();
    options.push_maximum_segment_size(1460);
    options.push_sack_permitted();
    let config = Config { selective_acknowledgment: true, ..plain() };
    let mut script = Scripted::established_with(config, options);
    let first = script.ack();
    script.end.send(&[1; 14_600]).expect("open");
    script.sent();
    let mut blocks = SackBlocks::EMPTY;
    blocks.push(SackBlock { left: first.acknowledgment + 1460, right: first.acknowledgment + 14_600 });
    let mut options = Options::new();
    options.push_sack(&blocks);
    let again = script.get(Segment { options, ..first });
    let places: Vec<_> = again.iter().map(|sent| (sent.seq, sent.payload.len())).collect();
    assert_eq!(places, [(first.acknowledgment, 1460)], "{}", script.log);
}

/// RFC 7323 §2.2 and §3.2, RFC 2018 §2: only what both SYNs had.
#[test]
fn s2_2_an_option_that_one_side_did_not_offer_is_not_used() {
    let script = Scripted::established_with(Config::default(), Options::new());
    let agreed = script.end.info().agreed;
    assert_eq!(
        (agreed.window_scale, agreed.timestamps, agreed.selective_acknowledgment),
        (None, false, false)
    );
}

/// RFC 7323 §4.3: the echo is of the segment that is acknowledged first.
#[test]
fn s4_3_a_delayed_acknowledgment_echoes_the_earlier_timestamp() {
    let stamped = |value| {
        let mut options = Options::new();
        options.push_timestamps(Timestamps { value, echo: 0 });
        options
    };
    let later = Some(Duration::from_millis(200));
    let config = Config { timestamps: true, delayed_acknowledgment: later, ..plain() };
    let mut script = Scripted::established_with(config, stamped(10));
    assert_eq!(script.get(Segment { options: stamped(20), ..script.data(b"first") }), []);
    assert_eq!(script.get(Segment { options: stamped(30), ..script.data(b"second") }), []);
    let sent = script.wait(Duration::from_secs(1));
    assert_eq!(sent[0].options.timestamps().map(|timestamps| timestamps.echo), Some(20), "{}", script.log);
}

/// RFC 3168 §6.1.3: a mark is echoed until the peer says that it slowed down.
#[test]
fn s6_1_3_a_mark_is_echoed_until_cwr() {
    let config = Config { explicit_congestion_notification: true, ..plain() };
    let mut script = Scripted::connecting(config);
    let syn_ack = script.syn_ack();
    script.get(Segment { flags: syn_ack.flags | Flags::ECE, ..syn_ack });
    let marked = script.data(b"abc");
    script.end.receive(script.now, &marked, true);
    assert!(script.sent()[0].flags.contains(Flags::ECE), "{}", script.log);
    assert!(script.get(script.data(b"def"))[0].flags.contains(Flags::ECE), "still");
    let reduced = script.data(b"ghi");
    let answer = script.get(Segment { flags: reduced.flags | Flags::CWR, ..reduced });
    assert!(!answer[0].flags.contains(Flags::ECE), "{}", script.log);
}

/// RFC 3168 §6.1.2 and §6.1.5: slow down once, say so, and never mark a retransmission.
#[test]
fn s6_1_2_an_echoed_mark_halves_the_window_once() {
    let config =
        Config { explicit_congestion_notification: true, congestion_control: Algorithm::NewReno, ..plain() };
    let mut script = Scripted::connecting(config);
    let syn_ack = script.syn_ack();
    script.get(Segment { flags: syn_ack.flags | Flags::ECE, ..syn_ack });
    script.end.send(&[1; 20_000]).expect("open");
    assert!(script.sent().iter().all(|sent| sent.ecn_capable));
    let before = script.end.info().congestion_window;
    let one = Segment { acknowledgment: OURS + 1 + 536, flags: Flags::ACK | Flags::ECE, ..script.ack() };
    script.get(one);
    let after = script.end.info().congestion_window;
    assert!(after < before, "{before} -> {after}");
    script.get(Segment { acknowledgment: OURS + 1 + 2 * 536, ..one });
    assert!(script.end.info().congestion_window >= after, "once a window");
    let sent = script.get(script.ack());
    assert!(sent[0].flags.contains(Flags::CWR), "{}", script.log);
    let again = script.wait(Duration::from_secs(2));
    assert!(!again.is_empty() && again.iter().all(|sent| !sent.ecn_capable), "{}", script.log);
}

/// RFC 3168 §6.1.6: who probes a closed window ignores marks, and must not ask for them.
#[test]
fn s6_1_6_a_window_probe_is_not_marked() {
    let config = Config { explicit_congestion_notification: true, ..plain() };
    let mut script = Scripted::connecting(config);
    let syn_ack = script.syn_ack();
    script.get(Segment { flags: syn_ack.flags | Flags::ECE, ..syn_ack });
    script.get(Segment { window: 0, ..script.ack() });
    script.end.send(b"abc").expect("open");
    let probe = script.wait(Duration::from_millis(300));
    assert_eq!(probe.len(), 1, "{}", script.log);
    assert!(!probe[0].ecn_capable);
}

/// RFC 9293 §3.10.7.4, eighth: an ACK without data at the edge of the window, whose data was lost, still counts.
#[test]
fn s3_10_7_4_an_acknowledgment_from_the_edge_of_the_window_counts() {
    let mut script = Scripted::established(Config { receive_buffer: 1000, ..plain() });
    script.end.send(b"abc").expect("open");
    script.sent();
    let edge = script.end.expects() + script.end.info().receive_window;
    script.get(Segment { sequence: edge, ..script.ack() });
    assert_eq!(script.end.unacknowledged(), 0, "{}", script.log);
}

/// RFC 9293 §3.8.3 and RFC 5681 §3.1: the threshold is set at the first timeout of a segment, not at each.
#[test]
fn s3_1_a_second_timeout_of_the_same_segment_leaves_the_threshold() {
    let mut script = Scripted::established(Config { congestion_control: Algorithm::NewReno, ..plain() });
    let stubborn = script.ack();
    script.end.send(&[1; 14_600]).expect("open");
    script.sent();
    let mut thresholds = Vec::new();
    for _ in 0..3 {
        let before = script.end.info().timeouts;
        while script.end.info().timeouts == before {
            script.wait(Duration::from_millis(50));
        }
        thresholds.push(script.end.info().slow_start_threshold);
        script.get(stubborn);
    }
    assert_eq!(thresholds, [7300; 3], "{}", script.log);
}
