/// Random numbers from a seed: SplitMix64.
///
/// The generator is written out here, in five lines, instead of taken from a crate, because a picture in the
/// book must stay the same for ever: a generator from outside may change its sequence between versions, and says so in
/// its documentation. It is for losing packets, never for keys.
///
/// ```
/// use wirelab_sim::Random;
///
/// let (mut one, mut two) = (Random::new(7), Random::new(7));
/// assert_eq!(one.next_u64(), two.next_u64());
/// assert!(Random::new(7).below(6) < 6);
/// ```
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The generator that starts from `seed`. Every seed is as good as any other, zero included.
    pub const fn new(seed: u64) -> Self {
        Random { state: seed }
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 if `bound` is 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        ((self.next_u64() as u128 * bound as u128) >> 64) as u64
    }

    /// `true` with this probability: never for 0, always for 1.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.next_fraction() < probability
    }

    /// A number from 0 to just below 1.
    pub(crate) fn next_fraction(&mut self) -> f64 {
        // 53 bits are what a double holds exactly, so every machine draws the same.
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_sequence_of_a_seed_never_changes() {
        // The first outputs of SplitMix64 for the seed 1234567, as its reference implementation prints them.
        let mut random = Random::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn a_chance_of_zero_never_happens_and_a_chance_of_one_always() {
        let mut random = Random::new(1);
        assert!((0..1000).all(|_| !random.chance(0.0) && random.chance(1.0)));
    }

    #[test]
    fn a_chance_of_a_tenth_happens_about_once_in_ten() {
        let mut random = Random::new(3);
        let hits = (0..10_000).filter(|_| random.chance(0.1)).count();
        assert!((900..1100).contains(&hits), "{hits} of 10000");
    }
}
