use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const MSS: u32 = 100;

fn at(milliseconds: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(milliseconds)
}

/// `segments` full segments from 0 on, a millisecond apart.
fn board(segments: u32) -> Scoreboard {
    let mut board = Scoreboard::default();
    (0..segments).for_each(|n| board.sent(Seq(n * MSS), MSS, at(n.into())));
    board
}

/// The peer has the segments from `left` up to before `right`.
fn block(left: u32, right: u32) -> SackBlock {
    SackBlock { left: Seq(left * MSS), right: Seq(right * MSS) }
}

fn sack(board: &mut Scoreboard, left: u32, right: u32) -> u32 {
    let una = board.first().unwrap().0;
    board.sack(&[block(left, right)], una, Seq(1000 * MSS))
}

#[test]
fn what_is_sent_is_in_flight_until_it_is_acknowledged() {
    let mut board = board(4);
    assert_eq!((board.in_flight(), board.first()), (400, Some((Seq(0), MSS))));
    let news = board.acknowledge(Seq(250), at(50));
    assert_eq!((news.bytes, news.segments), (250, 2));
    assert_eq!((board.in_flight(), board.first()), (150, Some((Seq(250), 50))));
    assert_eq!(board.acknowledge(Seq(100), at(51)), Acknowledged::default(), "an old one says nothing");
    assert_eq!(board.acknowledge(Seq(400), at(52)).bytes, 150);
    assert!(board.is_empty());
}

#[test]
fn rfc_6298_s3_a_round_trip_is_measured_from_the_newest_segment_covered() {
    let mut board = board(4);
    assert_eq!(board.acknowledge(Seq(300), at(42)).rtt, Some(Duration::from_millis(40)));
    assert_eq!(board.acknowledge(Seq(350), at(43)).rtt, None, "half a segment was not sent as such");
}

#[test]
fn rfc_6298_s3_an_acknowledgment_that_covers_a_retransmission_measures_nothing() {
    let mut board = board(4);
    board.retransmitted(Seq(0), at(30));
    let news = board.acknowledge(Seq(200), at(40));
    assert_eq!((news.rtt, news.retransmitted_bytes), (None, 100));
    assert_eq!(board.acknowledge(Seq(300), at(41)).rtt, Some(Duration::from_millis(39)));
}

#[test]
fn a_segment_that_had_been_sacked_measures_nothing() {
    let mut board = board(3);
    sack(&mut board, 1, 3);
    let news = board.acknowledge(Seq(300), at(40));
    assert_eq!((news.rtt, news.sacked_bytes), (None, 200));
}

#[test]
fn rfc_6675_s4_three_separate_stretches_above_make_a_loss() {
    let mut board = board(10);
    for (segment, lost) in [(2, 0), (4, 0), (6, 200)] {
        sack(&mut board, segment, segment + 1);
        // Blocks of less than a segment each, so that the rule about bytes does not apply.
        assert_eq!(board.mark_lost(1, 10 * MSS), lost, "{board:?}");
    }
    assert_eq!(board.next_lost(), Some((Seq(0), MSS)));
    assert_eq!(board.in_flight(), 1000 - 300 - 200);
}

#[test]
fn rfc_6675_s4_more_bytes_above_than_two_segments_have_make_a_loss() {
    let mut board = board(10);
    sack(&mut board, 1, 3);
    assert_eq!(board.mark_lost(1, MSS), 0, "exactly two segments are not more than two");
    sack(&mut board, 1, 4);
    assert_eq!(board.mark_lost(2, MSS), 100);
    sack(&mut board, 5, 7);
    assert_eq!(board.mark_lost(2, MSS), 0, "above segment 4, two");
    sack(&mut board, 5, 8);
    assert_eq!(board.mark_lost(2, MSS), 100);
    assert_eq!(board.lost_bytes(), 200);
    assert_eq!(board.highest_sacked(), Some(Seq(800)));
}

#[test]
fn rfc_6675_s5_the_third_duplicate_makes_the_first_segment_lost_however_little_is_sacked() {
    let mut board = board(2);
    (2..8).for_each(|n| board.sent(Seq(200 + n), 1, at(9)));
    assert_eq!(board.mark_lost(2, MSS), 0);
    assert_eq!(board.mark_lost(3, MSS), 100);
    assert_eq!(board.next_lost(), Some((Seq(0), MSS)));
}

#[test]
fn a_lost_segment_is_in_flight_again_once_it_is_sent_again() {
    let mut board = board(5);
    sack(&mut board, 2, 5);
    board.mark_lost(3, MSS);
    assert_eq!((board.in_flight(), board.lost_bytes()), (0, 200));
    board.retransmitted(Seq(0), at(10));
    assert_eq!((board.in_flight(), board.next_lost()), (100, Some((Seq(100), MSS))));
    board.retransmitted(Seq(100), at(10));
    assert_eq!((board.in_flight(), board.next_lost()), (200, None));
    assert_eq!(board.mark_lost(4, MSS), 0, "a second loss of the same segment is for the timer to find");
    assert_eq!(board.waiting_since(), Some(at(0)));
}

