//! What somebody can do who sees nothing of the conversation, and guesses (RFC 5961).

use wirelab_tcpip::tcp::{Config, State, WhyClosed};
use wirelab_tcpip::{Flags, Options, Segment, Timestamps};

use crate::script::{Scripted, plain};

/// Distances from RCV.NXT, in the window, at its edges and far from it.
const GUESSES: [u32; 12] =
    [1, 2, 100, 1460, 30_000, 65_534, 65_535, 65_536, 1 << 20, 1 << 31, u32::MAX - 1, u32::MAX];

/// RFC 5961 §3.2: in the window, it is answered with a challenge; outside, not at all.
#[test]
fn s3_2_a_reset_with_any_number_but_the_expected_one_does_nothing() {
    for state in [State::Established, State::CloseWait, State::FinWait1, State::FinWait2] {
        for guess in GUESSES {
            let mut script = Scripted::in_state(state, plain());
            let reset = Segment { flags: Flags::RST, sequence: script.end.expects() + guess, ..script.ack() };
            let in_window = guess < script.end.info().receive_window;
            let answers = script.get(reset);
            assert_eq!(script.end.state(), state, "at {guess}");
            assert_eq!(answers.len(), usize::from(in_window), "at {guess}\n{}", script.log);
            assert!(answers.iter().all(|answer| answer.is_ack() && answer.ack == script.end.expects()));
        }
    }
}

/// RFC 5961 §4.2: whatever its number.
#[test]
fn s4_2_a_syn_inside_a_connection_is_answered_with_a_challenge() {
    for guess in GUESSES.into_iter().chain([0]) {
        for flags in [Flags::SYN, Flags::SYN | Flags::ACK] {
            let mut script = Scripted::established(plain());
            let syn = Segment { flags, sequence: script.end.expects() + guess, ..script.ack() };
            let answers = script.get(syn);
            assert_eq!(script.end.state(), State::Established);
            assert_eq!(answers.len(), 1, "at {guess}\n{}", script.log);
            assert!(answers[0].is_ack() && answers[0].ack == script.end.expects());
        }
    }
}

/// RFC 5961 §5.2: data counts only if SND.UNA − MAX.SND.WND ≤ SEG.ACK ≤ SND.NXT.
#[test]
fn s5_2_data_with_an_acknowledgment_that_the_peer_cannot_have_meant_is_dropped() {
    for guess in [1, 2, 1000, 1 << 20, 1 << 31, u32::MAX - (1 << 20), u32::MAX - 65_535] {
        let mut script = Scripted::established(plain());
        let acknowledgment = script.sent_to + guess;
        let answers = script.get(Segment { acknowledgment, ..script.data(b"forged") });
        assert_eq!(script.end.readable(), 0, "at {guess}");
        assert_eq!(answers.len(), 1, "a challenge: at {guess}\n{}", script.log);
    }
    for back in [0, 1, 65_535] {
        let mut script = Scripted::established(plain());
        let acknowledgment = script.sent_to + 0_u32.wrapping_sub(back);
        script.get(Segment { acknowledgment, ..script.data(b"genuine") });
        assert_eq!(script.end.readable(), 7, "{back} before SND.UNA\n{}", script.log);
    }
}

#[test]
fn s3_10_7_4_data_outside_of_the_window_is_not_taken() {
    for guess in [65_535, 65_536, 1 << 20, 1 << 31, u32::MAX - 5] {
        let mut script = Scripted::established(Config { receive_buffer: 65_535, ..plain() });
        let sequence = script.end.expects() + guess;
        let answers = script.get(Segment { sequence, ..script.data(b"forged") });
        assert_eq!((script.end.readable(), answers.len()), (0, 1), "at {guess}\n{}", script.log);
    }
}

