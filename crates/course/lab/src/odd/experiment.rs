//! Sends bytes as they are to a server, over a connection of their own, and takes down what comes back.
//!
//! This waits, and therefore runs on a thread of its own ([`background`](crate::background)): the event loop that has to
//! answer must not be the one that waits for the answer.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use wirelab::http::Method;
use wirelab::socket::TcpStream;

use super::conversation::is_answered;

/// An experiment ends after this long, whatever has come back.
pub const LIMIT: Duration = Duration::from_secs(3);

/// How long, behind the last answer, the server is given to end its side.
const FAREWELL: Duration = Duration::from_millis(60);

/// An answer longer than this is cut off. The lab's own are far shorter.
const LONGEST: usize = 1 << 20;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// All of it.
    pub received: Vec<u8>,
    /// How it ended.
    pub ending: Ending,
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server ended its side.
    Closed,
    /// All answers came, and the server waits for another request.
    LeftOpen,
    /// The time was over, or the connection was reset.
    Broken,
}

impl Ending {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Ending::Closed => "Then the server closed the connection.",
            Ending::LeftOpen => "The server left the connection open for another request.",
            Ending::Broken => "The connection broke, or the answer did not come in time.",
        }
    }
}

/// Sends the parts, each once something has come back for the one before, and reads until every request is answered or the
/// server ends its side.
///
/// # Errors
/// No connection.
pub fn converse(address: SocketAddr, parts: &[Vec<u8>], methods: &[Method]) -> io::Result<Outcome> {
    let deadline = Instant::now() + LIMIT;
    let stream = TcpStream::connect_timeout(address, LIMIT)?;
    stream.set_write_timeout(Some(LIMIT))?;
    let mut received = BytesMut::new();
    for part in parts {
        if write_all(&stream, part).is_err() {
            break; // the server has heard enough; what it said is still to be read
        }
        if parts.len() > 1 && received.is_empty() {
            read(&stream, &mut received, deadline)?;
        }
    }
    let mut ending = Ending::LeftOpen;
    while !is_answered(&received, methods) {
        match read(&stream, &mut received, deadline) {
            Ok(0) => ending = Ending::Closed,
            Ok(_) if received.len() < LONGEST => continue,
            Ok(_) | Err(_) => ending = Ending::Broken,
        }
        break;
    }
    // Nothing more is due. Whether the server ends its side now is a part of what there is to see.
    if ending == Ending::LeftOpen && matches!(read(&stream, &mut received, Instant::now() + FAREWELL), Ok(0))
    {
        ending = Ending::Closed;
    }
    Ok(Outcome { received: received.to_vec(), ending })
}

fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = stream.write(bytes)?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

fn read(stream: &TcpStream, received: &mut BytesMut, deadline: Instant) -> io::Result<usize> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(ErrorKind::TimedOut.into());
    }
    stream.set_read_timeout(Some(left))?;
    received.reserve(16 * 1024);
    stream.read_into(received)
}
