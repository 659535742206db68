use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use bytes::BytesMut;
use wirelab_sansio::Instant;
use wirelab_tcpip::tcp::{Config, Connection, Endpoints, Event};
use wirelab_tcpip::{Flags, PseudoHeader, Segment, Seq};
use wirelab_wire::{Decode, Reader};

pub(crate) const CLIENT: usize = 0;
pub(crate) const SERVER: usize = 1;

/// What becomes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    Lost,
    Twice,
    /// After so much more time.
    Late(Duration),
}

/// The two ends and what is between them. The server's end is made by the first SYN that arrives there.
pub(crate) struct Wire {
    pub(crate) now: Instant,
    pub(crate) ends: [Option<Connection>; 2],
    pub(crate) events: [Vec<Event>; 2],
    pub(crate) delay: Duration,
    /// Asked for each segment: who sends it, its number from 0, and the segment.
    pub(crate) fate: Box<dyn FnMut(usize, usize, &Segment<'_>) -> Fate>,
    pub(crate) log: String,
    sent: [usize; 2],
    under_way: BTreeMap<(Instant, usize), (usize, Vec<u8>)>,
    entered: usize,
    server_config: Config,
    isns: [Seq; 2],
}

pub(crate) fn endpoints(of: usize) -> Endpoints {
    let addresses = ["192.0.2.1:50000", "198.51.100.1:80"].map(|text| text.parse().expect("an address"));
    Endpoints { local: addresses[of], remote: addresses[1 - of] }
}

fn pseudo_header() -> PseudoHeader {
    PseudoHeader::V4 { source: [192, 0, 2, 1].into(), destination: [198, 51, 100, 1].into() }
}

impl Wire {
    /// A client that has called `connect`, and a server that will accept.
    pub(crate) fn new(client: Config, server: Config) -> Wire {
        // Close to the end of the numbers, so that every longer conversation goes round.
        let isns = [Seq(u32::MAX - 5000), Seq(u32::MAX - 3000)];
        let now = Instant::from_nanos(1_000_000_000);
        let connection = Connection::connect(now, endpoints(CLIENT), isns[CLIENT], client);
        Wire {
            now,
            ends: [Some(connection), None],
            events: [Vec::new(), Vec::new()],
            delay: Duration::from_millis(10),
            fate: Box::new(|_, _, _| Fate::Arrives),
            log: String::new(),
            sent: [0; 2],
            under_way: BTreeMap::new(),
            entered: 0,
            server_config: server,
            isns,
        }
    }

    /// Both ends open at once, towards each other.
    pub(crate) fn simultaneous(config: &Config) -> Wire {
        let mut wire = Wire::new(config.clone(), config.clone());
        let server = Connection::connect(wire.now, endpoints(SERVER), wire.isns[SERVER], config.clone());
        wire.ends[SERVER] = Some(server);
        wire
    }

    pub(crate) fn client(&mut self) -> &mut Connection {
        self.ends[CLIENT].as_mut().expect("the client")
    }

    pub(crate) fn server(&mut self) -> &mut Connection {
        self.ends[SERVER].as_mut().unwrap_or_else(|| panic!("no SYN has arrived:\n{}", self.log))
    }

    /// Lets both ends send what they have.
    pub(crate) fn settle(&mut self) {
        for of in [CLIENT, SERVER] {
            let before = self.sent[of];
            while let Some(outgoing) = self.ends[of].as_mut().and_then(|end| end.poll_transmit(self.now)) {
                let mut bytes = BytesMut::new();
                outgoing.segment.encode_between(&pseudo_header(), &mut bytes);
                let fate = (self.fate)(of, self.sent[of], &outgoing.segment);
                self.sent[of] += 1;
                assert!(self.sent[of] < before + 5000, "{of} does not stop sending:\n{}", self.tail());
                self.put(of, bytes.to_vec(), fate);
            }
            while let Some(event) = self.ends[of].as_mut().and_then(Connection::poll_event) {
                writeln!(self.log, "{} {of}: {event:?}", self.now).expect("a string");
                self.events[of].push(event);
            }
        }
    }

