//! The recorder tells the truth: what [`record`] has written down is what `strace` has seen, line by line.
//!
//! Without the test harness, whose own calls would be among them. Like an ignored test it runs with `--ignored`
//! (and `--include-ignored`) only, since it needs `strace`.

use std::fs::{self, File};
use std::io::{IoSlice, IoSliceMut};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::AsFd;
use std::process::Command;
use std::time::Duration;
use std::{env, io};

use wirelab_socket::{
    ListenOptions, Pipe, Socket, TcpListener, TcpStream, UdpSocket, UnixAddress, UnixListener, UnixStream,
    record,
};

/// A file that nobody has. Trying to open it is what the two ends of the conversation look like to `strace`.
const MARK: &str = "/wirelab-mark";

fn main() {
    if env::args().nth(1).as_deref() == Some("talk") {
        // A file that every Linux has. Opening and closing it is not this crate's business.
        let file = File::open("/proc/self/exe").unwrap();
        mark();
        let (outcome, calls) = record(|| talk(&file));
        mark();
        outcome.unwrap();
        calls.iter().for_each(|call| println!("{call}"));
    } else if env::args().any(|argument| argument == "--ignored" || argument == "--include-ignored") {
        compare();
        println!("strace: ok\n");
    } else {
        println!("strace: ignored, needs strace; run it with --ignored\n");
    }
}

fn mark() {
    drop(File::open(MARK));
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A bit of everything that this crate can ask of the kernel, errors too.
fn talk(file: &File) -> io::Result<()> {
    let options = ListenOptions::default().reuse_port(true).backlog(7).receive_buffer(65_536);
    let listener = options.defer_accept(Duration::from_secs(3)).bind(loopback(0))?;
    let address = listener.local_addr()?;
    assert!(TcpListener::bind(address).is_err());

    let client = TcpStream::connect_timeout(address, Duration::from_secs(5))?;
    client.write(b"GET / HTTP/1.1\r\n\r\n\0\x019 \"\\ \xff")?;
    let (server, _) = listener.accept()?;
    server.peek(&mut [0; 4])?;
    server.read(&mut [0; 64])?;
    assert!(server.read(&mut [0; 64]).is_err());
    server.write_vectored(&[IoSlice::new(b"HTTP/1.1 200 OK\r\n\r\n"), IoSlice::new(&[b'x'; 40])])?;
    let (mut head, mut body) = ([0; 19], [0; 100]);
    client.read_vectored(&mut [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)])?;
    let copy = client.try_clone()?;
    move_options(&copy)?;
    drop(copy);
    server.sendfile(file, 1, 3)?;
    assert_eq!(client.unread_bytes()?, 3);
    client.read_into(&mut Vec::with_capacity(100))?;
    server.shutdown(Shutdown::Write)?;
    client.read(&mut [0; 1])?;
    assert!(server.write(b"too late").is_err());
    client.peer_addr()?;
    client.tcp_info()?;
    drop((server, client));

    let socket = Socket::tcp_for(&"[::1]:0".parse().unwrap())?;
    socket.set_only_v6(true)?;
    socket.bind("[::1]:0".parse().unwrap())?;
    let one = UdpSocket::bind(loopback(0))?;
    one.send_to(b"datagram", one.local_addr()?)?;
    one.recv_from(&mut [0; 4])?;
    let to = one.local_addr()?;
    one.send_many(&[(b"first", to), (b"second", to), (&[0; 65_508], to)])?;
    one.connect(to)?;
    one.peer_addr()?;
    one.recv(&mut [0; 64])?;
    let mut pipe = Pipe::new()?;
    pipe.fill(file, 100)?;
    let mut copy = Pipe::new()?;
    pipe.duplicate(&mut copy)?;
    copy.set_capacity(8192)?;
    copy.drain(&UnixStream::pair()?.0)?;
    talk_in_the_house()
}

fn talk_in_the_house() -> io::Result<()> {
    let name = UnixAddress::in_the_abstract(format!("wirelab-strace-{}", std::process::id()));
    let listener = UnixListener::bind(&name)?;
    let client = UnixStream::connect(&name)?;
    let server = listener.accept()?;
    client.peer_address()?;
    client.local_address()?;
    client.peer_credentials()?;
    assert!(UnixStream::connect(&UnixAddress::path("/no/such/socket")).is_err());
    let (one, other) = UnixStream::pair()?;
    server.send_descriptors(b"two", &[one.as_fd(), other.as_fd()])?;
    let (_, descriptors) = client.receive_descriptors(&mut [0; 16], 2)?;
    descriptors.into_iter().map(UnixStream::from).for_each(drop);
    server.send_descriptors(b"none", &[])?;
    client.receive_descriptors(&mut [0; 16], 2)?;
    Ok(())
}

fn move_options(stream: &TcpStream) -> io::Result<()> {
    stream.set_linger(Some(Duration::from_secs(1)))?;
    stream.set_read_timeout(Some(Duration::from_millis(1_500)))?;
    stream.set_nonblocking(true)?;
    stream.is_close_on_exec()?;
    stream.set_nodelay(true)?;
    assert!(stream.nodelay()?);
    stream.take_error()?;
    stream.unacknowledged_bytes()?;
    Ok(())
}

fn compare() {
    let log = env::temp_dir().join(format!("wirelab-strace-{}", std::process::id()));
    let mut command = Command::new("strace");
    command.args([
        "-a1",
        "-e",
        "trace=%network,openat,close,fcntl,ioctl,poll,sendfile,readv,splice,tee,pipe2",
    ]);
    command.arg("-o").arg(&log).arg(env::current_exe().unwrap()).arg("talk");
    let output = command.output().expect("strace runs");
    let seen = fs::read_to_string(&log).unwrap();
    fs::remove_file(&log).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");

    let recorded = String::from_utf8(output.stdout).unwrap();
    let recorded: Vec<_> = recorded.lines().collect();
    let between = seen.split(&format!("openat(AT_FDCWD, \"{MARK}\"")).nth(1).expect("two marks");
    let seen: Vec<_> =
        between.lines().skip(1).filter(|line| !line.starts_with("openat")).map(normalised).collect();
    for (at, (recorded, seen)) in recorded.iter().zip(&seen).enumerate() {
        assert_eq!(recorded, seen, "call {at}: recorded on the left, seen by strace on the right");
    }
    assert!(recorded.len() > 50, "{recorded:#?}");
    assert_eq!(recorded.len(), seen.len(), "calls recorded and seen");
}

/// Where `strace` writes more than the recorder, or less: pointers to what the kernel did not fill, the bytes
/// of structs that it does not know, and what `poll` found.
fn normalised(line: &str) -> String {
    let mut line = line.replace(
        r#"SO_RCVTIMEO_OLD, "\1\0\0\0\0\0\0\0 \241\7\0\0\0\0\0""#,
        "SO_RCVTIMEO, {tv_sec=1, tv_usec=500000}",
    );
    if let (Some(start), Some(end)) = (line.find("TCP_INFO, \""), line.rfind("\"...")) {
        line.replace_range(start..end + 4, "TCP_INFO, {...}");
    }
    if let Some(found) = line.find(" ([{fd=") {
        line.truncate(found);
    }
    while let Some(start) = line.find("0x7") {
        let end =
            line[start + 2..].find(|c: char| !c.is_ascii_hexdigit()).map_or(line.len(), |at| start + 2 + at);
        line.replace_range(start..end, "...");
    }
    line
}
