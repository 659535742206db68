//! Section 8.1: the two buffers. A reader stops reading: its receive buffer fills, its window closes, the sender's buffer fills,
//! and `send` takes no more. Then it reads again. Every byte is looked for, at every step.

use std::error::Error;
use std::fs;
use std::io::{self, ErrorKind};

use wirelab::socket::{ListenOptions, Socket, TcpStream};
use wirelab_examples::{Args, Checks, Outcome, PCAP, Stack, Table, Traffic, wait_until};

const ABOUT: &str = "A reader that stops, and what its sender notices (section 8.1, \"the buffer dance\").
Look at where the bytes are: which buffer fills first, and when the window opens again.";

/// What each `send` offers and each `recv` asks for.
const CHUNK: usize = 4096;

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            (
                "--receive BYTES",
                "asked for as the reader's receive buffer, SO_RCVBUF: 16384 to 212992 (65536)",
            ),
            ("--send BYTES", "asked for as the sender's send buffer, SO_SNDBUF (65536)"),
            ("--svg FILE", "draws the bytes in both buffers, step by step"),
            PCAP,
        ],
    );
    let _recording = args.recording(Traffic::Own)?;
    let size = |name| args.value(name, 65536).clamp(16384, 212_992); // more would need another rmem_max
    let (receive, send) = (size("--receive"), size("--send"));
    let mut checks = Checks::default();
    let mut pair = Pair::new(receive, send)?;
    pair.sizes(receive, send, &mut checks)?;
    pair.fill(&mut checks)?;
    pair.wait_for_probes(&mut checks)?;
    pair.drain(&mut checks)?;
    if let Some(file) = args.get("--svg") {
        fs::write(file, pair.chart.svg())?;
        println!("The picture is in {file}.");
    }
    Ok(checks.exit_code())
}

/// Both ends of a connection, and what went through it.
struct Pair {
    sender: TcpStream,
    reader: TcpStream,
    written: usize,
    read: usize,
    chart: Stack<2>,
}

impl Pair {
    /// The receive buffer is set on the listener, before there is a connection: the SYN+ACK announces the window scale.
    fn new(receive: usize, send: usize) -> Result<Self, Box<dyn Error>> {
        let listener = ListenOptions::default().receive_buffer(receive).bind("127.0.0.1:0".parse()?)?;
        let address = listener.local_addr()?;
        let socket = Socket::tcp_for(&address)?;
        socket.set_send_buffer(send)?;
        let sender = socket.connect(address)?;
        sender.set_nonblocking(true)?;
        let (reader, _) = listener.accept()?;
        let parts = ["received, not yet read", "written, not yet received"];
        let chart = Stack::new("Where the bytes are", "bytes", parts);
        Ok(Pair { sender, reader, written: 0, read: 0, chart })
    }

    fn sizes(&self, receive: usize, send: usize, checks: &mut Checks) -> io::Result<()> {
        let (receiving, sending) = (self.reader.receive_buffer()?, self.sender.send_buffer()?);
        let table = Table::new(["", "asked for", "the kernel says"])
            .row(["receive buffer of the reader".to_owned(), receive.to_string(), receiving.to_string()])
            .row(["send buffer of the sender".to_owned(), send.to_string(), sending.to_string()]);
        println!("{table}");
        checks.check(
            "the kernel doubles what is asked for: the other half is for its own structures",
            receiving == 2 * receive && sending == 2 * send,
        );
        Ok(())
    }

    /// Where the bytes are at this moment: a row of the table, and a column of the chart.
    fn look(&mut self, what: &str, table: Table) -> io::Result<Table> {
        let (unread, unacknowledged) = (self.reader.unread_bytes()?, self.sender.unacknowledged_bytes()?);
        let info = self.sender.tcp_info()?;
        let not_received = (self.written - self.read).saturating_sub(unread);
        self.chart.column([unread as f64, not_received as f64]);
        let numbers =
            [self.written, unread, unacknowledged, info.notsent_bytes as usize, info.snd_wnd as usize];
        Ok(table.row(std::iter::once(what.to_owned()).chain(numbers.map(|number| number.to_string()))))
    }

