//! Clients of several kinds, which count what they see.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wirelab_socket::TcpStream;

/// What the clients have seen.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Connections that were made, to their end.
    connections: u64,
    /// Answers that were read to their last byte.
    answered: u64,
    /// Requests whose clients left before the answer, on purpose.
    abandoned: u64,
    /// Connections that ended otherwise than they should.
    pub(crate) broken: u64,
}

impl Tally {
    /// That the server has counted the same. An abandoned request may have been read and answered, or not.
    pub(crate) fn agree_with(&self, accepted: u64, requests: u64, responses: u64) {
        let told =
            format!("{self:?}; the server: {accepted} accepted, {requests} requests, {responses} responses");
        assert_eq!(self.broken, 0, "{told}");
        assert!(accepted <= self.connections && self.connections <= accepted + self.abandoned, "{told}");
        assert!(self.answered <= responses && responses <= requests, "{told}");
        assert!(requests <= self.answered + self.abandoned, "{told}");
    }
}

/// `WIRELAB_SOAK_SECONDS`, or three.
pub(crate) fn duration() -> Duration {
    let seconds = std::env::var("WIRELAB_SOAK_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(3))
}

/// Loads the server for so long. `meanwhile` is called in the middle.
pub(crate) fn run(address: SocketAddr, time: Duration, meanwhile: impl FnOnce()) -> Tally {
    let stop = AtomicBool::new(false);
    let kinds: [fn(SocketAddr, &AtomicBool) -> Tally; 6] = [steady, fresh, rude, large, steady, fresh];
    std::thread::scope(|scope| {
        let clients: Vec<_> =
            kinds.iter().cycle().take(12).map(|kind| scope.spawn(|| kind(address, &stop))).collect();
        std::thread::sleep(time / 2);
        meanwhile();
        std::thread::sleep(time / 2);
        stop.store(true, Ordering::Release);
        let mut sum = Tally::default();
        for seen in clients.into_iter().map(|client| client.join().unwrap()) {
            sum.connections += seen.connections;
            sum.answered += seen.answered;
            sum.abandoned += seen.abandoned;
            sum.broken += seen.broken;
        }
        sum
    })
}

/// Many requests on each connection, some of them at once.
fn steady(address: SocketAddr, stop: &AtomicBool) -> Tally {
    let mut seen = Tally::default();
    while !stop.load(Ordering::Acquire) {
        let stream = connect(address, &mut seen);
        for round in 0..200 {
            let several = 1 + round % 4;
            stream.write("GET /7 HTTP/1.1\r\nHost: test\r\n\r\n".repeat(several).as_bytes()).unwrap();
            if !seen.read_answers(&stream, b"\r\n\r\n7\n", several as u64) {
                break;
            }
        }
        end(stream);
    }
    seen
}

/// A connection for each request.
fn fresh(address: SocketAddr, stop: &AtomicBool) -> Tally {
    let mut seen = Tally::default();
    while !stop.load(Ordering::Acquire) {
        let stream = connect(address, &mut seen);
        stream.write(b"GET /7 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
        seen.read_answers(&stream, b"\r\n\r\n7\n", 1);
    }
    seen
}

/// Half a head, or a request whose answer is not waited for; and then a reset.
fn rude(address: SocketAddr, stop: &AtomicBool) -> Tally {
    let mut seen = Tally::default();
    let rudenesses: [&[u8]; 4] = [
        b"GET /7 HT",
        b"GET /7 HTTP/1.1\r\nHost: test\r\n\r\n",
        b"GET /bytes/300000 HTTP/1.1\r\nHost: test\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nsome",
    ];
    for rudeness in rudenesses.iter().cycle() {
        if stop.load(Ordering::Acquire) {
            break;
        }
        let stream = connect(address, &mut seen);
        stream.write(rudeness).unwrap();
        seen.abandoned += 1;
        stream.set_linger(Some(Duration::ZERO)).unwrap();
    }
    seen
}

/// An answer that fills the socket's buffers.
fn large(address: SocketAddr, stop: &AtomicBool) -> Tally {
    let mut seen = Tally::default();
    while !stop.load(Ordering::Acquire) {
        let stream = connect(address, &mut seen);
        for _ in 0..3 {
            stream.write(b"GET /bytes/1000000 HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
            if !seen.read_large(&stream, 1_000_000) {
                break;
            }
        }
        end(stream);
    }
    seen
}

fn connect(address: SocketAddr, seen: &mut Tally) -> TcpStream {
    seen.connections += 1;
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Ends this side, and waits for the other: the server has then seen the end.
fn end(stream: TcpStream) {
    let _ = stream.shutdown(std::net::Shutdown::Write); // it may have been closed
    let _ = (&stream).read_to_end(&mut Vec::new());
}

impl Tally {
    /// Reads so many answers that end like this; says whether there may be others on the connection.
    fn read_answers(&mut self, stream: &TcpStream, end: &[u8], count: u64) -> bool {
        let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
        let complete =
            |received: &[u8]| received.windows(end.len()).filter(|part| *part == end).count() as u64;
        while complete(&received) < count {
            match stream.read(&mut buffer) {
                Ok(read @ 1..) => received.extend_from_slice(&buffer[..read]),
                // RFC 9112 §9.6: requests behind the one that was answered with `close` are not processed.
                _ if is_last(&received) => {
                    self.abandoned += count - complete(&received);
                    break;
                }
                _ => {
                    self.broken += 1;
                    break;
                }
            }
        }
        self.answered += complete(&received);
        complete(&received) == count && !is_last(&received)
    }

    /// Reads an answer with so much content; says whether there may be others on the connection.
    fn read_large(&mut self, stream: &TcpStream, length: usize) -> bool {
        let (mut received, mut head, mut buffer) = (Vec::new(), None, vec![0; 64 * 1024]);
        while head.is_none_or(|head| received.len() < head + length) {
            match stream.read(&mut buffer) {
                Ok(read @ 1..) => received.extend_from_slice(&buffer[..read]),
                _ => {
                    self.broken += 1;
                    return false;
                }
            }
            if head.is_none() {
                head = received.windows(4).position(|part| part == b"\r\n\r\n").map(|at| at + 4);
            }
        }
        self.answered += 1;
        !is_last(&received[..head.unwrap_or(0)])
    }
}

/// Whether the server has said that it will answer no more.
fn is_last(received: &[u8]) -> bool {
    let close = b"Connection: close\r\n";
    received.windows(close.len()).any(|part| part == close)
}
