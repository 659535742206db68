mod ends;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use wirelab::sansio::Instant;
use wirelab::sim::Link;
use wirelab::sim::internet::{HostNode, Internet, NodeId, PortId, Router, host_at};
use wirelab::tcpip::host::{self, Counters, Host};
use wirelab::tcpip::tcp::{self, Agreed, Listen};

use crate::{Flood, Table};
pub use ends::Visit;
use ends::{Client, Server};

const CLIENTS: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)];
const SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

const COUNTERS: &str = "TcpInSegs TcpOutSegs TcpRetransSegs TcpPassiveOpens TcpAttemptFails TcpExtListenOverflows \
    TcpExtListenDrops TcpExtTCPReqQFullDrop TcpExtTCPReqQFullDoCookies TcpExtSyncookiesSent TcpExtSyncookiesRecv \
    TcpExtTCPAbortOnOverflow";

/// Two clients and a server, each on a link of its own to a router, and a [`Flood`] on a fourth. A round trip takes 40 ms.
///
/// ```text
///   client 1 ══╗         ╔══ server
///   client 2 ══╬═ router ╣
///      flood ══╝         ╚   (its addresses are nobody's)
/// ```
pub struct Visited {
    /// The network.
    pub internet: Internet,
    /// Both clients.
    pub clients: [NodeId; 2],
    /// The server.
    pub server: NodeId,
}

impl Visited {
    /// What the server's cookies are made with.
    pub const SECRET: [u8; 32] = [7; 32];

    /// Where the server listens.
    pub const ADDRESS: (Ipv4Addr, u16) = (SERVER, 80);

    /// A server that listens so, and accepts nobody before a certain time; and a flood of so many SYNs, one after each `pause`.
    ///
    /// # Errors
    /// The server cannot listen so.
    pub fn new(
        listen: Listen,
        accepts_after: Duration,
        flood: (u32, Duration),
    ) -> Result<Visited, Box<dyn Error>> {
        let (syns, pause) = flood;
        let mut internet = Internet::new(1);
        let router = Router::new([192, 0, 2, 254].into())
            .route("192.0.2.1/32".parse()?, PortId(0))
            .route("192.0.2.2/32".parse()?, PortId(1))
            .route("198.51.100.0/24".parse()?, PortId(2))
            .route("198.18.0.0/15".parse()?, PortId(3));
        let router = internet.add("router", router.silent());
        let mut secret = 0;
        let clients = CLIENTS.map(|address| {
            secret += 1;
            // The packets of a DSL line: they carry segments of 1452 bytes.
            let mut host = Host::new(host::Config { mtu: 1492, ..host::Config::default() }, [secret; 32]);
            host.add_address(address.into());
            internet.add(format!("client {secret}"), HostNode::new(host, Client::default()))
        });
        let mut host = host_at(SERVER, Self::SECRET[0]);
        let listener = host.listen(Self::ADDRESS.into(), listen)?;
        let server = internet.add("server", HostNode::new(host, Server::new(listener, accepts_after)));
        let flood = internet.add("flood", Flood::new(Self::ADDRESS.into(), syns, pause));
        for node in [clients[0], clients[1], server, flood] {
            internet.link(router, node, Link::new(Duration::from_millis(10)));
        }
        Ok(Visited { internet, clients, server })
    }

    /// At this time a client connects.
    pub fn visit(&mut self, client: usize, at: Duration, config: tcp::Config) {
        let Some(&id) = self.clients.get(client) else { return };
        self.internet.at(Instant::ZERO + at, move |internet| {
            let now = internet.now();
            let Some(node) = internet.get_mut::<HostNode<Host, Client>>(id) else { return };
            match node.host.connect(now, SocketAddr::from(Self::ADDRESS), config) {
                Ok(socket) => {
                    node.application.visits.insert(socket, Visit { begun: now, ..Visit::default() });
                }
                Err(misuse) => internet.note(id, misuse.to_string()),
            }
        });
    }

    /// Lets so many seconds pass, and looks at the SYN queue ten times in each.
    ///
    /// # Errors
    /// The run has no end.
    pub fn run(&mut self, seconds: u64) -> Result<(), Box<dyn Error>> {
        let server = self.server;
        for tenth in 0..seconds * 10 {
            self.internet.at(Instant::ZERO + Duration::from_millis(100 * tenth), move |internet| {
                if let Some(node) = internet.get_mut::<HostNode<Host, Server>>(server) {
                    node.application.look(&node.host);
                }
            });
        }
        Ok(self.internet.run_until(Instant::ZERO + Duration::from_secs(seconds))?)
    }

    /// What the server has counted.
    pub fn counters(&self) -> Counters {
        self.server().map(|node| *node.host.counters()).unwrap_or_default()
    }

    /// What the servers of several of these networks have counted for TCP, a column each, by the names of `nstat`. What is zero
    /// everywhere is left out.
    pub fn counted<const N: usize>(names: [&str; N], worlds: &[Visited]) -> Table {
        let counts = |name| worlds.iter().map(|world| world.counters().named(name).unwrap_or(0)).collect();
        let rows = COUNTERS.split_whitespace().map(|name| (name, counts(name)));
        rows.filter(|(_, counts): &(_, Vec<u64>)| counts.iter().any(|&count| count > 0))
            .fold(Table::new([""].into_iter().chain(names)), |table, (name, counts)| {
                table.named(name, counts)
            })
    }

    /// The most half-open connections at any look.
    pub fn most_half_open(&self) -> usize {
        self.server().map_or(0, |node| node.application.most_half_open)
    }

    /// What the server has agreed on with the client that it accepted last.
    pub fn agreed(&self) -> Option<Agreed> {
        self.server()?.application.agreed
    }

    fn server(&self) -> Option<&HostNode<Host, Server>> {
        self.internet.get(self.server)
    }

    /// How a client's visits went, the first one first.
    pub fn visits(&self, client: usize) -> Vec<Visit> {
        let id = self.clients.get(client);
        let node = id.and_then(|&id| self.internet.get::<HostNode<Host, Client>>(id));
        node.map(|node| node.application.visits.values().copied().collect()).unwrap_or_default()
    }
}
