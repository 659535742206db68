//! Section 8.1, "the cost of copying": the same bytes to a peer in five ways. How many system calls each takes, how often the
//! processor copies the bytes for it, and what that costs.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{self, ErrorKind, Seek};
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use wirelab::socket::{Completions, ListenOptions, Pipe, TcpStream, ZeroCopy, record, thread_cpu_time};
use wirelab_examples::{Args, Bars, Checks, Outcome, PCAP, Table, Traffic};

const ABOUT: &str =
    "The same bytes to a peer by read and write, sendfile, splice, and MSG_ZEROCOPY (section 8.1).
Look at the number of calls, and at the processor time of the sender.";

/// How much one read, and so one write, moves.
const PIECE: usize = 64 * 1024;

/// The peer is on this machine and reads all the time.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--mib N", "how many MiB are sent each time (64)"),
            ("--svg FILE", "draws the sender's processor time into FILE"),
            PCAP,
        ],
    );
    let _recording = args.recording(Traffic::Own)?;
    let length = args.value("--mib", 64_usize).clamp(1, 1024) << 20;
    println!(
        "{ABOUT}\n\nEach way sends {} MiB, from the file cache or from memory, over loopback …\n",
        length >> 20
    );
    let source = Source::new(length)?;
    let mut checks = Checks::default();
    let mut table = Table::new(["way", "system calls", "copied", "sender", "receiver"]);
    let mut chart = Bars::new("The sender's processor time for a piece of 64 KiB", "µs");
    let mut seen = Vec::new();
    for way in Way::ALL {
        let transfer = transfer(&source, way)?;
        let (sender, receiver) = times_of_a_piece(&source, way)?;
        let cells = [transfer.calls_by_name(), format!("{} ×", transfer.copies(way))].into_iter();
        let times = [sender, receiver].map(|micros| format!("{micros:.1} µs"));
        table = table.row([way.name().to_owned()].into_iter().chain(cells).chain(times));
        chart = chart.bar(way.name(), sender);
        seen.push((way, transfer));
    }
    println!(
        "{table}\nThe times are processor time for a piece of 64 KiB, the best of five transfers in which the two ends"
    );
    println!(
        "took turns on one thread. The sender's has all of TCP's work in it, down to the receive buffer.\n\n{chart}"
    );
    if let Some(file) = args.get("--svg") {
        std::fs::write(file, chart.svg())?;
    }
    promises(&seen, length, &mut checks);
    Ok(checks.exit_code())
}

fn promises(seen: &[(Way, Transfer)], length: usize, checks: &mut Checks) {
    let calls = |wanted: Way| {
        seen.iter().filter(|(way, _)| *way == wanted).map(|(_, it)| it.total_calls()).sum::<usize>()
    };
    checks.check("each byte arrived as it was, in each of the ways", seen.iter().all(|(_, it)| it.arrived));
    let pieces = length / PIECE;
    checks.check("read and write: two calls for each 64 KiB", calls(Way::ReadWrite) >= 2 * pieces);
    checks.check("sendfile: less than a tenth of these calls", 10 * calls(Way::Sendfile) < 2 * pieces);
    checks.check("splice through a pipe: as many calls, without a copy", calls(Way::Splice) >= 2 * pieces);
    let said = seen.iter().map(|(_, it)| it.completions).find(|completions| completions.sends > 0);
    checks.check(
        "MSG_ZEROCOPY: on loopback the kernel copies after all, and says so of every send",
        said.is_some_and(|said| said.bytes == length && said.copied == said.sends),
    );
}

/// How the bytes come from the file cache, or from the program's memory, into the socket.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    ReadWrite,
    Sendfile,
    Splice,
    Write,
    ZeroCopy,
}

impl Way {
    const ALL: [Way; 5] = [Way::ReadWrite, Way::Sendfile, Way::Splice, Way::Write, Way::ZeroCopy];

    fn name(self) -> &'static str {
        match self {
            Way::ReadWrite => "read, write",
            Way::Sendfile => "sendfile",
            Way::Splice => "splice",
            Way::Write => "write",
            Way::ZeroCopy => "ZEROCOPY",
        }
    }
}

/// A file, and the same bytes in memory.
struct Source {
    file: File,
    content: Bytes,
}

impl Source {
    fn new(length: usize) -> io::Result<Self> {
        // No two pieces are alike, so that one in the wrong place is seen.
        let mut state = 1_u64;
        let words = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 16).to_ne_bytes()
        });
        let content: Bytes = words.flatten().take(length).collect::<Vec<u8>>().into();
        let path = std::env::temp_dir().join(format!("wirelab-zero-copy-{}", std::process::id()));
        std::fs::write(&path, &content)?; // and now the file cache has it
        let file = File::open(&path)?;
        std::fs::remove_file(&path)?; // it lives on until it is closed
        Ok(Source { file, content })
    }
}

/// A transfer to a thread that reads all the time, written down.
struct Transfer {
    calls: BTreeMap<&'static str, usize>,
    /// What the kernel said of sends without a copy.
    completions: Completions,
    arrived: bool,
}

impl Transfer {
    fn total_calls(&self) -> usize {
        self.calls.values().sum()
    }

    fn calls_by_name(&self) -> String {
        self.calls.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    }

    /// How often the processor copied each byte on its way into the socket.
    fn copies(&self, way: Way) -> usize {
        match way {
            Way::ReadWrite => 2, // from the file cache to the program, and from there to the socket
            Way::Sendfile | Way::Splice => 0,
            Way::Write => 1,
            Way::ZeroCopy => usize::from(self.completions.copied > 0), // the kernel may have to after all
        }
    }
}

