//! Moving bytes: reads, writes, vectors, files, and what the kernel counts of them.

use std::fs::File;
use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Seek, Write};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use wirelab_socket::{CongestionState, TcpListener, TcpState, TcpStream, UdpSocket};

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(loopback()).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept_blocking().unwrap();
    for stream in [&client, &server] {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_nodelay(true).unwrap();
    }
    (client, server)
}

/// A file without a name, filled with a pattern.
fn file_of(length: usize) -> (File, Vec<u8>) {
    let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
    let path = std::env::temp_dir().join(format!("wirelab-sendfile-{}-{length}", std::process::id()));
    std::fs::write(&path, &bytes).unwrap();
    let file = File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    (file, bytes)
}

fn read_to_end(stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64 * 1024);
    while stream.read_into(&mut bytes).unwrap() > 0 {
        bytes.reserve(64 * 1024);
    }
    bytes
}

#[test]
fn a_read_appends_to_a_buffer_and_keeps_what_is_there() {
    let (client, server) = connected();
    let mut buffer = BytesMut::with_capacity(64);
    buffer.extend_from_slice(b"so far, ");
    client.write(b"so good").unwrap();
    assert_eq!(server.read_into(&mut buffer).unwrap(), 7);
    assert_eq!(&buffer[..], b"so far, so good");
}

