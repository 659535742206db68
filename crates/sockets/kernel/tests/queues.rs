//! The two queues of a listener, by what the kernel counts.

use std::io::ErrorKind;
use std::time::Duration;

use wirelab_kernel::{Counter, Sysctl, TcpCounters, syn_queue};
use wirelab_socket::{ListenOptions, Namespace, TcpStream};

#[test]
fn a_client_that_meets_a_full_accept_queue_is_counted_as_overflow_and_as_drop() {
    let listener = ListenOptions::default().backlog(0).bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let _only = TcpStream::connect(address).unwrap(); // a backlog of n holds n + 1
    let before = TcpCounters::read().unwrap();
    let error = TcpStream::connect_timeout(address, Duration::from_millis(30)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    let counted = TcpCounters::read().unwrap().since(&before);
    let seen: Vec<_> = counted.counted().collect();
    assert!(counted.get(Counter::LISTEN_OVERFLOWS) > 0, "{seen:?}");
    assert!(counted.get(Counter::LISTEN_DROPS) > 0, "{seen:?}");
}

#[test]
fn a_backlog_beyond_somaxconn_is_lowered_to_it() {
    let listener = ListenOptions::default().backlog(u32::MAX).bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let limit = listener.accept_queue().unwrap().limit;
    assert_eq!(u64::from(limit), Sysctl::SOMAXCONN.number().unwrap());
}

/// A netlink socket is of the namespace of the thread that makes it; `/proc/net` would be the main thread's.
#[test]
#[ignore = "needs CAP_SYS_ADMIN, since the harness has several threads"]
fn queues_and_counters_are_those_of_the_namespace_of_the_thread_that_asks() {
    let inside = || {
        let _own = Namespace::enter_new().unwrap();
        let before = TcpCounters::read().unwrap();
        assert_eq!(before.get(Counter::ACTIVE_OPENS), 0, "nobody else is here");
        let options = ListenOptions::default().defer_accept(Duration::from_secs(30));
        let address = options.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let _client = TcpStream::connect(address.local_addr().unwrap()).unwrap();
        let port = address.local_addr().unwrap().port();
        assert_eq!(syn_queue(port).unwrap(), 1, "a deferred connection waits there for its first bytes");
        assert_eq!(TcpCounters::read().unwrap().get(Counter::ACTIVE_OPENS), 1);
    };
    std::thread::spawn(inside).join().unwrap();
}
