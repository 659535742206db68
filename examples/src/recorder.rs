use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, SystemTime};

use wirelab::capture::{Clock, Config, Direction, InterfaceId, LinkType, Writer};
use wirelab::reactor::{Interest, Reactor, Token, Trigger, Waker};
use wirelab::sansio::Instant;
use wirelab::socket::{PacketFilter, PacketSocket, PacketWay, SeenPacket};

/// How many bytes of packets may wait for the recorder.
const WAITING: usize = 64 << 20;

/// Room for the longest packet: 65 575 bytes (IPv6).
const LONGEST: usize = 1 << 17;

/// Packets are kept whole until there are so many bytes of them. A program that sends gigabytes shall not fill the disk.
const KEPT_WHOLE: u64 = 64 << 20;

/// Of later packets, so many bytes are kept: the headers, with their options.
const HEADERS: usize = 128;

/// How many packets are taken from one tap before it is another's turn.
const TURN: usize = 1024;

/// All taps are looked at, whichever has something to show.
const TAP: Token = Token(0);

const ON_LOOPBACK: &str = "Loopback: TCP and UDP checksums are unfinished. The kernel leaves them to a network card, \
                           and there is none.";

/// What has become of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Packets in the file.
    pub packets: u64,
    /// Packets that came faster than they could be read.
    pub lost: u64,
}

/// A place where packets are seen.
#[derive(Debug)]
pub(crate) struct Tap {
    socket: PacketSocket,
    /// The interfaces that have shown packets here, by their numbers.
    interfaces: BTreeMap<u32, InterfaceId>,
}

impl Tap {
    /// The loopback device of the network namespace that the calling thread is in.
    pub(crate) fn loopback(filter: PacketFilter) -> io::Result<Self> {
        Tap::at(Some("lo"), &filter)
    }

    /// All interfaces there.
    pub(crate) fn everywhere(filter: PacketFilter) -> io::Result<Self> {
        Tap::at(None, &filter)
    }

    fn at(interface: Option<&str>, filter: &PacketFilter) -> io::Result<Self> {
        let socket = PacketSocket::open(interface, filter)?;
        socket.set_nonblocking(true)?;
        make_room(&socket)?;
        Ok(Tap { socket, interfaces: BTreeMap::new() })
    }
}

/// What the thread of a recording has.
///
/// Packets come into the file in the order in which the kernel has queued them. Each processor queues its own, and may be
/// interrupted between noting the time and that: then a packet stands behind one that is up to a millisecond or so younger.
pub(crate) struct Recorder {
    reactor: Reactor<()>,
    waiting: Receiver<Tap>,
    taps: Vec<Tap>,
    file: Writer<BufWriter<File>>,
    recorded: Recorded,
    /// Bytes of packets that were kept so far.
    kept: u64,
    buffer: Vec<u8>,
}

impl Recorder {
    /// Begins the file. Its timestamps are the kernel's, counted from 1970.
    pub(crate) fn new(out: BufWriter<File>, waiting: Receiver<Tap>) -> io::Result<Self> {
        let config = Config { clock: Clock::Real(0), ..Config::default() };
        Ok(Recorder {
            reactor: Reactor::new()?,
            waiting,
            taps: Vec::new(),
            file: Writer::with_config(out, &config)?,
            recorded: Recorded::default(),
            kept: 0,
            buffer: vec![0; LONGEST],
        })
    }

    pub(crate) fn add(&mut self, tap: Tap) -> io::Result<()> {
        self.reactor.register(&tap.socket, TAP, Interest::READABLE, Trigger::Level)?;
        self.taps.push(tap);
        Ok(())
    }

    pub(crate) fn waker(&self) -> Waker {
        self.reactor.waker()
    }

    /// Until nobody can send taps any more; then to the last packet from before that moment.
    pub(crate) fn run(mut self) -> io::Result<Recorded> {
        while !self.is_over()? {
            let now = SystemTime::now();
            if !self.take_turns(now)? {
                self.file.flush()?;
                self.reactor.poll(None)?;
                while self.reactor.next_event().is_some() {}
                self.reactor.take_wake();
            }
        }
        let now = SystemTime::now();
        while self.take_turns(now)? {}
        self.count_lost()?;
        self.file.into_inner().into_inner()?.sync_all()?;
        Ok(self.recorded)
    }

