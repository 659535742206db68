//! Every order of events, up to a depth: what two connections can come to, if the network may deliver in any order, lose and
//! double, timers run out, and the applications send and close whenever they like.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use bytes::BytesMut;
use wirelab_sansio::Instant;
use wirelab_tcpip::tcp::{Algorithm, Config, Connection, Event, State, WhyClosed};
use wirelab_tcpip::{Flags, PseudoHeader, Segment, Seq};
use wirelab_wire::{Decode, Reader};

use crate::wire::endpoints;

/// No segment is older than this when it arrives; TIME-WAIT is twice as long (RFC 9293 §3.4.2).
const LIFETIME: Duration = Duration::from_secs(30);
const HEADERS: PseudoHeader = PseudoHeader::V4 {
    source: std::net::Ipv4Addr::UNSPECIFIED,
    destination: std::net::Ipv4Addr::UNSPECIFIED,
};

#[derive(Clone, Copy, Debug)]
enum Step {
    Deliver(usize),
    Lose(usize),
    Double(usize),
    Time,
    Send(usize),
    Close(usize),
    Read(usize),
}

#[derive(Clone, Debug)]
struct Flying {
    since: Instant,
    to: usize,
    bytes: Vec<u8>,
}

/// Two ends, what is between them, and what may still go wrong.
#[derive(Clone)]
struct World {
    now: Instant,
    config: Config,
    ends: [Option<Connection>; 2],
    flying: Vec<Flying>,
    losses: u8,
    doubles: u8,
    sends: [u8; 2],
    closed: [bool; 2],
    /// Whether applications read only when a step says so, so that windows close.
    reads_late: bool,
    sent: [Vec<u8>; 2],
    got: [Vec<u8>; 2],
    why: [Option<WhyClosed>; 2],
    path: Vec<Step>,
    /// What is sent, once somebody wants to read it.
    log: Option<String>,
}

impl World {
    fn new(config: Config, simultaneous: bool) -> World {
        let now = Instant::from_nanos(1_000_000_000);
        let isns = [Seq(u32::MAX - 3), Seq(u32::MAX)];
        let connect = |of: usize| Some(Connection::connect(now, endpoints(of), isns[of], config.clone()));
        let server = if simultaneous { connect(1) } else { None };
        let mut world = World {
            now,
            ends: [connect(0), server],
            config,
            flying: Vec::new(),
            losses: 1,
            doubles: 1,
            sends: [2, 1],
            closed: [false; 2],
            reads_late: false,
            sent: Default::default(),
            got: Default::default(),
            why: [None; 2],
            path: Vec::new(),
            log: None,
        };
        world.settle();
        world
    }

    fn established(config: Config) -> World {
        let mut world = World::new(config, false);
        while !world.flying.is_empty() {
            world.take(Step::Deliver(0));
        }
        world.path.clear();
        world
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for i in 0..self.flying.len() {
            steps.push(Step::Deliver(i));
            if self.losses > 0 {
                steps.push(Step::Lose(i));
            }
            if self.doubles > 0 {
                steps.push(Step::Double(i));
            }
        }
        if let Some((when, _)) = self.timeout()
            && self.flying.iter().all(|flying| when - flying.since < LIFETIME)
        {
            steps.push(Step::Time);
        }
        for of in 0..2 {
            let Some(end) = &self.ends[of] else { continue };
            if self.sends[of] > 0 && !self.closed[of] && end.state().may_send() {
                steps.push(Step::Send(of));
            }
            // Who closes in SYN-SENT has given up.
            if !self.closed[of] && end.state().may_send() && end.state() != State::SynSent {
                steps.push(Step::Close(of));
            }
            if self.reads_late && end.readable() > 0 {
                steps.push(Step::Read(of));
            }
        }
        steps
    }

    fn timeout(&self) -> Option<(Instant, &'static str)> {
        self.ends.iter().flatten().filter_map(Connection::poll_timeout).min_by_key(|&(when, _)| when)
    }

