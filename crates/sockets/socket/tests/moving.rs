//! Bytes that do not come into the process, or are not copied out of it.

use std::fs::File;
use std::io::{ErrorKind, Seek, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use wirelab_socket::{Pipe, TcpListener, TcpStream, ZeroCopy, record};

const PATIENCE: Duration = Duration::from_secs(10);

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(loopback()).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept_blocking().unwrap();
    for stream in [&client, &server] {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
    }
    (client, server)
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn read_to_end(stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64 * 1024);
    while stream.read_into(&mut bytes).unwrap() > 0 {
        bytes.reserve(64 * 1024);
    }
    bytes
}

#[test]
fn a_proxy_of_splices_passes_every_byte_and_reads_none() {
    let ((client, near), (far, server)) = (connected(), connected());
    let sent = pattern(3_000_000);
    let expected = sent.clone();
    let writer = thread::spawn(move || {
        (&client).write_all(&sent).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        client
    });
    let reader = thread::spawn(move || read_to_end(&server));
    let (calls, reads) = {
        let ((), calls) = record(|| {
            let mut pipe = Pipe::new().unwrap();
            while pipe.fill(&near, 1 << 20).unwrap() > 0 {
                while !pipe.is_empty() {
                    pipe.drain(&far).unwrap();
                }
            }
        });
        let moves =
            calls.iter().filter(|call| matches!(call.name, "recvfrom" | "sendto" | "readv" | "sendmsg"));
        (calls.len(), moves.count())
    };
    far.shutdown(Shutdown::Write).unwrap();
    writer.join().unwrap();
    assert!(reader.join().unwrap() == expected, "the bytes are those that were sent");
    assert!(calls > 10 && reads == 0, "{reads} of {calls} calls moved bytes through the process");
}

