//! Section 2.1: congestion control, as a reader sees it.

use std::path::PathBuf;

use wirelab::capture::{Block, Reader};
use wirelab_tests::programs::{is_golden, is_in_file, printed};

const FIGURES: [&str; 4] = ["congestion_one", "congestion_newreno", "congestion_cubic", "congestion_ecn"];

#[test]
fn the_numbers_the_charts_in_the_book_and_the_capture_are_what_the_program_writes() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("congestion");
    std::fs::create_dir_all(&folder).unwrap();
    let capture = folder.join("first.pcapng");
    let arguments = ["--svg", folder.to_str().unwrap(), "--pcap", capture.to_str().unwrap()];
    is_golden("ch02_congestion", &arguments);
    for figure in FIGURES {
        let drawn = std::fs::read_to_string(folder.join(format!("{figure}.svg"))).unwrap();
        is_in_file(&drawn, &format!("../book/src/figures/{figure}.svg"));
    }
    let (packets, last) = packets_of(&std::fs::read(&capture).unwrap());
    assert!(packets > 2000, "two seconds of 10 Mbit/s, with their acknowledgments: {packets} packets");
    assert!((1_900_000_000..2_000_000_000).contains(&last), "the last one at {last} ns");
}

#[test]
#[ignore = "needs root, /dev/net/tun, cubic in the kernel and three minutes"]
fn linux_s_cubic_and_ours_get_the_same_alone_and_share_a_link_evenly() {
    for (rate, seconds) in [("10", "40"), ("40", "60")] {
        let out = printed("ch02_congestion_kernel", &["--rate", rate, "--seconds", seconds]);
        println!("{out}");
        assert_eq!(out.matches('✓').count(), 4, "{out}");
    }
}

/// How many there are, and the nanoseconds from the first to the last.
fn packets_of(file: &[u8]) -> (usize, u64) {
    let mut times = Vec::new();
    for block in Reader::new(file) {
        if let Block::Packet(packet) = block.unwrap() {
            times.push(packet.timestamp);
        }
    }
    (times.len(), times.last().unwrap() - times.first().unwrap())
}
