use std::fmt;

use wirelab_sansio::Instant;

use crate::text::{printable, shorten, width};
use crate::{Kind, Log, PacketId, Reason, Side};

/// The picture of a conversation: the two ends as upright lines, time running down, an arrow for each packet.
///
/// Its `Display` is the picture as text, [`svg`](Self::svg) the same as SVG. In the text a packet has one line, at its place
/// in the order of sending, with the time at the left end on the left and that at the right end on the right; arrows are not
/// slanted, so that packets crossing each other show only in the times.
///
/// ```
/// use wirelab_sansio::Instant;
/// use wirelab_sim::{Ladder, Log, Side};
///
/// let mut log = Log::new("client", "server");
/// let packet = log.sent(Instant::ZERO, Side::Client, 5, "hello");
/// log.arrived(Instant::from_nanos(20_000_000), packet);
/// assert_eq!(
///     Ladder::new(&log).to_string(),
///     "       client                               server\n\
///      0.000 ms  │─── hello ─────────────────────────▶│  20.000 ms\n",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    pub(crate) names: [String; 2],
    /// When each entry of the log happened.
    pub(crate) moments: Vec<Instant>,
    pub(crate) rungs: Vec<Rung>,
}

/// Where an arrow leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrowLink {
    /// The address.
    pub href: String,
    /// What shows when it is pointed at.
    pub title: String,
}

/// A packet or a note. Times are indices into [`Ladder::moments`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rung {
    pub(crate) from: Side,
    pub(crate) at: usize,
    pub(crate) label: String,
    pub(crate) end: RungEnd,
    pub(crate) link: Option<ArrowLink>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RungEnd {
    UnderWay(PacketId),
    Arrived(usize),
    Dropped(Reason),
    Note,
}

impl Ladder {
    /// The picture of all that stands in the log. Packets that have not arrived yet are drawn as being under way.
    pub fn new(log: &Log) -> Self {
        let mut rungs = Vec::new();
        // Where the rung of each packet is; packets are numbered in the order they were sent.
        let mut rung_of = Vec::new();
        for (at, entry) in log.entries().iter().enumerate() {
            let end = match entry.kind {
                Kind::Sent(packet) => {
                    rung_of.push(rungs.len());
                    RungEnd::UnderWay(packet)
                }
                Kind::Note => RungEnd::Note,
                Kind::Arrived(packet) => {
                    conclude(&mut rungs, &rung_of, packet, RungEnd::Arrived(at));
                    continue;
                }
                Kind::Dropped(packet, reason) => {
                    conclude(&mut rungs, &rung_of, packet, RungEnd::Dropped(reason));
                    continue;
                }
            };
            rungs.push(Rung { from: entry.from, at, label: printable(&entry.label), end, link: None });
        }
        let names = [Side::Client, Side::Server].map(|side| printable(log.name(side)));
        Ladder { names, moments: log.entries().iter().map(|entry| entry.time).collect(), rungs }
    }

    /// Makes links of the SVG's arrows: one item for each packet, in the order of sending; `None` leaves an arrow as it is. They
    /// are for those who point; a page needs another way for those who do not.
    ///
    /// ```
    /// use wirelab_sansio::Instant;
    /// use wirelab_sim::{ArrowLink, Ladder, Log, Side};
    ///
    /// let mut log = Log::new("client", "server");
    /// log.sent(Instant::ZERO, Side::Client, 5, "hello");
    /// let link = ArrowLink { href: "?drop=1".into(), title: "drop it".into() };
    /// let svg = Ladder::new(&log).links([Some(link)]).svg("A packet");
    /// assert!(svg.contains("<a href=\"?drop=1\" tabindex=\"-1\"><title>drop it</title><line"));
    /// ```
    pub fn links(mut self, links: impl IntoIterator<Item = Option<ArrowLink>>) -> Self {
        let packets = self.rungs.iter_mut().filter(|rung| rung.end != RungEnd::Note);
        packets.zip(links).for_each(|(rung, link)| rung.link = link);
        self
    }

    pub(crate) fn time(&self, index: usize) -> String {
        self.moments.get(index).copied().unwrap_or_default().to_string()
    }

    /// What stands beside the left and the right line.
    fn margins(&self, rung: &Rung) -> (String, String) {
        let near = self.time(rung.at);
        let far = match &rung.end {
            RungEnd::Arrived(at) => self.time(*at),
            RungEnd::Dropped(reason) => reason.to_string(),
            RungEnd::UnderWay(_) => "under way".into(),
            RungEnd::Note => String::new(),
        };
        if rung.from == Side::Client { (near, far) } else { (far, near) }
    }
}

fn conclude(rungs: &mut [Rung], rung_of: &[usize], packet: PacketId, end: RungEnd) {
    if let Some(rung) = rung_of.get(packet.index()).and_then(|&index| rungs.get_mut(index)) {
        rung.end = end;
    }
}

impl fmt::Display for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let margin = self.rungs.iter().map(|rung| width(&self.margins(rung).0)).max().unwrap_or(0);
        let lane = self.rungs.iter().map(|rung| width(&rung.label) + 10).max().unwrap_or(0).clamp(36, 72);
        let [left, right] = &self.names;
        // The names stand centred above the lines; the left one is pushed in when the margin is too small for it.
        let left_at = (margin + 2).saturating_sub(width(left) / 2);
        let right_at = (margin + lane + 3).saturating_sub(width(right) / 2);
        let gap = right_at.saturating_sub(left_at + width(left)).max(2);
        writeln!(f, "{:left_at$}{left}{:gap$}{right}", "", "")?;
        for rung in &self.rungs {
            let (before, after) = self.margins(rung);
            let line = format!("{before:>margin$}  │{}│  {after}", arrow(rung, lane));
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// What stands between the lines, `lane` characters wide.
fn arrow(rung: &Rung, lane: usize) -> String {
    let label = shorten(&rung.label, lane - 10);
    // Written from the sender to the receiver; for the server, mirrored around the label.
    let (shaft, tip) = match &rung.end {
        RungEnd::Arrived(_) => ('─', if rung.from == Side::Client { "▶" } else { "◀" }),
        RungEnd::Dropped(_) => ('─', "X"),
        RungEnd::UnderWay(_) => ('─', "…"),
        RungEnd::Note => (' ', ""),
    };
    let (near, free) = (shaft.to_string().repeat(3), lane - 3 - width(&label) - 2);
    let reach = match &rung.end {
        RungEnd::Arrived(_) | RungEnd::Note => free,
        RungEnd::Dropped(_) | RungEnd::UnderWay(_) => free / 2 + 1, // it gets no further than this
    };
    let far = shaft.to_string().repeat(reach - width(tip));
    let rest = " ".repeat(free - reach);
    let near = if rung.end == RungEnd::Note { " * ".into() } else { near };
    match rung.from {
        Side::Client => format!("{near} {label} {far}{tip}{rest}"),
        Side::Server => format!("{rest}{tip}{far} {label} {near}"),
    }
}
