//! Unix sockets: names, credentials, and descriptors that travel.

use std::fs::{self, File};
use std::io::{ErrorKind, IoSlice, Read, Seek, SeekFrom, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::Duration;

use wirelab_socket::{
    MAX_DESCRIPTORS, TcpListener, TcpStream, UnixAddress, UnixDatagram, UnixListener, UnixStream, record,
};

/// A name that no other test has.
fn name(test: &str) -> UnixAddress {
    UnixAddress::in_the_abstract(format!("wirelab-{test}-{}", std::process::id()))
}

/// A pair whose reads do not wait for ever.
fn pair() -> (UnixStream, UnixStream) {
    let (one, other) = UnixStream::pair().unwrap();
    for stream in [&one, &other] {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    }
    (one, other)
}

fn is_close_on_exec(fd: BorrowedFd<'_>) -> bool {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
    u32::from_str_radix(flags, 8).unwrap() & 0o2_000_000 != 0
}

fn inode(fd: BorrowedFd<'_>) -> u64 {
    fs::metadata(format!("/proc/self/fd/{}", fd.as_raw_fd())).unwrap().ino()
}

/// A pipe's two ends: whether the writing end is open anywhere shows at the reading end.
fn pipe() -> (std::io::PipeReader, OwnedFd) {
    let (reader, writer) = std::io::pipe().unwrap();
    (reader, writer.into())
}

#[test]
fn a_stream_of_a_pair_carries_bytes_both_ways_and_ends() {
    let (one, other) = pair();
    assert_eq!(one.write_vectored(&[IoSlice::new(b"two "), IoSlice::new(b"parts")]).unwrap(), 9);
    one.shutdown(Shutdown::Write).unwrap();
    let mut text = String::new();
    (&other).read_to_string(&mut text).unwrap();
    assert_eq!(text, "two parts");
    other.write(b"answer").unwrap();
    let mut buffer = Vec::with_capacity(16);
    assert_eq!(one.read_into(&mut buffer).unwrap(), 6);
    drop(other);
    assert_eq!(one.read(&mut [0; 1]).unwrap(), 0);
    assert_eq!(one.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe, "and no SIGPIPE");
    assert_eq!(one.peer_address().unwrap(), UnixAddress::Unnamed);
    assert!(is_close_on_exec(one.as_fd()));
    assert_eq!(one.read_into(&mut [0u8; 0].as_mut_slice()).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_file_is_the_name_of_a_listener_and_outlives_it() {
    let path = std::env::temp_dir().join(format!("wirelab-unix-{}.sock", std::process::id()));
    let address = UnixAddress::path(&path);
    assert_eq!(UnixStream::connect(&address).unwrap_err().kind(), ErrorKind::NotFound);
    let listener = UnixListener::bind(&address).unwrap();
    let client = UnixStream::connect(&address).unwrap();
    let server = listener.accept().unwrap();
    assert_eq!(
        (listener.local_address().unwrap(), client.peer_address().unwrap()),
        (address.clone(), address.clone())
    );
    assert_eq!(
        (client.local_address().unwrap(), server.peer_address().unwrap()),
        (UnixAddress::Unnamed, UnixAddress::Unnamed)
    );
    (&client).write_all(b"hello").unwrap();
    assert_eq!(server.read(&mut [0; 16]).unwrap(), 5);
    assert!(is_close_on_exec(server.as_fd()) && is_close_on_exec(listener.as_fd()));
    assert!(listener.is_listening().unwrap());

    drop(listener);
    assert_eq!(UnixStream::connect(&address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(
        UnixListener::bind(&address).unwrap_err().kind(),
        ErrorKind::AddrInUse,
        "the file is still there"
    );
    fs::remove_file(&path).unwrap();
    UnixListener::bind(&address).unwrap();
    fs::remove_file(&path).unwrap();
}

#[test]
fn an_abstract_name_is_gone_with_its_listener() {
    let address = name("abstract");
    let listener = UnixListener::bind(&address).unwrap();
    assert_eq!(listener.local_address().unwrap(), address);
    assert_eq!(UnixListener::bind(&address).unwrap_err().kind(), ErrorKind::AddrInUse);
    drop(listener);
    assert_eq!(UnixStream::connect(&address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    UnixListener::bind(&address).unwrap();
    let (_listener, calls) = record(|| UnixListener::bind(&name("shown")).unwrap());
    let bound = format!("{{sa_family=AF_UNIX, sun_path=@\"wirelab-shown-{}\"}}", std::process::id());
    assert!(calls[1].arguments.contains(&bound), "{}", calls[1]);
}

#[test]
fn the_kernel_tells_who_the_peer_is() {
    let address = name("credentials");
    let listener = UnixListener::bind(&address).unwrap();
    let client = UnixStream::connect(&address).unwrap();
    let server = listener.accept().unwrap();
    let own = fs::metadata("/proc/self").unwrap();
    for stream in [&client, &server] {
        let peer = stream.peer_credentials().unwrap();
        assert_eq!((peer.process, peer.user, peer.group), (Some(std::process::id()), own.uid(), own.gid()));
    }
    let lonely = UnixDatagram::bind(&UnixAddress::Unnamed).unwrap();
    assert_eq!(lonely.peer_credentials().unwrap_err().kind(), ErrorKind::InvalidData);
}

#[test]
fn datagrams_keep_their_boundaries_and_wait_for_a_slow_reader() {
    let address = name("datagram");
    let server = UnixDatagram::bind(&address).unwrap();
    let client = UnixDatagram::bind(&UnixAddress::Unnamed).unwrap();
    assert!(matches!(client.local_address().unwrap(), UnixAddress::Abstract(name) if name.len() == 5));
    client.send_to(b"question", &address).unwrap();
    let mut buffer = [0; 4];
    let (length, from) = server.recv_from(&mut buffer).unwrap();
    assert_eq!((length, &buffer), (4, b"ques"), "the rest is thrown away");
    server.send_to(b"answer", &from).unwrap();
    client.connect(&address).unwrap();
    assert_eq!(client.recv(&mut [0; 16]).unwrap(), 6);

    client.set_nonblocking(true).unwrap();
    let sent = (0..100_000).take_while(|_| client.send(b"x").is_ok()).count();
    assert_eq!(client.send(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
    server.set_nonblocking(true).unwrap();
    let received = std::iter::from_fn(|| server.recv(&mut [0; 4]).ok()).count();
    assert_eq!(received, sent, "none is lost");
    drop(server);
    assert_eq!(client.send(b"x").unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_descriptor_arrives_as_another_one_of_the_same_open_file() {
    let (one, other) = pair();
    let path = std::env::temp_dir().join(format!("wirelab-rights-{}", std::process::id()));
    fs::write(&path, "0123456789").unwrap();
    let mut file = File::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    file.seek(SeekFrom::Start(4)).unwrap();

    assert_eq!(one.send_descriptors(b"file", &[file.as_fd()]).unwrap(), 4);
    let mut buffer = [0; 16];
    let (count, mut descriptors) = other.receive_descriptors(&mut buffer, 4).unwrap();
    assert_eq!((count, &buffer[..4], descriptors.len()), (4, &b"file"[..], 1));
    let received = descriptors.remove(0);
    assert_ne!(received.as_raw_fd(), file.as_raw_fd());
    assert_eq!(inode(received.as_fd()), inode(file.as_fd()));
    assert!(is_close_on_exec(received.as_fd()));
    let mut text = String::new();
    File::from(received).read_to_string(&mut text).unwrap();
    assert_eq!(text, "456789", "the position is the open file's, which both have");
    assert_eq!(file.stream_position().unwrap(), 10);
}

#[test]
fn a_listener_and_its_queue_go_over_to_another_thread() {
    let (old, new) = pair();
    let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let early = TcpStream::connect(address).unwrap();
    let successor = thread::spawn(move || {
        let (_, mut descriptors) = new.receive_descriptors(&mut [0; 1], 1).unwrap();
        let listener = TcpListener::from(descriptors.remove(0));
        [listener.accept().unwrap().1, listener.accept().unwrap().1]
    });
    old.send_descriptors(b"L", &[listener.as_fd()]).unwrap();
    drop(listener);
    let late = TcpStream::connect(address).unwrap();
    let peers = successor.join().unwrap();
    assert_eq!(peers, [early.local_addr().unwrap(), late.local_addr().unwrap()]);
}

#[test]
fn what_is_under_way_is_open_and_what_nobody_takes_is_closed() {
    let (one, other) = pair();
    let (mut reader, writer) = pipe();
    one.send_descriptors(b"w", &[writer.as_fd()]).unwrap();
    drop(writer);
    // An ordinary read throws the descriptor away; only then is the writing end closed everywhere.
    assert_eq!(other.read(&mut [0; 8]).unwrap(), 1);
    assert_eq!(reader.read(&mut [0; 1]).unwrap(), 0);

    let (mut reader, writer) = pipe();
    one.send_descriptors(b"w", &[writer.as_fd()]).unwrap();
    drop((writer, one, other));
    assert_eq!(reader.read(&mut [0; 1]).unwrap(), 0, "closing the socket closes what it holds");
}

#[test]
fn more_descriptors_than_were_expected_are_an_error_and_none_stays_open() {
    for (sent, limit) in [(1, 0), (2, 1), (3, 1), (4, 3), (MAX_DESCRIPTORS, 252)] {
        let (one, other) = pair();
        let (mut reader, writer) = pipe();
        one.send_descriptors(b"x", &vec![writer.as_fd(); sent]).unwrap();
        drop(writer);
        let error = other.receive_descriptors(&mut [0; 8], limit).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{sent} of {limit}");
        assert_eq!(reader.read(&mut [0; 1]).unwrap(), 0, "{sent} of {limit}: all of them are closed");
        one.write(b"next").unwrap();
        assert_eq!(other.receive_descriptors(&mut [0; 8], limit).unwrap().0, 4, "the stream goes on");
    }
}

#[test]
fn a_message_carries_253_descriptors_and_no_more() {
    let (one, other) = pair();
    let (_reader, writer) = pipe();
    let many = vec![writer.as_fd(); MAX_DESCRIPTORS];
    one.send_descriptors(b"x", &many).unwrap();
    let (_, descriptors) = other.receive_descriptors(&mut [0; 8], usize::MAX).unwrap();
    assert_eq!(descriptors.len(), MAX_DESCRIPTORS);
    let too_many = vec![writer.as_fd(); MAX_DESCRIPTORS + 1];
    assert_eq!(one.send_descriptors(b"x", &too_many).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(one.send_descriptors(b"", &many).unwrap_err().kind(), ErrorKind::InvalidInput);
    one.send_descriptors(b"none", &[]).unwrap();
    assert_eq!(other.receive_descriptors(&mut [0; 8], 1).unwrap().0, 4);
}

#[test]
fn a_read_ends_behind_the_bytes_that_the_descriptors_came_with() {
    let (one, other) = pair();
    let (_reader, writer) = pipe();
    one.write(b"before ").unwrap();
    one.send_descriptors(b"with ", &[writer.as_fd()]).unwrap();
    one.send_descriptors(b"too", &[writer.as_fd(), writer.as_fd()]).unwrap();
    let (mut buffer, mut seen, mut text) = ([0; 64], Vec::new(), Vec::new());
    while text.len() < b"before with too".len() {
        let (count, descriptors) = other.receive_descriptors(&mut buffer, 8).unwrap();
        text.extend_from_slice(&buffer[..count]);
        seen.push((text.len(), descriptors.len()));
    }
    // What came before the descriptors may be read together with them, what comes after may not.
    assert_eq!(text, b"before with too");
    let with = seen.iter().find(|(end, _)| *end == b"before with ".len());
    assert_eq!((with, seen.last()), (Some(&(12, 1)), Some(&(15, 2))), "{seen:?}");
}
