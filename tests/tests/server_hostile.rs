//! Our server among slow, idle, vanishing and impatient clients, and told to stop in the middle of its work.
//!
//! The server runs in a process of its own (`src/bin/serve_demo.rs`), so that its memory and descriptors can be counted
//! apart from the clients'.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

struct ServerProcess {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    address: SocketAddr,
}

impl ServerProcess {
    fn start() -> Self {
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_serve_demo")).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let address = value_after("ready ", &mut output).parse().unwrap();
        ServerProcess { child, output, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// Resident memory in bytes.
    fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
    }

    /// Sends SIGTERM, and returns how many requests the server says that it has served.
    fn terminate(mut self) -> u64 {
        // The shell's own `kill`, so that no other program is needed.
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let requests = value_after("requests ", &mut self.output).parse().unwrap();
        std::io::copy(&mut self.output, &mut std::io::sink()).unwrap();
        assert!(self.child.wait().unwrap().success());
        requests
    }
}

/// The rest of the first line that begins with `prefix`.
fn value_after(prefix: &str, output: &mut impl BufRead) -> String {
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        if let Some(value) = line.trim().strip_prefix(prefix) {
            return value.to_string();
        }
        line.clear();
    }
    panic!("the server ended without a line `{prefix}…`");
}

/// Sends `GET /` and reads the whole answer, which ends in `OK`.
fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    while !answer.ends_with(b"\r\n\r\nOK") {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the stream ended behind {:?}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8(answer).unwrap()
}

#[test]
#[ignore = "needs 1,000 descriptors in each of two processes: ulimit -n 2000"]
fn a_thousand_slow_heads_do_not_stop_a_normal_client() {
    let server = ServerProcess::start();
    let mut slow: Vec<TcpStream> = (0..1000).map(|_| server.connect()).collect();
    for (turn, byte) in b"GET / HTTP/1.1\r\nX-Slow: ".iter().enumerate() {
        for stream in &mut slow {
            stream.write_all(&[*byte]).unwrap();
        }
        assert!(ask(&mut server.connect()).starts_with("HTTP/1.1 200 "), "in turn {turn}");
    }
    drop(slow);
    server.terminate();
}

#[test]
#[ignore = "needs 10,000 descriptors in each of two processes: ulimit -n 20000"]
fn ten_thousand_idle_connections_take_less_than_100_megabytes() {
    let server = ServerProcess::start();
    let mut idle: Vec<TcpStream> = Vec::with_capacity(10_000);
    for _ in 0..10_000 {
        let mut stream = server.connect();
        ask(&mut stream);
        idle.push(stream);
    }
    let (memory, descriptors) = (server.memory(), server.descriptors());
    println!("10,000 idle connections: {} KiB resident, {descriptors} descriptors", memory / 1024);
    assert!(descriptors >= 10_000 && memory < 100_000_000, "{memory} bytes, {descriptors} descriptors");
    assert!(ask(&mut idle[4_999]).starts_with("HTTP/1.1 200 "));
    drop(idle);
    assert_eq!(server.terminate(), 10_001);
}

#[test]
fn clients_that_reset_or_leave_in_mid_message_leave_no_descriptor_behind() {
    let server = ServerProcess::start();
    ask(&mut server.connect());
    let before = server.descriptors();
    for round in 0..200 {
        let mut stream = server.connect();
        let request: &[u8] = match round % 3 {
            0 => b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\nonly the beginning",
            1 => b"GET /bytes/100000000 HTTP/1.1\r\nHost: test\r\n\r\n",
            _ => b"GET /stream/1000000 HTTP/1.1\r\nHo",
        };
        stream.write_all(request).unwrap();
        if round % 3 == 1 {
            // What has arrived and was not read makes the kernel answer the rest with a reset.
            stream.peek(&mut [0; 1]).unwrap();
        }
    }
    // The server sees the last of them go only when it comes to it: ask until it has.
    for _ in 0..2000 {
        assert!(ask(&mut server.connect()).starts_with("HTTP/1.1 200 "));
        if server.descriptors() <= before + 1 {
            break;
        }
    }
    assert!(server.descriptors() <= before + 1, "{} descriptors, {before} before", server.descriptors());
    server.terminate();
}

#[test]
fn a_full_disk_is_an_answer_and_the_connection_lives_on() {
    let server = ServerProcess::start();
    let mut stream = server.connect();
    let content = "x".repeat(300_000);
    let head = format!("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n", content.len());
    stream.write_all(head.as_bytes()).unwrap();
    // The server may refuse before all of it has arrived, and close behind its answer.
    let _ = stream.write_all(content.as_bytes());
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 507", "{}", String::from_utf8_lossy(&answer));
    assert!(ask(&mut server.connect()).starts_with("HTTP/1.1 200 "), "the server goes on");
    server.terminate();
}

#[test]
fn sigterm_under_load_loses_no_request_that_was_accepted() {
    let server = ServerProcess::start();
    let address = server.address;
    let clients: Vec<_> = (0..8).map(|_| std::thread::spawn(move || ask_until_the_end(address))).collect();
    // Enough has been served to call it load, and all clients are in the middle of it.
    let mut probe = server.connect();
    for _ in 0..200 {
        ask(&mut probe);
    }
    drop(probe);
    let served = server.terminate();
    let answered: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    assert_eq!(served, answered + 200, "every request that the server took was answered in full");
}

/// Asks again and again, on one connection after the other, until no connection can be had. Returns how many whole answers
/// came. An answer that breaks off is a failure; a connection that ends before an answer begins is not, if the
/// server was told to stop: then it never took that request.
fn ask_until_the_end(address: SocketAddr) -> u64 {
    let mut answered = 0;
    while let Ok(mut stream) = TcpStream::connect(address) {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        loop {
            if stream.write_all(b"GET /3 HTTP/1.1\r\nHost: test\r\n\r\n").is_err() {
                break;
            }
            let mut answer = Vec::new();
            let mut buffer = [0; 1024];
            while !answer.ends_with(b"\r\n\r\n3\n") {
                match stream.read(&mut buffer) {
                    Ok(count @ 1..) => answer.extend_from_slice(&buffer[..count]),
                    _ => break,
                }
            }
            if answer.is_empty() {
                break;
            }
            assert!(answer.ends_with(b"\r\n\r\n3\n"), "broke off: {:?}", String::from_utf8_lossy(&answer));
            answered += 1;
        }
    }
    answered
}