#[test]
fn a_read_takes_no_more_than_the_room_there_is() {
    let (client, server) = connected();
    client.write(b"0123456789").unwrap();
    let mut limited = Vec::new().limit(4);
    assert_eq!(server.read_into(&mut limited).unwrap(), 4);
    assert_eq!(server.read_into(&mut limited).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(limited.into_inner(), b"0123");

    let mut room = [MaybeUninit::uninit(); 4];
    assert_eq!(server.read_uninit(&mut room).unwrap(), b"4567");
    assert_eq!(server.peek(&mut [0; 4]).unwrap(), 2);
    assert_eq!(server.unread_bytes().unwrap(), 2);
    assert_eq!(server.read(&mut [0; 4]).unwrap(), 2);
    assert_eq!(server.unread_bytes().unwrap(), 0);
}

#[test]
fn a_non_blocking_read_of_nothing_would_block() {
    let (client, server) = connected();
    server.set_nonblocking(true).unwrap();
    let mut buffer = BytesMut::with_capacity(16);
    assert_eq!(server.read_into(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(buffer.is_empty());
    assert_eq!(server.read(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(client);
}

#[test]
fn a_blocking_read_gives_up_after_its_time_out() {
    let (_client, server) = connected();
    server.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    assert_eq!(server.read(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_non_blocking_write_stops_when_the_reader_does() {
    let (client, server) = connected();
    client.set_nonblocking(true).unwrap();
    let chunk = vec![7; 64 * 1024];
    let mut written = 0;
    let error = loop {
        match client.write(&chunk) {
            Ok(count) => written += count,
            Err(error) => break error,
        }
        assert!(written < 1 << 30, "a reader that does not read holds no gigabyte");
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    let unacknowledged = client.unacknowledged_bytes().unwrap();
    assert!(unacknowledged > 0 && unacknowledged <= written, "{unacknowledged} of {written}");
    drop(client);
    assert_eq!(read_to_end(&server).len(), written);
}

#[test]
fn a_vectored_write_arrives_as_one_and_a_vectored_read_spreads_it() {
    let (client, server) = connected();
    let parts = [IoSlice::new(b"head "), IoSlice::new(b""), IoSlice::new(b"and body")];
    assert_eq!(client.write_vectored(&parts).unwrap(), 13);
    let (mut first, mut second) = ([0; 4], [0; 32]);
    let count =
        server.read_vectored(&mut [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)]).unwrap();
    assert_eq!((count, &first, &second[..9]), (13, b"head", &b" and body"[..]));
    assert_eq!(server.tcp_info().unwrap().data_segs_in, 1, "one segment on the wire");
}

#[test]
fn more_parts_than_the_kernel_takes_are_a_short_write() {
    let (client, _server) = connected();
    let parts = vec![IoSlice::new(b"x"); 5000];
    assert_eq!(client.write_vectored(&parts).unwrap(), 1024);
}

#[test]
fn sendfile_moves_the_files_bytes_and_not_its_position() {
    let (client, server) = connected();
    let (mut file, bytes) = file_of(1 << 20);
    let reader = thread::spawn(move || read_to_end(&server));
    let mut offset = 100;
    loop {
        match client.sendfile(&file, offset, 300_000).unwrap() {
            0 => break,
            count => offset += count as u64,
        }
    }
    assert_eq!(offset, 1 << 20, "0 comes at the end of the file");
    drop(client);
    assert!(reader.join().unwrap() == bytes[100..], "the bytes of the file, from 100 on");
    assert_eq!(file.stream_position().unwrap(), 0);
}

#[test]
fn sendfile_to_a_peer_that_reset_is_an_error_and_no_signal() {
    let (client, server) = connected();
    let (file, _) = file_of(4096);
    server.set_linger(Some(Duration::ZERO)).unwrap();
    drop(server);
    let _reset = client.read(&mut [0; 1]).unwrap_err();
    assert_eq!(client.sendfile(&file, 0, 4096).unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(client.sendfile(&file, u64::MAX, 1).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn the_standard_traits_work_on_a_shared_stream() {
    let (client, server) = connected();
    writeln!(&client, "line {}", 1).unwrap();
    (&client).flush().unwrap();
    drop(client);
    let mut text = String::new();
    (&server).read_to_string(&mut text).unwrap();
    assert_eq!(text, "line 1\n");
}

#[test]
fn tcp_info_counts_the_exchange() {
    let (client, server) = connected();
    client.write(&[1; 5000]).unwrap();
    let mut received = BytesMut::with_capacity(8192);
    while received.len() < 5000 {
        server.read_into(&mut received).unwrap();
    }
    server.write(b"ok").unwrap();
    client.read(&mut [0; 2]).unwrap(); // carries the acknowledgement of the 5000

    let info = client.tcp_info().unwrap();
    assert_eq!(info.state, TcpState::ESTABLISHED);
    assert_eq!(info.bytes_acked, 5001, "with the SYN: {info:?}");
    assert_eq!((info.bytes_sent, info.bytes_received), (5000, 2), "{info:?}");
    assert_eq!((info.total_retrans, info.lost, info.unacked, info.notsent_bytes), (0, 0, 0, 0), "{info:?}");
    assert!(info.rtt > Duration::ZERO && info.rtt < Duration::from_secs(5), "{info:?}");
    assert!(info.min_rtt <= info.rtt && info.rto >= Duration::from_millis(100), "{info:?}");
    assert!(info.snd_cwnd >= 10 && info.snd_mss > 500 && info.pmtu > info.snd_mss, "{info:?}");
    assert!(info.segs_out >= 3 && info.segs_in >= 2 && info.data_segs_out >= 1, "{info:?}");
    assert!(info.rcv_space > 0 && info.snd_wnd > 0, "{info:?}");
    assert!(info.wscale && info.sack && info.delivered >= 2 && info.total_rto == 0, "{info:?}");
    assert_eq!(info.ca_state, CongestionState::OPEN);
    let shown = info.fields().find(|field| field.name == "bytes_sent").expect("every field is listed");
    assert_eq!(shown.value.to_string(), "5000 bytes");
    assert_eq!(server.tcp_info().unwrap().bytes_received, 5000);
}

#[test]
fn udp_keeps_the_boundaries_and_cuts_what_does_not_fit() {
    let server = UdpSocket::bind(loopback()).unwrap();
    let client = UdpSocket::bind(loopback()).unwrap();
    let to = server.local_addr().unwrap();
    for datagram in [&b"first"[..], b"", b"too long for the buffer"] {
        assert_eq!(client.send_to(datagram, to).unwrap(), datagram.len());
    }
    let (from, mut buffer) = (client.local_addr().unwrap(), [0; 8]);
    assert_eq!(server.recv_from(&mut buffer).unwrap(), (5, from));
    assert_eq!(server.recv_from(&mut buffer).unwrap(), (0, from));
    assert_eq!(server.recv_from(&mut buffer).unwrap(), (8, from));
    server.set_nonblocking(true).unwrap();
    assert_eq!(server.recv_from(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(client.send_to(&[0; 65_508], to).unwrap_err().raw_os_error(), Some(libc::EMSGSIZE));
}

#[test]
fn a_write_that_announces_more_shares_its_segment_with_it() {
    let (client, server) = connected();
    client.write_more(b"head, ").unwrap();
    client.write(b"body").unwrap();
    let mut buffer = [0; 64];
    assert_eq!(server.read(&mut buffer).unwrap(), 10);
    assert_eq!(&buffer[..10], b"head, body");
    assert_eq!(client.tcp_info().unwrap().data_segs_out, 1, "with TCP_NODELAY set");
}
