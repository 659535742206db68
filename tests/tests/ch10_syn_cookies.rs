//! Section 10.3: the flood in virtual time.

use wirelab_tests::programs::{is_golden, printed};

#[test]
fn the_flood_the_cookie_and_the_full_accept_queue_are_the_same_every_time() {
    is_golden("ch10_syn_cookies", &[]);
}

/// The capture has the cookies: far more SYN ACKs than the listener could remember.
#[test]
fn the_capture_of_the_flood_begins_with_a_syn_of_nobody() {
    let file = format!("{}/flood.pcapng", env!("CARGO_TARGET_TMPDIR"));
    printed("ch10_syn_cookies", &["--pcap", &file]);
    let listed = printed("pcap", &[&file, "--lines", "1"]);
    assert!(listed.contains("#1  2000-01-01T00:00:00.020000000Z  server in"), "{}", &listed[..400]);
    assert!(listed.matches("\n#").count() > 12_000);
}
