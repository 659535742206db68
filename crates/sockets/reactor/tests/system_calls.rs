//! What the loop counts of its system calls.

mod support;

use bytes::BytesMut;
use support::on_each;
use wirelab_reactor::{Backend, Reactor, Token};
use wirelab_socket::{TcpListener, TcpStream};

/// All messages are there before the first turn, so that the turns do not depend on anybody's speed.
#[test]
fn a_read_and_a_write_each_and_one_wait_for_all_or_a_ring_for_everything() {
    on_each(|backend| {
        const CLIENTS: usize = 16;
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut reactor = Reactor::<()>::with_backend(backend).unwrap();
        let (mut clients, mut channels) = (Vec::new(), Vec::new());
        for number in 0..CLIENTS {
            clients.push(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
            let (stream, _) = listener.accept().unwrap();
            channels.push(reactor.open(stream, Token(number as u64)).unwrap());
            clients[number].write(b"hello").unwrap();
        }
        assert_eq!(reactor.system_calls(), 0, "registering is not counted");

        let (mut turns, mut echoed, mut buffer) = (0, 0, BytesMut::with_capacity(64));
        while echoed < CLIENTS {
            reactor.poll(None).unwrap();
            turns += 1;
            while let Some(event) = reactor.next_event() {
                let channel = &channels[event.token().0 as usize];
                buffer.clear();
                if event.is_readable() && reactor.read(channel, &mut buffer).unwrap() == 5 {
                    assert_eq!(reactor.write(channel, &buffer).unwrap(), 5);
                    echoed += 1;
                }
            }
        }
        let calls = reactor.system_calls();
        match backend {
            Backend::Epoll | Backend::Poll => assert_eq!(calls, turns + 2 * CLIENTS as u64),
            Backend::Uring => assert!((turns..CLIENTS as u64).contains(&calls), "{calls} in {turns} turns"),
        }
        reactor.poll(Some(std::time::Duration::ZERO)).unwrap(); // a ring writes now
        for client in &clients {
            assert_eq!(client.read(&mut [0; 8]).unwrap(), 5);
        }
        let waited = reactor.system_calls() - calls;
        assert!((1..4).contains(&waited), "{waited} calls to wait");
    });
}
