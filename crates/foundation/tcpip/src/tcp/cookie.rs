use std::net::SocketAddr;
use std::time::Duration;

use wirelab_sansio::Instant;

use super::mac::Mac;
use crate::wire::Seq;

/// How long one step of the counter lasts. A cookie is good in the step in which it was made and in the next one: for 64 to
/// 128 seconds, which is longer than a client goes on retransmitting its first ACK.
pub(crate) const STEP: Duration = Duration::from_secs(64);

/// The steps in which a cookie is accepted.
const STEPS: u32 = 2;

/// The maximum segment sizes that three bits can say: those of Ethernet's usual encapsulations, of the least IPv4 and IPv6
/// paths, and of jumbo frames. The peer gets the largest that is not above its own.
const SIZES: [u16; 8] = [48, 256, 536, 1220, 1360, 1440, 1460, 8960];

/// SYN cookies (RFC 4987 §3.6 and appendix A): a listener whose queue is full keeps nothing of a SYN. What it would have kept it
/// puts into its own initial sequence number, which the peer's ACK brings back.
///
/// ```text
///   cookie = F(both ends) + peer's ISN + ┌──────────┬───────────┬────────────────────────────┐
///                                        │ step: 5  │ size: 3   │ MAC: 24 bits               │
///                                        └──────────┴───────────┴────────────────────────────┘
///   MAC over both ends, the peer's ISN, step and size
/// ```
///
/// The sum keeps a rule of sequence numbers: a later connection of the same ends, whose peer's ISN has grown, gets a later number
/// from us too. F hides step and size, so that a forger has to guess all 32 bits. Of the 2³² numbers that he can send, two steps
/// times eight sizes are accepted: **one forged ACK in 2²⁸ (268 million) gets through**. At a million ACKs a second that is one
/// connection in four and a half minutes, which is why cookies are a listener's last resort and not its habit.
///
/// What the 32 bits have no room for rides in the timestamp, if the peer offers one: see [`TimestampCookie`].
#[derive(Clone, Debug)]
pub struct SynCookies {
    mac: Mac,
}

impl SynCookies {
    /// Cookies under `secret`.
    pub fn new(secret: &[u8; 32]) -> Self {
        SynCookies { mac: Mac::new(secret, "SYN cookies") }
    }

    /// The initial sequence number that remembers a SYN: its number and its maximum segment size.
    ///
    /// ```
    /// use wirelab_sansio::Instant;
    /// use wirelab_tcpip::{Seq, tcp::SynCookies};
    ///
    /// let cookies = SynCookies::new(&[7; 32]);
    /// let (local, remote) = ("192.0.2.1:80".parse()?, "192.0.2.2:50000".parse()?);
    /// let cookie = cookies.make(Instant::ZERO, local, remote, Seq(1000), 1452);
    /// assert_eq!(cookies.check(Instant::ZERO, local, remote, Seq(1000), cookie), Some(1440));
    /// assert_eq!(cookies.check(Instant::ZERO, local, remote, Seq(1001), cookie), None);
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub fn make(&self, now: Instant, local: SocketAddr, remote: SocketAddr, isn: Seq, size: u16) -> Seq {
        let index = SIZES.iter().rposition(|&known| known <= size).unwrap_or(0) as u32; // below 8
        self.offset(local, remote, isn) + self.body(step(now), index, local, remote, isn)
    }

    /// What a cookie says: the maximum segment size, if we made it for these ends and this SYN not too long ago.
    pub fn check(
        &self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        isn: Seq,
        cookie: Seq,
    ) -> Option<u16> {
        let body = cookie.0.wrapping_sub(self.offset(local, remote, isn).0);
        let age = step(now).wrapping_sub(body >> 27) & 0x1f;
        let index = body >> 24 & 0x7;
        let made = self.body(step(now).wrapping_sub(age), index, local, remote, isn);
        // Two words are compared in one instruction: the time does not tell how many bits were right.
        (made == body && age < STEPS).then(|| SIZES.get(index as usize).copied())?
    }

