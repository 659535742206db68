//! How connections end: from either side, in order and without.

use std::io::ErrorKind;
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use wirelab_reactor::{Backend, Token};
use wirelab_socket::{ListenOptions, TcpStream};

use crate::pairs::{DEADLINE, channel, connected, fill, pattern, reactor, read_some, turn, turns_until};
use crate::support::on_each;

/// Reads to the end, on a thread of its own, and returns what came, or the error.
fn drain(client: TcpStream) -> thread::JoinHandle<std::io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let (mut all, mut buffer) = (Vec::new(), vec![0; 65536]);
        loop {
            match client.read(&mut buffer)? {
                0 => return Ok(all),
                count => all.extend_from_slice(&buffer[..count]),
            }
        }
    })
}

#[test]
fn the_peers_end_is_read_as_zero_behind_its_last_bytes() {
    on_each(|backend| {
        let (mut reactor, channel, client) = channel(backend);
        client.write(b"last words").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut buffer = BytesMut::with_capacity(64);
        assert_eq!(read_some(&mut reactor, &channel, &mut buffer).unwrap(), 10);
        assert_eq!(read_some(&mut reactor, &channel, &mut buffer).unwrap(), 0);
        assert_eq!(reactor.read(&channel, &mut buffer).unwrap(), 0, "and again");
        assert_eq!(reactor.write(&channel, b"an answer").unwrap(), 9, "this side is open");
        reactor.close(channel);
        let answer = drain(client);
        turns_until(&mut reactor, |_| answer.is_finished());
        assert_eq!(answer.join().unwrap().unwrap(), b"an answer");
    });
}

#[test]
fn an_end_is_reported_once_and_does_not_keep_the_loop_busy() {
    on_each(|backend| {
        let (mut reactor, channel, client) = channel(backend);
        client.shutdown(Shutdown::Write).unwrap();
        let mut buffer = BytesMut::with_capacity(64);
        assert_eq!(read_some(&mut reactor, &channel, &mut buffer).unwrap(), 0);
        turn(&mut reactor);
        for _ in 0..5 {
            assert_eq!(turn(&mut reactor), [], "the end was read");
        }
    });
}

#[test]
fn this_side_ends_behind_what_was_written_and_goes_on_reading() {
    on_each(|backend| {
        let (mut reactor, channel, client) = channel(backend);
        assert_eq!(reactor.write(&channel, &pattern(0, 60_000)).unwrap(), 60_000);
        reactor.shut_down(&channel).unwrap();
        let error = reactor.write(&channel, b"too late").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        let reader = drain(client.try_clone().unwrap());
        turns_until(&mut reactor, |_| reader.is_finished());
        assert!(reader.join().unwrap().unwrap() == pattern(0, 60_000), "all, and then the end");
        client.write(b"still here").unwrap();
        let mut buffer = BytesMut::with_capacity(64);
        assert_eq!(read_some(&mut reactor, &channel, &mut buffer).unwrap(), 10);
    });
}

