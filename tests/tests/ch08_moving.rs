//! Programs of section 8.1: moving bytes, and waiting for them.

use std::fs;

use wirelab_tests::programs::printed;

/// As many measurements as there are ways, each of them checked by the program itself.
#[test]
fn every_way_of_waiting_echoes_and_needs_the_system_calls_that_it_is_said_to_need() {
    let out = printed("ch08_event_loop", &["--messages", "2000", "--connections", "200"]);
    assert_eq!(out.matches("✓ a read and a write each").count(), 3, "{out}");
    for way in ["threads", "poll", "epoll, level", "epoll, edge"] {
        let rows = out.lines().filter(|line| line.starts_with(&format!("{way}  "))).count();
        assert_eq!(rows, 3, "{way}:\n{out}");
    }
    let with_ring = out.lines().filter(|line| line.starts_with("io_uring  ")).count();
    assert!(with_ring == 3 || out.contains("Not shown: io_uring"), "{out}");
}

#[test]
fn one_connection_alone_is_enough() {
    let out = printed("ch08_event_loop", &["--messages", "200", "--connections", "1"]);
    assert_eq!(out.matches("✓ a read and a write each").count(), 1, "{out}");
}

#[test]
fn the_cost_of_idle_connections_is_drawn_into_a_file() {
    let file = format!("{}/ch08_event_loop.svg", env!("CARGO_TARGET_TMPDIR"));
    printed("ch08_event_loop", &["--messages", "1000", "--connections", "50", "--svg", &file]);
    let svg = fs::read_to_string(&file).unwrap();
    assert!(
        svg.starts_with("<svg") && svg.contains("49 idle connections") && svg.ends_with("</svg>\n"),
        "{svg}"
    );
}

#[test]
fn the_same_bytes_arrive_in_each_way_with_the_calls_that_it_is_said_to_need() {
    let file = format!("{}/ch08_zero_copy.svg", env!("CARGO_TARGET_TMPDIR"));
    let out = printed("ch08_zero_copy", &["--mib", "4", "--svg", &file]);
    for promise in [
        "each byte arrived as it was, in each of the ways",
        "read and write: two calls for each 64 KiB",
        "sendfile: less than a tenth of these calls",
        "splice through a pipe: as many calls, without a copy",
        "MSG_ZEROCOPY: on loopback the kernel copies after all, and says so of every send",
    ] {
        assert!(out.contains(&format!("✓ {promise}")), "{promise}:\n{out}");
    }
    assert!(out.contains("64 pread64, 64 sendto"), "{out}");
    let svg = fs::read_to_string(&file).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("sendfile") && svg.ends_with("</svg>\n"), "{svg}");
}