    /// What a cookie is made of, for looking at it with the secret at hand. Whether it is one of ours, [`check`](Self::check)
    /// says.
    pub fn open(&self, local: SocketAddr, remote: SocketAddr, isn: Seq, cookie: Seq) -> CookieParts {
        let hidden_by = self.offset(local, remote, isn);
        let body = cookie.0.wrapping_sub(hidden_by.0);
        let index = body >> 24 & 0x7;
        CookieParts {
            hidden_by,
            step: (body >> 27) as u8, // five bits
            maximum_segment_size: SIZES.get(index as usize).copied().unwrap_or_default(),
            mac: body & 0x00ff_ffff,
        }
    }

    fn offset(&self, local: SocketAddr, remote: SocketAddr, isn: Seq) -> Seq {
        Seq(self.mac.of(local, remote, &[]) as u32) + isn.0
    }

    fn body(&self, step: u32, index: u32, local: SocketAddr, remote: SocketAddr, isn: Seq) -> u32 {
        let mut more = [0; 9];
        more[..4].copy_from_slice(&isn.0.to_be_bytes());
        more[4..8].copy_from_slice(&step.to_be_bytes());
        more[8] = index as u8;
        (step & 0x1f) << 27 | index << 24 | self.mac.of(local, remote, &more) as u32 & 0x00ff_ffff
    }
}

/// A cookie, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieParts {
    /// What was added to the other three: a hash of both ends, and the peer's initial sequence number.
    pub hidden_by: Seq,
    /// The low five bits of the count of 64-second steps.
    pub step: u8,
    /// What the three bits of the size stand for, in bytes.
    pub maximum_segment_size: u16,
    /// The 24 bits that nobody else can compute.
    pub mac: u32,
}

fn step(now: Instant) -> u32 {
    (now.as_nanos() / STEP.as_nanos() as u64) as u32 // 8 700 years to the end of 32 bits
}

/// What a SYN offered beside its size, in the six low bits of the timestamp that answers it, where Linux puts it too:
///
/// ```text
///   TSval of the SYN ACK   ┌───────────────────────────┬─────┬──────┬──────────────┐
///                          │ clock, rounded down: 26   │ ECN │ SACK │ shift: 4     │
///                          └───────────────────────────┴─────┴──────┴──────────────┘
///   a shift of 15 means that the peer does not scale its windows
/// ```
///
/// The peer's ACK echoes it. A peer without timestamps has no such place, and gets a connection without scaling and SACK. The
/// bits are not authenticated: a peer that changes them changes only what its own connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampCookie {
    /// The shift of the peer's windows.
    pub window_scale: Option<u8>,
    /// The peer understands selective acknowledgments, and we offer them.
    pub sack: bool,
    /// The peer understands congestion marks, and so do we.
    pub ecn: bool,
}

impl TimestampCookie {
    const BITS: u32 = 0x3f;
    const NO_SCALE: u32 = 0xf;

    /// The timestamp to send: at most `clock`, so that the connection's later timestamps do not run backwards.
    ///
    /// ```
    /// use wirelab_tcpip::tcp::TimestampCookie;
    ///
    /// let offered = TimestampCookie { window_scale: Some(7), sack: true, ecn: false };
    /// let value = offered.write(100_000);
    /// assert!(100_000 - value < 64);
    /// assert_eq!(TimestampCookie::read(value), offered);
    /// ```
    pub fn write(self, clock: u32) -> u32 {
        let scale = self.window_scale.map_or(Self::NO_SCALE, |shift| u32::from(shift.min(14)));
        let bits = scale | u32::from(self.sack) << 4 | u32::from(self.ecn) << 5;
        match clock & !Self::BITS | bits {
            value if value > clock => value.wrapping_sub(Self::BITS + 1),
            value => value,
        }
    }

    /// What the echo of such a timestamp says.
    pub fn read(echo: u32) -> Self {
        let scale = echo & Self::NO_SCALE;
        TimestampCookie {
            window_scale: (scale != Self::NO_SCALE).then_some(scale as u8),
            sack: echo >> 4 & 1 == 1,
            ecn: echo >> 5 & 1 == 1,
        }
    }
}
