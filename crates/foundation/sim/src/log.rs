use std::fmt;

use wirelab_sansio::Instant;

/// One of the two ends of a conversation. The client stands on the left of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The end that usually speaks first.
    Client,
    /// The end that usually answers.
    Server,
}

impl Side {
    /// The end across the link.
    #[must_use]
    pub const fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Client => "client",
            Side::Server => "server",
        })
    }
}

/// Why a packet never arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Lost on its way.
    Lost,
    /// The link was busy and its queue full.
    QueueFull,
    /// Addressed to nobody in this simulation.
    NoRoute,
    /// It had waited too long in a queue that is actively managed.
    WaitedTooLong,
    /// It is larger than the link's MTU.
    TooBig,
    /// A rule of the simulation's author drops it.
    Rule,
    /// A node on its way received it and did not pass it on.
    NotForwarded,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Lost => "lost",
            Reason::QueueFull => "queue full",
            Reason::NoRoute => "no route",
            Reason::WaitedTooLong => "waited too long",
            Reason::TooBig => "too big",
            Reason::Rule => "by rule",
            Reason::NotForwarded => "not forwarded",
        })
    }
}

/// The number of a packet in its [`Log`], by which its arrival finds its departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PacketId(usize);

impl PacketId {
    pub(crate) const fn index(self) -> usize {
        self.0
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A packet was handed to the link.
    Sent(PacketId),
    /// Its last byte reached the other end.
    Arrived(PacketId),
    /// It will never arrive.
    Dropped(PacketId, Reason),
    /// A remark of one end: a timeout, or what the application had to say.
    Note,
}

/// One line of a [`Log`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it happened.
    pub time: Instant,
    /// Who sent the packet (also for its arrival), or made the note.
    pub from: Side,
    /// What happened.
    pub kind: Kind,
    /// The packet's size; 0 for a note.
    pub bytes: usize,
    /// The packet in a few words, or the note's text.
    pub label: String,
}

/// All that happened, in the order of time. [`Ladder`](crate::Ladder) draws it.
///
/// The pairs write it; a driver on real sockets can write one too.
///
/// ```
/// use wirelab_sansio::Instant;
/// use wirelab_sim::{Log, Side};
///
/// let mut log = Log::new("browser", "server");
/// let packet = log.sent(Instant::ZERO, Side::Client, 34, "GET /");
/// log.arrived(Instant::from_nanos(20_000_000), packet);
/// assert_eq!(
///     log.to_string(),
///     "0.000 ms  browser sends 34 bytes: GET /\n20.000 ms  server receives 34 bytes: GET /\n",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    names: [String; 2],
    entries: Vec<Entry>,
    /// For each packet the index of the entry that sent it.
    departures: Vec<usize>,
}

impl Log {
    /// An empty log of a conversation between two ends of these names.
    pub fn new(client: impl Into<String>, server: impl Into<String>) -> Self {
        Log { names: [client.into(), server.into()], entries: Vec::new(), departures: Vec::new() }
    }

    /// What happened so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The name of an end.
    pub fn name(&self, side: Side) -> &str {
        match side {
            Side::Client => &self.names[0],
            Side::Server => &self.names[1],
        }
    }

    /// Packets that `from` has handed to its link and the bytes in them, those dropped included.
    pub fn traffic(&self, from: Side) -> (usize, usize) {
        let sent = |entry: &&Entry| entry.from == from && matches!(entry.kind, Kind::Sent(_));
        self.entries
            .iter()
            .filter(sent)
            .fold((0, 0), |(packets, bytes), entry| (packets + 1, bytes + entry.bytes))
    }

    /// Notes a departure. The number is for [`arrived`](Self::arrived) or [`dropped`](Self::dropped).
    pub fn sent(&mut self, time: Instant, from: Side, bytes: usize, label: impl Into<String>) -> PacketId {
        let packet = PacketId(self.departures.len());
        self.departures.push(self.entries.len());
        self.entries.push(Entry { time, from, kind: Kind::Sent(packet), bytes, label: label.into() });
        packet
    }

    /// Notes an arrival. A packet of another log is ignored.
    pub fn arrived(&mut self, time: Instant, packet: PacketId) {
        self.conclude(time, packet, Kind::Arrived(packet));
    }

    /// Notes that a packet will never arrive. A packet of another log is ignored.
    pub fn dropped(&mut self, time: Instant, packet: PacketId, reason: Reason) {
        self.conclude(time, packet, Kind::Dropped(packet, reason));
    }

    /// Notes what one end has to say.
    pub fn note(&mut self, time: Instant, side: Side, text: impl Into<String>) {
        self.entries.push(Entry { time, from: side, kind: Kind::Note, bytes: 0, label: text.into() });
    }

    fn conclude(&mut self, time: Instant, packet: PacketId, kind: Kind) {
        let departure = self.departures.get(packet.0).and_then(|&index| self.entries.get(index)).cloned();
        self.entries.extend(departure.map(|sent| Entry { time, kind, ..sent }));
    }

    pub(crate) fn rename(&mut self, client: String, server: String) {
        self.names = [client, server];
    }
}

/// One entry a line.
impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Entry { time, from, kind, bytes, label } in &self.entries {
            let (here, there) = (self.name(*from), self.name(from.other()));
            let label = label.escape_debug();
            match kind {
                Kind::Sent(_) => writeln!(f, "{time}  {here} sends {bytes} bytes: {label}")?,
                Kind::Arrived(_) => writeln!(f, "{time}  {there} receives {bytes} bytes: {label}")?,
                Kind::Dropped(_, reason) => {
                    writeln!(f, "{time}  {bytes} bytes from {here} dropped ({reason}): {label}")?;
                }
                Kind::Note => writeln!(f, "{time}  {here}: {label}")?,
            }
        }
        Ok(())
    }
}
