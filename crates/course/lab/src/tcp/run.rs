//! The simulation, and what was seen of it.

use std::ops::Range;
use std::time::Duration;

use wirelab::capture::{Direction, LinkType, Writer};
use wirelab::sansio::Instant;
use wirelab::sim::internet::{HostNode, Internet, LinkId, NodeId, What};
use wirelab::sim::{Chart, Kind, Ladder, Link, Log, Queue, Reason, Side, rate, seconds, steps};
use wirelab::tcpip::host::{self, Host, ListenerId};
use wirelab::tcpip::tcp::{self, Info, State};

use super::ends::{Sink, Source};
use super::parameters::{Parameters, SHOWN};

const CLIENT: [u8; 4] = [192, 0, 2, 1];
const SERVER: [u8; 4] = [198, 51, 100, 1];

/// A run is stopped after so much virtual time.
pub const LONGEST: Duration = Duration::from_secs(60);

/// And after so many steps, so that no choice of parameters can keep the lab busy.
pub const MOST_STEPS: usize = 50_000;

/// What a window is that nothing limits.
const UNLIMITED: u32 = 0x4000_0000;

type Client = HostNode<Host, Source>;
type Server = HostNode<Host, Sink>;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was read, and both ends have closed.
    Complete,
    /// [`LONGEST`] was over.
    OutOfTime,
    /// [`MOST_STEPS`] were made.
    OutOfSteps,
    /// One end gave up, or nothing was left to happen.
    Stuck,
}

/// What an end believes; no `Info` before there is a connection, or after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The name of its state.
    pub state: String,
    /// What it knows.
    pub info: Option<Info>,
}

/// A packet in the list below the ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When it was sent.
    pub time: Instant,
    /// By whom.
    pub from: Side,
    /// Which one of its direction, from 1.
    pub number: u64,
    /// In a few words.
    pub label: String,
    /// Why it will not arrive, as far as that is known by the last event shown.
    pub dropped: Option<Reason>,
}

/// A run that is over.
pub struct Run {
    /// What was asked for.
    pub parameters: Parameters,
    /// How it ended.
    pub ending: Ending,
    /// How many bytes the server read.
    pub received: u64,
    /// Client and server after the step in which the last event shown happened.
    pub ends: [End; 2],
    /// What the client knew in the end, or when it was last connected; nothing if it never was.
    pub last: Option<Info>,
    log: Log,
    samples: Vec<(Instant, Info)>,
    queue: Vec<(Instant, usize)>,
    arrivals: Vec<(Instant, u64)>,
    end: Instant,
    capture: Vec<u8>,
}

/// The world while it runs.
struct World {
    internet: Internet,
    client: NodeId,
    server: NodeId,
    listener: ListenerId,
    link: LinkId,
}

impl Run {
    /// Simulates.
    ///
    /// # Errors
    /// The hosts refuse to connect or to listen, or the capture cannot be written; neither depends on the visitor.
    pub fn of(parameters: Parameters) -> Result<Run, String> {
        let mut world = World::new(&parameters)?;
        let (mut samples, mut seen, mut recorded, mut ends) = (Vec::new(), 0, 0, None);
        let ending = loop {
            let step = world.internet.step();
            // Before the handshake nothing is known of the path, not even the size of a segment.
            let info = world.client_info().filter(|info| info.state != State::SynSent);
            samples.extend(info.map(|info| (world.internet.now(), info)));
            let fresh = world.internet.events().iter().skip(recorded);
            seen += fresh.filter(|event| is_entry(&event.what)).count();
            recorded = world.internet.events().len();
            if ends.is_none() && seen >= parameters.until {
                ends = Some(world.ends());
            }
            match step {
                Err(_) => break Ending::OutOfSteps,
                _ if world.is_complete() => break Ending::Complete,
                Ok(false) => break Ending::Stuck,
                Ok(true) if world.internet.now() >= Instant::ZERO + LONGEST => break Ending::OutOfTime,
                Ok(true) => {}
            }
        };
        let arrivals = world.sink().map(|sink| sink.arrivals.clone()).unwrap_or_default();
        let queue = world.internet.events().queue(world.link.up());
        Ok(Run {
            ending,
            received: arrivals.iter().map(|(_, count)| count).sum(),
            ends: ends.unwrap_or_else(|| world.ends()),
            last: samples.last().map(|(_, info)| *info),
            log: world.internet.ladder_log(world.client, world.server),
            queue: queue.map(|(when, sample)| (when, sample.packets)).collect(),
            arrivals,
            end: world.internet.now(),
            capture: world.capture().map_err(|error| error.to_string())?,
            samples,
            parameters,
        })
    }

