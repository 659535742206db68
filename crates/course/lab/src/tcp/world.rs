//! The two hosts and the link between them.

use std::time::Duration;

use wirelab::capture::{Direction, LinkType, Writer};
use wirelab::sansio::Instant;
use wirelab::sim::internet::{HostNode, Internet, LinkId, NodeId};
use wirelab::sim::{Link, Queue};
use wirelab::tcpip::host::{self, Host, ListenerId};
use wirelab::tcpip::tcp::{self, Info, State};

use super::ends::{Sink, Source};
use super::parameters::Parameters;
use super::run::MOST_STEPS;

const CLIENT: [u8; 4] = [192, 0, 2, 1];
const SERVER: [u8; 4] = [198, 51, 100, 1];

type Client = HostNode<Host, Source>;
type Server = HostNode<Host, Sink>;

/// What an end believes; no `Info` before there is a connection, or after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The name of its state.
    pub state: String,
    /// What it knows.
    pub info: Option<Info>,
}

/// The world while it runs.
pub(super) struct World {
    pub(super) internet: Internet,
    pub(super) client: NodeId,
    pub(super) server: NodeId,
    listener: ListenerId,
    pub(super) link: LinkId,
}

impl World {
    pub(super) fn new(parameters: &Parameters) -> Result<World, String> {
        let config = tcp_config(parameters);
        let (mut left, mut right) = (new_host(CLIENT), new_host(SERVER));
        let web = (SERVER, 80).into();
        let listener = right
            .listen(web, tcp::Listen { tcp: config.clone(), ..tcp::Listen::default() })
            .map_err(|error| error.to_string())?;
        let socket = left.connect(Instant::ZERO, web, config).map_err(|error| error.to_string())?;
        let mut internet = Internet::new(parameters.seed.into()).max_steps(MOST_STEPS);
        let client = internet.add("client", HostNode::new(left, Source::new(socket, parameters)));
        let server = internet.add("server", HostNode::new(right, Sink::default()));
        let link = path(&mut internet, client, server, parameters);
        Ok(World { internet, client, server, listener, link })
    }

    pub(super) fn client_info(&self) -> Option<Info> {
        let client = self.internet.get::<Client>(self.client)?;
        Some(client.host.socket(client.application.socket)?.info())
    }

    fn server_info(&self) -> Option<Info> {
        let server = self.internet.get::<Server>(self.server)?;
        Some(server.host.socket(server.application.socket?)?.info())
    }

    pub(super) fn sink(&self) -> Option<&Sink> {
        self.internet.get::<Server>(self.server).map(|server| &server.application)
    }

    pub(super) fn ends(&self) -> [End; 2] {
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
    pub(super) fn is_complete(&self) -> bool {
        let over = |info: Option<Info>| {
            info.is_none_or(|info| matches!(info.state, State::Closed | State::TimeWait))
        };
        self.sink().is_some_and(|sink| sink.ended) && over(self.client_info()) && over(self.server_info())
    }

    pub(super) fn capture(&self) -> std::io::Result<Vec<u8>> {
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

fn tcp_config(parameters: &Parameters) -> tcp::Config {
    let config = tcp::Config::default();
    tcp::Config {
        selective_acknowledgment: parameters.sack,
        nagle: parameters.nagle,
        delayed_acknowledgment: config.delayed_acknowledgment.filter(|_| parameters.delayed_ack),
        congestion_control: parameters.control,
        ..config
    }
}

/// The link: what the visitor chose in the direction of the data, and the same without queue and loss in the other.
fn path(internet: &mut Internet, client: NodeId, server: NodeId, parameters: &Parameters) -> LinkId {
    let bytes_per_second = u64::from(parameters.rate) * 125;
    let back = Link::new(Duration::from_millis(parameters.delay.into())).rate(bytes_per_second);
    let queue = Queue::Packets(parameters.queue as usize);
    let there = back.clone().queue(queue).loss(f64::from(parameters.loss) / 100.0);
    let link = internet.link_both(client, server, there, back);
    for (way, drops) in [(link.up(), &parameters.drop), (link.down(), &parameters.drop_back)] {
        let drops = drops.clone();
        internet.drop_if(way, move |number, _| drops.contains(&number));
    }
    link
}

fn new_host(address: [u8; 4]) -> Host {
    let mut host = Host::new(host::Config::default(), [address[0]; 32]); // a secret that everybody knows
    host.add_address(address.into());
    host
}