#[test]
fn a_pipe_knows_how_full_it_is_and_says_so_instead_of_waiting() {
    let mut pipe = Pipe::new().unwrap();
    assert_eq!((pipe.len(), pipe.capacity().unwrap()), (0, 65_536));
    let (client, server) = connected();
    assert_eq!(pipe.drain(&server).unwrap(), 0, "an empty pipe does not wait for somebody to fill it");

    let path = std::env::temp_dir().join(format!("wirelab-splice-{}", std::process::id()));
    std::fs::write(&path, pattern(200_000)).unwrap();
    let mut file = File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let filled = pipe.fill(&file, 200_000).unwrap();
    assert_eq!((filled, pipe.len()), (65_536, 65_536));
    assert_eq!(pipe.fill(&file, 1).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(file.stream_position().unwrap(), 65_536);

    let mut copy = Pipe::new().unwrap();
    assert_eq!(pipe.duplicate(&mut copy).unwrap(), 65_536);
    assert_eq!((pipe.len(), copy.len()), (65_536, 65_536));
    assert_eq!(pipe.duplicate(&mut copy).unwrap_err().kind(), ErrorKind::WouldBlock);
    let reader = thread::spawn(move || read_to_end(&server));
    for pipe in [&mut pipe, &mut copy] {
        while !pipe.is_empty() {
            pipe.drain(&client).unwrap();
        }
    }
    drop(client);
    let expected = [pattern(65_536), pattern(65_536)].concat();
    assert!(reader.join().unwrap() == expected);

    assert_eq!(pipe.set_capacity(100_000).unwrap(), 131_072, "rounded up");
    assert_eq!(pipe.capacity().unwrap(), 131_072);
}

#[test]
fn a_source_with_nothing_would_block_and_a_gone_target_is_an_error() {
    let (client, server) = connected();
    let mut pipe = Pipe::new().unwrap();
    server.set_nonblocking(true).unwrap();
    assert_eq!(pipe.fill(&server, 100).unwrap_err().kind(), ErrorKind::WouldBlock);
    client.write(b"bytes").unwrap();
    assert_eq!(pipe.fill(&server, 100).unwrap(), 5);
    server.shutdown(Shutdown::Write).unwrap();
    assert_eq!(pipe.drain(&server).unwrap_err().kind(), ErrorKind::BrokenPipe, "and no SIGPIPE");
    assert_eq!(pipe.len(), 5, "they are still there");
    drop(client);
    assert_eq!(pipe.fill(&server, 100).unwrap(), 0, "the end");
}

#[test]
fn what_was_sent_without_copying_arrives_and_is_let_go() {
    let (client, server) = connected();
    let reader = thread::spawn(move || read_to_end(&server));
    let mut sender = ZeroCopy::new(client, 4 << 20).unwrap();
    let (parts, part) = (64, Bytes::from(pattern(50_000)));
    let mut done = 0;
    for _ in 0..parts {
        let mut rest = part.clone();
        while !rest.is_empty() {
            match sender.send(&rest) {
                Ok(count) => drop(rest.split_to(count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    done += sender.wait(PATIENCE).unwrap().bytes
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    sender.stream().shutdown(Shutdown::Write).unwrap();
    done += sender.finish(PATIENCE).unwrap().bytes;
    assert_eq!((done, sender.in_flight()), (parts * part.len(), 0));
    assert!(reader.join().unwrap() == part.repeat(parts), "the bytes are those that were sent");
    assert!(part.try_into_mut().is_ok(), "nobody else has the memory any more");
}

#[test]
fn loopback_copies_after_all_and_the_completion_says_so() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let listener = TcpListener::bind(address.parse().unwrap()).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept_blocking().unwrap();
        let mut sender = ZeroCopy::new(client, 1 << 20).unwrap();
        for size in [1, 4096, 30_000] {
            assert_eq!(sender.send(&Bytes::from(pattern(size))).unwrap(), size);
        }
        let done = sender.finish(PATIENCE).unwrap();
        assert_eq!((done.sends, done.bytes, done.copied), (3, 34_097, 3), "{address}");
        drop(sender);
        assert_eq!(read_to_end(&server).len(), 34_097);
    }
}

#[test]
fn what_is_in_flight_is_bounded_and_kept() {
    let (client, _reads_nothing) = connected();
    client.set_nonblocking(true).unwrap();
    let mut sender = ZeroCopy::new(client, 10_000_000).unwrap();
    let part = Bytes::from(pattern(100_000));
    while sender.send(&part).is_ok() {
        assert!(sender.in_flight() <= 10_000_000);
    }
    sender.completions().unwrap();
    assert!(sender.in_flight() > 0, "the peer's window is full, and nothing of the rest was sent");
    assert!(part.clone().try_into_mut().is_err(), "the memory has another owner");

    let (client, _reads_nothing) = connected();
    let mut sender = ZeroCopy::new(client, 1000).unwrap();
    assert_eq!(sender.send(&part).unwrap(), 1000);
    assert_eq!(sender.send(&Bytes::new()).unwrap(), 0);
    if sender.in_flight() == 1000 {
        assert_eq!(sender.send(&part).unwrap_err().kind(), ErrorKind::WouldBlock);
    }
    sender.finish(PATIENCE).unwrap();
    assert_eq!(sender.send(&part).unwrap(), 1000);
}

#[test]
fn dropping_a_sender_with_bytes_in_flight_aborts_the_connection_and_frees_them() {
    let (client, server) = connected();
    client.set_nonblocking(true).unwrap();
    // Another descriptor would keep an ordinary close from ending the connection.
    let another = client.try_clone().unwrap();
    let mut sender = ZeroCopy::new(client, 100_000_000).unwrap();
    let part = Bytes::from(pattern(100_000));
    while sender.send(&part).is_ok() {}
    let error = sender.finish(Duration::from_millis(20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    drop(sender);
    assert!(part.try_into_mut().is_ok(), "the kernel has let go of the memory");
    let end = loop {
        match server.read(&mut [0; 65_536]) {
            Ok(0) => panic!("an orderly end would say that everything has arrived"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(end.kind(), ErrorKind::ConnectionReset);
    drop(another);
}

#[test]
fn a_peer_that_resets_completes_everything() {
    let (client, server) = connected();
    client.set_nonblocking(true).unwrap();
    let mut sender = ZeroCopy::new(client, 100_000_000).unwrap();
    let part = Bytes::from(pattern(100_000));
    while sender.send(&part).is_ok() {}
    drop(server); // with bytes unread: RST
    sender.finish(PATIENCE).unwrap();
    assert_eq!(sender.in_flight(), 0);
    assert!(sender.send(&part).is_err());
}

#[test]
fn a_socket_has_one_zero_copy_sender_in_its_life() {
    let (client, _server) = connected();
    let again = client.try_clone().unwrap();
    drop(ZeroCopy::new(client, 1000).unwrap());
    assert_eq!(ZeroCopy::new(again, 1000).unwrap_err().kind(), ErrorKind::InvalidInput);
    let not_tcp = TcpStream::from(OwnedFd::from(File::open("/dev/null").unwrap()));
    assert!(ZeroCopy::new(not_tcp, 1000).is_err());
}
