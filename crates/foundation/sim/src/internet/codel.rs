use std::time::Duration;

use wirelab_sansio::Instant;

use crate::CoDel;

/// The state of controlled delay: for how long packets have been waiting too long, and when the next of them is to go
/// (RFC 8289 §5).
#[derive(Clone, Debug, Default)]
pub(crate) struct Controller {
    /// When the wait will have been above the target for an interval.
    first_above: Option<Instant>,
    dropping: bool,
    drop_next: Instant,
    count: u32,
    last_count: u32,
}

/// What is to be done with the packet at the head of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advice {
    /// Send it.
    Pass,
    /// Drop it, or mark it if that is possible; after a drop ask again about the next one.
    Signal,
}

impl Controller {
    /// Judges the packet that has waited for `sojourn`, while `left` bytes wait behind it.
    pub(crate) fn judge(
        &mut self,
        now: Instant,
        config: &CoDel,
        sojourn: Duration,
        left: usize,
        mtu: usize,
    ) -> Advice {
        let too_long = self.above_for_an_interval(now, config, sojourn, left, mtu);
        match (self.dropping, too_long) {
            (true, false) => {
                self.dropping = false;
                Advice::Pass
            }
            (true, true) if now >= self.drop_next => {
                self.count += 1;
                self.drop_next += spacing(config.interval, self.count);
                Advice::Signal
            }
            (false, true) => {
                self.start_dropping(now, config);
                Advice::Signal
            }
            _ => Advice::Pass,
        }
    }

    /// The queue ran empty: whatever stood in it is gone (RFC 8289 §5.6).
    pub(crate) fn empty(&mut self) {
        self.first_above = None;
        self.dropping = false;
    }

    /// RFC 8289 §5.6, `dodequeue`: one packet that waits long is no standing queue; an interval of them is. A queue that
    /// holds no more than one packet of full size is never too long, or a slow link could send nothing.
    fn above_for_an_interval(
        &mut self,
        now: Instant,
        config: &CoDel,
        sojourn: Duration,
        left: usize,
        mtu: usize,
    ) -> bool {
        if sojourn < config.target || left <= mtu {
            self.first_above = None;
            return false;
        }
        let due = *self.first_above.get_or_insert(now + config.interval);
        now >= due
    }

    /// RFC 8289 §5.5: when the last dropping state is not long ago, the rate that it had reached is a better start than 1.
    fn start_dropping(&mut self, now: Instant, config: &CoDel) {
        self.dropping = true;
        let grown = self.count.saturating_sub(self.last_count);
        let recent = now.saturating_since(self.drop_next) < 16 * config.interval;
        self.count = if grown > 1 && recent { grown } else { 1 };
        self.drop_next = now + spacing(config.interval, self.count);
        self.last_count = self.count;
    }
}

/// The control law: the interval over the root of the count, because a loss rate that grows so makes TCP's rate fall
/// linearly (RFC 8289 §5.3).
fn spacing(interval: Duration, count: u32) -> Duration {
    interval.div_f64(f64::from(count.max(1)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(ms)
    }

    /// The moments at which a queue that always makes packets wait for 20 ms gets a signal, asked every millisecond.
    fn signals(config: &CoDel, until: u64) -> Vec<u64> {
        let mut controller = Controller::default();
        let wait = Duration::from_millis(20);
        (0..until)
            .filter(|&ms| controller.judge(at(ms), config, wait, 10_000, 1500) == Advice::Signal)
            .collect()
    }

    #[test]
    fn s5_3_signals_come_after_an_interval_and_then_faster_with_the_root_of_their_number() {
        // 100, +100/√1, +100/√2, +100/√3, +100/√4 … each at the next whole millisecond.
        assert_eq!(signals(&CoDel::default(), 410), [100, 200, 271, 329, 379]);
    }

    #[test]
    fn a_short_wait_ends_the_signals() {
        let (config, mut controller) = (CoDel::default(), Controller::default());
        let long = Duration::from_millis(20);
        assert_eq!(controller.judge(at(0), &config, long, 10_000, 1500), Advice::Pass);
        assert_eq!(controller.judge(at(100), &config, long, 10_000, 1500), Advice::Signal);
        assert_eq!(controller.judge(at(150), &config, Duration::from_millis(4), 10_000, 1500), Advice::Pass);
        assert_eq!(
            controller.judge(at(250), &config, long, 10_000, 1500),
            Advice::Pass,
            "a new interval begins"
        );
    }

    #[test]
    fn a_queue_of_one_packet_is_never_too_long() {
        let (config, mut controller) = (CoDel::default(), Controller::default());
        for ms in 0..1000 {
            let wait = Duration::from_millis(500);
            assert_eq!(controller.judge(at(ms), &config, wait, 1500, 1500), Advice::Pass);
        }
    }
}
