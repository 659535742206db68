use std::fs::File;
use std::io::{self, BufWriter};
use std::process::exit;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use wirelab::reactor::Waker;
use wirelab::socket::{Namespace, PacketFilter};

use crate::Args;
use crate::recorder::{Recorded, Recorder, Tap};

/// The option that [`Args::recording`] reads, for the list of a program's options.
pub const PCAP: (&str, &str) =
    ("--pcap FILE", "writes the packets into FILE, for Wireshark (needs CAP_NET_RAW, or a namespace)");

/// Which packets are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic<'a> {
    /// All that the program says to itself. It is moved into a network namespace of its own, where nobody else speaks, and where
    /// settings are the kernel's defaults; so this comes before it has threads and sockets. Where it may not have one,
    /// everybody's packets on the loopback device are recorded.
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
    /// Tells the thread to end, and waits for it.
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::UdpSocket;

    use wirelab::capture::{Block, Reader};

    use super::*;

    /// Records on a thread of its own, whose namespace is nobody else's; what became of it, and the file.
    fn recorded(name: &str, body: impl FnOnce(&str) -> Recording + Send + 'static) -> (Recorded, Vec<u8>) {
        let path = std::env::temp_dir().join(format!("wirelab-recording-{}-{name}", std::process::id()));
        let file = path.to_str().unwrap().to_owned();
        let body = move || {
            let mut recording = body(&file);
            let mut running = recording.0.take().unwrap();
            running.end().unwrap()
        };
        let recorded = std::thread::spawn(body).join().unwrap();
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        (recorded, bytes)
    }

    fn to_itself(count: usize, length: usize) -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..count {
            socket.send_to(&vec![7; length], socket.local_addr().unwrap()).unwrap();
        }
        socket
    }

    /// Of each packet its length, and how much of it is in the file.
    fn packets(file: &[u8]) -> Vec<(usize, usize)> {
        let blocks = Reader::new(file).map(Result::unwrap);
        let packets = blocks.filter_map(|block| match block {
            Block::Packet(packet) => Some((packet.original_length as usize, packet.data.len())),
            _ => None,
        });
        packets.collect()
    }

    #[test]
    #[ignore = "needs CAP_NET_RAW and CAP_SYS_ADMIN"]
    fn what_a_program_says_to_itself_is_in_the_file_once() {
        let (recorded, file) = recorded("own", |file| {
            let recording = Recording::start(file, Traffic::Own).unwrap();
            to_itself(3, 100);
            recording
        });
        assert_eq!(recorded, Recorded { packets: 3, lost: 0 });
        assert_eq!(packets(&file), [(128, 128); 3]);
        let comments: String = Reader::new(&file)
            .filter_map(|block| match block.unwrap() {
                Block::Interface(interface) => Some(interface.options.comments().collect::<String>()),
                _ => None,
            })
            .collect();
        assert!(comments.contains("checksums are unfinished"), "{comments}");
    }

    #[test]
    #[ignore = "needs CAP_NET_RAW and CAP_SYS_ADMIN"]
    fn a_program_that_enters_another_namespace_is_followed() {
        let (recorded, file) = recorded("two", |file| {
            let recording = Recording::start(file, Traffic::Own).unwrap();
            to_itself(1, 1);
            Namespace::enter_new().unwrap();
            to_itself(1, 50); // nobody sees it
            recording.here_too().unwrap();
            to_itself(1, 2);
            recording
        });
        assert_eq!(recorded, Recorded { packets: 2, lost: 0 });
        assert_eq!(packets(&file), [(29, 29), (30, 30)]);
    }

    #[test]
    #[ignore = "needs CAP_NET_RAW and CAP_SYS_ADMIN"]
    fn with_ports_only_what_comes_from_and_goes_to_them_is_recorded() {
        let (recorded, file) = recorded("ports", |file| {
            Namespace::enter_new().unwrap();
            let [one, other] = [to_itself(0, 0), to_itself(0, 0)];
            let port = one.local_addr().unwrap().port();
            let recording = Recording::start(file, Traffic::Ports(&[port])).unwrap();
            other.send_to(b"in", one.local_addr().unwrap()).unwrap();
            one.send_to(b"out", other.local_addr().unwrap()).unwrap();
            to_itself(1, 10);
            recording
        });
        assert_eq!(recorded, Recorded { packets: 2, lost: 0 });
        assert_eq!(packets(&file), [(30, 30), (31, 31)]);
    }

    #[test]
    #[ignore = "needs CAP_NET_RAW and CAP_SYS_ADMIN, and 64 MiB of disk"]
    fn of_packets_behind_64_mib_the_headers_are_kept() {
        let (recorded, file) = recorded("long", |file| {
            let recording = Recording::start(file, Traffic::Own).unwrap();
            to_itself(1200, 60_000);
            recording
        });
        let packets = packets(&file);
        assert_eq!((recorded.packets + recorded.lost, recorded.packets as usize), (1200, packets.len()));
        let whole = packets.iter().take_while(|packet| **packet == (60_028, 60_028)).count();
        assert_eq!(whole, (64 << 20) / 60_028 + 1);
        assert!(packets[whole..].iter().all(|packet| *packet == (60_028, 128)), "{:?}", packets[whole]);
    }

    #[test]
    fn a_file_that_cannot_be_made_is_an_error_at_the_beginning() {
        let error = Recording::start("/nonexistent/file", Traffic::Here).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
