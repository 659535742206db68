//! Losses found by time (RFC 8985), and the reports of duplicates (RFC 2883). The peer is a script that is 20 ms away.

use std::time::Duration;

use wirelab_tcpip::tcp::{Algorithm, Config};
use wirelab_tcpip::{Options, SackBlock, SackBlocks, Segment, Seq};

use crate::script::{OURS, Scripted, Sent, plain};

const MSS: u32 = 1460;
const ROUND_TRIP: Duration = Duration::from_millis(20);

/// SACK, and nothing else that a script would have to think of.
fn selective() -> Config {
    Config { selective_acknowledgment: true, congestion_control: Algorithm::NewReno, ..plain() }
}

/// A connection that has measured a round trip, and so many full segments on their way, sent a millisecond apart.
fn on_its_way(config: Config, segments: u32) -> Scripted {
    let mut options = Options::new();
    options.push_maximum_segment_size(MSS as u16);
    options.push_sack_permitted();
    let mut script = Scripted::connecting(config);
    script.wait(ROUND_TRIP);
    let syn_ack = Segment { options, ..script.syn_ack() };
    script.get(syn_ack);
    for _ in 0..segments {
        script.end.send(&[1; MSS as usize]).expect("open");
        script.wait(Duration::from_millis(1));
    }
    script
}

/// Where segment `n` begins, counted from 1.
fn seq(n: u32) -> Seq {
    OURS + 1 + (n - 1) * MSS
}

/// The peer wants segment `wants`, and has these stretches, each from its first to its last segment.
fn has(script: &Scripted, wants: u32, stretches: &[(u32, u32)]) -> Segment<'static> {
    let mut blocks = SackBlocks::EMPTY;
    stretches.iter().for_each(|&(from, to)| blocks.push(SackBlock { left: seq(from), right: seq(to + 1) }));
    let mut options = Options::new();
    options.push_sack(&blocks);
    Segment { acknowledgment: seq(wants), options, ..script.ack() }
}

fn places(sent: &[Sent]) -> Vec<Seq> {
    sent.iter().filter(|sent| !sent.payload.is_empty()).map(|sent| sent.seq).collect()
}

/// RFC 8985 §9.1, example 2: "R1 is lost again but R2 is SACKed; RACK will mark R1 as lost".
#[test]
fn s9_1_a_lost_retransmission_is_found_without_a_timeout() {
    let mut script = on_its_way(selective(), 5);
    script.wait(ROUND_TRIP - Duration::from_millis(5));
    let again = script.get(has(&script, 1, &[(3, 5)]));
    assert_eq!(places(&again), [seq(1), seq(2)], "{}", script.log);
    script.wait(ROUND_TRIP);
    // "2 again" was sent behind "1 again", and has arrived.
    let sent = script.get(has(&script, 1, &[(2, 5)]));
    assert_eq!(places(&sent), [seq(1)], "{}", script.log);
    assert_eq!(script.end.info().timeouts, 0, "{}", script.log);
}

/// The same with the counting of RFC 6675: nobody but the timer sees it.
#[test]
fn rfc_6675_a_lost_retransmission_waits_for_the_timer() {
    let mut script = on_its_way(Config { time_based_detection: false, ..selective() }, 5);
    script.wait(ROUND_TRIP - Duration::from_millis(5));
    script.get(has(&script, 1, &[(3, 5)]));
    script.wait(ROUND_TRIP);
    assert_eq!(places(&script.get(has(&script, 1, &[(2, 5)]))), [], "{}", script.log);
    assert_eq!(places(&script.wait(Duration::from_millis(300)))[0], seq(1), "{}", script.log);
    assert_eq!(script.end.info().timeouts, 1);
}

/// RFC 5681 §4.3: "the loss of a retransmission, should be taken as two indications of congestion".
#[test]
fn rfc_5681_s4_3_a_lost_retransmission_reduces_the_window_once_more() {
    let mut script = on_its_way(selective(), 10);
    script.wait(ROUND_TRIP - Duration::from_millis(10));
    script.get(has(&script, 1, &[(3, 10)]));
    let once = script.end.info().congestion_window;
    script.wait(ROUND_TRIP);
    script.get(has(&script, 1, &[(2, 10)]));
    let twice = script.end.info().congestion_window;
    assert!(twice < once, "{once} -> {twice}\n{}", script.log);
}