    /// How many events there were.
    pub fn events(&self) -> usize {
        self.log.entries().len()
    }

    /// When it ended.
    pub fn end(&self) -> Instant {
        self.end
    }

    /// The run as a pcapng file: what the client's interface saw.
    pub fn capture(&self) -> &[u8] {
        &self.capture
    }

    /// Which events the ladder shows: some up to the one asked for.
    pub fn shown(&self) -> Range<usize> {
        let end = self.parameters.until.min(self.events());
        end.saturating_sub(SHOWN)..end
    }

    /// When the last event shown happened.
    pub fn moment(&self) -> Instant {
        let last = self.shown().end.checked_sub(1);
        last.and_then(|last| self.log.entries().get(last)).map_or(Instant::ZERO, |entry| entry.time)
    }

    /// The events shown, as a picture. What is not over by the last of them is under way.
    pub fn ladder(&self) -> Ladder {
        let shown = self.shown();
        let mut log = Log::new("client", "server");
        let mut numbers = std::collections::BTreeMap::new();
        for entry in self.log.entries().get(shown).unwrap_or_default() {
            match entry.kind {
                Kind::Sent(packet) => {
                    let number = log.sent(entry.time, entry.from, entry.bytes, entry.label.as_str());
                    numbers.insert(packet, number);
                }
                Kind::Arrived(packet) => {
                    numbers.get(&packet).inspect(|&&number| log.arrived(entry.time, number));
                }
                Kind::Dropped(packet, why) => {
                    numbers.get(&packet).inspect(|&&number| log.dropped(entry.time, number, why));
                }
                Kind::Note => log.note(entry.time, entry.from, entry.label.as_str()),
            }
        }
        Ladder::new(&log)
    }

    /// The packets that were sent within the events shown.
    pub fn packets(&self) -> Vec<Packet> {
        let shown = self.shown();
        let (mut counts, mut packets) = ([0, 0], Vec::new());
        let mut fates = std::collections::BTreeMap::new();
        for entry in self.log.entries().iter().take(shown.end) {
            if let Kind::Dropped(packet, why) = entry.kind {
                fates.insert(packet, why);
            }
        }
        for (place, entry) in self.log.entries().iter().enumerate().take(shown.end) {
            let Kind::Sent(packet) = entry.kind else { continue };
            let [ours, theirs] = &mut counts;
            let count = if entry.from == Side::Client { ours } else { theirs };
            *count += 1;
            if place >= shown.start {
                packets.push(Packet {
                    time: entry.time,
                    from: entry.from,
                    number: *count,
                    label: entry.label.clone(),
                    dropped: fates.get(&packet).copied(),
                });
            }
        }
        packets
    }

    /// The window, the queue and the goodput, one below the other.
    pub fn chart(&self) -> Chart {
        let segments = |bytes: fn(&Info) -> u32| {
            let known = self.samples.iter().filter(move |(_, info)| bytes(info) < UNLIMITED);
            let size = |info: &Info| f64::from(info.segment_size.max(1));
            steps(known.map(|(when, info)| (*when, f64::from(bytes(info)) / size(info))))
        };
        let mut chart = Chart::new("The window, the queue and the goodput").x("seconds").y("segments");
        for (name, points) in [
            ("congestion window", segments(|info| info.congestion_window)),
            ("ssthresh", segments(|info| info.slow_start_threshold)),
            ("in flight", segments(|info| info.in_flight)),
        ] {
            if !points.is_empty() {
                chart = chart.step(name, points);
            }
        }
        let repairs = |info: &Info| info.fast_recoveries + info.timeouts;
        let pairs = self.samples.iter().zip(self.samples.iter().skip(1));
        let found = pairs.filter(|((_, before), (_, after))| repairs(after) > repairs(before));
        let losses: Vec<_> = found
            .map(|((_, info), (when, _))| {
                let window = info.congestion_window.min(info.in_flight.max(info.segment_size));
                (seconds(*when), f64::from(window) / f64::from(info.segment_size.max(1)))
            })
            .collect();
        if !losses.is_empty() {
            chart = chart.marks("a loss is found", losses);
        }
        let queue = self.queue.iter().map(|&(when, packets)| (when, packets as f64));
        let interval = Duration::from_nanos(self.end.as_nanos() / 25).max(Duration::from_millis(1));
        let goodput = rate(self.arrivals.iter().copied(), interval, self.end);
        chart
            .panel("packets")
            .step("queue", steps([(Instant::ZERO, 0.0)].into_iter().chain(queue)))
            .panel("kbit/s")
            .level("the link’s rate", f64::from(self.parameters.rate))
            .step("goodput", goodput.into_iter().map(|(when, bytes)| (when, bytes * 8e-3)))
    }
}