#[test]
fn rfc_6675_s5_1_after_a_timeout_everything_counts_as_lost_that_is_not_sacked() {
    let mut board = board(5);
    sack(&mut board, 2, 3);
    board.mark_lost(3, MSS);
    board.retransmitted(Seq(0), at(10));
    board.mark_all_lost();
    assert_eq!((board.in_flight(), board.lost_bytes(), board.sacked_bytes()), (0, 400, 100));
    let mut again = Vec::new();
    while let Some((seq, _)) = board.next_lost() {
        board.retransmitted(seq, at(1000));
        again.push(seq.0);
    }
    assert_eq!(again, [0, 100, 300, 400]);
    board.sent(Seq(500), MSS, at(1001));
    assert_eq!(board.in_flight(), 500);
}

#[test]
fn rfc_8985_s6_2_what_was_sent_before_something_that_arrived_is_lost_once_it_is_old_enough() {
    let mut board = board(4);
    sack(&mut board, 2, 3);
    let newest = board.delivered().newest.unwrap();
    assert_eq!((newest.transmission, newest.sent_at), (2, at(2)));
    let overdue = board.mark_lost_by_time(newest.transmission, at(0));
    let waits = Overdue { lost: MSS, lost_repetition: None, waits_since: Some(at(1)) };
    assert_eq!(overdue, waits, "the second waits, and of the fourth nothing is known");
    assert_eq!(board.next_lost(), Some((Seq(0), MSS)));
    assert_eq!(board.mark_lost_by_time(newest.transmission, at(1)).lost, MSS);
}

#[test]
fn rfc_8985_s6_2_a_repetition_is_lost_if_something_that_was_sent_behind_it_arrived() {
    let mut board = board(4);
    board.mark_lost_by_time(2, at(9));
    [0, 1].iter().for_each(|n| board.retransmitted(Seq(n * MSS), at(10)));
    board.expect_news(Plausible { sacked: at(10), acknowledged: at(10) });
    sack(&mut board, 1, 2);
    let newest = board.delivered().newest.unwrap();
    assert_eq!((newest.transmission, newest.repeated), (5, true));
    let overdue = board.mark_lost_by_time(newest.transmission, at(10));
    assert_eq!((overdue.lost, overdue.lost_repetition), (3 * MSS, Some(4)), "and what was sent before that");
}

#[test]
fn rfc_8985_s6_2_what_answers_an_earlier_copy_says_nothing_about_a_repetition() {
    let mut board = board(2);
    board.mark_lost_by_time(1, at(9));
    board.retransmitted(Seq(0), at(30));
    board.expect_news(Plausible { sacked: at(20), acknowledged: at(20) });
    board.acknowledge(Seq(MSS), at(31));
    assert_eq!(board.delivered(), Delivered::default());
}

#[test]
fn rfc_8985_s6_2_what_was_sent_once_and_arrives_behind_something_later_is_out_of_order() {
    let mut board = board(3);
    sack(&mut board, 1, 2);
    assert!(!board.delivered().out_of_order);
    board.expect_news(Plausible::default());
    board.acknowledge(Seq(MSS), at(31));
    assert!(board.delivered().out_of_order);
}

#[test]
fn rfc_8985_s6_3_after_a_timeout_the_first_is_lost_and_what_is_old() {
    let mut board = board(4);
    board.mark_lost_until(at(1));
    assert_eq!((board.lost_bytes(), board.in_flight()), (2 * MSS, 2 * MSS));
    let mut board = self::board(4);
    board.retransmitted(Seq(0), at(100));
    board.mark_lost_until(at(1));
    assert_eq!((board.lost_bytes(), board.next_lost()), (2 * MSS, Some((Seq(0), MSS))));
}

/// The list of transmissions is no longer than twice that of records, and a few, however often one is sent again.
#[test]
fn old_transmissions_are_forgotten() {
    let mut board = board(3);
    (0..1000).for_each(|n| board.retransmitted(Seq(MSS), at(n)));
    assert!(board.order.len() < 80, "{}", board.order.len());
    assert_eq!(board.mark_lost_by_time(u64::MAX, at(2000)).lost, 3 * MSS);
}