/// RFC 8985 §7.2 and §7.3: after two round trips the last segment again; a reordering window later the rest is lost.
#[test]
fn s7_3_a_lost_tail_is_probed_and_then_repaired_without_a_timeout() {
    let mut script = on_its_way(selective(), 4);
    script.wait(ROUND_TRIP - Duration::from_millis(4));
    script.get(has(&script, 2, &[]));
    let acknowledged = script.now;
    let sent = script.wait(Duration::from_millis(60));
    assert_eq!(places(&sent), [seq(4)], "{}", script.log);
    let pto = sent[0].at - acknowledged;
    assert!((Duration::from_millis(38)..Duration::from_millis(44)).contains(&pto), "{pto:?}\n{}", script.log);
    let mut again = script.get(has(&script, 2, &[(4, 4)]));
    again.extend(script.wait(Duration::from_millis(6)));
    assert_eq!(places(&again), [seq(2), seq(3)], "{}", script.log);
    assert_eq!(script.end.info().timeouts, 0);
}

/// RFC 8985 §7.3: "transmit a previously unsent data segment, if one exists", whatever the congestion window has room for.
#[test]
fn s7_3_a_probe_carries_new_data_if_there_is_any() {
    let mut script = on_its_way(selective(), 10);
    script.end.send(&[1; MSS as usize]).expect("open");
    assert_eq!(script.sent(), [], "the window is full\n{}", script.log);
    let sent = script.wait(Duration::from_millis(60));
    assert_eq!(places(&sent), [seq(11)], "{}", script.log);
}

/// RFC 8985 §7.3: one probe, and then the retransmission timeout.
#[test]
fn s7_3_there_is_one_probe_and_then_the_timer() {
    let mut script = on_its_way(selective(), 2);
    let sent = script.wait(Duration::from_millis(400));
    assert_eq!(places(&sent), [seq(2), seq(1)], "{}", script.log);
    assert!(sent[1].at - sent[0].at >= Duration::from_millis(200), "{}", script.log);
    assert_eq!(script.end.info().timeouts, 1);
}

/// RFC 8985 §7.4.2: a probe that has repaired the loss has hidden it. The window must hear of it all the same.
#[test]
fn s7_4_2_a_loss_that_the_probe_has_repaired_reduces_the_window() {
    let mut script = on_its_way(selective(), 4);
    let before = script.end.info().congestion_window;
    assert_eq!(places(&script.wait(Duration::from_millis(60))), [seq(4)], "{}", script.log);
    script.get(has(&script, 5, &[]));
    script.end.send(&[1; MSS as usize]).expect("open");
    script.sent();
    script.get(has(&script, 6, &[]));
    let after = script.end.info().congestion_window;
    assert!(after < before, "{before} -> {after}\n{}", script.log);
}

/// RFC 8985 §7.4.2, case 1: both copies have arrived, and nothing was lost.
#[test]
fn s7_4_2_a_probe_for_nothing_leaves_the_window() {
    let mut script = on_its_way(selective(), 4);
    let before = script.end.info().congestion_window;
    assert_eq!(places(&script.wait(Duration::from_millis(60))), [seq(4)], "{}", script.log);
    script.get(has(&script, 5, &[]));
    script.get(has(&script, 5, &[(4, 4)]));
    script.end.send(&[1; MSS as usize]).expect("open");
    script.sent();
    script.get(has(&script, 6, &[]));
    let after = script.end.info().congestion_window;
    assert!(after >= before, "{before} -> {after}\n{}", script.log);
}

/// RFC 8985 §6.2, steps 4 and 5: what comes a little later than what was sent behind it is not sent again.
#[test]
fn s6_2_reordering_below_the_window_makes_no_retransmission() {
    let mut script = on_its_way(selective(), 4);
    script.wait(ROUND_TRIP - Duration::from_millis(4));
    // A quarter of 20 ms is the window.
    assert_eq!(script.get(has(&script, 1, &[(2, 2)])), [], "{}", script.log);
    assert_eq!(script.wait(Duration::from_millis(3)), [], "{}", script.log);
    script.get(has(&script, 3, &[]));
    script.get(has(&script, 5, &[]));
    assert_eq!(script.wait(Duration::from_secs(1)), [], "{}", script.log);
    assert_eq!(script.end.info().retransmissions, 0);
}

/// RFC 8985 §6.2, step 5: when the window is over, the timer says so; no further acknowledgment is needed.
#[test]
fn s6_2_what_is_later_than_the_reordering_window_is_lost() {
    let mut script = on_its_way(selective(), 4);
    script.wait(ROUND_TRIP - Duration::from_millis(4));
    assert_eq!(script.get(has(&script, 1, &[(2, 2)])), [], "{}", script.log);
    let (_, why) = script.end.poll_timeout().expect("a timer");
    assert_eq!(why, "reordering");
    assert_eq!(places(&script.wait(Duration::from_millis(6))), [seq(1)], "{}", script.log);
    assert_eq!(script.end.info().timeouts, 0);
}

