use std::any::Any;
use std::net::IpAddr;

use bytes::Bytes;
use wirelab_sansio::Instant;

/// A thing with ports that receives and sends IP packets: a host, a router, a translator.
///
/// Like every protocol here it has no clock: time comes in. Every order of calls is legal, and none panics.
pub trait Node: Any {
    /// A packet has arrived at a port.
    fn receive(&mut self, now: Instant, port: PortId, packet: Bytes);

    /// The next packet to be sent and the port that it leaves by; `None` when there is none now.
    fn poll_transmit(&mut self, now: Instant) -> Option<(PortId, Bytes)>;

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, and why, in one or two words.
    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        None
    }

    /// The time of [`poll_timeout`](Self::poll_timeout) has come. A call too early or too often does nothing.
    fn handle_timeout(&mut self, _now: Instant) {}

    /// The next remark for the log: why a packet was not passed on, for one.
    fn poll_note(&mut self) -> Option<String> {
        None
    }

    /// A link was attached: the largest packet that may leave by this port, in bytes.
    fn attached(&mut self, _port: PortId, _mtu: usize) {}

    /// The addresses that the node answers to. A ladder knows by them which packets were meant for it.
    fn addresses(&self) -> Vec<IpAddr> {
        Vec::new()
    }
}

/// The number of a node in its [`Internet`](super::Internet).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) usize);

/// A port of a node: they are numbered from 0 in the order in which links were attached to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortId(pub usize);

/// The number of a link in its [`Internet`](super::Internet).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub(crate) usize);

impl LinkId {
    /// The direction from the node named first to the other.
    pub const fn up(self) -> ChannelId {
        ChannelId(2 * self.0)
    }

    /// The direction back.
    pub const fn down(self) -> ChannelId {
        ChannelId(2 * self.0 + 1)
    }
}

/// One direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(pub(crate) usize);