    fn put(&mut self, from: usize, bytes: Vec<u8>, fate: Fate) {
        let segment = Segment::decode(&mut Reader::whole(&bytes)).expect("what we wrote");
        let sack = segment.options.sack();
        let arrow = if from == CLIENT { "-->" } else { "<--" };
        let sack = if sack.as_slice().is_empty() { String::new() } else { format!("{:?}", sack.as_slice()) };
        writeln!(self.log, "{} {arrow} {segment} {sack} {fate:?}", self.now).expect("a string");
        let copies = if fate == Fate::Twice { 2 } else { usize::from(fate != Fate::Lost) };
        let late = if let Fate::Late(late) = fate { late } else { Duration::ZERO };
        for _ in 0..copies {
            self.under_way.insert((self.now + self.delay + late, self.entered), (from, bytes.clone()));
            self.entered += 1;
        }
    }

    /// Lets the next thing happen; `false` when there is none.
    pub(crate) fn step(&mut self) -> bool {
        self.settle();
        let arrival = self.under_way.first_key_value().map(|(&(when, _), _)| when);
        let timeouts = self.ends.iter().flatten().filter_map(Connection::poll_timeout);
        let timeout = timeouts.min_by_key(|&(when, _)| when);
        let Some(next) = arrival.into_iter().chain(timeout.map(|(when, _)| when)).min() else { return false };
        self.now = self.now.max(next);
        if arrival.is_some_and(|when| when <= self.now) {
            let (_, (from, bytes)) = self.under_way.pop_first().expect("an arrival");
            self.deliver(1 - from, &bytes);
        } else {
            for of in [CLIENT, SERVER] {
                if let Some(end) = &mut self.ends[of] {
                    let state = end.state();
                    end.handle_timeout(self.now);
                    let reason = timeout.map_or("", |(_, why)| why);
                    writeln!(self.log, "{} {of} {state}: timeout ({reason})", self.now).expect("a string");
                }
            }
        }
        self.settle();
        true
    }

    /// Gives a segment to one end, as if it had come over the wire.
    pub(crate) fn deliver(&mut self, to: usize, bytes: &[u8]) {
        Segment::check(bytes, &pseudo_header()).expect("the checksum");
        let segment = Segment::decode(&mut Reader::whole(bytes)).expect("a segment");
        match &mut self.ends[to] {
            Some(end) => end.receive(self.now, &segment, false),
            empty if segment.flags == Flags::SYN || segment.flags.contains(Flags::SYN | Flags::ECE) => {
                let config = self.server_config.clone();
                let isn = self.isns[to];
                *empty = Some(Connection::accept(self.now, endpoints(to), isn, config, &segment));
            }
            None => {}
        }
    }

    /// Gives a made-up segment to one end.
    pub(crate) fn inject(&mut self, to: usize, segment: Segment<'_>) {
        let mut bytes = BytesMut::new();
        let ports = endpoints(to);
        let (source, destination) = (ports.remote.port(), ports.local.port());
        Segment { source, destination, ..segment }.encode_between(&pseudo_header(), &mut bytes);
        writeln!(self.log, "{} injected into {to}: {segment}", self.now).expect("a string");
        self.deliver(to, &bytes);
        self.settle();
    }

    /// Runs until `done`, or until nothing happens any more.
    pub(crate) fn run_until(&mut self, mut done: impl FnMut(&mut Wire) -> bool) {
        for _ in 0..100_000 {
            if done(self) || !self.step() {
                return;
            }
        }
        panic!("no end:\n{}", self.tail());
    }

    /// The last lines of the conversation.
    pub(crate) fn tail(&self) -> String {
        let lines: Vec<&str> = self.log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        self.run_until(|wire| {
            wire.settle();
            let arrival = wire.under_way.first_key_value().map(|(&(when, _), _)| when);
            let timeouts = wire.ends.iter().flatten().filter_map(Connection::poll_timeout);
            let next = arrival.into_iter().chain(timeouts.map(|(when, _)| when)).min();
            next.is_none_or(|next| next > end)
        });
        self.now = end;
    }

    /// Runs until both ends are connected.
    pub(crate) fn connect(&mut self) {
        self.run_until(|wire| wire.events.iter().all(|events| events.contains(&Event::Established)));
        assert!(self.events[SERVER].contains(&Event::Established), "not connected:\n{}", self.log);
    }
}