#[test]
fn rfc_2018_s8_what_was_sacked_is_kept_and_can_be_sent_again() {
    let mut board = board(3);
    sack(&mut board, 1, 3);
    assert!(!board.has_reneged());
    board.acknowledge(Seq(100), at(5));
    assert!(board.has_reneged(), "it had the second segment, and waits for it now");
    board.mark_all_lost();
    assert_eq!(board.next_lost(), None);
    board.forget_sacks();
    assert_eq!((board.next_lost(), board.lost_bytes()), (Some((Seq(100), MSS)), 200));
}

#[test]
fn rfc_6582_s3_2_a_partial_acknowledgment_makes_the_next_segment_lost() {
    let mut board = board(10);
    (1..=8).for_each(|duplicates| assert_eq!(board.mark_lost(duplicates, MSS) > 0, duplicates == 3));
    board.retransmitted(Seq(0), at(10));
    assert!(!board.mark_first_lost(), "it is known to be lost");
    board.acknowledge(Seq(500), at(20));
    assert!(board.mark_first_lost());
    assert_eq!((board.in_flight(), board.next_lost()), (400, Some((Seq(500), MSS))));
    board.retransmitted(Seq(500), at(20));
    assert!(!board.mark_first_lost(), "once");
}

#[test]
fn blocks_that_are_not_about_what_is_on_its_way_say_nothing() {
    let mut board = board(4);
    let odd = [block(0, 2), block(3, 5), block(2, 2), block(3, 1)];
    assert_eq!(board.sack(&odd, Seq(0), Seq(400)), 0);
    assert_eq!(board.sack(&[block(3, 4)], Seq(0), Seq(400)), 100);
    assert_eq!(board.sack(&[block(3, 4)], Seq(0), Seq(400)), 0, "that is known");
}

#[test]
fn a_block_that_ends_inside_of_a_segment_cuts_it_but_not_any_number_of_times() {
    let mut board = Scoreboard::default();
    board.sent(Seq(0), 10_000, at(0));
    assert_eq!(board.sack(&[SackBlock { left: Seq(150), right: Seq(250) }], Seq(0), Seq(10_000)), 100);
    assert_eq!(board.first(), Some((Seq(0), 150)));
    for left in (301..9_000).step_by(2) {
        board.sack(&[SackBlock { left: Seq(left), right: Seq(left + 1) }], Seq(0), Seq(10_000));
    }
    assert!(board.records.len() <= selective::MOST_CUTS as usize + 1);
}

#[test]
fn a_segment_that_has_become_too_long_is_cut_and_sent_again_in_two() {
    let mut board = board(2);
    board.mark_first_lost();
    board.split(Seq(0), 60);
    assert_eq!(board.next_lost(), Some((Seq(0), 60)));
    board.retransmitted(Seq(0), at(5));
    assert_eq!(board.next_lost(), Some((Seq(60), 40)));
    assert_eq!(board.in_flight(), 160);
}

#[derive(Clone, Debug)]
enum Step {
    Send(u32),
    Acknowledge(u32),
    Sack(u32, u32),
    MarkLost(u32),
    MarkFirstLost,
    /// What was sent before the last so many transmissions.
    MarkLostByTime(u64),
    Timeout,
    Forget,
    Retransmit,
    Split(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..=MSS).prop_map(Step::Send),
        2 => (0..150u32).prop_map(Step::Acknowledge),
        6 => (0..900u32, 1..250u32).prop_map(|(from, len)| Step::Sack(from, len)),
        5 => (0..5u32).prop_map(Step::MarkLost),
        1 => Just(Step::MarkFirstLost),
        3 => (0..8u64).prop_map(Step::MarkLostByTime),
        1 => Just(Step::Timeout),
        1 => Just(Step::Forget),
        4 => Just(Step::Retransmit),
        1 => (0..MSS).prop_map(Step::Split),
    ]
}

/// What is known about a byte.
#[derive(Clone, Copy, Debug, Default)]
struct Byte {
    sacked: bool,
    lost: bool,
    resent: bool,
    transmission: u64,
}

impl Byte {
    fn waits(&self) -> bool {
        self.lost && !self.resent && !self.sacked
    }
}

/// The scoreboard once more, byte by byte, with every number counted anew.
#[derive(Debug)]
struct Model {
    una: Seq,
    bytes: VecDeque<Byte>,
}

impl Model {
    fn count(&self, which: impl Fn(&Byte) -> bool) -> u32 {
        self.bytes.iter().filter(|byte| which(byte)).count() as u32
    }

    fn in_flight(&self) -> u32 {
        self.count(|byte| !byte.sacked && !byte.waits())
    }

    /// IsLost, read literally.
    fn is_lost(&self, index: usize) -> bool {
        let above: Vec<bool> = self.bytes.iter().skip(index).map(|byte| byte.sacked).collect();
        let stretches = above.windows(2).filter(|pair| !pair[0] && pair[1]).count();
        stretches >= 3 || above.iter().filter(|sacked| **sacked).count() as u32 > 2 * MSS
    }