fn transfer(source: &Source, way: Way) -> Result<Transfer, Box<dyn Error>> {
    let (stream, peer) = connect()?;
    let expected = source.content.clone();
    let receiver = thread::spawn(move || receives(&peer, &expected));
    let completions = Cell::default();
    let (steps, recorded) = record(|| send_all(stream, source, way, &completions));
    let mut calls = BTreeMap::new();
    if way == Way::ReadWrite {
        calls.insert("pread64", steps?); // by the standard library, which is not recorded
    }
    for call in recorded {
        // Not those that prepare, and end, the connection.
        if !matches!(call.name, "setsockopt" | "getsockopt" | "pipe2" | "close") {
            *calls.entry(call.name).or_default() += 1;
        }
    }
    let arrived = receiver.join().map_err(|_| "the receiver panicked")??;
    Ok(Transfer { calls, completions: completions.get(), arrived })
}

/// In one go, as far as the way can. Returns how many steps that took.
fn send_all(stream: TcpStream, source: &Source, way: Way, done: &Cell<Completions>) -> io::Result<usize> {
    let (mut place, mut steps) = (0, 0);
    let mut step = sender(way, stream, source, source.content.len(), done)?;
    while place < source.content.len() {
        place += step(place)?;
        steps += 1;
    }
    Ok(steps)
}

/// Whether what comes is what was expected.
fn receives(stream: &TcpStream, expected: &[u8]) -> io::Result<bool> {
    let (mut buffer, mut place, mut same) = (vec![0; PIECE], 0, true);
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(same && place == expected.len());
        }
        same &= expected.get(place..place + count) == Some(&buffer[..count]);
        place += count;
    }
}

/// The processor time of a piece in microseconds, for the sender and for the receiver. They take turns on this thread: run
/// side by side, either would do some of the other's work in TCP, and not the same each time.
fn times_of_a_piece(source: &Source, way: Way) -> Result<(f64, f64), Box<dyn Error>> {
    let pieces = source.content.len() as f64 / PIECE as f64;
    let (mut best, mut buffer) = ([Duration::MAX; 2], vec![0; PIECE]);
    for _ in 0..5 {
        let (stream, peer) = connect()?;
        peer.set_nonblocking(true)?;
        let done = Cell::default();
        let mut step = sender(way, stream, source, PIECE, &done)?;
        let (mut place, mut times) = (0, [Duration::ZERO; 2]);
        while place < source.content.len() {
            let start = thread_cpu_time()?;
            place += step(place)?;
            let sent = thread_cpu_time()?;
            while peer.read(&mut buffer).is_ok_and(|count| count > 0) {}
            times[0] += sent - start;
            times[1] += thread_cpu_time()? - sent;
        }
        best = [best[0].min(times[0]), best[1].min(times[1])];
    }
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / pieces;
    Ok((micros(best[0]), micros(best[1])))
}

/// Both ends, with room for several pieces between them.
fn connect() -> Result<(TcpStream, TcpStream), Box<dyn Error>> {
    let address = "127.0.0.1:0".parse()?;
    let listener = ListenOptions::default().receive_buffer(4 * PIECE).bind(address)?;
    let stream = TcpStream::connect(listener.local_addr()?)?;
    stream.set_send_buffer(4 * PIECE)?;
    Ok((stream, listener.accept_blocking()?.0))
}

/// What sends the next bytes, given how many were sent; and returns how many more it has sent.
type Step<'a> = Box<dyn FnMut(usize) -> io::Result<usize> + 'a>;

/// Sends by a way, at most so many bytes in a step.
fn sender<'a>(
    way: Way,
    stream: TcpStream,
    source: &'a Source,
    most: usize,
    done: &'a Cell<Completions>,
) -> io::Result<Step<'a>> {
    let Source { file, content } = source;
    let piece = |place: usize| content.slice(place..content.len().min(place + PIECE));
    Ok(match way {
        Way::ReadWrite => {
            let mut buffer = vec![0; PIECE];
            Box::new(move |place| {
                let count = file.read_at(&mut buffer, place as u64)?;
                write_all(&stream, &buffer[..count])
            })
        }
        Way::Sendfile => {
            Box::new(move |place| stream.sendfile(file, place as u64, most.min(content.len() - place)))
        }
        Way::Splice => {
            let (mut pipe, mut position) = (Pipe::new()?, file);
            position.rewind()?;
            Box::new(move |place| {
                let count = pipe.fill(file, most.min(content.len() - place))?;
                while !pipe.is_empty() {
                    pipe.drain(&stream)?;
                }
                Ok(count)
            })
        }
        Way::Write => Box::new(move |place| write_all(&stream, &piece(place))),
        Way::ZeroCopy => {
            // The kernel reads the program's own memory, and says when it needs it no more.
            let mut sender = ZeroCopy::new(stream, 4 << 20)?;
            Box::new(move |place| {
                let count = match sender.send(&piece(place)) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        done.set(sum(done.get(), sender.wait(PATIENCE)?));
                        0 // and again
                    }
                    sent => sent?,
                };
                if place + count == content.len() {
                    done.set(sum(done.get(), sender.finish(PATIENCE)?));
                }
                Ok(count)
            })
        }
    })
}

fn sum(a: Completions, b: Completions) -> Completions {
    Completions { sends: a.sends + b.sends, bytes: a.bytes + b.bytes, copied: a.copied + b.copied }
}

/// A blocking stream takes everything, unless a signal comes between.
fn write_all(stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut place = 0;
    while place < bytes.len() {
        place += stream.write(&bytes[place..])?;
    }
    Ok(place)
}
