mod ends;
mod names;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use wirelab::sansio::Instant;
use wirelab::sim::internet::{Header, HostNode, Internet, NodeId, What};
use wirelab::sim::{Ladder, Link, Log, Side};
use wirelab::tcpip::host::{self, Host};
use wirelab::tcpip::{Segment, tcp};
use wirelab::wire::{Decode, Reader};

use crate::Failure;
pub use ends::Pace;
use ends::{Sink, Source};
use names::Names;

const CLIENT: [u8; 4] = [192, 0, 2, 1];
const SERVER: [u8; 4] = [198, 51, 100, 1];

/// What goes into a segment of a [`Transfer`]: 1500 less 20 for IP, 20 for TCP and 12 for timestamps.
pub const SEGMENT: u32 = 1448;

/// A transfer from a client to a server that is 10 ms away, in virtual time, and what is done to it. A full segment takes a
/// millisecond to leave.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// How many bytes the client sends.
    pub bytes: usize,
    /// Which of the segments with data get lost, counted from 1 in the order of sending.
    pub lost: fn(u64) -> bool,
    /// The configuration of the client's end.
    pub client: tcp::Config,
    /// The server's.
    pub server: tcp::Config,
    /// How the server's program reads.
    pub pace: Pace,
}

impl Transfer {
    /// One with which nothing happens.
    pub fn of(bytes: usize) -> Self {
        let (client, server) = (tcp::Config::default(), tcp::Config::default());
        Transfer { bytes, lost: |_| false, client, server, pace: Pace::AtOnce }
    }

    /// Runs until everything is acknowledged, or a minute is over.
    ///
    /// # Errors
    /// The network of the simulation could not be built.
    pub fn run(self) -> Result<Transferred, Failure> {
        self.run_for(Duration::from_secs(60))
    }

    /// The same with another limit.
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    pub fn run_for(self, limit: Duration) -> Result<Transferred, Failure> {
        Transferred::of(self, limit)
    }
}

/// A transfer that is over, or was cut off.
pub struct Transferred {
    internet: Internet,
    client: NodeId,
    server: NodeId,
}

type Client = HostNode<Host, Source>;
type Server = HostNode<Host, Sink>;

impl Transferred {
    fn of(trial: Transfer, limit: Duration) -> Result<Transferred, Failure> {
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
        let mut run = Transferred { internet, client, server };
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

    /// What the client's connection knows at the end.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn info(&self) -> Result<tcp::Info, Failure> {
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
    pub fn data(&self) -> (usize, usize) {
        self.sent().fold((0, 0), |(count, bytes), (_, it)| (count + 1, bytes + it.payload.len()))
    }

    /// All that both ends have sent, headers of IP and TCP included.
    pub fn bytes_sent_by_both(&self) -> usize {
        let packets = self.internet.events().packets();
        packets.filter(|(_, at, _)| at.outgoing).map(|(_, _, packet)| packet.len()).sum()
    }

    /// How long it took until the server's program had read everything, since the first segment with data; `None` if it never had.
    pub fn duration(&self) -> Option<Duration> {
        let complete = self.internet.get::<Server>(self.server)?.application.complete?;
        Some(complete - self.sent().next()?.0)
    }

    /// The conversation from the first data on, segments by their numbers.
    pub fn ladder(&self) -> Ladder {
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

impl fmt::Debug for Transferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transferred").field("duration", &self.duration()).finish_non_exhaustive()
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
