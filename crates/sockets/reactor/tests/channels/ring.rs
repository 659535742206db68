//! What only a ring has: a pool, queues that can be full, memory that the kernel uses.

use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use wirelab_reactor::{Backend, Channel, Reactor, Token, UringConfig};
use wirelab_socket::TcpStream;

use crate::pairs::{connected, fill, pattern, read_some, turn, turns_until};

/// A reactor on a ring of these sizes; `None` where there is no io_uring, which `backends.rs` reports.
fn ring(config: UringConfig) -> Option<Reactor<()>> {
    Backend::Uring.is_available().ok()?;
    Some(Reactor::with_config(Backend::Uring, &config).unwrap())
}

fn channels(reactor: &mut Reactor<()>, count: u64) -> (Vec<TcpStream>, Vec<Channel>) {
    let pairs = (0..count).map(|token| {
        let (client, stream) = connected();
        (client, reactor.open(stream, Token(token)).unwrap())
    });
    pairs.unzip()
}

#[test]
fn a_pool_smaller_than_the_number_of_readers_serves_them_all() {
    let Some(mut reactor) = ring(UringConfig { buffers: 2, buffer_size: 128, ..UringConfig::default() })
    else {
        return;
    };
    let (clients, channels) = channels(&mut reactor, 40);
    for client in &clients {
        client.write(&pattern(0, 1000)).unwrap();
    }
    let mut received = vec![BytesMut::new(); channels.len()];
    turns_until(&mut reactor, |reactor| {
        for (channel, buffer) in channels.iter().zip(&mut received) {
            buffer.reserve(1000);
            let _ = reactor.read(channel, buffer);
        }
        received.iter().all(|buffer| buffer.len() == 1000)
    });
    assert!(received.iter().all(|buffer| buffer[..] == pattern(0, 1000)));
}

#[test]
fn readers_who_do_not_read_take_no_buffers_from_the_others() {
    let Some(mut reactor) = ring(UringConfig { buffers: 4, buffer_size: 256, ..UringConfig::default() })
    else {
        return;
    };
    let (clients, channels) = channels(&mut reactor, 21);
    for client in &clients[1..] {
        client.write(&pattern(0, 200)).unwrap(); // twenty who are never read, five times the pool
    }
    for _ in 0..20 {
        turn(&mut reactor);
    }
    let mut buffer = BytesMut::with_capacity(4096);
    for round in 0..50 {
        clients[0].write(&pattern(round, 200)).unwrap();
        buffer.clear();
        assert_eq!(read_some(&mut reactor, &channels[0], &mut buffer).unwrap(), 200);
        assert!(buffer[..] == pattern(round, 200));
    }
    for channel in &channels[1..] {
        buffer.clear();
        assert_eq!(read_some(&mut reactor, channel, &mut buffer).unwrap(), 200, "theirs were kept");
        assert!(buffer[..] == pattern(0, 200));
    }
}

#[test]
fn queues_smaller_than_the_turn_lose_nothing() {
    let Some(mut reactor) = ring(UringConfig { submissions: 4, completions: 4, ..UringConfig::default() })
    else {
        return;
    };
    let (clients, channels) = channels(&mut reactor, 100);
    for round in 0..10 {
        for client in &clients {
            client.write(&pattern(round, 100)).unwrap();
        }
        let mut received = vec![BytesMut::with_capacity(200); channels.len()];
        turns_until(&mut reactor, |reactor| {
            for (channel, buffer) in channels.iter().zip(&mut received) {
                let _ = reactor.read(channel, buffer);
            }
            received.iter().all(|buffer| buffer.len() == 100)
        });
        for (channel, buffer) in channels.iter().zip(&received) {
            assert!(buffer[..] == pattern(round, 100));
            assert_eq!(reactor.write(channel, buffer).unwrap(), 100);
        }
        turn(&mut reactor);
        for client in &clients {
            assert_eq!(client.read(&mut [0; 200]).unwrap(), 100);
        }
    }
}

#[test]
fn writes_of_one_turn_are_sent_together_and_a_full_channel_says_when_there_is_room() {
    let Some(mut reactor) = ring(UringConfig::default()) else { return };
    let (client, stream) = connected();
    let channel = reactor.open(stream, Token(1)).unwrap();
    for part in 0..10 {
        assert_eq!(reactor.write(&channel, &pattern(100 * part, 100)).unwrap(), 100);
    }
    assert_eq!(turn(&mut reactor), [], "a send that nobody waits for is no event");
    let mut buffer = [0; 2000];
    assert_eq!(client.read(&mut buffer).unwrap(), 1000, "one segment on the loopback device");
    assert!(buffer[..1000] == pattern(0, 1000));

    let taken = fill(&mut reactor, &channel);
    let reader = thread::spawn(move || {
        let (mut received, mut buffer) = (0, vec![0; 65536]);
        while received < taken {
            received += client.read(&mut buffer).unwrap();
        }
        client
    });
    let mut writable = 0;
    while !reader.is_finished() || writable == 0 {
        reactor.poll(Some(Duration::from_millis(20))).unwrap();
        writable += std::iter::from_fn(|| reactor.next_event()).filter(|event| event.is_writable()).count();
    }
    assert_eq!(writable, 1, "who was refused is told, once");
    drop(reader.join().unwrap());
}

#[test]
fn a_ring_belongs_to_the_thread_that_polls_first() {
    let Some(mut reactor) = ring(UringConfig::default()) else { return };
    let (client, stream) = connected();
    let channel = reactor.open(stream, Token(1)).unwrap();
    // It was made here, and may go to another thread until it polls.
    let (mut reactor, channel) = thread::spawn(move || {
        turn(&mut reactor);
        (reactor, channel)
    })
    .join()
    .unwrap();
    let error = reactor.poll(Some(Duration::ZERO)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    // Dropping it here must neither hang nor free what the kernel may still write to.
    reactor.close(channel);
    drop(reactor);
    drop(client);
}

#[test]
fn a_ring_that_goes_with_everything_in_flight_lets_go_of_all() {
    for _ in 0..20 {
        let Some(mut reactor) = ring(UringConfig::default()) else { return };
        let (clients, channels) = channels(&mut reactor, 20);
        for channel in &channels {
            reactor.write(channel, &pattern(0, 100_000)).unwrap();
        }
        turn(&mut reactor);
        for channel in &channels {
            let _ = reactor.write(channel, &pattern(0, 100_000));
        }
        drop(reactor);
        drop(channels);
        for client in clients {
            let mut buffer = vec![0; 1 << 20];
            // Its end, in order or by a reset: no operation keeps the socket open.
            while client.read(&mut buffer).is_ok_and(|count| count > 0) {}
        }
    }
}
