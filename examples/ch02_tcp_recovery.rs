//! Section 2.1: what TCP does about lost segments and closed windows, mechanism by mechanism, and what happens without them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use wirelab::sansio::Instant;
use wirelab::sim::internet::{Application, Header, HostNode, Internet, NodeId, What};
use wirelab::sim::{Ladder, Link, Log, Side};
use wirelab::tcpip::host::{self, Event, Host, SocketId};
use wirelab::tcpip::{Segment, Seq, tcp};
use wirelab::wire::{Decode, Reader};
use wirelab_examples::{Args, Checks, Failure, Outcome, Table, milliseconds};

const ABOUT: &str =
    "Lost segments and closed windows, and what TCP does about each (section 2.1), in virtual time.
Guess before you read the table: which of the losses costs a timeout, and which hardly anything?";

const CLIENT: [u8; 4] = [192, 0, 2, 1];
const SERVER: [u8; 4] = [198, 51, 100, 1];
/// What goes into a segment: 1500 less 20 for IP, 20 for TCP and 12 for timestamps.
const SEGMENT: u32 = 1448;
/// Ten segments: all that may be on its way at once in the beginning.
const TEN: usize = 10 * SEGMENT as usize;

// ANCHOR: trials
/// A transfer, and what is done to it.
struct Trial {
    name: &'static str,
    bytes: usize,
    /// Which of the segments with data get lost, counted from 1 in the order of sending.
    lost: fn(u64) -> bool,
    client: tcp::Config,
    server: tcp::Config,
    pace: Pace,
}

/// How the server reads: at once, at once but not before a time is over, or so many bytes at each tick.
#[derive(Clone, Copy)]
enum Pace {
    AtOnce,
    After(Duration),
    Every(Duration, usize),
}

fn trials() -> Vec<Trial> {
    let usual = tcp::Config::default;
    let without_sack = || tcp::Config { selective_acknowledgment: false, ..usual() };
    let by_timer = || tcp::Config { fast_retransmit: false, ..usual() };
    let trial =
        |name, lost, client| Trial { name, bytes: TEN, lost, client, server: usual(), pace: Pace::AtOnce };
    vec![
        trial("nothing lost", |_| false, usual()),
        trial("the 4th lost", |n| n == 4, usual()),
        trial("the 4th lost, no SACK", |n| n == 4, without_sack()),
        trial("the 4th lost, no fast retransmit", |n| n == 4, by_timer()),
        trial("three lost", |n| [2, 4, 6].contains(&n), usual()),
        trial("three lost, no SACK", |n| [2, 4, 6].contains(&n), without_sack()),
        trial("the last lost", |n| n == 10, usual()),
        Trial {
            server: tcp::Config { receive_buffer: 4 * SEGMENT as usize, ..usual() },
            pace: Pace::After(Duration::from_secs(1)),
            ..trial("the window closed for a second", |_| false, usual())
        },
    ]
}
// ANCHOR_END: trials

fn main() -> Outcome {
    Args::parse(ABOUT, &[]);
    let mut table =
        Table::new(["trial", "complete after ms", "sent again", "timeouts", "cwnd afterwards", "ssthresh"]);
    let mut results = Vec::new();
    for trial in trials() {
        let name = trial.name;
        let run = Run::of(trial)?;
        println!("{name}:\n\n{}", run.ladder());
        let info = run.info()?;
        table = table.row([
            name.into(),
            run.duration().map_or("never".into(), milliseconds),
            info.retransmissions.to_string(),
            info.timeouts.to_string(),
            segments(info.congestion_window),
            segments(info.slow_start_threshold),
        ]);
        results.push((run.duration(), info));
    }
    println!("Windows in segments of {SEGMENT} bytes, times from the first segment with data on:\n\n{table}");
    let mut checks = Checks::default();
    let times: Vec<Duration> = results.iter().filter_map(|(time, _)| *time).collect();
    let infos: Vec<_> = results.iter().map(|(_, info)| info).collect();
    checks.check("every transfer was completed", times.len() == results.len());
    if let ([_, sack, no_sack, timer, three, three_no_sack, tail, closed], [_, a, b, c, ..]) =
        (&times[..], &infos[..])
    {
        checks.check(
            "fast retransmit needs no timeout, with SACK or without",
            (a.timeouts, b.timeouts) == (0, 0),
        );
        checks.check(
            "one loss costs the same with SACK and without, within a millisecond",
            sack.abs_diff(*no_sack) < Duration::from_millis(1),
        );
        checks.check("without fast retransmit the timer repairs it, later", c.timeouts == 1 && timer > sack);
        checks.check("of three losses SACK repairs all in one round trip", three < three_no_sack);
        checks.check("nothing follows the last segment, so that only the timer can miss it", tail > sack);
        checks.check("a closed window loses nothing", *closed > Duration::from_secs(1));
    }
    println!();
    wrong_ones(&mut checks)?;
    Ok(checks.exit_code())
}

