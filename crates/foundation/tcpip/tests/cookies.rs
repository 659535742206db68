//! SYN cookies and initial sequence numbers: what is accepted, what is refused, and with which probability.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use wirelab_sansio::Instant;
use wirelab_tcpip::Seq;
use wirelab_tcpip::tcp::{InitialSequence, SynCookies, TimestampCookie};

fn ends() -> impl Strategy<Value = (SocketAddr, SocketAddr)> {
    let v4 = || any::<([u8; 4], u16)>().prop_map(SocketAddr::from);
    let v6 = || any::<([u8; 16], u16)>().prop_map(SocketAddr::from);
    prop_oneof![(v4(), v4()), (v6(), v6())]
}

proptest! {
    #[test]
    fn a_cookie_brings_back_the_largest_known_size_not_above_the_peers(
        (local, remote) in ends(), secret: [u8; 32], isn: u32, size: u16, nanos: u64,
    ) {
        let cookies = SynCookies::new(&secret);
        let now = Instant::from_nanos(nanos);
        let cookie = cookies.make(now, local, remote, Seq(isn), size);
        let back = cookies.check(now, local, remote, Seq(isn), cookie);
        prop_assert!(back.is_some_and(|back| back <= size.max(48)), "{back:?} for {size}");
    }

    #[test]
    fn a_cookie_taken_apart_and_put_together_is_the_same(
        (local, remote) in ends(), secret: [u8; 32], isn: u32, nanos: u64,
    ) {
        let cookies = SynCookies::new(&secret);
        let cookie = cookies.make(Instant::from_nanos(nanos), local, remote, Seq(isn), 1400);
        let parts = cookies.open(local, remote, Seq(isn), cookie);
        prop_assert_eq!(u64::from(parts.step), nanos / 64_000_000_000 % 32);
        prop_assert_eq!(parts.maximum_segment_size, 1360);
        let size = 4; // 1360 is the fifth of the eight
        let body = u32::from(parts.step) << 27 | size << 24 | parts.mac;
        prop_assert_eq!(parts.hidden_by + body, cookie);
    }

    #[test]
    fn a_cookie_lives_one_to_two_steps_of_64_seconds(
        (local, remote) in ends(), secret: [u8; 32], isn: u32, seconds in 0_u64..1 << 30, later in 0_u64..2048,
    ) {
        let cookies = SynCookies::new(&secret);
        let made = Instant::ZERO + Duration::from_secs(seconds);
        let cookie = cookies.make(made, local, remote, Seq(isn), 1460);
        let steps = (seconds + later) / 64 - seconds / 64;
        let checked = cookies.check(made + Duration::from_secs(later), local, remote, Seq(isn), cookie);
        prop_assert_eq!(checked, (steps < 2).then_some(1460));
    }

    #[test]
    fn a_cookie_of_other_ends_is_refused(
        (local, remote) in ends(), (elsewhere, other) in ends(), secret: [u8; 32], isn: u32,
    ) {
        prop_assume!((local, remote) != (elsewhere, other));
        let cookies = SynCookies::new(&secret);
        let cookie = cookies.make(Instant::ZERO, local, remote, Seq(isn), 1460);
        prop_assert_eq!(cookies.check(Instant::ZERO, elsewhere, other, Seq(isn), cookie), None);
    }

    #[test]
    fn what_the_timestamp_carries_comes_back_and_is_not_ahead_of_the_clock(
        clock: u32, scale in prop::option::of(0_u8..15), sack: bool, ecn: bool,
    ) {
        let offered = TimestampCookie { window_scale: scale, sack, ecn };
        let value = offered.write(clock);
        prop_assert_eq!(TimestampCookie::read(value), offered);
        prop_assert!(clock.wrapping_sub(value) < 128);
    }

    #[test]
    fn rfc_6528_s3_a_later_connection_of_the_same_ends_begins_behind_the_one_before(
        (local, remote) in ends(), secret: [u8; 32], nanos in 0_u64..1 << 60, micros in 4_u64..1 << 32,
    ) {
        let numbers = InitialSequence::new(&secret);
        let now = Instant::from_nanos(nanos);
        let first = numbers.at(now, local, remote);
        let second = numbers.at(now + Duration::from_micros(micros), local, remote);
        prop_assert!(second > first);
    }
}

/// Two steps times eight sizes of 2³²: one guess in 2²⁸. Of 2¹⁹ guesses a listener that checked 20 bits less would accept eight
/// thousand; this one, most likely none, and four at once less often than once in 10¹².
#[test]
fn a_forged_acknowledgment_gets_through_once_in_268_million() {
    let cookies = SynCookies::new(&[3; 32]);
    let (local, remote) =
        (SocketAddr::from(([192, 0, 2, 1], 80)), SocketAddr::from(([198, 51, 100, 9], 4711)));
    let guesses = 1_u32 << 19;
    // An odd factor visits every number once: guesses all over the circle, the same ones at each run.
    let accepted = (0..guesses)
        .map(|guess| Seq(guess.wrapping_mul(0x9e37_79b1)))
        .filter(|&cookie| cookies.check(Instant::ZERO, local, remote, Seq(1), cookie).is_some())
        .count();
    assert!(accepted < 4, "{accepted} of {guesses} guesses were accepted");
}

/// All bits count: a cookie with one bit changed is another guess.
#[test]
fn a_cookie_with_one_bit_flipped_is_refused() {
    let cookies = SynCookies::new(&[3; 32]);
    let (local, remote) =
        (SocketAddr::from(([192, 0, 2, 1], 80)), SocketAddr::from(([198, 51, 100, 9], 4711)));
    let cookie = cookies.make(Instant::ZERO, local, remote, Seq(1), 1460);
    for bit in 0..32 {
        let flipped = Seq(cookie.0 ^ 1 << bit);
        assert_eq!(cookies.check(Instant::ZERO, local, remote, Seq(1), flipped), None, "bit {bit}");
    }
}

#[test]
fn two_clients_numbers_say_nothing_about_each_other() {
    let numbers = InitialSequence::new(&[3; 32]);
    let local = SocketAddr::from(([192, 0, 2, 1], 80));
    let of = |port: u16| numbers.at(Instant::ZERO, local, SocketAddr::from(([198, 51, 100, 9], port)));
    let mut differences: Vec<i32> = (1000..1100).map(|port| of(port + 1) - of(port)).collect();
    differences.sort_unstable();
    differences.dedup();
    assert_eq!(differences.len(), 100);
}
