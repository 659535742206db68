//! What names cost: instructions per UDP datagram, `cargo bench -p wirelab-benches --bench wire_instructions`.
//!
//! Times of a few nanoseconds say more about the machine's mood than about the code; instructions are the same every
//! time. The program runs itself under `valgrind --tool=callgrind`, once for each way of reading and once for the
//! bare loop around them, which is subtracted.

use std::hint::black_box;
use std::process::{Command, ExitCode};

use wirelab::tcpip::Datagram;
use wirelab::wire::{Decode, Reader, explain};

const DATAGRAMS: u32 = 100_000;

/// From port 49152 to the domain name system, with four bytes of payload.
static BYTES: [u8; 12] = [0xc0, 0x00, 0x00, 0x35, 0x00, 0x0c, 0x12, 0x34, 1, 2, 3, 4];

/// The argument by which the program tells itself, under valgrind, what to run.
const RUN: &str = "--run=";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(way) = arguments.iter().find_map(|argument| argument.strip_prefix(RUN)) {
        run(way);
        return ExitCode::SUCCESS;
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("nothing is counted outside of `cargo bench`");
        return ExitCode::SUCCESS;
    }
    match compare() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("wire_instructions: {reason}");
            ExitCode::from(2)
        }
    }
}

/// Prints the table; whether the goals are met.
fn compare() -> Result<bool, String> {
    let loop_alone = collected("loop")?;
    let each = |way| Ok::<_, String>((collected(way)? - loop_alone) / f64::from(DATAGRAMS));
    let (named, nameless, sliced, explained) =
        (each("named")?, each("nameless")?, each("sliced")?, each("explained")?);
    println!("Instructions to read a UDP datagram, counted by callgrind over {DATAGRAMS} of them:\n");
    println!("  {:<42} {named:>7.1}", "wirelab's reader, nothing traced");
    let mut all_met = true;
    for (name, other, goal) in [
        ("the same checked reads, without names", nameless, 1.05),
        ("plain slicing after one test of the length", sliced, 2.2),
    ] {
        let ratio = named / other;
        let verdict = if ratio <= goal { "met" } else { "MISSED" };
        println!("  {name:<42} {other:>7.1}   ours × {ratio:.3}; goal: at most {goal:.2}, {verdict}");
        all_met &= ratio <= goal;
    }
    println!("  {:<42} {explained:>7.1}   the same decoder, with the tree made", "wirelab's explanation");
    Ok(all_met)
}

/// How many instructions this program executes from start to end when it reads in this way.
fn collected(way: &str) -> Result<f64, String> {
    let program = std::env::current_exe().map_err(|error| format!("no path to this program: {error}"))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .arg(format!("{RUN}{way}"))
        .output()
        .map_err(|error| format!("valgrind, which counts the instructions, cannot be started: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let count = report.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    count.ok_or_else(|| format!("valgrind counted nothing: {}\n{report}", output.status))
}

fn run(way: &str) {
    match way {
        "named" => repeat(named),
        "nameless" => repeat(nameless),
        "sliced" => repeat(sliced),
        "explained" => repeat(|bytes| explain::<Datagram<'_>>(bytes).1),
        _ => repeat(|_| ()),
    }
}

/// The result is shown to the optimiser where it lies: to hand it over would copy it, and count the copy.
#[inline(never)]
fn repeat<R>(read: impl Fn(&'static [u8]) -> R) {
    for _ in 0..DATAGRAMS {
        let result = read(black_box(&BYTES[..]));
        black_box(&result);
    }
}

#[inline(never)]
fn named(bytes: &[u8]) -> Result<Datagram<'_>, wirelab::wire::WireError> {
    Datagram::decode(&mut Reader::whole(bytes))
}

/// What the hand-written ways make of the bytes: the same fields.
#[expect(dead_code, reason = "the fields are stored to be counted")]
struct Plain<'a> {
    source: u16,
    destination: u16,
    length: u16,
    checksum: u16,
    payload: &'a [u8],
}

/// Where and why `nameless` stops, without the name of the field.
#[expect(dead_code, reason = "no datagram here is refused")]
enum Refused {
    Short { at: usize, by: usize },
    Length { at: usize },
}

/// The checks and the errors of [`Reader`], and nothing else of it.
struct Cursor<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    #[inline]
    fn u16(&mut self) -> Result<u16, Refused> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let Some(bytes) = rest.first_chunk::<2>() else { return Err(self.short(2)) };
        self.at += 2;
        Ok(u16::from_be_bytes(*bytes))
    }

    #[inline]
    fn bytes(&mut self, len: usize) -> Result<&'a [u8], Refused> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let Some(bytes) = rest.get(..len) else { return Err(self.short(len)) };
        self.at += len;
        Ok(bytes)
    }

    #[cold]
    fn short(&self, len: usize) -> Refused {
        Refused::Short { at: self.at, by: len - (self.input.len() - self.at) }
    }
}

#[inline(never)]
fn nameless(bytes: &[u8]) -> Result<Plain<'_>, Refused> {
    let mut r = Cursor { input: bytes, at: 0 };
    let source = r.u16()?;
    let destination = r.u16()?;
    let length = r.u16()?;
    if length < 8 {
        return Err(Refused::Length { at: 4 });
    }
    let checksum = r.u16()?;
    let payload = r.bytes(usize::from(length) - 8)?;
    Ok(Plain { source, destination, length, checksum, payload })
}

/// As one writes it in a hurry: a length that lies makes it panic.
#[inline(never)]
fn sliced(bytes: &[u8]) -> Option<Plain<'_>> {
    if bytes.len() < 8 {
        return None;
    }
    let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let length = word(4);
    let payload = &bytes[8..usize::from(length)];
    Some(Plain { source: word(0), destination: word(2), length, checksum: word(6), payload })
}
