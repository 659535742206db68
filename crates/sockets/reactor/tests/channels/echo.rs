//! What comes out is what went in.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::thread;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use wirelab_socket::TcpStream;

use crate::echo_server::EchoServer;
use crate::pairs::{DEADLINE, pattern, reactor};
use crate::support::on_each;

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream // its calls are repeated when a ring that ends interrupts them
}

fn ask(mut stream: &TcpStream, message: &[u8]) {
    stream.write_all(message).unwrap();
    let mut back = vec![0; message.len()];
    stream.read_exact(&mut back).unwrap();
    assert!(back == message, "{} bytes came back changed", message.len());
}

#[test]
fn messages_come_back_as_they_were() {
    on_each(|backend| {
        let server = EchoServer::start(reactor(backend));
        for clients in [1, 8] {
            let threads: Vec<_> = (0..clients)
                .map(|client| {
                    let stream = connect(server.address);
                    thread::spawn(move || {
                        for round in 0..50 {
                            ask(&stream, &pattern(client, 1 + round * 137 % 9000));
                        }
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        }
        assert_eq!(server.finish(), 9);
    });
}

/// Sends pieces of these sizes on one thread, and reads in pieces of that size on another.
fn pass_through(address: SocketAddr, pieces: &[usize], read_size: usize) {
    let stream = connect(address);
    let total: usize = pieces.iter().sum();
    let (pieces, writer) = (pieces.to_vec(), stream.try_clone().unwrap());
    let sender = thread::spawn(move || {
        let mut sent = 0;
        for piece in pieces {
            (&writer).write_all(&pattern(sent, piece)).unwrap();
            sent += piece;
        }
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let (mut received, mut buffer) = (0, vec![0; read_size]);
    loop {
        let count = stream.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        assert!(buffer[..count] == pattern(received, count), "changed behind byte {received}");
        received += count;
    }
    sender.join().unwrap();
    assert_eq!(received, total, "all of it, and then the end");
}

#[test]
fn any_sizes_pass_through_to_slow_readers() {
    on_each(|backend| {
        let server = EchoServer::start(reactor(backend));
        let pieces = prop::collection::vec(prop_oneof![1..200usize, 1..40_000usize, Just(300_000)], 1..12);
        let readers = prop_oneof![1..64usize, 1..70_000usize];
        let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
        let result = TestRunner::new(config).run(&(pieces, readers), |(pieces, read_size)| {
            pass_through(server.address, &pieces, read_size);
            Ok(())
        });
        result.unwrap();
        server.finish();
    });
}

#[test]
fn a_thousand_connections_take_their_turns() {
    let limit = wirelab_socket::raise_descriptor_limit(4096).unwrap();
    assert!(limit > 2200, "two descriptors a connection, and the limit is {limit}");
    on_each(|backend| {
        let server = EchoServer::start(reactor(backend));
        let streams: Vec<_> = (0..1000).map(|_| connect(server.address)).collect();
        for round in 0..3 {
            for (index, mut stream) in streams.iter().enumerate() {
                stream.write_all(&pattern(index, 100 + round)).unwrap();
            }
            for (index, mut stream) in streams.iter().enumerate() {
                let mut back = vec![0; 100 + round];
                stream.read_exact(&mut back).unwrap();
                assert!(back == pattern(index, 100 + round), "connection {index}");
            }
        }
        drop(streams);
        assert_eq!(server.finish(), 1000);
    });
}