    fn take(&mut self, step: Step) {
        self.path.push(step);
        match step {
            Step::Deliver(i) => {
                let flying = self.flying.remove(i);
                self.deliver(&flying);
            }
            Step::Lose(i) => {
                self.losses -= 1;
                self.flying.remove(i);
            }
            Step::Double(i) => {
                self.doubles -= 1;
                self.flying.insert(i, self.flying[i].clone());
            }
            Step::Time => {
                self.now = self.now.max(self.timeout().expect("a timer").0);
                self.ends.iter_mut().flatten().for_each(|end| end.handle_timeout(self.now));
            }
            Step::Send(of) => {
                self.sends[of] -= 1;
                let text: Vec<u8> = (0..5).map(|i| (self.sent[of].len() + i) as u8).collect();
                let end = self.ends[of].as_mut().expect("an end");
                let taken = end.send(&text).expect("open");
                self.sent[of].extend_from_slice(&text[..taken]);
            }
            Step::Close(of) => {
                self.closed[of] = true;
                self.ends[of].as_mut().expect("an end").close();
            }
            Step::Read(of) => self.read(of),
        }
        self.settle();
    }

    fn deliver(&mut self, flying: &Flying) {
        let segment = Segment::decode(&mut Reader::whole(&flying.bytes)).expect("what we wrote");
        let (now, to) = (self.now, flying.to);
        match &mut self.ends[to] {
            Some(end) => end.receive(now, &segment, false),
            empty if segment.flags == Flags::SYN => {
                let accepted =
                    Connection::accept(now, endpoints(to), Seq(u32::MAX), self.config.clone(), &segment);
                *empty = Some(accepted);
            }
            None => {}
        }
    }

    fn read(&mut self, of: usize) {
        let mut read = BytesMut::new();
        self.ends[of].as_mut().expect("an end").receive_into(&mut read);
        self.got[of].extend_from_slice(&read);
    }

    fn settle(&mut self) {
        for of in 0..2 {
            if self.ends[of].is_none() {
                continue;
            }
            if !self.reads_late {
                self.read(of);
            }
            let end = self.ends[of].as_mut().expect("an end");
            let before = self.flying.len();
            while let Some(outgoing) = end.poll_transmit(self.now) {
                if let Some(log) = &mut self.log {
                    writeln!(log, "{} from {of}: {}", self.now, outgoing.segment).expect("a string");
                }
                let mut bytes = BytesMut::new();
                outgoing.segment.encode_between(&HEADERS, &mut bytes);
                self.flying.push(Flying { since: self.now, to: 1 - of, bytes: bytes.to_vec() });
                assert!(self.flying.len() < before + 100, "it sends without end: {:?}", self.path);
            }
            while let Some(event) = end.poll_event() {
                if let Event::Closed(why) = event {
                    self.why[of] = Some(why);
                }
            }
            if end.state() == State::Closed {
                assert_eq!(end.poll_timeout(), None, "a timer runs in CLOSED: {:?}", self.path);
            }
            let (got, sent) = (&self.got[of], &self.sent[1 - of]);
            assert!(sent.starts_with(got), "{of} read {got:?} of {sent:?}: {:?}", self.path);
        }
    }