    fn mark_lost(&mut self, duplicates: u32, first: u32) {
        if duplicates >= 3 {
            self.mark_first(first);
        }
        for index in 0..self.bytes.len() {
            if !self.bytes[index].sacked && !self.bytes[index].lost && self.is_lost(index) {
                self.bytes[index].lost = true;
            }
        }
    }

    fn mark_first(&mut self, first: u32) {
        self.bytes
            .iter_mut()
            .take(first as usize)
            .filter(|byte| !byte.sacked)
            .for_each(|byte| byte.lost = true);
    }
}

fn apply(step: &Step, board: &mut Scoreboard, model: &mut Model) {
    let first = board.first().map_or(0, |first| first.1);
    let nxt = model.una + model.bytes.len() as u32;
    match *step {
        Step::Send(len) => {
            let transmission = board.next_transmission();
            board.sent(nxt, len, at(0));
            model.bytes.extend((0..len).map(|_| Byte { transmission, ..Byte::default() }));
        }
        Step::Acknowledge(bytes) => {
            let bytes = bytes.min(model.bytes.len() as u32);
            assert_eq!(board.acknowledge(model.una + bytes, at(1)).bytes, bytes);
            model.bytes.drain(..bytes as usize);
            model.una += bytes;
        }
        Step::Sack(from, len) => {
            let block = SackBlock { left: model.una + from, right: model.una + from + len };
            let news = board.sack(&[block], model.una, nxt);
            if from > 0 && block.right <= nxt {
                let covered = model.bytes.iter_mut().skip(from as usize).take(len as usize);
                let new = covered.filter(|byte| !byte.sacked).map(|byte| byte.sacked = true).count();
                assert_eq!(news as usize, new);
            }
        }
        Step::MarkLost(duplicates) => {
            let before = model.count(Byte::waits);
            model.mark_lost(duplicates, first);
            assert_eq!(board.mark_lost(duplicates, MSS), model.count(Byte::waits) - before);
        }
        Step::MarkFirstLost => {
            board.mark_first_lost();
            model.mark_first(first);
        }
        Step::MarkLostByTime(last) => {
            let newest = board.next_transmission().saturating_sub(last);
            let before = model.count(Byte::waits);
            for byte in model.bytes.iter_mut().filter(|byte| byte.transmission < newest && !byte.sacked) {
                (byte.lost, byte.resent) = (true, false);
            }
            let lost = board.mark_lost_by_time(newest, at(9)).lost;
            assert_eq!(lost, model.count(Byte::waits) - before);
        }
        Step::Timeout => {
            board.mark_all_lost();
            model.bytes.iter_mut().for_each(|byte| (byte.lost, byte.resent) = (!byte.sacked, false));
        }
        Step::Forget => {
            board.forget_sacks();
            for byte in model.bytes.iter_mut().filter(|byte| byte.sacked) {
                *byte = Byte { lost: true, transmission: byte.transmission, ..Byte::default() };
            }
        }
        Step::Retransmit => {
            let Some((seq, len)) = board.next_lost() else { return };
            let transmission = board.next_transmission();
            board.retransmitted(seq, at(2));
            for byte in model.bytes.iter_mut().skip(seq.since(model.una) as usize).take(len as usize) {
                assert!(byte.waits(), "a record is lost as a whole");
                (byte.resent, byte.transmission) = (true, transmission);
            }
        }
        Step::Split(len) => {
            if let Some((seq, _)) = board.next_lost() {
                board.split(seq, len);
            }
        }
    }
}

proptest! {
    #[test]
    fn the_sums_are_those_that_counting_gives(isn: u32, steps in vec(step(), 0..120)) {
        let mut board = Scoreboard::default();
        let mut model = Model { una: Seq(isn), bytes: VecDeque::new() };
        for (number, step) in steps.iter().enumerate() {
            apply(step, &mut board, &mut model);
            let after = format!("after step {number}, {step:?}, of {steps:?}");
            prop_assert_eq!(board.outstanding() as usize, model.bytes.len(), "{}", &after);
            prop_assert_eq!(board.sacked_bytes(), model.count(|byte| byte.sacked), "{}", &after);
            prop_assert_eq!(board.lost_bytes(), model.count(Byte::waits), "{}", &after);
            prop_assert_eq!(board.in_flight(), model.in_flight(), "{}", &after);
            let first = model.bytes.iter().position(Byte::waits).map(|index| model.una + index as u32);
            prop_assert_eq!(board.next_lost().map(|next| next.0), first, "{}", &after);
            let last = model.bytes.iter().rposition(|byte| byte.sacked).map(|index| model.una + index as u32 + 1);
            prop_assert_eq!(board.highest_sacked(), last, "{}", &after);
        }
    }
}
