//! Section 8.1, "the cost of copying": the same bytes to a peer in five ways. How many system calls each takes, how often the
//! processor copies the bytes for it, and what that costs.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{self, ErrorKind, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use wirelab::socket::{Completions, Pipe, TcpListener, TcpStream, ZeroCopy, record, thread_cpu_time};
use wirelab_examples::{Args, Bars, Checks, Outcome, Table};

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
        ],
    );
    let length = args.value("--mib", 64_usize).clamp(1, 1024) << 20;
    println!(
        "{ABOUT}\n\nEach way sends {} MiB, from the file cache or from memory, over loopback …\n",
        length >> 20
    );
    let source = Source::new(length)?;
    let mut checks = Checks::default();
    let mut table = Table::new(["way", "system calls", "copied", "sender", "receiver", "MB/s"]);
    let mut chart = Bars::new(format!("The sender's processor time for {} MiB", length >> 20), "ms");
    let mut seen = Vec::new();
    for way in Way::ALL {
        // Writing the calls down costs time: one transfer for them, and then the times, best of three.
        let counted = transfer(&source, way, true)?;
        let timed = (0..3).map(|_| transfer(&source, way, false)).collect::<Result<Vec<_>, _>>()?;
        let timed = timed.into_iter().min_by_key(|transfer| transfer.sender).ok_or("no transfer")?;
        let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
        let rate = length as f64 / timed.took.as_secs_f64() / 1e6;
        let times = [ms(timed.sender), ms(timed.receiver), format!("{rate:.0}")];
        let copied = format!("{} ×", counted.sent.copies);
        table = table.row([way.name().to_owned(), counted.calls_by_name(), copied].into_iter().chain(times));
        chart = chart.bar(way.name(), timed.sender.as_secs_f64() * 1e3);
        seen.push((way, counted));
    }
    println!("{table}\n{chart}");
    println!("The receiver copies everything once more, out of its buffer, and compares it. On loopback the");
    println!("sender's time is also that of its delivery: the kernel does it before the call returns.\n");
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
    let said = seen.iter().map(|(_, it)| it.sent.completions).find(|completions| completions.sends > 0);
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

/// What a transfer took.
struct Transfer {
    calls: BTreeMap<&'static str, usize>,
    sent: Sent,
    sender: Duration,
    receiver: Duration,
    took: Duration,
    arrived: bool,
}

impl Transfer {
    fn total_calls(&self) -> usize {
        self.calls.values().sum()
    }

    fn calls_by_name(&self) -> String {
        self.calls.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    }
}

fn transfer(source: &Source, way: Way, recorded: bool) -> Result<Transfer, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0".parse()?)?;
    let stream = TcpStream::connect(listener.local_addr()?)?;
    let (peer, _) = listener.accept_blocking()?;
    let expected = source.content.clone();
    let receiver = thread::spawn(move || receive(&peer, &expected));
    let (began, before) = (Instant::now(), thread_cpu_time()?);
    let (sent, recorded_calls) = match recorded {
        true => record(|| send(stream, source, way)),
        false => (send(stream, source, way), Vec::new()),
    };
    let (sent, sender) = (sent?, thread_cpu_time()? - before);
    let (arrived, receiver) = receiver.join().map_err(|_| "the receiver panicked")??;
    let mut calls = BTreeMap::new();
    if sent.reads > 0 {
        calls.insert("pread64", sent.reads); // by the standard library, which is not recorded
    }
    for call in recorded_calls {
        // Not those that prepare, and end, the connection.
        if !matches!(call.name, "setsockopt" | "getsockopt" | "pipe2" | "close") {
            *calls.entry(call.name).or_default() += 1;
        }
    }
    Ok(Transfer { calls, sent, sender, receiver, took: began.elapsed(), arrived })
}

/// What the sender did, apart from system calls of our own crates.
#[derive(Default)]
struct Sent {
    /// How often the processor copied each byte on its way into the socket.
    copies: u32,
    reads: usize,
    /// What the kernel said of its zero-copy sends.
    completions: Completions,
}

/// Sends everything, and ends the connection when it is taken.
fn send(stream: TcpStream, source: &Source, way: Way) -> io::Result<Sent> {
    let (length, mut place) = (source.content.len(), 0);
    let mut sent = Sent::default();
    match way {
        Way::ReadWrite => {
            let mut buffer = vec![0; PIECE];
            while place < length {
                let count = source.file.read_at(&mut buffer, place as u64)?;
                write_all(&stream, &buffer[..count])?;
                place += count;
                sent.reads += 1;
            }
            sent.copies = 2; // from the file cache to the program, and from there to the socket
        }
        Way::Sendfile => {
            while place < length {
                place += stream.sendfile(&source.file, place as u64, length - place)?;
            }
        }
        Way::Splice => {
            let mut pipe = Pipe::new()?;
            (&source.file).seek(SeekFrom::Start(0))?;
            while place < length {
                place += pipe.fill(&source.file, length - place)?;
                while !pipe.is_empty() {
                    pipe.drain(&stream)?;
                }
            }
        }
        Way::Write => {
            source.content.chunks(PIECE).try_for_each(|piece| write_all(&stream, piece))?;
            sent.copies = 1;
        }
        Way::ZeroCopy => {
            let done = without_copy(stream, &source.content)?;
            sent.copies = u32::from(done.copied > 0); // the kernel may have to after all
            sent.completions = done;
        }
    }
    Ok(sent)
}

/// The kernel sends from the program's own memory, and says when it needs it no more.
fn without_copy(stream: TcpStream, content: &Bytes) -> io::Result<Completions> {
    const IN_FLIGHT: usize = 4 << 20;
    let mut sender = ZeroCopy::new(stream, IN_FLIGHT)?;
    let (mut place, mut all) = (0, Completions::default());
    while place < content.len() {
        match sender.send(&content.slice(place..content.len().min(place + PIECE))) {
            Ok(count) => place += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => add(&mut all, sender.wait(PATIENCE)?),
            Err(error) => return Err(error),
        }
    }
    add(&mut all, sender.finish(PATIENCE)?);
    Ok(all)
}

fn add(all: &mut Completions, more: Completions) {
    all.sends += more.sends;
    all.bytes += more.bytes;
    all.copied += more.copied;
}

/// A blocking stream takes everything, unless a signal comes between.
fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = stream.write(bytes)?;
        bytes = &bytes[count..];
    }
    Ok(())
}

/// Whether what came is what was expected, and the processor time that it took.
fn receive(stream: &TcpStream, expected: &[u8]) -> io::Result<(bool, Duration)> {
    let (mut buffer, mut place, mut same) = (vec![0; 256 * 1024], 0, true);
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok((same && place == expected.len(), thread_cpu_time()?));
        }
        same &= expected.get(place..place + count) == Some(&buffer[..count]);
        place += count;
    }
}