// ANCHOR: wrong
/// Two implementations that leave out a rule, each beside one that does not.
fn wrong_ones(checks: &mut Checks) -> Result<(), Failure> {
    println!(
        "What a wrong implementation does. The path is dead for half a minute, and ten segments wait:\n"
    );
    let mut table = Table::new(["timeout", "segments sent into the dead path"]);
    let mut into_the_void = Vec::new();
    for (name, back_off) in [("doubled each time", true), ("always the same", false)] {
        // It shall not give up before the time is over.
        let client = tcp::Config { back_off, retries: 1000, ..tcp::Config::default() };
        let dead = Trial { lost: |_| true, client, ..Trial::plain(TEN) };
        let (data, _) = Run::until(dead, Duration::from_secs(30))?.data();
        table = table.row([name.to_owned(), data.to_string()]);
        into_the_void.push(data);
    }
    println!("{table}");
    println!("A reader takes 100 bytes every 10 ms, from a buffer of 4,000; 20,000 bytes are to be sent:\n");
    let mut table = Table::new([
        "silly windows",
        "complete after ms",
        "segments with data",
        "bytes in each",
        "headers, of all bytes sent",
    ]);
    let mut segments = Vec::new();
    for (name, avoid) in [("avoided", true), ("not avoided", false)] {
        let config =
            tcp::Config { silly_window_avoidance: avoid, receive_buffer: 4000, ..Default::default() };
        let pace = Pace::Every(Duration::from_millis(10), 100);
        let slow = Trial { client: config.clone(), server: config, pace, ..Trial::plain(20_000) };
        let run = Run::of(slow)?;
        let (data, payload) = run.data();
        let all = run.bytes_sent_by_both();
        let overhead = 100.0 * (all - payload) as f64 / all as f64;
        table = table.row([
            name.to_owned(),
            run.duration().map_or("never".into(), milliseconds),
            data.to_string(),
            (payload / data).to_string(),
            format!("{overhead:.0} %"),
        ]);
        segments.push(data);
    }
    println!("{table}");
    if let ([doubled, same], [avoided, not_avoided]) = (&into_the_void[..], &segments[..]) {
        checks.check("without back-off the dead path gets more than five times as much", *same > 5 * doubled);
        checks.check("without avoidance a slow reader makes for more segments", not_avoided > avoided);
    }
    Ok(())
}
// ANCHOR_END: wrong

impl Trial {
    fn plain(bytes: usize) -> Trial {
        let (client, server) = (tcp::Config::default(), tcp::Config::default());
        Trial { name: "", bytes, lost: |_| false, client, server, pace: Pace::AtOnce }
    }
}

/// Sends its bytes once it is connected.
struct Source {
    bytes: usize,
    socket: Option<SocketId>,
}

impl Application<Host> for Source {
    fn on_event(&mut self, _now: Instant, host: &mut Host, event: Event) {
        if let Event::Tcp(id, tcp::Event::Established) = event {
            // What the send buffer did not take would be missing at the other end.
            let _ = host.send(id, &vec![b'x'; self.bytes]);
        }
    }
}

/// Reads at its own pace.
struct Sink {
    pace: Pace,
    socket: Option<SocketId>,
    wanted: usize,
    received: usize,
    next: Option<Instant>,
    complete: Option<Instant>,
}

