//! The programs of chapter 8 that look at sockets from the kernel's side: calls, buffers, the accept queue.

use std::fs;
use std::process::Command;

use wirelab_tests::programs::{is_in_file, printed, program};

/// Where the program may have a network namespace, it prints the same each time, to the number of segments.
#[test]
fn each_call_changes_the_kernels_table_as_the_book_shows() {
    let out = printed("ch08_socket_calls", &[]);
    if out.starts_with("In a network namespace") {
        is_in_file(&out, "golden/ch08_socket_calls.txt");
    }
    assert_eq!(out.matches('✓').count(), 24, "{out}");
}

#[test]
fn a_reader_that_stops_fills_both_buffers_and_every_byte_is_found() {
    for arguments in [&[][..], &["--receive", "16384", "--send", "32768"]] {
        let out = printed("ch08_buffers", arguments);
        assert_eq!(out.matches('✓').count(), 10, "{out}");
    }
}

#[test]
fn the_buffers_are_drawn_into_a_file() {
    let file = format!("{}/ch08_buffers.svg", env!("CARGO_TARGET_TMPDIR"));
    printed("ch08_buffers", &["--svg", &file]);
    let svg = fs::read_to_string(&file).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("the reader reads again"), "{svg}");
}

#[test]
fn an_accept_queue_holds_one_more_than_its_backlog_and_loses_nobody() {
    for backlog in ["3", "4", "40"] {
        let out = printed("ch08_accept_queue", &["--backlog", backlog]);
        let expected = if out.starts_with("In a network namespace") { 11 } else { 8 };
        assert_eq!(out.matches('✓').count(), expected, "{out}");
    }
}

/// The kernel refuses the namespace by its limit of them, as a container does by its filter.
#[test]
#[ignore = "needs unshare (util-linux) and user namespaces"]
fn without_a_network_namespace_the_programs_show_the_rest_and_say_what_is_missing() {
    let names = ["ch07_port_exhaustion", "ch08_socket_calls", "ch08_accept_queue", "ch10_kernel_queues"];
    for (name, checks) in names.into_iter().zip([7, 24, 8, 1]) {
        let forbidden =
            format!("echo 0 > /proc/sys/user/max_net_namespaces; exec {}", program(name).display());
        let output = Command::new("unshare")
            .args(["--user", "--map-root-user", "sh", "-c", &forbidden])
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name}: {}\n{out}", output.status);
        assert!(out.contains("There is no network namespace to be had here"), "{name}:\n{out}");
        assert_eq!(out.matches('✓').count(), checks, "{name}:\n{out}");
    }
}