    /// Writes until the kernel takes no more, and again when acknowledgements have made room, until the window is closed and
    /// there is no room either.
    fn fill(&mut self, checks: &mut Checks) -> io::Result<()> {
        println!("\nThe sender writes {CHUNK} bytes at a time, and nobody reads:\n");
        let mut table = self.look("before", headings())?;
        let mut writes = 0;
        while self.write_one()? {
            writes += 1;
            if writes % 5 == 0 {
                table = self.look(&format!("write {writes}"), table)?;
            }
        }
        table = self.look("send would block", table)?;
        let at_first = self.written;
        wait_until("the closed window and the full send buffer", || {
            // First whether anything is in flight: an acknowledgement behind the write would make room again.
            let info = self.sender.tcp_info()?;
            let settled = info.snd_wnd == 0 && info.unacked == 0;
            Ok(!self.write_one()? && settled)
        })?;
        self.chart.mark("would block; then what acknowledgements made room for");
        table = self.look("both full", table)?;
        println!("{table}");
        println!("send said WouldBlock first at {at_first} bytes, and finally at {}.\n", self.written);
        let (unread, unacknowledged) = (self.reader.unread_bytes()?, self.sender.unacknowledged_bytes()?);
        checks.check("the receive buffer is full: the window is 0", self.sender.tcp_info()?.snd_wnd == 0);
        checks.check("the send buffer is full: send says WouldBlock", !self.write_one()?);
        checks.check(
            format!("each byte is in one of the two: {} = {unread} + {unacknowledged}", self.written),
            self.written == unread + unacknowledged,
        );
        let asked = (self.reader.receive_buffer()? / 2, self.sender.send_buffer()? / 2);
        checks.check(
            "each holds at least what was asked for: this is what the doubling is for",
            unread >= asked.0 && unacknowledged >= asked.1,
        );
        Ok(())
    }

    /// One write. `false`: would block.
    fn write_one(&mut self) -> io::Result<bool> {
        let chunk: Vec<u8> = (self.written..self.written + CHUNK).map(pattern).collect();
        match self.sender.write(&chunk) {
            Ok(count) => self.written += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// A window update is an ACK without data, which nobody retransmits. If it is lost, both would wait for ever; so the sender asks.
    fn wait_for_probes(&mut self, checks: &mut Checks) -> io::Result<()> {
        wait_until("zero-window probes", || Ok(self.sender.tcp_info()?.backoff >= 2))?;
        let info = self.sender.tcp_info()?;
        println!(
            "\nThe sender asks whether the window is still closed: time-out doubled {} times,",
            info.backoff
        );
        println!("{:.1} s of waiting for the reader (rwnd_limited).\n", info.rwnd_limited.as_secs_f64());
        checks.check("zero-window probes are sent, and answered: the window is still 0", info.snd_wnd == 0);
        checks.check("the kernel counts the wait as the reader's fault", !info.rwnd_limited.is_zero());
        self.chart.mark("the reader reads again");
        Ok(())
    }

    fn drain(&mut self, checks: &mut Checks) -> io::Result<()> {
        println!("\nThe reader reads {CHUNK} bytes at a time:\n");
        let (mut table, mut in_order, mut opened) = (headings(), true, None);
        let mut buffer = [0; CHUNK];
        while self.read < self.written {
            wait_until("bytes to read", || Ok(self.reader.unread_bytes()? > 0))?;
            let count = self.reader.read(&mut buffer)?;
            in_order &= (self.read..self.read + count).map(pattern).eq(buffer[..count].iter().copied());
            self.read += count;
            let opens = opened.is_none() && self.sender.tcp_info()?.snd_wnd > 0;
            if opens {
                opened = Some(self.read);
                self.chart.mark("the window is open");
            }
            if opens || self.read == CHUNK || self.read == self.written {
                table = self.look(&format!("read {}", self.read), table)?;
            } else {
                let _ = self.look("", headings())?;
            }
        }
        println!("{table}");
        let opened = opened.ok_or_else(|| io::Error::other("the window stayed closed"))?;
        checks.check(
            format!("the window opened not at the first read but after {opened} bytes (RFC 9293 §3.8.6.2.2)"),
            opened > CHUNK,
        );
        checks.check(format!("all {} bytes arrived, in order", self.written), in_order);
        checks.check("send takes bytes again", self.write_one()?);
        Ok(())
    }
}

fn headings() -> Table {
    Table::new(["", "written", "unread", "unacknowledged", "never sent", "window"])
}

/// The byte at this place of the stream. The period is a prime, so that no chunk looks like the one before.
fn pattern(place: usize) -> u8 {
    (place % 251) as u8
}