impl Sink {
    fn read(&mut self, now: Instant, host: &mut Host) {
        let Some(id) = self.socket else { return };
        self.received += match self.pace {
            Pace::AtOnce | Pace::After(_) => host.receive_into(id, &mut BytesMut::new()),
            Pace::Every(_, most) => host.read(id, most).len(),
        };
        if self.received == self.wanted {
            self.complete.get_or_insert(now);
        }
    }
}

impl Application<Host> for Sink {
    fn on_event(&mut self, now: Instant, host: &mut Host, event: Event) {
        if let Event::Acceptable(listener) = event {
            self.socket = host.accept(listener);
            self.next = match self.pace {
                Pace::AtOnce => None,
                Pace::After(time) | Pace::Every(time, _) => Some(now + time),
            };
        }
        if matches!(self.pace, Pace::AtOnce) {
            self.read(now, host);
        }
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.next.filter(|_| self.complete.is_none()).map(|when| (when, "the application reads"))
    }

    fn handle_timeout(&mut self, now: Instant, host: &mut Host) {
        if self.next.is_none_or(|when| now < when) {
            return;
        }
        match self.pace {
            Pace::Every(time, _) => self.next = Some(now + time),
            _ => (self.pace, self.next) = (Pace::AtOnce, None),
        }
        self.read(now, host);
    }
}

/// A transfer that is over.
struct Run {
    internet: Internet,
    client: NodeId,
    server: NodeId,
}

type Client = HostNode<Host, Source>;
type Server = HostNode<Host, Sink>;

impl Run {
    fn of(trial: Trial) -> Result<Run, Failure> {
        Run::until(trial, Duration::from_secs(60))
    }

    /// Runs until everything is acknowledged, or the time is over.
    fn until(trial: Trial, limit: Duration) -> Result<Run, Failure> {
        let mut internet = Internet::new(1);
        let (mut left, mut right) = (new_host(CLIENT), new_host(SERVER));
        let web: SocketAddr = (SERVER, 80).into();
        right.listen(web, tcp::Listen { tcp: trial.server, ..tcp::Listen::default() })?;
        let socket = Some(left.connect(Instant::ZERO, web, trial.client)?);
        let client = internet.add("client", HostNode::new(left, Source { bytes: trial.bytes, socket }));
        let (pace, wanted) = (trial.pace, trial.bytes);
        let sink = Sink { pace, socket: None, wanted, received: 0, next: None, complete: None };
        let server = internet.add("server", HostNode::new(right, sink));
        // A millisecond for a full segment, ten for the way.
        let link = internet.link(client, server, Link::new(Duration::from_millis(10)).rate(1_500_000));
        let mut sent = 0;
        internet.drop_if(link.up(), move |_, packet| {
            let has_data = segment_of(packet).is_some_and(|segment| !segment.payload.is_empty());
            sent += u64::from(has_data);
            has_data && (trial.lost)(sent)
        });
        let mut run = Run { internet, client, server };
        while run.internet.now() < Instant::ZERO + limit && !run.is_over() && run.internet.step()? {}
        Ok(run)
    }

    fn is_over(&self) -> bool {
        let complete =
            self.internet.get::<Server>(self.server).is_some_and(|it| it.application.complete.is_some());
        complete && self.info().is_ok_and(|info| info.in_flight == 0) && self.links_are_empty()
    }

    fn links_are_empty(&self) -> bool {
        let link = self.internet.link_between(self.client, self.server);
        link.is_some_and(|link| [link.up(), link.down()].iter().all(|&way| self.internet.under_way(way) == 0))
    }

    fn info(&self) -> Result<tcp::Info, Failure> {
        let client = self.internet.get::<Client>(self.client);
        let socket = client.and_then(|client| client.host.socket(client.application.socket?));
        Ok(socket.ok_or("the connection is gone")?.info())
    }

