//! Write, write, read: the pattern that makes Nagle's algorithm wait for a delayed acknowledgement.
//!
//! The client writes a request in two pieces and waits for the answer; the server answers once it has both. With Nagle's
//! algorithm (RFC 9293 §3.7.4) the client's kernel keeps the second piece back, since the first is not acknowledged; the
//! server's kernel delays that acknowledgement, in the hope that the answer will carry it (RFC 9293 §3.8.6.3); and the
//! server does not answer, since the second piece has not come.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use wirelab::sansio::Instant as Moment;
use wirelab::sim::{Log, Side};
use wirelab::socket::{TcpInfo, TcpListener, TcpStream};

/// The two pieces, in bytes: those of section 10.1.
pub const PIECES: [usize; 2] = [500, 960];

/// How long anything may take.
pub const LIMIT: Duration = Duration::from_secs(3);

/// A young connection acknowledges everything at once. So many exchanges later it has seen that answers follow, and delays.
const WARM_UP: usize = 4;

/// What was seen of one exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Whether Nagle's algorithm was off.
    pub nodelay: bool,
    /// What happened when.
    pub log: Log,
    /// From the first write to the answer.
    pub took: Duration,
    /// How long the kernel kept the second piece back.
    pub held: Duration,
    /// What the client's kernel said right after the second write.
    pub after_write: TcpInfo,
}

/// Makes one exchange with Nagle's algorithm, and one without, on a connection each.
///
/// # Errors
/// A socket failed, or nothing came in time.
pub fn both() -> io::Result<[Exchange; 2]> {
    Ok([observe(false)?, observe(true)?])
}

fn observe(nodelay: bool) -> io::Result<Exchange> {
    let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept_blocking()?;
    for stream in [&client, &server] {
        stream.set_read_timeout(Some(LIMIT))?;
    }
    client.set_nodelay(nodelay)?;
    // The server's own small answers shall not wait either way.
    server.set_nodelay(true)?;
    std::thread::scope(|scope| {
        let served = scope.spawn(|| (0..=WARM_UP).map(|_| serve(&server)).collect::<io::Result<Vec<_>>>());
        let asked = (0..=WARM_UP).map(|_| ask(&client)).collect::<io::Result<Vec<_>>>();
        // If the client has failed, the server must not wait for what will not come.
        let _ = client.shutdown(std::net::Shutdown::Write);
        let served = served.join().map_err(|_| io::Error::other("the server's thread panicked"))?;
        match (asked?.pop(), served?.pop()) {
            (Some(asked), Some(served)) => Ok(asked.with(nodelay, &served)),
            _ => Err(io::Error::other("no exchange was made")),
        }
    })
}

/// What the server saw: when it had read how many bytes, and when it answered.
struct Served {
    reads: Vec<(Instant, usize)>,
    answered: Instant,
}

fn serve(stream: &TcpStream) -> io::Result<Served> {
    let (mut reads, mut buffer, mut total) = (Vec::new(), [0; 4096], 0);
    while total < PIECES.iter().sum() {
        match stream.read(&mut buffer)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => total += count,
        }
        reads.push((Instant::now(), total));
    }
    let answered = Instant::now();
    stream.write(b"OK")?;
    Ok(Served { reads, answered })
}

/// What the client saw.
struct Asked {
    writes: [Instant; 2],
    after_write: TcpInfo,
    /// When nothing unsent was left.
    sent: Instant,
    answer: Instant,
}

fn ask(stream: &TcpStream) -> io::Result<Asked> {
    let first = Instant::now();
    stream.write(&[b'a'; PIECES[0]])?;
    let second = Instant::now();
    stream.write(&[b'b'; PIECES[1]])?;
    let after_write = stream.tcp_info()?;
    let mut info = after_write;
    while info.notsent_bytes > 0 && second.elapsed() < LIMIT {
        std::thread::sleep(Duration::from_micros(50));
        info = stream.tcp_info()?;
    }
    let sent = Instant::now();
    match stream.read(&mut [0; 16])? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(Asked { writes: [first, second], after_write, sent, answer: Instant::now() }),
    }
}

impl Asked {
    /// Both sides' times, put together. Both threads have the same clock.
    fn with(self, nodelay: bool, served: &Served) -> Exchange {
        let [first, second] = self.writes;
        let arrived = |bytes| served.reads.iter().find(|(_, total)| *total >= bytes).map(|(at, _)| *at);
        let arrival = arrived(PIECES.iter().sum()).unwrap_or(self.sent);
        let kept = self.after_write.notsent_bytes > 0;
        // What the server has read was sent, whatever the client's last look at its kernel said.
        let sent = if kept { self.sent.min(arrival) } else { second };
        let mut events = vec![
            (first, Happened::FirstSent),
            (arrived(PIECES[0]).unwrap_or(arrival), Happened::FirstRead),
            (sent, Happened::SecondSent),
            (arrival, Happened::SecondRead),
            (served.answered, Happened::Answered),
            (self.answer, Happened::AnswerRead),
        ];
        events.extend(kept.then_some((second, Happened::Kept)));
        events.sort();
        Exchange {
            nodelay,
            log: log(&events, first),
            took: self.answer.saturating_duration_since(first),
            held: sent.saturating_duration_since(second),
            after_write: self.after_write,
        }
    }
}

/// In the order in which those of one moment happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happened {
    FirstSent,
    FirstRead,
    Kept,
    SecondSent,
    SecondRead,
    Answered,
    AnswerRead,
}

/// The events as a log, whose time begins at `start`.
fn log(events: &[(Instant, Happened)], start: Instant) -> Log {
    let mut log = Log::new("client", "server");
    let [first, second] = PIECES.map(|bytes| format!("{bytes} bytes"));
    // Of each packet the number, once it is sent.
    let (mut one, mut two, mut answer) = (None, None, None);
    for (at, what) in events {
        let at = Moment::ZERO + at.saturating_duration_since(start);
        let arrived = match what {
            Happened::FirstSent => {
                one = Some(log.sent(at, Side::Client, PIECES[0], &first));
                None
            }
            Happened::SecondSent => {
                two = Some(log.sent(at, Side::Client, PIECES[1], &second));
                None
            }
            Happened::Answered => {
                answer = Some(log.sent(at, Side::Server, 2, "OK"));
                None
            }
            Happened::Kept => {
                log.note(at, Side::Client, format!("{second} kept back"));
                None
            }
            Happened::FirstRead => one,
            Happened::SecondRead => two,
            Happened::AnswerRead => answer,
        };
        if let Some(packet) = arrived {
            log.arrived(at, packet);
        }
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_nagle_the_second_piece_waits_for_an_acknowledgement_and_without_it_does_not() {
        let [with, without] = both().unwrap();
        assert!(!with.nodelay && without.nodelay);
        assert_eq!(with.after_write.notsent_bytes as usize, PIECES[1], "{}", with.log);
        assert_eq!(with.after_write.unacked, 1, "{}", with.log);
        assert_eq!(without.after_write.notsent_bytes, 0, "{}", without.log);
        assert!(with.held > Duration::ZERO && without.held == Duration::ZERO);
        for exchange in [with, without] {
            assert_eq!(exchange.log.traffic(Side::Client), (2, 1460), "{}", exchange.log);
            assert_eq!(exchange.log.traffic(Side::Server), (1, 2), "{}", exchange.log);
        }
    }
}
