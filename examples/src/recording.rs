use std::fs::File;
use std::io::{self, BufWriter};
use std::process::exit;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use wirelab::reactor::Waker;
use wirelab::socket::{Namespace, PacketFilter, PacketSocket};

use crate::Args;

mod recorder;

pub use recorder::Recorded;
use recorder::{Recorder, Tap};

/// The option that [`Args::recording`] reads, for the list of a program's options.
pub const PCAP: (&str, &str) =
    ("--pcap FILE", "writes the packets into FILE, for Wireshark (needs CAP_NET_RAW)");

/// How many bytes of packets may wait for the recorder.
const WAITING: usize = 64 << 20;

/// Which packets are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic<'a> {
    /// All that the program says to itself. It is moved into a network namespace of its own, where nobody else speaks; so this
    /// comes before it has threads and sockets. Where it may not have one, everybody's packets on the loopback device are
    /// recorded.
    Own,
    /// All on the loopback device of the network namespace that the calling thread is in.
    Here,
    /// TCP and UDP from and to these ports, on all interfaces: a server speaks with others, who are not in a namespace of ours.
    Ports(&'a [u16]),
}

/// A thread that writes packets into a capture file until this is dropped, and then says on standard error how many there were.
///
/// The file is whole whenever no packet waits: also that of a program that is killed.
///
/// What cannot be recorded at all is an error at the beginning. If the file cannot be written to its end, dropping this ends
/// the program with 1, since what was asked did not happen.
#[derive(Debug)]
#[must_use = "it records until it is dropped"]
pub struct Recording(Option<Running>);

#[derive(Debug)]
struct Running {
    file: String,
    /// Where the thread gets what it listens at. That this is dropped is its sign to end.
    taps: Option<Sender<Tap>>,
    waker: Waker,
    thread: Option<JoinHandle<io::Result<Recorded>>>,
}

impl Args {
    /// Begins to record if the program was started with `--pcap FILE` ([`PCAP`]).
    ///
    /// # Errors
    /// Those of [`Recording::start`].
    pub fn recording(&self, traffic: Traffic<'_>) -> io::Result<Recording> {
        self.get("--pcap").map_or(Ok(Recording(None)), |file| Recording::start(file, traffic))
    }
}

impl Recording {
    /// Begins to record into a new file of this name.
    ///
    /// # Errors
    /// `PermissionDenied`: the process lacks `CAP_NET_RAW`, and may not have a network namespace of its own. The file cannot be
    /// made.
    pub fn start(file: &str, traffic: Traffic<'_>) -> io::Result<Self> {
        let out = BufWriter::new(File::create(file)?);
        // The sockets that are made in it keep it.
        if traffic == Traffic::Own
            && let Err(error) = Namespace::enter_new()
        {
            eprintln!(
                "No network namespace ({error}): everybody's packets on the loopback device are recorded."
            );
        }
        let tap = match traffic {
            Traffic::Own | Traffic::Here => Tap::loopback(PacketFilter::all())?,
            Traffic::Ports(ports) => {
                Tap::everywhere(ports.iter().fold(PacketFilter::all(), |filter, port| filter.port(*port)))?
            }
        };
        let (taps, waiting) = channel();
        let mut recorder = Recorder::new(out, waiting)?;
        recorder.add(tap)?;
        let waker = recorder.waker();
        let thread = std::thread::Builder::new().name("recording".to_owned()).spawn(|| recorder.run())?;
        Ok(Recording(Some(Running { file: file.to_owned(), taps: Some(taps), waker, thread: Some(thread) })))
    }

    /// Records on the loopback device of the network namespace that the calling thread is in now, too. For a program that
    /// enters another namespace after the recording began.
    ///
    /// # Errors
    /// `PermissionDenied`: the process lacks `CAP_NET_RAW` there.
    pub fn here_too(&self) -> io::Result<()> {
        let Some(Running { taps: Some(taps), waker, .. }) = &self.0 else { return Ok(()) };
        // If the thread has failed, dropping this will say so.
        let _ = taps.send(Tap::loopback(PacketFilter::all())?);
        waker.wake()
    }
}

impl Running {
    fn end(&mut self) -> io::Result<Recorded> {
        self.taps = None;
        self.waker.wake()?;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(recorded)) => recorded,
            _ => Err(io::Error::other("the recorder panicked")),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let Some(running) = &mut self.0 else { return };
        match running.end() {
            Ok(Recorded { packets, lost }) => {
                eprintln!("{packets} packets in {}, {lost} lost", running.file);
            }
            Err(error) => {
                eprintln!("{} is not whole: {error}", running.file);
                if !std::thread::panicking() {
                    exit(1)
                }
            }
        }
    }
}

/// Room for as many packets as may be had: a program that is busy hands the recorder many before its turn comes.
fn make_room(socket: &PacketSocket) -> io::Result<()> {
    socket.force_receive_buffer(WAITING).or_else(|_not_permitted| socket.set_receive_buffer(WAITING))
}
