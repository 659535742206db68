use wirelab_sansio::Instant;

/// A token bucket: so many a second, and as many at once.
///
/// What a stranger's packet makes us send has to be limited: otherwise forged source addresses turn a host into an amplifier
/// or make it spend its link on answers.
#[derive(Clone, Debug)]
pub(super) struct Allowance {
    per_second: u32,
    /// Billionths of a token.
    tokens: u64,
    filled: Instant,
}

/// One token.
const TOKEN: u64 = 1_000_000_000;

impl Allowance {
    pub(super) fn new(per_second: u32) -> Self {
        Allowance { per_second, tokens: u64::from(per_second) * TOKEN, filled: Instant::ZERO }
    }

    /// Takes a token, if there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let most = u64::from(self.per_second) * TOKEN;
        let since = now.saturating_since(self.filled).as_nanos() as u64;
        self.tokens = self.tokens.saturating_add(since.saturating_mul(u64::from(self.per_second))).min(most);
        self.filled = self.filled.max(now);
        match self.tokens.checked_sub(TOKEN) {
            Some(rest) => {
                self.tokens = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn as_many_at_once_as_a_second_gives_and_then_no_more() {
        let mut allowance = Allowance::new(10);
        assert_eq!((0..100).filter(|_| allowance.take(Instant::ZERO)).count(), 10);
        let later = Instant::ZERO + Duration::from_millis(300);
        assert_eq!((0..100).filter(|_| allowance.take(later)).count(), 3);
        assert_eq!((0..100).filter(|_| allowance.take(Instant::from_nanos(u64::MAX))).count(), 10);
    }
}
