use wirelab_sansio::Instant;
use wirelab_tcpip::Segment;
use wirelab_wire::{Decode, Reader};

use super::packet::TCP;
use super::{Captured, Events, Header, NodeId};

/// A TCP segment, with the header of the packet that carries it. `None` for everything else, and for a fragment that is not
/// the first one.
pub(crate) fn segment_of(packet: &[u8]) -> Option<(Header, Segment<'_>)> {
    let header = Header::read(packet)?;
    let segment = Segment::decode(&mut Reader::whole(header.payload(packet))).ok()?;
    (header.protocol == TCP && header.fragment_offset == 0).then_some((header, segment))
}

impl Events {
    /// The TCP segments that one node saw, sent and received, each with its packet's header.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirelab_sansio::Instant;
    /// use wirelab_sim::Link;
    /// use wirelab_sim::internet::{HostNode, Idle, Internet, host_at};
    /// use wirelab_tcpip::{Flags, tcp};
    ///
    /// let (mut client, mut server) = (host_at([192, 0, 2, 1], 1), host_at([198, 51, 100, 1], 2));
    /// let address = ([198, 51, 100, 1], 80).into();
    /// server.listen(address, tcp::Listen::default())?;
    /// client.connect(Instant::ZERO, address, tcp::Config::default())?;
    /// let mut internet = Internet::new(1);
    /// let a = internet.add("client", HostNode::new(client, Idle));
    /// let b = internet.add("server", HostNode::new(server, Idle));
    /// internet.link(a, b, Link::new(Duration::from_millis(10)));
    /// internet.run_until(Instant::ZERO + Duration::from_millis(50))?;
    ///
    /// let seen = internet.events().segments_of(a).map(|(time, at, _, segment)| (time, at.outgoing, segment.flags));
    /// let round_trip = Instant::ZERO + Duration::from_millis(20);
    /// assert!(seen.eq([
    ///     (Instant::ZERO, true, Flags::SYN),
    ///     (round_trip, false, Flags::SYN | Flags::ACK),
    ///     (round_trip, true, Flags::ACK),
    /// ]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn segments_of(
        &self,
        node: NodeId,
    ) -> impl Iterator<Item = (Instant, Captured, Header, Segment<'_>)> {
        self.seen_by(node).filter_map(|(time, at, packet)| {
            let (header, segment) = segment_of(packet)?;
            Some((time, at, header, segment))
        })
    }
}
