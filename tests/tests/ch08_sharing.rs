//! Programs of sections 8.2 and 8.3: one port for many.

use wirelab_tests::programs::{printed, run};

/// Each promise that a run of the program must have kept.
#[track_caller]
fn keeps(name: &str, arguments: &[&str], promises: &[&str]) {
    let out = printed(name, arguments);
    for promise in promises {
        assert!(out.contains(&format!("✓ {promise}")), "{promise}:\n{out}");
    }
}

#[test]
fn connections_are_spread_over_listeners_and_wait_for_theirs() {
    let promises = [
        "without the option, a third listener is refused",
        "nor may one with the option join one without",
        "the kernel spreads them as dice would",
        "the same source comes to the same listener",
        "one more listener moves more than its own share",
        "the slow listener's share waits, though the others are idle",
        "what waits in the queue of a listener that closes is reset",
    ];
    keeps("ch08_reuseport", &["--count", "4000"], &promises);
    keeps("ch08_reuseport", &["--count", "1000", "--shards", "7"], &promises);
}

/// Where the program may make a network namespace, it must also show this.
#[test]
fn with_tcp_migrate_req_nobody_is_reset_or_the_program_says_that_it_could_not_show_it() {
    let out = printed("ch08_reuseport", &["--count", "200"]);
    let (shown, told) = (out.contains("✓ with tcp_migrate_req"), out.contains("Not shown: tcp_migrate_req"));
    assert!(shown != told, "{out}");
}

#[test]
fn one_thread_is_woken_in_accept_and_all_are_woken_in_epoll() {
    for threads in ["2", "4", "9"] {
        keeps(
            "ch08_shared_accept",
            &["--connections", "60", "--threads", threads],
            &[
                "accept: the thread that has waited longest is woken (FIFO)",
                "accept: one thread is woken for a connection",
                "epoll: every thread is woken for every connection",
                "epoll with EPOLLEXCLUSIVE: one thread is woken for a connection",
                "accept: each connection was accepted once",
                "epoll: each connection was accepted once",
                "epoll, exclusive: each connection was accepted once",
                "the busy thread got one connection",
                "the others took all the rest",
            ],
        );
    }
}

#[test]
fn a_number_that_is_none_is_refused() {
    for (name, option) in [("ch08_reuseport", "--count"), ("ch08_shared_accept", "--threads")] {
        let output = run(name, &[option, "many"]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}
