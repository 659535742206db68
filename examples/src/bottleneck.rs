mod run;

use std::collections::BTreeMap;
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::BytesMut;
use wirelab::sansio::Instant;
use wirelab::sim::internet::{Application, ChannelId, HostNode, Internet, NodeId, PortId, Router, host_at};
use wirelab::sim::{Link, Queue};
use wirelab::tcpip::host::{Event, Host, SocketId};
use wirelab::tcpip::tcp;

pub use run::Run;

/// Senders that share a narrow link to one receiver, in virtual time.
///
/// ```text
///   sender 1 ════╗ 1 ms            19 ms
///   sender 2 ════╬═══ router ═══════════════ receiver
///        …   ════╝           queue, 10 Mbit/s
/// ```
///
/// Each sender has one connection and always something to send. The way there and back takes 40 ms while the queue is
/// empty.
#[derive(Clone, Debug)]
pub struct Bottleneck {
    /// What waits before the narrow link.
    pub queue: Queue,
    /// The configuration of both ends of every connection.
    pub tcp: tcp::Config,
    /// When each sender begins.
    pub starts: Vec<Duration>,
    /// How long the run takes.
    pub length: Duration,
}

/// Bytes a second on the narrow link: 10 Mbit/s.
pub const RATE: u64 = 1_250_000;

/// The time there and back without a queue.
pub const ROUND_TRIP: Duration = Duration::from_millis(40);

/// How often a run is looked at.
const SAMPLE: Duration = Duration::from_millis(10);

struct World {
    internet: Internet,
    receiver: NodeId,
    senders: Vec<NodeId>,
    /// The direction of the narrow link that goes to the receiver.
    narrow: ChannelId,
}

/// Sends for ever.
struct Sender;

impl Application<Host> for Sender {
    fn on_event(&mut self, _now: Instant, host: &mut Host, event: Event) {
        if let Event::Tcp(id, tcp::Event::Established | tcp::Event::Writable) = event {
            while host.send(id, &[0; 16 * 1024]).is_ok_and(|taken| taken > 0) {}
        }
    }
}

/// Reads everything, and counts it by the address that it came from.
#[derive(Default)]
struct Receiver {
    arrivals: BTreeMap<IpAddr, Vec<(Instant, u64)>>,
    scratch: BytesMut,
}

impl Application<Host> for Receiver {
    fn on_event(&mut self, now: Instant, host: &mut Host, event: Event) {
        match event {
            Event::Acceptable(listener) => while host.accept(listener).is_some() {},
            Event::Tcp(id, tcp::Event::Readable) => {
                let Some(from) = host.socket(id).map(|socket| socket.endpoints().remote.ip()) else { return };
                host.receive_into(id, &mut self.scratch);
                self.arrivals.entry(from).or_default().push((now, self.scratch.len() as u64));
                self.scratch.clear();
            }
            _ => {}
        }
    }
}

const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1)), 9);

fn sender_address(number: usize) -> IpAddr {
    [192, 0, 2, number as u8 + 1].into()
}

impl Bottleneck {
    /// One sender, cubic, and a drop-tail queue for as many bytes as are on the way in one round trip.
    pub fn new(length: Duration) -> Self {
        let packets = (RATE as f64 * ROUND_TRIP.as_secs_f64() / 1500.0) as usize;
        Bottleneck {
            queue: Queue::Packets(packets),
            tcp: tcp::Config::default(),
            starts: vec![Duration::ZERO],
            length,
        }
    }

