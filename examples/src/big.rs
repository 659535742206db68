use std::cmp::Ordering;
use std::fmt;
use std::iter;

/// A whole number of any size. For teaching only: the time of a computation tells about the numbers in it, which is how
/// secrets have been read off real servers.
///
/// ```
/// use wirelab_examples::{Big, Modulus};
///
/// let modulus = Modulus::new(&Big::from(1019)).ok_or("not odd")?;
/// assert_eq!(modulus.power(&Big::from(2), &Big::from(10)), Big::from(5));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Big {
    /// Digits of 64 bits ("limbs"), the lowest first, the highest not zero.
    limbs: Vec<u64>,
}

impl From<u64> for Big {
    fn from(number: u64) -> Self {
        Big::new(vec![number])
    }
}

impl Big {
    fn new(mut limbs: Vec<u64>) -> Self {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        Big { limbs }
    }

    /// Reads hexadecimal digits; everything else between them is passed over.
    pub fn from_hex(text: &str) -> Self {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
        let bytes = digits.rchunks(2).rev().map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit));
        Big::from_bytes(&bytes.collect::<Vec<u8>>())
    }

    /// Reads a number in network byte order.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let limb = |chunk: &[u8]| chunk.iter().fold(0, |limb, &byte| limb << 8 | u64::from(byte));
        Big::new(bytes.rchunks(8).map(limb).collect())
    }

    /// The number in network byte order, in exactly `length` bytes: zeros in front, or without the highest bytes.
    pub fn to_bytes(&self, length: usize) -> Vec<u8> {
        let bytes = self.limbs.iter().flat_map(|limb| limb.to_le_bytes()).chain(iter::repeat(0));
        let mut bytes: Vec<u8> = bytes.take(length).collect();
        bytes.reverse();
        bytes
    }

    /// How many bits it needs.
    pub fn bits(&self) -> usize {
        self.limbs.last().map_or(0, |limb| self.limbs.len() * 64 - limb.leading_zeros() as usize)
    }

    /// The bit that counts 2^`place`.
    pub fn bit(&self, place: usize) -> bool {
        self.limbs.get(place / 64).is_some_and(|limb| limb >> (place % 64) & 1 == 1)
    }

    /// How many of its bits are one.
    pub fn ones(&self) -> usize {
        self.limbs.iter().map(|limb| limb.count_ones() as usize).sum()
    }

    /// Half of it, rounded down.
    #[must_use]
    pub fn half(&self) -> Self {
        let above = self.limbs.iter().skip(1).chain(&[0]);
        Big::new(self.limbs.iter().zip(above).map(|(limb, above)| limb >> 1 | above << 63).collect())
    }

    /// One less; of zero, zero.
    #[must_use]
    pub fn less_one(&self) -> Self {
        let mut limbs = self.limbs.clone();
        if !limbs.is_empty() {
            subtract(&mut limbs, &[1]);
        }
        Big::new(limbs)
    }
}

impl Ord for Big {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.limbs, &other.limbs)
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Hexadecimal; of a long one the first and the last 32 bits.
impl fmt::Display for Big {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.to_bytes(self.bits().div_ceil(8).max(1));
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match (hex.get(..8), hex.get(hex.len().saturating_sub(8)..)) {
            (Some(first), Some(last)) if hex.len() > 20 => write!(f, "{first}…{last}"),
            _ => write!(f, "{hex}"),
        }
    }
}

impl fmt::Debug for Big {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Big(0x{self})")
    }
}

