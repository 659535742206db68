//! Section 2.1: programs about TCP in virtual time, as a reader sees them.

use wirelab_tests::programs::{is_golden, is_in_file, printed};

#[test]
fn a_connection_opens_and_closes_the_same_way_every_time() {
    is_golden("ch02_tcp_handshake", &[]);
}

#[test]
fn a_server_that_closes_at_once_saves_a_segment() {
    let ladder = |arguments: &[&str]| printed("ch02_tcp_handshake", arguments);
    assert!(ladder(&[]).contains("FIN-WAIT-2") && !ladder(&["--at-once"]).contains("FIN-WAIT-2"));
}

#[test]
fn the_options_of_both_syns_are_explained() {
    let out = printed("ch02_tcp_handshake", &["--explain"]);
    let (from, to) = (out.find("0–39").unwrap(), out.find("Five clients").unwrap());
    let syns: Vec<&str> = out[from..to].split("TCP segment").skip(1).collect();
    assert_eq!(syns.len(), 2, "{out}");
    for option in ["maximum segment size", "window scale", "SACK permitted", "timestamps"] {
        assert!(syns.iter().all(|syn| syn.contains(option)), "no {option}:\n{out}");
    }
    let (first, _) = out[from..to].split_once("\n\n").unwrap();
    is_in_file(&format!("{first}\n"), "golden/explain_syn.txt");
}

#[test]
fn the_ladder_in_the_book_is_the_one_that_the_program_draws() {
    let file = format!("{}/tcp_handshake.svg", env!("CARGO_TARGET_TMPDIR"));
    printed("ch02_tcp_handshake", &["--svg", &file]);
    is_in_file(&std::fs::read_to_string(&file).unwrap(), "../book/src/figures/tcp_handshake.svg");
}

#[test]
fn the_capture_has_the_ten_segments_of_the_ladder() {
    let file = format!("{}/tcp_handshake.pcapng", env!("CARGO_TARGET_TMPDIR"));
    printed("ch02_tcp_handshake", &["--pcap", &file]);
    let listed = printed("pcap", &[&file]);
    assert!(listed.contains("\n#10 ") && !listed.contains("\n#11 "), "{listed}");
}

#[test]
fn losses_are_repaired_the_same_way_every_time() {
    is_golden("ch02_tcp_recovery", &[]);
}
