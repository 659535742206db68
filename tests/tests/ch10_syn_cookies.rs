//! Section 10.3: the flood in virtual time.

use wirelab::capture::{Block, Direction, Reader};
use wirelab_tests::programs::{is_golden, printed};

#[test]
fn the_flood_the_cookie_and_the_full_accept_queue_are_the_same_every_time() {
    is_golden("ch10_syn_cookies", &[]);
}

/// The capture has the cookies: far more SYN ACKs than the listener could remember.
#[test]
fn the_capture_of_the_flood_has_every_syn_of_nobody_and_its_answer() {
    let file = format!("{}/flood.pcapng", env!("CARGO_TARGET_TMPDIR"));
    printed("ch10_syn_cookies", &["--pcap", &file]);
    let bytes = std::fs::read(&file).unwrap();
    let (mut inbound, mut outbound) = (0, 0);
    for block in Reader::new(&bytes) {
        if let Block::Packet(packet) = block.unwrap() {
            match packet.direction() {
                Direction::Inbound => inbound += 1,
                Direction::Outbound => outbound += 1,
                Direction::Unknown => panic!("a packet without a direction"),
            }
        }
    }
    // As TcpInSegs and TcpOutSegs have counted them.
    assert_eq!((inbound, outbound), (6080, 6380));
}
