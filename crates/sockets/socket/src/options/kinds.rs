//! How values of options are put into bytes, in the machine's order.

use std::io;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::invalid;

/// A way to write a value for the kernel.
pub(crate) trait Kind {
    type Value;
    type Raw: AsRef<[u8]> + AsMut<[u8]> + Default;

    /// Fails for what the kernel would misunderstand; what it refuses by itself is left to it.
    fn encode(value: Self::Value) -> io::Result<Self::Raw>;
    fn decode(raw: Self::Raw) -> Self::Value;
}

/// Four bytes: 0 is off, everything else on.
pub(crate) enum Flag {}

impl Kind for Flag {
    type Value = bool;
    type Raw = [u8; 4];

    fn encode(on: bool) -> io::Result<[u8; 4]> {
        Ok(i32::from(on).to_ne_bytes())
    }

    fn decode(raw: [u8; 4]) -> bool {
        i32::from_ne_bytes(raw) != 0
    }
}

/// A number of bytes, segments or anything else. The kernel keeps it as a signed integer; what is beyond its
/// range becomes the end of the range.
pub(crate) enum Size {}

impl Kind for Size {
    type Value = usize;
    type Raw = [u8; 4];

    fn encode(size: usize) -> io::Result<[u8; 4]> {
        Ok(i32::try_from(size).unwrap_or(i32::MAX).to_ne_bytes())
    }

    fn decode(raw: [u8; 4]) -> usize {
        usize::try_from(i32::from_ne_bytes(raw)).unwrap_or(0)
    }
}

/// A number of 0 to 255, in four bytes.
pub(crate) enum Small {}

impl Kind for Small {
    type Value = u8;
    type Raw = [u8; 4];

    fn encode(number: u8) -> io::Result<[u8; 4]> {
        Ok(i32::from(number).to_ne_bytes())
    }

    fn decode(raw: [u8; 4]) -> u8 {
        u8::try_from(i32::from_ne_bytes(raw)).unwrap_or(u8::MAX)
    }
}

/// A number, or none, for which the kernel has -1.
pub(crate) enum Optional {}

impl Kind for Optional {
    type Value = Option<u16>;
    type Raw = [u8; 4];

    fn encode(number: Option<u16>) -> io::Result<[u8; 4]> {
        Ok(number.map_or(-1, i32::from).to_ne_bytes())
    }

    fn decode(raw: [u8; 4]) -> Option<u16> {
        u16::try_from(i32::from_ne_bytes(raw)).ok()
    }
}

/// Whole seconds, rounded up so that only zero means zero.
pub(crate) enum Seconds {}

impl Kind for Seconds {
    type Value = Duration;
    type Raw = [u8; 4];

    fn encode(time: Duration) -> io::Result<[u8; 4]> {
        Ok(whole_seconds(time).to_ne_bytes())
    }

    fn decode(raw: [u8; 4]) -> Duration {
        seconds(i32::from_ne_bytes(raw))
    }
}

/// Whole milliseconds, rounded up so that only zero means zero; at most 24 days.
pub(crate) enum Milliseconds {}

impl Kind for Milliseconds {
    type Value = Duration;
    type Raw = [u8; 4];

    fn encode(time: Duration) -> io::Result<[u8; 4]> {
        Ok(i32::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX).to_ne_bytes())
    }

    fn decode(raw: [u8; 4]) -> Duration {
        Duration::from_millis(u64::try_from(i32::from_ne_bytes(raw)).unwrap_or(0))
    }
}

/// Whole microseconds, rounded up so that only zero means zero; at most 35 minutes.
pub(crate) enum Microseconds {}

impl Kind for Microseconds {
    type Value = Duration;
    type Raw = [u8; 4];

    fn encode(time: Duration) -> io::Result<[u8; 4]> {
        Ok(i32::try_from(time.as_nanos().div_ceil(1_000)).unwrap_or(i32::MAX).to_ne_bytes())
    }

    fn decode(raw: [u8; 4]) -> Duration {
        Duration::from_micros(u64::try_from(i32::from_ne_bytes(raw)).unwrap_or(0))
    }
}

/// `struct timeval`: eight bytes of seconds, eight of microseconds. Zero means no limit to the kernel, which is
/// why a limit of zero is refused.
pub(crate) enum Limit {}

impl Kind for Limit {
    type Value = Option<Duration>;
    type Raw = [u8; size_of::<libc::timeval>()];