    /// Takes new taps, and looks whether there can be more.
    fn is_over(&mut self) -> io::Result<bool> {
        loop {
            match self.waiting.try_recv() {
                Ok(tap) => self.add(tap)?,
                Err(TryRecvError::Empty) => return Ok(false),
                Err(TryRecvError::Disconnected) => return Ok(true),
            }
        }
    }

    /// A turn for each tap. Returns whether some may have more packets from before `until`.
    fn take_turns(&mut self, until: SystemTime) -> io::Result<bool> {
        let mut taps = std::mem::take(&mut self.taps);
        let more = taps.iter_mut().try_fold(false, |more, tap| Ok(self.take_turn(tap, until)? || more));
        self.taps = taps;
        more
    }

    fn take_turn(&mut self, tap: &mut Tap, until: SystemTime) -> io::Result<bool> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut more = true;
        for _ in 0..TURN {
            match tap.socket.recv(&mut buffer) {
                Ok(packet) => {
                    self.keep(tap, &packet)?;
                    more = packet.time <= until;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => more = false,
                // The interface went down, and may come up again.
                Err(error) if error.kind() == ErrorKind::NetworkDown => {}
                Err(error) => return Err(error),
            }
            if !more {
                break;
            }
        }
        self.buffer = buffer;
        Ok(more)
    }

    fn keep(&mut self, tap: &mut Tap, packet: &SeenPacket<'_>) -> io::Result<()> {
        let interface = self.interface(tap, packet)?;
        let room = if self.kept < KEPT_WHOLE { LONGEST } else { HEADERS };
        let beginning = packet.bytes.get(..room).unwrap_or(packet.bytes);
        let direction = match packet.way {
            PacketWay::In => Direction::Inbound,
            PacketWay::Out => Direction::Outbound,
            PacketWay::Loopback | PacketWay::Past => Direction::Unknown,
        };
        let length = u32::try_from(packet.length).unwrap_or(u32::MAX);
        self.file.packet_cut(moment(packet.time), interface, beginning, length, direction)?;
        self.kept += beginning.len() as u64;
        self.recorded.packets += 1;
        Ok(())
    }

    /// What the file calls the interface, which is described when its first packet comes.
    fn interface(&mut self, tap: &mut Tap, packet: &SeenPacket<'_>) -> io::Result<InterfaceId> {
        if let Some(known) = tap.interfaces.get(&packet.interface) {
            return Ok(*known);
        }
        let name = tap.socket.interface_name(packet.interface).unwrap_or_else(|_gone| "gone".to_owned());
        let comment = if packet.way == PacketWay::Loopback { ON_LOOPBACK } else { "" };
        let id = self.file.interface_with(&name, LinkType::RAW, comment)?;
        tap.interfaces.insert(packet.interface, id);
        Ok(id)
    }

    /// Asks the kernel what was lost. The file says it, too, where only one interface can be meant.
    fn count_lost(&mut self) -> io::Result<()> {
        for tap in &self.taps {
            let counted = tap.socket.statistics()?;
            self.recorded.lost += u64::from(counted.dropped);
            if let ([id], now) = (&tap.interfaces.values().collect::<Vec<_>>()[..], SystemTime::now()) {
                self.file.statistics(moment(now), **id, counted.kept.into(), counted.dropped.into())?;
            }
        }
        Ok(())
    }
}

fn moment(time: SystemTime) -> Instant {
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Instant::from_nanos(u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX))
}

/// Room for as many packets as may be had: a program that is busy hands the recorder many before its turn comes.
fn make_room(socket: &PacketSocket) -> io::Result<()> {
    socket.force_receive_buffer(WAITING).or_else(|_not_permitted| socket.set_receive_buffer(WAITING))
}