/// RFC 8985 §6.2, step 4: where reordering was seen, three segments behind a gap are no proof any more.
#[test]
fn s6_2_where_reordering_was_seen_three_segments_behind_a_gap_are_no_loss_yet() {
    let late = |script: &mut Scripted| {
        script.wait(ROUND_TRIP - Duration::from_millis(8));
        let first = script.get(has(script, 1, &[(2, 2)]));
        script.get(has(script, 3, &[]));
        first
    };
    let mut script = on_its_way(selective(), 8);
    assert_eq!(late(&mut script), []);
    assert_eq!(places(&script.get(has(&script, 3, &[(4, 6)]))), [], "{}", script.log);
    let mut script = on_its_way(selective(), 8);
    script.wait(ROUND_TRIP - Duration::from_millis(8));
    assert_eq!(places(&script.get(has(&script, 1, &[(2, 4)])))[..1], [seq(1)], "{}", script.log);
}

/// RFC 8985 §6.2, step 4: a duplicate shows that the window was too small.
#[test]
fn s6_2_a_report_of_a_duplicate_widens_the_reordering_window() {
    let waits = |duplicate: bool| {
        let mut script = on_its_way(selective(), 4);
        script.wait(ROUND_TRIP - Duration::from_millis(4));
        script.get(has(&script, 5, if duplicate { &[(1, 1)] } else { &[] }));
        for _ in 0..2 {
            script.end.send(&[1; MSS as usize]).expect("open");
            script.wait(Duration::from_millis(1));
        }
        script.wait(ROUND_TRIP - Duration::from_millis(1));
        let sent = script.now;
        script.get(has(&script, 5, &[(6, 6)]));
        let again = script.wait(Duration::from_millis(50));
        assert_eq!(places(&again)[0], seq(5), "{}", script.log);
        again[0].at - sent
    };
    let (before, after) = (waits(false), waits(true));
    assert!(after > before + Duration::from_millis(3), "{before:?} -> {after:?}");
}

/// RFC 8985 §4: it needs a peer with selective acknowledgments.
#[test]
fn s4_without_selective_acknowledgments_there_is_no_probe() {
    let mut script = Scripted::established(plain());
    script.end.send(b"abc").expect("open");
    script.sent();
    assert_eq!(script.end.poll_timeout().map(|(_, why)| why), Some("retransmission"));
}

/// RFC 2883 §4: the first block says what came twice, once; what is held follows it.
#[test]
fn rfc_2883_s4_a_duplicate_is_reported_first_and_once() {
    let mut script = on_its_way(selective(), 0);
    let (first, third) = (script.data(b"abc"), script.data(b"ghi"));
    let third = Segment { sequence: third.sequence + 6, ..third };
    let block = |segment: &Segment<'_>| SackBlock { left: segment.sequence, right: segment.sequence + 3 };
    script.get(first);
    script.get(third);
    let answers = script.get(first);
    assert_eq!(answers.len(), 1, "{}", script.log);
    assert_eq!(answers[0].options.sack().as_slice(), [block(&first), block(&third)], "{}", script.log);
    let answers = script.get(third);
    assert_eq!(answers[0].options.sack().as_slice(), [block(&third), block(&third)], "{}", script.log);
    let fourth = Segment { sequence: third.sequence + 6, ..third };
    let answers = script.get(fourth);
    assert_eq!(answers[0].options.sack().as_slice(), [block(&fourth), block(&third)], "{}", script.log);
}

/// RFC 5681 §4.2 and §2: each segment behind a gap has its acknowledgment, and that has no data, or it would be no duplicate.
#[test]
fn rfc_5681_s4_2_each_segment_behind_a_gap_is_acknowledged_by_itself_and_before_data() {
    let mut script = Scripted::established(plain());
    let data = script.data(b"abc");
    for gap in 1..4 {
        script.end.receive(script.now, &Segment { sequence: data.sequence + 10 * gap, ..data }, false);
    }
    script.end.send(&[1; 3000]).expect("open");
    let sent = script.sent();
    assert!(sent.len() > 3 && sent[..3].iter().all(Sent::is_ack), "{}", script.log);
    assert!(!sent[3].payload.is_empty(), "{}", script.log);
}
