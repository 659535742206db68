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
    for (name, option) in [("ch08_event_loop", "--messages"), ("ch08_shared_accept", "--threads")] {
        let output = run(name, &[option, "many"]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}