/// Whether it is an entry of the ladder's log.
fn is_entry(what: &What) -> bool {
    matches!(what, What::Sent(_) | What::Arrived(_) | What::Dropped(..) | What::Note(..))
}

impl World {
    fn new(parameters: &Parameters) -> Result<World, String> {
        let config = tcp::Config {
            selective_acknowledgment: parameters.sack,
            nagle: parameters.nagle,
            delayed_acknowledgment: tcp::Config::default()
                .delayed_acknowledgment
                .filter(|_| parameters.delayed_ack),
            congestion_control: parameters.control,
            ..tcp::Config::default()
        };
        let (mut left, mut right) = (new_host(CLIENT), new_host(SERVER));
        let web = (SERVER, 80).into();
        let listener = right
            .listen(web, tcp::Listen { tcp: config.clone(), ..tcp::Listen::default() })
            .map_err(|error| error.to_string())?;
        let socket = left.connect(Instant::ZERO, web, config).map_err(|error| error.to_string())?;
        let mut internet = Internet::new(parameters.seed.into()).max_steps(MOST_STEPS);
        let client = internet.add("client", HostNode::new(left, Source::new(socket, parameters)));
        let server = internet.add("server", HostNode::new(right, Sink::default()));
        let back =
            Link::new(Duration::from_millis(parameters.delay.into())).rate(u64::from(parameters.rate) * 125);
        let there = back
            .clone()
            .queue(Queue::Packets(parameters.queue as usize))
            .loss(f64::from(parameters.loss) / 100.0);
        let link = internet.link_both(client, server, there, back);
        for (way, drops) in [(link.up(), &parameters.drop), (link.down(), &parameters.drop_back)] {
            let drops = drops.clone();
            internet.drop_if(way, move |number, _| drops.contains(&number));
        }
        Ok(World { internet, client, server, listener, link })
    }

    fn client_info(&self) -> Option<Info> {
        let client = self.internet.get::<Client>(self.client)?;
        Some(client.host.socket(client.application.socket)?.info())
    }

    fn server_info(&self) -> Option<Info> {
        let server = self.internet.get::<Server>(self.server)?;
        Some(server.host.socket(server.application.socket?)?.info())
    }

    fn sink(&self) -> Option<&Sink> {
        self.internet.get::<Server>(self.server).map(|server| &server.application)
    }

    fn ends(&self) -> [End; 2] {
        let [ours, theirs] = [State::Closed, self.state_before_accepting()].map(|state| state.to_string());
        [(self.client_info(), ours), (self.server_info(), theirs)].map(|(info, without)| {
            let state = info.as_ref().map_or(without, |info| info.state.to_string());
            End { state, info }
        })
    }

    /// Of a connection that waits in one of the listener's queues there is no socket yet.
    fn state_before_accepting(&self) -> State {
        let server = self.internet.get::<Server>(self.server);
        let queues = server.and_then(|server| server.host.queues(self.listener)).unwrap_or_default();
        match queues {
            _ if self.sink().is_some_and(|sink| sink.socket.is_some()) => State::Closed,
            (0, 0) => State::Listen,
            (_, 0) => State::SynReceived,
            _ => State::Established,
        }
    }

    /// Both ends have nothing left to do but to wait.
    fn is_complete(&self) -> bool {
        let over = |info: Option<Info>| {
            info.is_none_or(|info| matches!(info.state, State::Closed | State::TimeWait))
        };
        self.sink().is_some_and(|sink| sink.ended) && over(self.client_info()) && over(self.server_info())
    }

