//! Sends the probes, and judges what comes back.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use wirelab_tests::Running;

use super::judge;
use super::probe::{Probe, Step};

/// Behind a probe: a request like every other, and the last. Its answer is known, and no probe asks for it.
const LAST_REQUEST: &[u8] = b"GET /4242 HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";
pub(crate) const LAST_CONTENT: &[u8] = b"4242\n";

/// Longer probes are not sent byte by byte.
const SHORT: usize = 2000;

/// Silence of this length means that an answer is missing.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the bytes are cut into writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Whole,
    ByteByByte,
}

/// What came back.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub bytes: Vec<u8>,
    /// How it ended, unless with the end of the stream.
    pub problem: Option<String>,
}

/// Sends each probe at once, and then byte by byte: where a packet ends must not change an answer.
pub(crate) fn run(server: &Running, probes: &[Probe]) {
    run_at(server, probes, &[Pace::Whole, Pace::ByteByByte]);
}

/// Sends each probe at these paces.
pub(crate) fn run_at(server: &Running, probes: &[Probe], paces: &[Pace]) {
    let mut failures = String::new();
    let mut failed = 0;
    for probe in probes {
        for &pace in paces {
            if pace == Pace::ByteByByte && probe.len() > SHORT {
                continue;
            }
            let heard = converse(server.address, probe, pace);
            if let Err(problem) = judge::judge(probe, &heard) {
                failed += 1;
                failures += &report(probe, pace, &heard, &problem);
                break;
            }
        }
    }
    println!("{} probes, {failed} failed", probes.len());
    assert!(failed == 0, "{failed} of {} probes failed\n{failures}", probes.len());
}

/// One connection.
pub(crate) fn converse(address: SocketAddr, probe: &Probe, pace: Pace) -> Heard {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("a new socket");
    stream.set_read_timeout(Some(PATIENCE)).expect("a new socket");
    let mut heard = Heard::default();
    let mut heads = 0;
    for step in &probe.steps {
        match step {
            Step::Write(bytes) => write(&mut stream, bytes, pace),
            Step::AwaitHead => {
                heads += 1;
                while count_heads(&heard.bytes) < heads && listen(&mut stream, &mut heard) {}
            }
            Step::AwaitEnd => {
                while listen(&mut stream, &mut heard) {}
                return heard;
            }
        }
    }
    if probe.half_closes {
        // The server may have closed already; then there is nothing left to end.
        let _ = stream.shutdown(Shutdown::Write);
    } else {
        write(&mut stream, LAST_REQUEST, pace);
    }
    while listen(&mut stream, &mut heard) {}
    heard
}

/// A server may refuse before all has been sent; whether its answer can be read all the same is what counts.
fn write(stream: &mut TcpStream, bytes: &[u8], pace: Pace) {
    let size = if pace == Pace::Whole { bytes.len().max(1) } else { 1 };
    for piece in bytes.chunks(size) {
        if stream.write_all(piece).is_err() {
            return;
        }
    }
}

fn count_heads(bytes: &[u8]) -> usize {
    bytes.windows(4).filter(|window| window == b"\r\n\r\n").count()
}

/// Reads once; false at the end.
fn listen(stream: &mut TcpStream, heard: &mut Heard) -> bool {
    let mut buffer = [0; 16 * 1024];
    match stream.read(&mut buffer) {
        Ok(0) => false,
        Ok(count) => {
            heard.bytes.extend_from_slice(&buffer[..count]);
            true
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            heard.problem = Some(format!("silence for {PATIENCE:?}"));
            false
        }
        Err(error) => {
            heard.problem = Some(format!("the connection broke: {error}"));
            false
        }
    }
}

fn report(probe: &Probe, pace: Pace, heard: &Heard, problem: &str) -> String {
    let step_bytes = |step: &Step| match step {
        Step::Write(bytes) => bytes.clone(),
        Step::AwaitHead => b"<a head is awaited>".to_vec(),
        Step::AwaitEnd => b"<the end is awaited>".to_vec(),
    };
    let sent: Vec<u8> = probe.steps.iter().flat_map(step_bytes).collect();
    format!(
        "\n{} ({}), {pace:?}\n  {problem}\n  sent:     {}\n  received: {}\n",
        probe.name,
        probe.rule,
        excerpt(&sent),
        excerpt(&heard.bytes)
    )
}

fn excerpt(bytes: &[u8]) -> String {
    const LONGEST: usize = 700;
    let shown = bytes[..bytes.len().min(LONGEST)].escape_ascii();
    let more = if bytes.len() > LONGEST { format!("… ({} bytes)", bytes.len()) } else { String::new() };
    format!("\"{shown}\"{more}")
}
