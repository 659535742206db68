//! Section 8.1, "the cost of copying": the same bytes to a peer in five ways. How many system calls each takes, how often the
//! processor copies the bytes for it, and what that costs.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Seek, Write};
use std::os::unix::fs::FileExt;
use std::time::Duration;

use wirelab::socket::{Completions, Pipe, TcpStream, ZeroCopy};
use wirelab_examples::{Args, Bars, Checks, Outcome, PCAP, SendStep, Source, Table, Traffic};

const ABOUT: &str =
    "The same bytes to a peer by read and write, sendfile, splice, and MSG_ZEROCOPY (section 8.1).
Look at the number of calls, and at the processor time of the sender.";

/// How much one read, and so one write, moves.
const PIECE: usize = Source::PIECE;

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
    for (way, name) in WAYS {
        let transfer = Transfer::of(&source, way)?;
        let completions = Cell::default();
        let times = source.timed(|stream| sender(way, stream, &source, PIECE, &completions))?;
        let micros = times.map(|time| time.as_secs_f64() * 1e6 / (length as f64 / PIECE as f64));
        let calls: Vec<String> =
            transfer.calls.iter().map(|(name, count)| format!("{count} {name}")).collect();
        let copies = format!("{} ×", transfer.copies(way));
        let times = micros.map(|micros| format!("{micros:.1} µs"));
        table = table.cells(&[&name, &calls.join(", "), &copies, &times[0], &times[1]]);
        chart = chart.bar(name, micros[0]);
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
    let calls = |wanted: Way| -> usize {
        seen.iter().filter(|(way, _)| *way == wanted).flat_map(|(_, it)| it.calls.values()).sum()
    };
    checks.check("each byte arrived as it was, in each of the ways", seen.iter().all(|(_, it)| it.arrived));
    let pieces = length / PIECE;
    checks.check("read and write: two calls for each 64 KiB", calls(Way::ReadWrite) >= 2 * pieces);
    checks.check("sendfile: less than a tenth of these calls", 10 * calls(Way::Sendfile) < 2 * pieces);
    checks.check("splice through a pipe: as many calls, without a copy", calls(Way::Splice) >= 2 * pieces);
    let said = seen.iter().map(|(_, it)| it.completions).find(|completions| completions.sends > 0);
    let copied = said.is_some_and(|said| said.bytes == length && said.copied == said.sends);
    checks.check("MSG_ZEROCOPY: on loopback the kernel copies after all, and says so of every send", copied);
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

const WAYS: [(Way, &str); 5] = [
    (Way::ReadWrite, "read, write"),
    (Way::Sendfile, "sendfile"),
    (Way::Splice, "splice"),
    (Way::Write, "write"),
    (Way::ZeroCopy, "ZEROCOPY"),
];

/// A transfer, and what the kernel said of sends without a copy.
struct Transfer {
    calls: BTreeMap<&'static str, usize>,
    completions: Completions,
    arrived: bool,
}

impl Transfer {
    fn of(source: &Source, way: Way) -> io::Result<Transfer> {
        let completions = Cell::default();
        let done =
            source.counted(|stream| sender(way, stream, source, source.content.len(), &completions))?;
        let mut calls = done.calls;
        if way == Way::ReadWrite {
            calls.insert("pread64", done.steps); // by the standard library, which is not recorded
        }
        Ok(Transfer { calls, completions: completions.get(), arrived: done.arrived })
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

/// Sends by a way, at most so many bytes in a step.
fn sender<'a>(
    way: Way,
    stream: TcpStream,
    source: &'a Source,
    most: usize,
    done: &'a Cell<Completions>,
) -> io::Result<SendStep<'a>> {
    let Source { file, content } = source;
    let piece = |place: usize| content.slice(place..content.len().min(place + PIECE));
    Ok(match way {
        Way::ReadWrite => {
            let mut buffer = vec![0; PIECE];
            Box::new(move |place| {
                let count = file.read_at(&mut buffer, place as u64)?;
                (&stream).write_all(&buffer[..count]).map(|()| count)
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
        Way::Write => Box::new(move |place| (&stream).write_all(&piece(place)).map(|()| piece(place).len())),
        Way::ZeroCopy => {
            // The kernel reads the program's own memory, and says when it needs it no more.
            let mut sender = ZeroCopy::new(stream, 4 << 20)?;
            let note = |more| {
                let mut all = done.get();
                all += more;
                done.set(all);
            };
            Box::new(move |place| {
                let count = match sender.send(&piece(place)) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        note(sender.wait(PATIENCE)?);
                        0 // and again
                    }
                    sent => sent?,
                };
                if place + count == content.len() {
                    note(sender.finish(PATIENCE)?);
                }
                Ok(count)
            })
        }
    })
}