    fn capture(&self) -> std::io::Result<Vec<u8>> {
        let mut writer = Writer::new(Vec::new())?;
        let interface = writer.interface("client", LinkType::RAW)?;
        writer.name(CLIENT.into(), "client.example")?;
        writer.name(SERVER.into(), "server.example")?;
        for (time, at, packet) in self.internet.events().seen_by(self.client) {
            let way = if at.outgoing { Direction::Outbound } else { Direction::Inbound };
            writer.packet_with(time, interface, packet, way, "")?;
        }
        Ok(writer.into_inner())
    }
}

fn new_host(address: [u8; 4]) -> Host {
    let mut host = Host::new(host::Config::default(), [address[0]; 32]); // a secret that everybody knows
    host.add_address(address.into());
    host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(query: &str) -> Run {
        Run::of(Parameters::parse(query).unwrap()).unwrap()
    }

    #[test]
    fn the_same_parameters_give_the_same_run() {
        let [a, b] = [(); 2].map(|()| run("loss=10&bytes=100000&seed=7"));
        assert_eq!((a.ending, a.received), (Ending::Complete, 100_000));
        assert_eq!((a.ladder(), a.chart(), a.capture()), (b.ladder(), b.chart(), b.capture()));
        assert_ne!(a.capture(), run("loss=10&bytes=100000&seed=8").capture());
    }

    #[test]
    fn a_dropped_packet_is_dropped_and_sent_again_and_what_came_before_stays_the_same() {
        let (plain, dropped) = (run(""), run("drop=5&drop_back=3"));
        let (before, after) = (plain.packets(), dropped.packets());
        let fate = |packets: &[Packet], from, number| {
            let packet = packets.iter().position(|it| (it.from, it.number) == (from, number)).unwrap();
            (packet, packets[packet].dropped)
        };
        let (place, none) = fate(&before, Side::Client, 5);
        assert_eq!((none, fate(&after, Side::Client, 5)), (None, (place, Some(Reason::Rule))));
        assert_eq!(before[..place], after[..place]);
        assert_eq!(fate(&after, Side::Server, 3).1, Some(Reason::Rule));
        assert_ne!(plain.ladder(), dropped.ladder());
        assert!(dropped.last.as_ref().unwrap().retransmissions > 0);
        assert_eq!(dropped.received, 60_000, "TCP repairs it");
    }

    #[test]
    fn a_step_forward_shows_one_event_more_and_the_state_at_that_moment() {
        let states = |until: usize| run(&format!("until={until}")).ends.map(|end| end.state);
        assert_eq!(states(1), ["SYN-SENT", "LISTEN"]);
        assert_eq!(states(3), ["SYN-SENT", "SYN-RECEIVED"]);
        let all = run("until=1000000");
        assert_eq!(all.shown().end, all.events());
        assert_eq!(all.ends[0].state, "TIME-WAIT");
        for until in 1..10 {
            assert_eq!(run(&format!("until={until}")).shown(), 0..until);
        }
        let ladder = |until: usize| run(&format!("until={until}")).ladder().to_string();
        assert!(ladder(1).contains("under way") && !ladder(2).contains("under way"), "{}", ladder(2));
    }

    #[test]
    fn every_run_ends_however_unkind_the_parameters() {
        let slow = run("rate=10&bytes=250000");
        assert_eq!(slow.ending, Ending::OutOfTime);
        let small = run("bytes=250000&pause=1&write=1&nagle=off&ack=off&rate=100000");
        assert_eq!(small.ending, Ending::OutOfSteps);
        assert!(small.chart().svg().len() < 300_000);
        for control in ["off", "newreno", "cubic"] {
            let lossy = run(&format!("loss=50&bytes=250000&queue=1&control={control}&sack=off"));
            assert!(lossy.received <= 250_000, "{control}");
            assert!(lossy.chart().svg().len() < 300_000, "{control}");
        }
    }

    #[test]
    fn nagles_algorithm_makes_fewer_packets_of_small_writes() {
        let sent = |nagle| {
            let run = run(&format!("bytes=2000&write=100&pause=1&nagle={nagle}&until=100000"));
            run.last.unwrap().segments_sent
        };
        assert!(sent("on") < sent("off") / 2, "{} and {}", sent("on"), sent("off"));
    }
}