fn compare(a: &[u64], b: &[u64]) -> Ordering {
    let length = a.len().max(b.len());
    let limb = |number: &[u64], place| number.get(place).copied().unwrap_or(0);
    (0..length)
        .rev()
        .map(|place| limb(a, place).cmp(&limb(b, place)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Takes `b` from `a`, which is not less.
fn subtract(a: &mut [u64], b: &[u64]) {
    let mut borrow = false;
    for (limb, b) in a.iter_mut().zip(b.iter().copied().chain(iter::repeat(0))) {
        let (less, first) = limb.overflowing_sub(b);
        let (less, second) = less.overflowing_sub(u64::from(borrow));
        (*limb, borrow) = (less, first || second);
    }
}

/// Adds `a` × `by` to `total`, which has room for it.
fn add_product(total: &mut [u64], a: &[u64], by: u64) {
    let mut carry = 0;
    for (limb, a) in total.iter_mut().zip(a.iter().copied().chain(iter::repeat(0))) {
        // At most (2^64 − 1)² + 2 (2^64 − 1) = 2^128 − 1.
        let sum = u128::from(a) * u128::from(by) + u128::from(*limb) + carry;
        *limb = sum as u64;
        carry = sum >> 64;
    }
}

/// An odd number N, and arithmetic of remainders modulo N by Montgomery's method: a number a is kept as a·R mod N, with R the
/// least power of 2^64 above N. Then dividing by R, which drops whole limbs, takes the place of dividing by N.
#[derive(Clone, Debug)]
pub struct Modulus {
    n: Vec<u64>,
    /// −1/N modulo 2^64: the lowest limb of t, times it, times N, is the negative of t's lowest limb.
    negative_inverse: u64,
    /// R² mod N, which brings a number into the form a·R.
    r_squared: Vec<u64>,
}

impl Modulus {
    /// For a number that is odd and above one; `None` for any other.
    pub fn new(n: &Big) -> Option<Self> {
        let (&lowest, length) = (n.limbs.first()?, n.limbs.len());
        if lowest & 1 == 0 || n.bits() < 2 {
            return None;
        }
        // Newton's iteration: x is right in 3 bits at first (n·n = 1 mod 8), and in twice as many after each round.
        let inverse = (0..5).fold(lowest, |x, _| x.wrapping_mul(2u64.wrapping_sub(lowest.wrapping_mul(x))));
        // 1, doubled modulo N as often as R² has bits.
        let mut r_squared = vec![0; length + 1];
        add_product(&mut r_squared, &[1], 1);
        for _ in 0..2 * 64 * length {
            let before = r_squared.clone();
            add_product(&mut r_squared, &before, 1);
            if compare(&r_squared, &n.limbs).is_ge() {
                subtract(&mut r_squared, &n.limbs);
            }
        }
        r_squared.truncate(length);
        Some(Modulus { n: n.limbs.clone(), negative_inverse: inverse.wrapping_neg(), r_squared })
    }

    /// The modulus.
    pub fn number(&self) -> Big {
        Big::new(self.n.clone())
    }

    // ANCHOR: montgomery
    /// a·b/R mod N, of numbers below N.
    fn product(&self, a: &[u64], b: &[u64]) -> Vec<u64> {
        let mut total = vec![0; self.n.len() + 2];
        for &limb in b.iter().chain(iter::repeat(&0)).take(self.n.len()) {
            add_product(&mut total, a, limb);
            // A multiple of N changes nothing modulo N. This one makes the lowest limb zero, which is then dropped.
            let multiple = total.first().map_or(0, |lowest| lowest.wrapping_mul(self.negative_inverse));
            add_product(&mut total, &self.n, multiple);
            total.rotate_left(1);
        }
        if compare(&total, &self.n).is_ge() {
            subtract(&mut total, &self.n);
        }
        total.truncate(self.n.len());
        total
    }

    /// base^exponent mod N by squaring and multiplying, from the highest bit of the exponent on. The base is below N.
    pub fn power(&self, base: &Big, exponent: &Big) -> Big {
        let base = self.product(&base.limbs, &self.r_squared);
        let mut power = self.product(&[1], &self.r_squared);
        for place in (0..exponent.bits()).rev() {
            power = self.product(&power, &power);
            if exponent.bit(place) {
                power = self.product(&power, &base);
            }
        }
        Big::new(self.product(&power, &[1]))
    }
    // ANCHOR_END: montgomery
}

#[cfg(test)]
mod tests {
    use super::{Big, Modulus};

    fn slow(base: u128, exponent: u64, n: u128) -> u64 {
        (0..64).rev().fold(1, |power, bit| {
            let square = power * power % n;
            if exponent >> bit & 1 == 1 { square * base % n } else { square }
        }) as u64
    }

    #[test]
    fn powers_are_those_of_plain_arithmetic() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            seed ^ seed >> 29
        };
        for _ in 0..200 {
            let (n, exponent) = (next() | 3, next());
            let base = next() % n;
            let modulus = Modulus::new(&n.into()).unwrap();
            let expected = slow(base.into(), exponent, n.into());
            assert_eq!(
                modulus.power(&base.into(), &exponent.into()),
                expected.into(),
                "{base}^{exponent} mod {n}"
            );
        }
    }

    /// Primes 2^n − 1 of Mersenne: by Fermat's theorem a^(p−1) is 1.
    #[test]
    fn several_limbs_carry_over() {
        let prime = |bits: usize| {
            Big::new(vec![u64::MAX; bits.div_ceil(64)]).shifted(bits.next_multiple_of(64) - bits)
        };
        for bits in [89, 107, 127, 521, 607] {
            let p = prime(bits);
            assert_eq!(p.bits(), bits);
            let modulus = Modulus::new(&p).unwrap();
            for base in [2, 3, 0xffff_ffff_ffff] {
                assert_eq!(modulus.power(&base.into(), &p.less_one()), 1.into(), "Fermat, 2^{bits} - 1");
            }
            assert_eq!(modulus.power(&p.less_one(), &2.into()), 1.into(), "(−1)² = 1");
        }
    }

    #[test]
    fn bytes_and_hexadecimal_digits_come_back() {
        let number = Big::from_hex("1 23456789 abcdef01 23456789");
        assert_eq!(number.bits(), 97);
        assert_eq!(Big::from_bytes(&number.to_bytes(13)), number);
        assert_eq!(Big::from_bytes(&number.to_bytes(40)), number);
        assert_eq!(number.to_bytes(2), [0x67, 0x89]);
        assert_eq!(number.to_string(), "01234567…23456789");
        assert_eq!((Big::from(0).bits(), Big::from(0).to_string()), (0, "00".into()));
        assert_eq!(Big::from_hex("1_0000000000000000").less_one(), u64::MAX.into());
        assert_eq!(Big::from_hex("1_0000000000000000").half(), (1 << 63).into());
        assert!(Big::from_hex("1_0000000000000000") > u64::MAX.into());
    }

    #[test]
    fn an_even_modulus_is_refused() {
        assert!([0, 1, 2, 1000].iter().all(|&n| Modulus::new(&Big::from(n)).is_none()));
    }

    impl Big {
        /// Without its lowest bits.
        fn shifted(&self, bits: usize) -> Big {
            (0..bits).fold(self.clone(), |number, _| number.half())
        }
    }
}
