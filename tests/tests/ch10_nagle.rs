//! The program of section 10.1.

use std::fs;

use wirelab_tests::programs::printed;

#[test]
fn the_second_small_write_waits_for_the_first_unless_told_otherwise() {
    let out = printed("ch10_nagle", &["--rounds", "8"]);
    for promise in [
        "an MSS of 1460 leaves 1448 bytes for data",
        "the first piece left at once, though no segment was full",
        "the second was kept back as long as the first was unacknowledged",
        "Nagle, the kernel's own ACKs: most second pieces were kept back",
        "TCP_NODELAY, the kernel's own ACKs: nothing was ever kept back",
        "TCP_NODELAY, TCP_QUICKACK: nothing was ever kept back",
        "one write, TCP_CORK and MSG_MORE need one segment, the others two",
        "5000 bytes in one write: the last 620 waited for nothing",
    ] {
        assert!(out.contains(&format!("✓ {promise}")), "{promise}:\n{out}");
    }
}

/// Only there are the counters of nobody else.
#[test]
fn in_a_namespace_of_its_own_the_timer_of_delayed_acknowledgements_is_counted() {
    let out = printed("ch10_nagle", &["--rounds", "8"]);
    let counted = out.contains("✓ and it took the timer of the delayed ACK to free them")
        && out.contains("✓ Nagle, TCP_QUICKACK: that timer was not needed");
    assert!(counted != out.contains("No network namespace of its own"), "{out}");
}

#[test]
fn the_ladder_is_drawn_into_a_file_and_shows_the_acknowledgement_before_the_second_piece() {
    let file = format!("{}/ch10_nagle.svg", env!("CARGO_TARGET_TMPDIR"));
    let out = printed("ch10_nagle", &["--rounds", "5", "--svg", &file]);
    let place = |label: &str| out.lines().position(|line| line.contains(label));
    let (first, acknowledged, second) = (place("─ 500 bytes ─"), place("─ ACK ─"), place("─ 960 bytes ─"));
    assert!(first.is_some() && first < acknowledged && acknowledged < second, "{out}");
    let svg = fs::read_to_string(&file).unwrap();
    assert!(
        svg.starts_with("<svg") && svg.contains("960 bytes") && svg.trim_end().ends_with("</svg>"),
        "{svg}"
    );
}
