use std::time::Duration;

use crate::wire::Seq;

/// How long a peer may keep the acknowledgment of a single segment back: TLP.max_ack_delay (RFC 8985 §7.2), which is for
/// implementations to choose. It is what ours and Linux's wait, unless there are signs that more will follow.
const MOST_ACKNOWLEDGMENT_DELAY: Duration = Duration::from_millis(40);

/// The timeout before there is a round trip (RFC 8985 §7.2).
const WITHOUT_MEASUREMENT: Duration = Duration::from_secs(1);

/// On a path of microseconds it is the peer's scheduler that an answer waits for. Asking sooner would ask for nothing.
const LEAST: Duration = Duration::from_millis(10);

/// The tail loss probe, TLP (RFC 8985 §7): nothing follows the last segments of a transfer, so that nothing could show
/// that they are lost. After two round trips without an answer one more segment is sent, for the sake of its
/// acknowledgment. What that does not report is then lost in the usual way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TailLossProbe {
    /// TLP.end_seq: SND.NXT at the time of a probe that is not answered yet.
    end: Option<Seq>,
    /// TLP.is_retrans: it was the last segment once more, and nothing new.
    repeats: bool,
    /// A round trip was measured since the last probe.
    measured: bool,
}

/// What an acknowledgment says about the probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) acknowledgment: Seq,
    /// Up to where it reports a duplicate.
    pub(super) duplicate_to: Option<Seq>,
    /// Whether it repeats the last one, and says nothing else.
    pub(super) is_plain_duplicate: bool,
}

impl TailLossProbe {
    /// TLP_calc_PTO of §7.2, without the last step, which compares it with the retransmission timeout.
    pub(super) fn timeout(srtt: Option<Duration>, one_segment: bool) -> Duration {
        let Some(srtt) = srtt else { return WITHOUT_MEASUREMENT };
        let delay = if one_segment { MOST_ACKNOWLEDGMENT_DELAY } else { Duration::ZERO };
        srtt.saturating_mul(2).max(LEAST) + delay
    }

    /// §7.3: one probe at a time, and none before a round trip was measured since the last.
    pub(super) fn may_probe(&self) -> bool {
        self.end.is_none() && self.measured
    }

    pub(super) fn on_measured(&mut self) {
        self.measured = true;
    }

    /// A probe was sent, after which SND.NXT is `nxt`.
    pub(super) fn on_sent(&mut self, nxt: Seq, repeats: bool) {
        (self.end, self.repeats, self.measured) = (Some(nxt), repeats, false);
    }

    /// §7.1: with a recovery all begins anew.
    pub(super) fn forget(&mut self) {
        (self.end, self.repeats) = (None, false);
    }

    /// TLP_process_ack of §7.4.2. `true` says that the probe has repaired a loss of which nobody else will hear: both
    /// copies should have been acknowledged, and one was.
    pub(super) fn has_repaired_a_loss(&mut self, answer: Answer) -> bool {
        let Some(end) = self.end.filter(|&end| answer.acknowledgment >= end) else { return false };
        let both_arrived = answer.duplicate_to == Some(end) || answer.is_plain_duplicate;
        let repaired = self.repeats && answer.duplicate_to != Some(end) && answer.acknowledgment > end;
        if repaired || both_arrived || !self.repeats {
            self.forget();
        }
        repaired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: Seq = Seq(1000);

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn answer(acknowledgment: u32) -> Answer {
        Answer { acknowledgment: Seq(acknowledgment), duplicate_to: None, is_plain_duplicate: false }
    }

    fn probed(repeats: bool) -> TailLossProbe {
        let mut probe = TailLossProbe::default();
        probe.on_measured();
        probe.on_sent(END, repeats);
        probe
    }

    #[test]
    fn s7_2_two_round_trips_and_for_a_single_segment_the_delay_of_an_acknowledgment() {
        assert_eq!(TailLossProbe::timeout(Some(ms(30)), false), ms(60));
        assert_eq!(TailLossProbe::timeout(Some(ms(30)), true), ms(100));
        assert_eq!(TailLossProbe::timeout(None, true), ms(1000));
    }

    #[test]
    fn s7_3_one_probe_at_a_time_and_a_measurement_between_two() {
        assert!(!TailLossProbe::default().may_probe(), "nothing was measured");
        let mut probe = probed(true);
        probe.on_measured();
        assert!(!probe.may_probe(), "it is not answered");
        assert!(!probe.has_repaired_a_loss(answer(999)));
        assert!(probe.has_repaired_a_loss(answer(1001)));
        assert!(probe.may_probe());
    }

    #[test]
    fn s7_4_2_a_probe_of_which_only_one_copy_was_acknowledged_has_repaired_a_loss() {
        let mut probe = probed(true);
        assert!(!probe.has_repaired_a_loss(answer(1000)), "the other may still come");
        assert!(probe.has_repaired_a_loss(answer(1001)));
        assert!(!probe.has_repaired_a_loss(answer(1002)), "once");
    }

    #[test]
    fn s7_4_2_two_copies_that_arrived_are_no_loss() {
        for second in [
            Answer { duplicate_to: Some(END), ..answer(1000) },
            Answer { is_plain_duplicate: true, ..answer(1000) },
            Answer { duplicate_to: Some(END), ..answer(1001) },
        ] {
            let mut probe = probed(true);
            assert!(!probe.has_repaired_a_loss(second), "{second:?}");
            assert!(!probe.has_repaired_a_loss(answer(2000)), "{second:?}");
        }
    }

    #[test]
    fn s7_4_2_a_probe_with_new_data_repairs_nothing() {
        assert!(!probed(false).has_repaired_a_loss(answer(2000)));
    }
}
