//! Section 10.1 in virtual time: what is printed is the same every time.

use wirelab_tests::programs::{is_golden, printed};

#[test]
fn both_examples_of_the_section_are_the_same_every_time() {
    is_golden("ch10_nagle_sim", &[]);
}

#[test]
fn the_stalled_request_is_drawn_with_the_960_bytes_after_the_acknowledgement() {
    let file = format!("{}/nagle_stall.svg", env!("CARGO_TARGET_TMPDIR"));
    printed("ch10_nagle_sim", &["--svg", &file]);
    let svg = std::fs::read_to_string(&file).unwrap();
    let place = |label: &str| svg.find(label).unwrap_or_else(|| panic!("{label} is not in\n{svg}"));
    assert!(svg.starts_with("<svg"));
    assert!(place("len=500") < place("ack=501") && place("ack=501") < place("len=960"), "{svg}");
}

/// Written by us and read by us: every packet that the client saw is in the file, with its moment.
#[test]
fn the_capture_of_the_stalled_request_can_be_read_back() {
    let file = format!("{}/nagle_stall.pcapng", env!("CARGO_TARGET_TMPDIR"));
    printed("ch10_nagle_sim", &["--pcap", &file]);
    let listed = printed("pcap", &[&file]);
    assert_eq!(listed.matches("\n#").count(), 8, "{listed}");
    assert!(listed.contains("00:00:01.090000000Z  client in"), "the delayed ACK is not there:\n{listed}");
}
