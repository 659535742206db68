//! The program `pcap`, and what tshark makes of its file.

use std::path::PathBuf;
use std::process::Command;

use wirelab::capture::{LinkType, Writer};
use wirelab::formats;
use wirelab::sansio::Instant;
use wirelab::wire::render::{Style, terminal};
use wirelab_tests::programs::{is_golden, is_in_file, printed, run};

/// A file that is gone when the test ends.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        Temporary(std::env::temp_dir().join(format!("wirelab-ch02-{}-{name}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn without_a_file_it_lists_its_own_exchange() {
    is_golden("pcap", &[]);
}

#[test]
fn the_file_that_it_keeps_can_be_listed_again() {
    let file = Temporary::new("kept.pcapng");
    let written = printed("pcap", &["--write", file.path()]);
    let listed = printed("pcap", &[file.path()]);
    assert!(listed.contains("#2") && written.starts_with(&listed), "{written}\n{listed}");
}

#[test]
fn each_byte_of_the_file_is_explained() {
    let out = printed("pcap", &["--explain"]);
    for field in ["byte-order magic", "timestamps count nanoseconds", "“the question”", "outbound"] {
        assert!(out.contains(field), "no {field}:\n{out}");
    }
}

#[test]
fn a_packet_that_is_not_understood_is_listed_without_explanation() {
    let file = Temporary::new("odd.pcapng");
    let mut writer = Writer::new(Vec::new()).unwrap();
    for (name, link_type) in [("a", LinkType::RAW), ("b", LinkType::ETHERNET), ("c", LinkType(147))] {
        let id = writer.interface(name, link_type).unwrap();
        for len in [0, 1, 15, 40] {
            writer.packet(Instant::ZERO, id, &vec![0x4f; len]).unwrap();
        }
    }
    std::fs::write(&file.0, writer.into_inner()).unwrap();
    let out = printed("pcap", &[file.path()]);
    assert!(out.contains("#12  2000-01-01T00:00:00.000000000Z  c  40 bytes  link type 147"), "{out}");
}

#[test]
fn what_is_not_a_capture_is_refused_with_its_place() {
    let file = Temporary::new("text");
    std::fs::write(&file.0, "not a capture at all").unwrap();
    let output = run("pcap", &[file.path()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("byte 0, field `block type`"), "{said}");
}

#[test]
fn the_capture_in_the_book_is_what_explain_prints() {
    let format = formats::find("pcapng").unwrap();
    let tree = terminal(&(format.explain)(&format.sample_bytes()), Style::PLAIN);
    is_in_file(&tree, "golden/explain_pcapng.txt");
}

#[test]
#[ignore = "needs tshark"]
fn tshark_lists_the_same_packets_by_their_names() {
    let file = Temporary::new("tshark.pcapng");
    printed("pcap", &["--write", file.path()]);
    let output = Command::new("tshark").args(["-N", "nd", "-t", "ud", "-r", file.path()]).output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 2, "{out}");
    for (line, time, way) in [
        (lines[0], "2000-01-01 00:00:00.001000000", "client.example → server.example"),
        (lines[1], "2000-01-01 00:00:00.002500000", "server.example → client.example"),
    ] {
        assert!(line.contains(time) && line.contains(way), "no {time} or {way} in: {line}");
    }
}
