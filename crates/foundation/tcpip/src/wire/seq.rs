use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A sequence number: the place of a byte in the stream, modulo 2³² (RFC 9293 §3.4).
///
/// The numbers go round, so that "before" means "less than half the circle behind". `<` and `-` have that meaning here, and
/// the conditions of the specification (`SND.UNA < SEG.ACK =< SND.NXT`) can be written as they stand there. It is an order only
/// among numbers of one window, which is all that TCP ever compares.
///
/// ```
/// use wirelab_tcpip::Seq;
///
/// let last = Seq(u32::MAX);
/// let next = last + 3;
/// assert_eq!(next, Seq(2));
/// assert!(last < next);
/// assert_eq!(next - last, 3);
/// assert_eq!(last - next, -3);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seq(pub u32);

impl Seq {
    /// The later of two.
    #[must_use]
    pub fn max(self, other: Seq) -> Seq {
        if other > self { other } else { self }
    }

    /// The earlier of two.
    #[must_use]
    pub fn min(self, other: Seq) -> Seq {
        if other < self { other } else { self }
    }

    /// How many bytes this is after `earlier`; 0 if it is before it.
    #[must_use]
    pub fn since(self, earlier: Seq) -> u32 {
        (self - earlier).max(0).unsigned_abs()
    }
}

impl Add<u32> for Seq {
    type Output = Seq;
    fn add(self, rhs: u32) -> Seq {
        Seq(self.0.wrapping_add(rhs))
    }
}

impl AddAssign<u32> for Seq {
    fn add_assign(&mut self, rhs: u32) {
        *self = *self + rhs;
    }
}

impl Sub for Seq {
    type Output = i32;
    /// The way from `rhs` to here, the shorter way round.
    fn sub(self, rhs: Seq) -> i32 {
        self.0.wrapping_sub(rhs.0).cast_signed()
    }
}

impl PartialOrd for Seq {
    fn partial_cmp(&self, other: &Seq) -> Option<Ordering> {
        (*self - *other).partial_cmp(&0)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
