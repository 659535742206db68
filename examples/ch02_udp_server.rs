//! Section 2.1: a UDP server on port 8801 that shows each datagram: exactly the messages that the clients sent, and nothing else that
//! it could know of them.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use wirelab::reactor::{Interest, Reactor, Signal, Signals, Token, Trigger};
use wirelab::socket::{ReceiveBatch, UdpSocket};
use wirelab_examples::{Args, Checks, Outcome, PCAP, Traffic};

const ABOUT: &str = "A UDP server that shows each datagram (section 2.1).
Look at where the datagrams begin and end, and at where the client's writes did. Ctrl-C or SIGTERM ends it.";

/// The longest datagram that is received whole.
const ROOM: usize = 1024;

const SOCKET: Token = Token(0);
const SIGNALS: Token = Token(1);

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--listen ADDR", "where (127.0.0.1:8801)"),
            ("--self-test", "on a free port, talks to itself, and ends"),
            PCAP,
        ],
    );
    let usual = if args.has("--self-test") { "127.0.0.1:0" } else { "127.0.0.1:8801" };
    let mut receiver = Receiver::bind(args.value("--listen", usual.parse()?))?;
    let address = receiver.socket.local_addr()?;
    let _recording = args.recording(Traffic::Ports(&[address.port()]))?;
    println!("ready {address}  (Ctrl-C ends it)");
    let mut checks = Checks::default();
    if args.has("--self-test") {
        self_test(&mut receiver, address, &mut checks)?;
    } else {
        println!("try   nc -u {} {}", address.ip(), address.port());
        receiver.run(None, |_| false)?;
        println!("ended in order: {} datagrams", receiver.received.len());
        checks.check("the signal ended it", receiver.stopped);
    }
    Ok(checks.exit_code())
}

// ANCHOR: server
/// One socket for all clients, and no state for any of them.
struct Receiver {
    reactor: Reactor<()>,
    /// Never read: that there is one is all that matters.
    _signals: Signals,
    socket: UdpSocket,
    batch: ReceiveBatch,
    /// Of each datagram: its length, as far as there was room, whether that was too little, and its sender.
    received: Vec<(usize, bool, Option<SocketAddr>)>,
    stopped: bool,
}

impl Receiver {
    fn bind(address: SocketAddr) -> io::Result<Self> {
        let signals = Signals::new(&[Signal::TERM, Signal::INT])?;
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let mut reactor = Reactor::new()?;
        reactor.register(&socket, SOCKET, Interest::READABLE, Trigger::Level)?;
        reactor.register(&signals, SIGNALS, Interest::READABLE, Trigger::Level)?;
        let batch = ReceiveBatch::new(16, ROOM);
        Ok(Receiver { reactor, _signals: signals, socket, batch, received: Vec::new(), stopped: false })
    }

    /// Until a signal comes, enough was received, or nothing happens for so long.
    fn run(&mut self, patience: Option<Duration>, enough: impl Fn(&Self) -> bool) -> io::Result<()> {
        while !self.stopped && !enough(self) {
            self.reactor.poll(patience)?;
            let mut silent = true;
            while let Some(event) = self.reactor.next_event() {
                silent = false;
                match event.token() {
                    SOCKET => self.receive()?,
                    _ => self.stopped = true,
                }
            }
            if silent && patience.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Takes what waits. A datagram is received whole or, where there is too little room, without its rest; never in pieces, and
    /// never together with the next.
    fn receive(&mut self) -> io::Result<()> {
        match self.socket.recv_many(&mut self.batch) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            other => other?,
        };
        for datagram in self.batch.datagrams() {
            let from = datagram.from.map_or("somebody".to_owned(), |from| from.to_string());
            let cut = if datagram.cut { ", the rest is lost" } else { "" };
            let text = String::from_utf8_lossy(&datagram.bytes[..datagram.bytes.len().min(40)]);
            println!("from {from}: a datagram of {} bytes{cut}: {text:?}", datagram.bytes.len());
            self.received.push((datagram.bytes.len(), datagram.cut, datagram.from));
        }
        Ok(())
    }
}
// ANCHOR_END: server

/// The clients send before the server looks: what they have sent waits in its receive buffer.
fn self_test(
    receiver: &mut Receiver,
    address: SocketAddr,
    checks: &mut Checks,
) -> Result<(), Box<dyn Error>> {
    let clients = [UdpSocket::bind("127.0.0.1:0".parse()?)?, UdpSocket::bind("127.0.0.1:0".parse()?)?];
    let long = "l".repeat(2 * ROOM);
    let messages = ["one", "two", "three", "", &long];
    for message in messages {
        clients[0].send_to(message.as_bytes(), address)?;
    }
    clients[1].send_to(b"me too", address)?;
    receiver.run(Some(Duration::from_secs(30)), |receiver| receiver.received.len() > messages.len())?;
    let received: Vec<_> = receiver.received.iter().map(|&(length, cut, _)| (length, cut)).collect();
    let is = |index, expected| received.get(index) == Some(&expected);
    checks.check(
        "three writes: three datagrams of 3, 3 and 5 bytes",
        received.starts_with(&[(3, false), (3, false), (5, false)]),
    );
    checks.check("nothing at all is a message, too: a datagram of 0 bytes", is(3, (0, false)));
    checks.check(
        format!("of {} bytes, the first {ROOM} arrive, and the others never", long.len()),
        is(4, (ROOM, true)),
    );
    let senders: Vec<_> = receiver.received.iter().filter_map(|received| received.2).collect();
    let second = clients[1].local_addr()?;
    checks.check(
        "another client, the same socket: each datagram says who sent it",
        senders.len() == messages.len() + 1
            && senders.ends_with(&[second])
            && !senders[..5].contains(&second),
    );
    let nobody = UdpSocket::bind("127.0.0.1:0".parse()?)?.local_addr()?; // closed again at once
    checks.check(
        "a datagram to where nobody listens is sent like any other",
        clients[0].send_to(b"one", nobody)? == 3,
    );
    Ok(())
}