    /// Every segment with data that the client sent, when, and where its data begin and end.
    fn sent(&self) -> impl Iterator<Item = (Instant, Segment<'_>)> {
        let packets = self.internet.events().seen_by(self.client).filter(|(_, at, _)| at.outgoing);
        let segments = packets.filter_map(|(time, _, packet)| Some((time, segment_of(packet)?)));
        segments.filter(|(_, segment)| !segment.payload.is_empty())
    }

    /// How many segments with data there were, and the bytes of data in them.
    fn data(&self) -> (usize, usize) {
        self.sent().fold((0, 0), |(count, bytes), (_, it)| (count + 1, bytes + it.payload.len()))
    }

    fn bytes_sent_by_both(&self) -> usize {
        let packets = self.internet.events().packets();
        packets.filter(|(_, at, _)| at.outgoing).map(|(_, _, packet)| packet.len()).sum()
    }

    fn duration(&self) -> Option<Duration> {
        let complete = self.internet.get::<Server>(self.server)?.application.complete?;
        Some(complete - self.sent().next()?.0)
    }

    /// The conversation from the first data on, segments by their numbers.
    fn ladder(&self) -> Ladder {
        let mut log = Log::new("client", "server");
        let mut packets = self.internet.events().packets();
        let mut names = Names::default();
        let mut under_way = BTreeMap::new();
        for event in self.internet.events().iter() {
            match &event.what {
                What::Sent(id) => {
                    let Some((time, at, packet)) = packets.next() else { continue };
                    let from = if at.node == self.client { Side::Client } else { Side::Server };
                    if let Some(name) = segment_of(packet).and_then(|segment| names.name(from, &segment)) {
                        under_way.insert(*id, log.sent(time, from, packet.len(), name));
                    }
                }
                What::Arrived(id) => {
                    packets.next();
                    under_way.get(id).inspect(|number| log.arrived(event.time, **number));
                }
                What::Dropped(id, why) => {
                    under_way.get(id).inspect(|number| log.dropped(event.time, **number, *why));
                }
                What::Note(node, text) => {
                    let side = if *node == self.client { Side::Client } else { Side::Server };
                    log.note(event.time, side, text.as_str());
                }
                _ => {}
            }
        }
        Ladder::new(&log)
    }
}

/// Calls segments by their numbers: the first with data is 1.
#[derive(Default)]
struct Names {
    first: Option<Seq>,
    sent: BTreeSet<u32>,
}

impl Names {
    /// `None` for what came before the first data.
    fn name(&mut self, from: Side, segment: &Segment<'_>) -> Option<String> {
        if from == Side::Server {
            return self.first.map(|first| acknowledgment(first, segment));
        }
        if segment.payload.is_empty() {
            return None;
        }
        let first = *self.first.get_or_insert(segment.sequence);
        let offset = segment.sequence.since(first);
        let again = if self.sent.insert(offset) { "" } else { " again" };
        let part = if segment.payload.len() == 1 { ", one byte" } else { "" };
        Some(format!("{}{part}{again}", number(offset)))
    }
}

/// The number of the segment that this byte is in.
fn number(offset: u32) -> u32 {
    offset / SEGMENT + 1
}

fn acknowledgment(first: Seq, segment: &Segment<'_>) -> String {
    let mut text = format!("ACK, wants {}", number(segment.acknowledgment.since(first)));
    for block in segment.options.sack().as_slice() {
        let (from, to) = (number(block.left.since(first)), number(block.right.since(first) - 1));
        text += &if from == to { format!(", has {from}") } else { format!(", has {from} to {to}") };
    }
    if segment.window == 0 { text + ", window 0" } else { text }
}

fn segments(bytes: u32) -> String {
    match bytes {
        0x4000_0000.. => "none yet".into(),
        _ => format!("{:.1}", f64::from(bytes) / f64::from(SEGMENT)),
    }
}

fn segment_of(packet: &[u8]) -> Option<Segment<'_>> {
    Segment::decode(&mut Reader::whole(Header::read(packet)?.payload(packet))).ok()
}

fn new_host(address: [u8; 4]) -> Host {
    let mut host = Host::new(host::Config::default(), [address[0]; 32]); // a secret that everybody knows
    host.add_address(address.into());
    host
}
