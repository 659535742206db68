//! Who waits costs nothing.

use std::time::Duration;

use wirelab_reactor::Token;
use wirelab_socket::Usage;

use crate::pairs::{acceptor, connected, reactor, turn};
use crate::support::on_each;

#[test]
fn a_wait_with_idle_connections_uses_no_processor_time() {
    on_each(|backend| {
        let mut reactor = reactor(backend);
        let (_acceptor, _) = acceptor(&mut reactor);
        let pairs: Vec<_> = (0..50).map(|_| connected()).collect();
        let (_clients, streams): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let _channels: Vec<_> =
            streams.into_iter().map(|stream| reactor.open(stream, Token(1)).unwrap()).collect();
        for _ in 0..3 {
            turn(&mut reactor); // what has to be submitted, and epoll's first events
        }
        let before = Usage::of_thread().unwrap();
        reactor.poll(Some(Duration::from_millis(300))).unwrap();
        let used = Usage::of_thread().unwrap().since(&before);
        assert_eq!(reactor.next_event(), None);
        assert!(used.voluntary_switches <= 3, "it slept once, and did not wake to look: {used:?}");
        assert!(used.user + used.system < Duration::from_millis(20), "{used:?}");
    });
}
