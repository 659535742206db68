//! Section 2.1: the two servers, as a reader's `nc` and their own tests see them.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use wirelab::kernel::Query;
use wirelab::reactor::Signal;
use wirelab_tests::programs::{is_in_file, printed, program};

/// What the self-test prints, without the lines in which ports stand that are others each time.
fn without_ports(out: &str) -> String {
    let lines = out.lines().filter(|line| !line.starts_with("ready ") && !line.starts_with("connection "));
    lines.filter(|line| !line.starts_with("from ")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn tcp_loses_the_boundaries_of_messages() {
    let out = printed("ch02_tcp_server", &["--self-test"]);
    is_in_file(&without_ports(&out), "golden/ch02_tcp_server_self_test.txt");
    assert!(out.contains("connection 1: a read of 11 bytes: \"onetwothree\"\n"), "{out}");
}

#[test]
fn udp_keeps_them() {
    let out = printed("ch02_udp_server", &["--self-test"]);
    is_in_file(&without_ports(&out), "golden/ch02_udp_server_self_test.txt");
    for message in ["3 bytes: \"one\"\n", "3 bytes: \"two\"\n", "5 bytes: \"three\"\n"] {
        assert!(out.contains(&format!("a datagram of {message}")), "{out}");
    }
}

/// One of the servers on a free port.
struct Serving {
    child: Child,
    out: BufReader<ChildStdout>,
    port: u16,
}

impl Serving {
    fn start(name: &str) -> Self {
        let mut child = Command::new(program(name));
        let mut child = child.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (ready, _try) = (line(&mut out), line(&mut out));
        let port = ready.split_once("127.0.0.1:").unwrap().1.split(' ').next().unwrap().parse().unwrap();
        Serving { child, out, port }
    }

    fn line(&mut self) -> String {
        line(&mut self.out)
    }

    /// Ends it in order; what it says to that.
    fn end(mut self) -> String {
        Signal::TERM.send(self.child.id()).unwrap();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success(), "{rest}");
        rest
    }
}

fn line(out: &mut impl BufRead) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    line
}

fn nc(arguments: &[&str]) -> Child {
    let mut nc = Command::new("nc");
    nc.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    nc.spawn().unwrap_or_else(|error| panic!("nc: {error}; see .ci/run for what to install"))
}

#[test]
fn sigterm_ends_both_servers_in_order() {
    let rest = Serving::start("ch02_tcp_server").end();
    assert!(rest.contains("ended in order: 0 connections, 0 reads"), "{rest}");
    let rest = Serving::start("ch02_udp_server").end();
    assert!(rest.contains("ended in order: 0 datagrams"), "{rest}");
}

#[test]
#[ignore = "needs nc"]
fn two_lines_of_nc_are_one_read_of_a_tcp_server_that_was_held_up() {
    let mut server = Serving::start("ch02_tcp_server");
    let mut client = nc(&["127.0.0.1", &server.port.to_string()]);
    let mut answer = BufReader::new(client.stdout.take().unwrap());
    assert_eq!(line(&mut answer), "Good day. You are connected.\n");
    assert!(server.line().starts_with("connection 1 from 127.0.0.1:"));

    Signal(19).send(server.child.id()).unwrap(); // SIGSTOP
    let mut input = client.stdin.take().unwrap();
    for (text, waiting) in [("one\n", 4), ("two\n", 8)] {
        input.write_all(text.as_bytes()).unwrap();
        while unread(server.port) < waiting {
            std::thread::yield_now();
        }
    }
    Signal(18).send(server.child.id()).unwrap(); // SIGCONT
    assert_eq!(server.line(), "connection 1: a read of 8 bytes: \"one\\ntwo\\n\"\n");
    client.kill().unwrap();
    client.wait().unwrap();
    let rest = server.end();
    assert!(rest.contains("ended in order: 1 connections, 1 reads"), "{rest}");
}

/// What waits in the receive buffers of the server's connections.
fn unread(port: u16) -> u32 {
    let sockets = Query::tcp().local_port(port).run().unwrap();
    sockets.iter().filter(|socket| socket.accept_queue().is_none()).map(|socket| socket.receive_queue).sum()
}

#[test]
#[ignore = "needs nc"]
fn two_lines_of_nc_are_two_datagrams() {
    let mut server = Serving::start("ch02_udp_server");
    let mut client = nc(&["-u", "127.0.0.1", &server.port.to_string()]);
    let mut input = client.stdin.take().unwrap();
    for (text, shown) in [
        ("one\n", "a datagram of 4 bytes: \"one\\n\"\n"),
        ("and two\n", "a datagram of 8 bytes: \"and two\\n\"\n"),
    ] {
        input.write_all(text.as_bytes()).unwrap();
        let line = server.line();
        assert!(line.ends_with(shown), "{line}");
    }
    client.kill().unwrap();
    client.wait().unwrap();
    let rest = server.end();
    assert!(rest.contains("ended in order: 2 datagrams"), "{rest}");
}