#[test]
fn a_reset_comes_as_an_event_and_then_from_the_read() {
    on_each(|backend| {
        let (mut reactor, channel, client) = channel(backend);
        turn(&mut reactor);
        client.set_linger(Some(Duration::ZERO)).unwrap();
        drop(client);
        reactor.poll(None).unwrap();
        let event = reactor.next_event().unwrap();
        assert!(event.is_error() && event.is_readable(), "{event:?}");
        let error = reactor.read(&channel, &mut BytesMut::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let after = reactor.read(&channel, &mut BytesMut::new());
        assert_eq!(after.unwrap(), 0, "the error is told once");
        assert_eq!(reactor.write(&channel, b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn what_was_written_is_still_sent_after_close() {
    on_each(|backend| {
        let (mut reactor, channel, client) = channel(backend);
        let taken = fill(&mut reactor, &channel);
        reactor.close(channel);
        let reader = drain(client);
        turns_until(&mut reactor, |_| reader.is_finished());
        let came = reader.join().unwrap().unwrap();
        assert_eq!(came.len(), taken);
        assert!(came == pattern(0, taken), "and unchanged");
    });
}

#[test]
fn dropping_a_channel_is_closing_it() {
    on_each(|backend| {
        let (mut reactor, channel, client) = channel(backend);
        let taken = fill(&mut reactor, &channel);
        drop(channel);
        let reader = drain(client);
        turns_until(&mut reactor, |_| reader.is_finished());
        assert_eq!(reader.join().unwrap().unwrap().len(), taken);
    });
}

#[test]
fn what_was_written_is_sent_when_the_reactor_goes() {
    on_each(|backend| {
        let (mut reactor, channel, client) = channel(backend);
        assert_eq!(reactor.write(&channel, &pattern(0, 50_000)).unwrap(), 50_000);
        reactor.close(channel);
        drop(reactor);
        assert_eq!(drain(client).join().unwrap().unwrap().len(), 50_000);
    });
}

#[test]
fn without_lingering_close_drops_what_is_in_flight_and_resets() {
    on_each(|backend| {
        let (mut reactor, channel, client) = channel(backend);
        let taken = fill(&mut reactor, &channel);
        channel.stream().set_linger(Some(Duration::ZERO)).unwrap();
        reactor.close(channel);
        let reader = drain(client);
        turns_until(&mut reactor, |_| reader.is_finished());
        let error = reader.join().unwrap().expect_err("a reset, and not all bytes");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "of {taken} bytes");
    });
}

#[test]
fn nothing_of_a_closed_connection_reaches_the_next_of_the_same_token() {
    on_each(|backend| {
        let mut reactor = reactor(backend);
        for round in 0..300 {
            let (old_client, stream) = connected();
            let old = reactor.open(stream, Token(1)).unwrap();
            turn(&mut reactor);
            old_client.write(b"old").unwrap(); // on its way, or in a completion, when the channel is closed
            reactor.close(old);
            let (new_client, stream) = connected();
            let new = reactor.open(stream, Token(1)).unwrap();
            for _ in 0..3 {
                let events = turn(&mut reactor);
                assert!(events.iter().all(|event| !event.is_readable()), "round {round}: {events:?}");
            }
            new_client.write(b"new!").unwrap();
            let mut buffer = BytesMut::with_capacity(64);
            assert_eq!(read_some(&mut reactor, &new, &mut buffer).unwrap(), 4, "round {round}");
            old_client.set_linger(Some(Duration::ZERO)).unwrap(); // no TIME-WAIT for so many
            new_client.set_linger(Some(Duration::ZERO)).unwrap();
            reactor.close(new);
        }
    });
}

#[test]
fn a_connection_that_is_being_made_is_writable_when_it_is_made() {
    on_each(|backend| {
        let mut reactor = reactor(backend);
        let listener = crate::pairs::listener();
        let stream = TcpStream::start_connect(listener.local_addr().unwrap()).unwrap();
        let channel = reactor.open_connecting(stream, Token(1)).unwrap();
        reactor.poll(None).unwrap();
        let event = reactor.next_event().unwrap();
        assert!(event.is_writable() && !event.is_error(), "{event:?}");
        assert!(channel.stream().take_error().unwrap().is_none());
        assert_eq!(reactor.write(&channel, b"hello").unwrap(), 5);
        let (server, _) = listener.accept_blocking().unwrap();
        let greeted = thread::spawn(move || server.read(&mut [0; 16]));
        turns_until(&mut reactor, |_| greeted.is_finished());
        assert_eq!(greeted.join().unwrap().unwrap(), 5);
    });
}

#[test]
fn what_is_written_before_the_handshake_follows_it() {
    on_each(|backend| {
        let mut reactor = reactor(backend);
        // A queue of one that is full: the next handshake has to wait for an accept.
        let listener = ListenOptions::default().backlog(0).bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let _first = TcpStream::connect(address).unwrap();
        let stream = TcpStream::start_connect(address).unwrap();
        let channel = reactor.open_connecting(stream, Token(1)).unwrap();
        let written = reactor.write(&channel, b"early");
        for _ in 0..3 {
            let events = turn(&mut reactor);
            assert!(events.iter().all(|event| !event.is_writable()), "{events:?}");
        }
        drop(listener.accept_blocking().unwrap());
        // The SYN is sent again after a second, and taken.
        reactor.poll(Some(DEADLINE)).unwrap();
        assert!(reactor.next_event().unwrap().is_writable());
        match backend {
            Backend::Uring => assert_eq!(written.unwrap(), 5, "a ring keeps it until then"),
            _ => {
                assert_eq!(written.unwrap_err().kind(), ErrorKind::WouldBlock);
                assert_eq!(reactor.write(&channel, b"early").unwrap(), 5);
            }
        }
        let (server, _) = listener.accept_blocking().unwrap();
        let greeted = thread::spawn(move || server.read(&mut [0; 16]));
        turns_until(&mut reactor, |_| greeted.is_finished());
        assert_eq!(greeted.join().unwrap().unwrap(), 5);
    });
}

/// The kernel ends an orphan that makes no progress; a closed channel of a ring must not outlive it.
#[test]
#[ignore = "takes one to two minutes"]
fn a_closed_channel_whose_peer_takes_nothing_is_given_up() {
    on_each(|backend| {
        let (mut reactor, channel, client) = channel(backend);
        fill(&mut reactor, &channel);
        reactor.write(&channel, &pattern(0, 100_000)).unwrap_err();
        let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
        let before = descriptors();
        reactor.close(channel);
        let deadline = Instant::now() + Duration::from_secs(300);
        while descriptors() == before {
            assert!(Instant::now() < deadline, "the socket is still here");
            reactor.poll(Some(Duration::from_millis(500))).unwrap();
            while reactor.next_event().is_some() {}
        }
        drop(client);
    });
}

#[test]
fn a_connection_that_is_refused_says_so() {
    on_each(|backend| {
        let mut reactor = reactor(backend);
        let address = crate::pairs::listener().local_addr().unwrap(); // and nobody listens any more
        let Ok(stream) = TcpStream::start_connect(address) else { return };
        let channel = reactor.open_connecting(stream, Token(1)).unwrap();
        reactor.poll(None).unwrap();
        let event = reactor.next_event().unwrap();
        assert!(event.is_writable() && event.is_error(), "{event:?}");
        let error = channel.stream().take_error().unwrap().expect("why");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}