    /// From here on nothing goes wrong: all must be delivered, and both ends come to theirs.
    fn comes_to_its_end(&self) {
        let mut world = self.clone();
        world.log = Some(String::new());
        let start = world.path.len();
        for _ in 0..1000 {
            let next = (!world.flying.is_empty()).then_some(Step::Deliver(0));
            let reads = (0..2).find(|&of| world.ends[of].as_ref().is_some_and(|end| end.readable() > 0));
            let closes = (0..2).find(|&of| {
                let end = world.ends[of].as_ref();
                !world.closed[of]
                    && end.is_some_and(|end| end.state().may_send() && end.state() != State::SynSent)
            });
            let time = world.timeout().map(|_| Step::Time);
            let step = reads.map(Step::Read).or(next).or(closes.map(Step::Close)).or(time);
            let Some(step) = step else { break };
            world.take(step);
        }
        let states: Vec<_> = world.ends.iter().flatten().map(|end| (end.state(), end.why_closed())).collect();
        let end = (State::Closed, Some(WhyClosed::Finished));
        let delivered = world.got[1] == world.sent[0] && world.got[0] == world.sent[1];
        if states != [end; 2] || !delivered || world.timeout().is_some() {
            let fair: Vec<_> = world.path.iter().skip(start).take(40).collect();
            let said: Vec<_> = world.log.iter().flat_map(|log| log.lines()).take(40).collect();
            let (path, said, before) = (&self.path, said.join("\n"), self.describe());
            panic!(
                "{states:?}, all delivered: {delivered}, after {path:?}\nand then, fairly: {fair:?}\n{said}\n{before}"
            );
        }
    }

    fn describe(&self) -> String {
        let mut text = String::new();
        for flying in &self.flying {
            let segment = Segment::decode(&mut Reader::whole(&flying.bytes)).expect("what we wrote");
            writeln!(text, "to {}: {segment}", flying.to).expect("a string");
        }
        for end in self.ends.iter().flatten() {
            writeln!(text, "{end:?}").expect("a string");
        }
        text
    }

    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        format!("{:?}", self.ends).hash(&mut hasher);
        let mut flying: Vec<_> = self.flying.iter().map(|flying| (flying.to, &flying.bytes)).collect();
        flying.sort();
        (flying, self.losses, self.doubles, self.sends, self.closed, &self.got).hash(&mut hasher);
        hasher.finish()
    }
}

/// Depth first; `seen` has, of each world, how far it was explored from there.
fn explore(world: &World, depth: usize, seen: &mut HashMap<u64, usize>) {
    let explored = seen.entry(world.fingerprint()).or_default();
    if *explored > depth {
        return;
    }
    *explored = depth + 1;
    if depth == 0 {
        return world.comes_to_its_end();
    }
    for step in world.steps() {
        let mut next = world.clone();
        next.take(step);
        explore(&next, depth - 1, seen);
    }
}

fn check(world: &World, depth: usize) {
    let mut seen = HashMap::new();
    explore(world, depth, &mut seen);
    assert!(seen.len() > 100, "only {} different worlds were seen", seen.len());
    println!("{} different worlds", seen.len());
}

fn bare() -> Config {
    Config {
        timestamps: false,
        selective_acknowledgment: false,
        window_scaling: false,
        delayed_acknowledgment: None,
        congestion_control: Algorithm::NewReno,
        ..Config::default()
    }
}

/// Room for three bytes: every sending of five closes the window.
fn narrow() -> World {
    let mut world = World::established(Config { receive_buffer: 3, ..bare() });
    (world.reads_late, world.sends) = (true, [1, 1]);
    world
}

const DEPTH: usize = 5;
const DEEPER: usize = 8;

#[test]
fn an_established_connection_without_options() {
    check(&World::established(bare()), DEPTH);
}

#[test]
fn an_established_connection_with_all_options() {
    check(&World::established(Config::default()), DEPTH);
}

#[test]
fn a_handshake() {
    check(&World::new(bare(), false), DEPTH);
}

#[test]
fn both_open_at_once() {
    check(&World::new(Config::default(), true), DEPTH);
}

#[test]
fn windows_that_close() {
    check(&narrow(), DEPTH);
}

#[test]
#[ignore = "takes minutes; run with --profile quick"]
fn deeper() {
    let worlds = [
        World::established(bare()),
        World::established(Config::default()),
        World::new(bare(), false),
        World::new(bare(), true),
        narrow(),
    ];
    for world in worlds {
        check(&world, DEEPER);
    }
}
