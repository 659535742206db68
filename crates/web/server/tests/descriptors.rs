//! Descriptors, which no accident may cost. Alone in its file, since they are the whole process's.

#![allow(unsafe_code, reason = "setrlimit has no safe wrapper here")]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::time::Duration;

use support::start_on;
use wirelab_server::{Config, DemoSite, Model, Server};
use wirelab_socket::TcpStream;

fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Closes with a reset instead of the usual end.
fn reset(stream: TcpStream) {
    stream.set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
}

#[test]
fn accidents_leak_no_descriptor() {
    let limit = libc::rlimit { rlim_cur: 512, rlim_max: 512 };
    // SAFETY: the kernel reads the struct.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
    let folder = std::env::temp_dir().join(format!("wirelab-descriptors-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    File::create(folder.join("large")).unwrap().write_all(&vec![1; 20_000_000]).unwrap();
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), Config::default()).unwrap();
    let server = start_on(
        Model::SingleLoop,
        server,
        DemoSite::new().with_files(&folder).unwrap().with_uploads(&folder),
    );
    assert_eq!(
        server.connect().get("/").text(),
        "OK",
        "it runs, and has the descriptors that it needs for that"
    );
    server.wait_until("the end", |counters| counters.open() == 0);
    let before = open_descriptors();
    let accidents: [&[u8]; 7] = [
        b"",
        b"GET / HT",
        b"GET /files/large HTTP/1.1\r\nHost: test\r\n\r\n",
        b"GET /bytes/1000000000 HTTP/1.1\r\nHost: test\r\n\r\n",
        b"GET /delay/60000 HTTP/1.1\r\nHost: test\r\n\r\n",
        b"POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\nsome",
        b"POST /upload HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\nnonsense",
    ];
    for (round, accident) in accidents.iter().cycle().take(700).enumerate() {
        let client = TcpStream::connect(server.address).unwrap();
        client.write(accident).unwrap();
        // Half of them are reset while the server is at work on them, the other half perhaps before it has looked.
        if round % 2 == 0 {
            server.wait_until("the connection", |counters| counters.accepted() > 1 + round as u64);
        }
        reset(client);
    }
    server.wait_until("the ends", |counters| counters.accepted() == 701 && counters.open() == 0);
    assert_eq!(open_descriptors(), before);
    assert_eq!(server.connect().get("/").text(), "OK");

    // And when there are none left, the server waits until there are.
    let mut client = server.connect();
    server.wait_until("the connection", |counters| counters.accepted() == 703);
    let mut hoard: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    hoard.pop();
    let late = TcpStream::connect(server.address).unwrap(); // takes the last one
    late.write(b"GET /5 HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    server.wait_until("the pause", |counters| counters.incident("accept-paused") > 0);
    assert_eq!(client.get("/").text(), "OK", "who is connected is served");
    assert_eq!(client.get("/files/large").status, 503);
    assert_eq!(server.counters().accepted(), 703);
    drop(hoard);
    let mut answer = Vec::with_capacity(1024);
    while !answer.ends_with(b"5\n") {
        assert!(late.read_into(&mut answer).unwrap() > 0, "the late one was served after all");
    }
    drop((client, late));
    server.stop();
    fs::remove_dir_all(&folder).unwrap();
}