/// RFC 5961 §7.
#[test]
fn s7_challenges_are_limited_to_so_many_a_second() {
    let mut script = Scripted::established(Config { challenge_acknowledgments: 5, ..plain() });
    let reset = Segment { flags: Flags::RST, sequence: script.end.expects() + 9, ..script.ack() };
    let burst = |script: &mut Scripted| (0..50).map(|_| script.get(reset).len()).sum::<usize>();
    assert_eq!(burst(&mut script), 5);
    script.wait(std::time::Duration::from_secs(1));
    assert_eq!(burst(&mut script), 5, "in the next second\n{}", script.log);
}

/// RFC 5961 §5.2 comes before what a segment's timestamp changes: otherwise a guess of the sequence number alone would
/// make all that the peer sends look old (RFC 7323 §5.3).
#[test]
fn s5_2_a_timestamp_is_believed_only_with_an_acknowledgment_that_is() {
    let mut options = Options::new();
    options.push_timestamps(Timestamps { value: 1000, echo: 0 });
    let mut script = Scripted::established_with(Config { timestamps: true, ..plain() }, options);
    let stamped = |value| {
        let mut options = Options::new();
        options.push_timestamps(Timestamps { value, echo: 0 });
        options
    };
    let acknowledgment = script.sent_to + (1 << 30);
    script.get(Segment { acknowledgment, options: stamped(1 << 30), ..script.data(b"forged") });
    script.get(Segment { options: stamped(1001), ..script.data(b"genuine") });
    assert_eq!(script.end.read(100), "genuine", "{}", script.log);
}

/// RFC 1337: a RST must be exact in TIME-WAIT, too, and a FIN that is not the peer's last does not prolong it.
#[test]
fn s3_10_7_4_only_the_last_fin_again_restarts_time_wait() {
    let mut script = Scripted::in_state(State::TimeWait, plain());
    let ends = script.end.poll_timeout();
    script.wait(std::time::Duration::from_secs(1));
    let far = Segment {
        flags: Flags::FIN | Flags::ACK,
        sequence: script.end.expects() + (1 << 30),
        ..script.ack()
    };
    script.get(far);
    assert_eq!(script.end.poll_timeout(), ends, "{}", script.log);
    let last =
        Segment { flags: Flags::FIN | Flags::ACK, sequence: script.end.expects() + u32::MAX, ..script.ack() };
    let answers = script.get(last);
    assert!(answers.len() == 1 && answers[0].is_ack(), "{}", script.log);
    assert!(script.end.poll_timeout() > ends, "{}", script.log);
}

/// RFC 9293 §3.10.7.4, fourth: a SYN in TIME-WAIT is answered with a challenge, and TIME-WAIT is not prolonged by it. To begin a
/// new connection instead is for whoever holds the connections.
#[test]
fn s3_10_7_4_a_syn_in_time_wait_is_challenged_and_does_not_restart_it() {
    for ahead in [0, 1, 1 << 20, u32::MAX - 500] {
        let mut script = Scripted::in_state(State::TimeWait, plain());
        let (ends, expected) = (script.end.poll_timeout(), script.end.expects());
        script.wait(std::time::Duration::from_secs(1));
        let syn = Segment { flags: Flags::SYN, sequence: expected + ahead, ..Segment::default() };
        let answers = script.get(syn);
        assert!(answers.len() == 1 && answers[0].is_ack() && answers[0].ack == expected, "{}", script.log);
        assert_eq!(
            (script.end.state(), script.end.poll_timeout()),
            (State::TimeWait, ends),
            "{}",
            script.log
        );
    }
}

#[test]
fn time_wait_that_is_ended_early_has_ended_as_it_should_and_other_states_are_not_ended_so() {
    for state in crate::script::RESTING {
        let mut script = Scripted::in_state(state, plain());
        let before = script.end.why_closed();
        script.end.end_time_wait();
        let (state, why) = match state {
            State::TimeWait => (State::Closed, Some(WhyClosed::Finished)),
            other => (other, before),
        };
        assert_eq!((script.end.state(), script.end.why_closed()), (state, why), "{}", script.log);
        assert_eq!(script.sent(), []);
    }
}