    /// Lets it happen. Packets are kept for captures only if `keep` says so.
    ///
    /// # Errors
    /// The network could not be set up, or the run took too many steps.
    pub fn run(&self, keep: bool) -> Result<Run, Box<dyn Error>> {
        let internet = Internet::new(1);
        let mut world = self.world(if keep { internet } else { internet.without_events() })?;
        let mut flows = vec![Vec::new(); self.starts.len()];
        let mut queue = Vec::new();
        let mut sockets = vec![None; self.starts.len()];
        let mut now = Instant::ZERO;
        while now <= Instant::ZERO + self.length {
            world.internet.run_until(now)?;
            let senders = world.senders.iter().zip(&self.starts).zip(&mut sockets).zip(&mut flows);
            for (((&node, &start), socket), flow) in senders {
                if socket.is_none() && Instant::ZERO + start <= now {
                    *socket = Some(self.connect(&mut world.internet, node)?);
                }
                let info = socket.and_then(|id| info(&world.internet, node, id));
                flow.extend(info.map(|info| (now, info)));
            }
            // The packet that is leaving does not wait any more.
            queue.push((now, world.internet.queued(world.narrow).saturating_sub(1)));
            now += SAMPLE;
        }
        let receiver = world.internet.get::<HostNode<Host, Receiver>>(world.receiver).ok_or("no receiver")?;
        let of = |number| receiver.application.arrivals.get(&sender_address(number)).cloned();
        Ok(Run {
            flows,
            queue,
            link: world.internet.counters(world.narrow),
            events: world.internet.events().clone(),
            arrivals: (0..self.starts.len()).map(|number| of(number).unwrap_or_default()).collect(),
            length: self.length,
        })
    }

    /// The network of the picture above.
    fn world(&self, mut internet: Internet) -> Result<World, Box<dyn Error>> {
        let mut server = host_at(SERVER.ip(), 0);
        server.listen(SERVER, tcp::Listen { tcp: self.tcp.clone(), ..tcp::Listen::default() })?;
        let receiver = internet.add("receiver", HostNode::new(server, Receiver::default()));
        let mut router = Router::new([198, 51, 100, 2].into()).route("198.51.100.1/32".parse()?, PortId(0));
        for number in 0..self.starts.len() {
            router.set_route(format!("{}/32", sender_address(number)).parse()?, PortId(number + 1));
        }
        let router = internet.add("router", router);
        let narrow = Link::new(ROUND_TRIP / 2 - Duration::from_millis(1)).rate(RATE);
        let narrow = internet.link_both(router, receiver, narrow.clone().queue(self.queue), narrow).up();
        let mut senders = Vec::new();
        for number in 0..self.starts.len() {
            let node = HostNode::new(host_at(sender_address(number), number as u8 + 1), Sender);
            let node = internet.add(format!("sender {}", number + 1), node);
            internet.link(node, router, Link::new(Duration::from_millis(1)));
            senders.push(node);
        }
        Ok(World { internet, receiver, senders, narrow })
    }

    fn connect(&self, internet: &mut Internet, node: NodeId) -> Result<SocketId, Box<dyn Error>> {
        let now = internet.now();
        let sender = internet.get_mut::<HostNode<Host, Sender>>(node).ok_or("no sender")?;
        Ok(sender.host.connect(now, SERVER, self.tcp.clone())?)
    }
}

fn info(internet: &Internet, node: NodeId, id: SocketId) -> Option<tcp::Info> {
    let sender = internet.get::<HostNode<Host, Sender>>(node)?;
    Some(sender.host.socket(id)?.info())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirelab::tcpip::tcp::Algorithm;

    const ALGORITHMS: [Algorithm; 2] = [Algorithm::NewReno, Algorithm::Cubic];

    fn run(algorithm: Algorithm, starts: &[u64], length: u64) -> Run {
        let mut bottleneck = Bottleneck::new(Duration::from_secs(length));
        bottleneck.tcp.congestion_control = algorithm;
        bottleneck.starts = starts.iter().map(|&start| Duration::from_secs(start)).collect();
        bottleneck.run(false).unwrap()
    }

    #[test]
    fn one_flow_gets_nine_tenths_of_the_link_s_rate_over_a_queue_of_one_bandwidth_delay_product() {
        for algorithm in ALGORITHMS {
            let goodput = run(algorithm, &[0], 10).goodput(Duration::ZERO)[0];
            assert!((9.0..10.0).contains(&goodput), "{algorithm:?}: {goodput} Mbit/s");
        }
    }

    #[test]
    fn two_flows_share_it_evenly_in_the_end_though_one_comes_later() {
        for algorithm in ALGORITHMS {
            let run = run(algorithm, &[0, 3], 30);
            let half = Duration::from_secs(15);
            let (fairness, goodput) = (run.fairness(half), run.goodput(half));
            assert!(fairness >= 0.9, "{algorithm:?}: {goodput:?}");
            assert!(goodput.iter().sum::<f64>() >= 9.0, "{algorithm:?}: {goodput:?}");
        }
    }
}