    fn encode(limit: Option<Duration>) -> io::Result<Self::Raw> {
        let (seconds, micros) = match limit {
            None => (0, 0),
            Some(Duration::ZERO) => return Err(invalid("a time-out of zero would mean none at all")),
            Some(limit) => {
                let limit = limit.max(Duration::from_micros(1));
                (libc::time_t::try_from(limit.as_secs()).unwrap_or(libc::time_t::MAX), limit.subsec_micros())
            }
        };
        let micros = micros as libc::suseconds_t; // below a million, which every width of the type holds
        let mut raw = Self::Raw::default();
        let (first, second) = raw.split_at_mut(size_of::<libc::time_t>());
        first.copy_from_slice(&seconds.to_ne_bytes());
        second.copy_from_slice(&micros.to_ne_bytes());
        Ok(raw)
    }

    fn decode(raw: Self::Raw) -> Option<Duration> {
        let (first, second) = raw.split_at(size_of::<libc::time_t>());
        let seconds = first.try_into().map_or(0, libc::time_t::from_ne_bytes);
        let micros = second.try_into().map_or(0, libc::suseconds_t::from_ne_bytes);
        let limit = Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
            + Duration::from_micros(u64::try_from(micros).unwrap_or(0));
        (!limit.is_zero()).then_some(limit)
    }
}

/// `struct linger`: four bytes, on or off; four bytes of whole seconds, rounded up so that only zero means
/// zero.
pub(crate) enum Linger {}

impl Kind for Linger {
    type Value = Option<Duration>;
    type Raw = [u8; 8];

    fn encode(linger: Option<Duration>) -> io::Result<[u8; 8]> {
        let [a, b, c, d] = i32::from(linger.is_some()).to_ne_bytes();
        let [e, f, g, h] = linger.map_or(0, whole_seconds).to_ne_bytes();
        Ok([a, b, c, d, e, f, g, h])
    }

    fn decode([a, b, c, d, e, f, g, h]: [u8; 8]) -> Option<Duration> {
        let time = seconds(i32::from_ne_bytes([e, f, g, h]));
        (i32::from_ne_bytes([a, b, c, d]) != 0).then_some(time)
    }
}

/// Two ports: the first in the lower, the last in the upper half of four bytes; 0 is no range.
pub(crate) enum Ports {}

impl Kind for Ports {
    type Value = Option<RangeInclusive<u16>>;
    type Raw = [u8; 4];

    fn encode(range: Option<RangeInclusive<u16>>) -> io::Result<[u8; 4]> {
        match range {
            None => Ok([0; 4]),
            Some(range) if range.is_empty() || *range.start() == 0 => {
                Err(invalid("a port range is not empty and begins above 0"))
            }
            Some(range) => Ok((u32::from(*range.end()) << 16 | u32::from(*range.start())).to_ne_bytes()),
        }
    }

    fn decode(raw: [u8; 4]) -> Option<RangeInclusive<u16>> {
        let value = u32::from_ne_bytes(raw);
        (value != 0).then_some(value as u16..=(value >> 16) as u16)
    }
}

/// Whole seconds, rounded up.
fn whole_seconds(duration: Duration) -> i32 {
    let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

fn seconds(count: i32) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up_and_kept_in_range() {
        let nanosecond = Duration::from_nanos(1);
        assert_eq!(Seconds::decode(Seconds::encode(nanosecond).unwrap()), Duration::from_secs(1));
        assert_eq!(Milliseconds::decode(Milliseconds::encode(nanosecond).unwrap()), Duration::from_millis(1));
        assert_eq!(Limit::decode(Limit::encode(Some(nanosecond)).unwrap()), Some(Duration::from_micros(1)));
        assert_eq!(Linger::decode(Linger::encode(Some(nanosecond)).unwrap()), Some(Duration::from_secs(1)));
        let longest = Duration::from_secs(i32::MAX as u64);
        assert_eq!(Seconds::decode(Seconds::encode(Duration::MAX).unwrap()), longest);
        assert_eq!(Linger::decode(Linger::encode(Some(Duration::ZERO)).unwrap()), Some(Duration::ZERO));
        assert!(Limit::decode(Limit::encode(Some(Duration::MAX)).unwrap()).is_some());
    }

    #[test]
    fn what_a_kernel_may_answer_and_we_never_ask_for_does_not_wrap() {
        assert_eq!(Size::decode((-1i32).to_ne_bytes()), 0);
        assert_eq!(Small::decode(256i32.to_ne_bytes()), 255);
        assert_eq!(Optional::decode((-1i32).to_ne_bytes()), None);
        assert_eq!(Seconds::decode((-1i32).to_ne_bytes()), Duration::ZERO);
        assert_eq!(Size::encode(usize::MAX).unwrap(), i32::MAX.to_ne_bytes());
    }
}
