use bytes::BytesMut;

use crate::Instant;

/// A protocol on the packets of the Internet Protocol: what a host is, seen from its network card.
///
/// A packet carries its own addresses, so that a driver needs no more than the bytes, in either direction. Packets
/// that are no use to anybody (damaged, addressed to others) are dropped without an error, since anybody can send them.
///
/// What the application is told, and what it may command, each implementor has in methods of its own: a host has many
/// sockets, and a driver has no business with them.
///
/// ```
/// use bytes::BytesMut;
/// use wirelab_sansio::{Instant, PacketProtocol};
///
/// /// Sends every packet back.
/// #[derive(Default)]
/// struct Mirror(Vec<Vec<u8>>);
///
/// impl PacketProtocol for Mirror {
///     fn receive(&mut self, _: Instant, packet: &[u8]) { self.0.push(packet.to_vec()) }
///     fn poll_transmit(&mut self, _: Instant, out: &mut BytesMut) -> bool {
///         self.0.pop().map(|packet| out.extend_from_slice(&packet)).is_some()
///     }
///     fn poll_timeout(&self) -> Option<(Instant, &'static str)> { None }
///     fn handle_timeout(&mut self, _: Instant) {}
/// }
///
/// let (mut mirror, mut out) = (Mirror::default(), BytesMut::new());
/// mirror.receive(Instant::ZERO, &[0x45, 0]);
/// assert!(mirror.poll_transmit(Instant::ZERO, &mut out) && out[..] == [0x45, 0]);
/// assert!(!mirror.poll_transmit(Instant::ZERO, &mut out));
/// ```
pub trait PacketProtocol {
    /// One packet, IPv4 or IPv6, has arrived at `now`.
    fn receive(&mut self, now: Instant, packet: &[u8]);

    /// Appends one packet to `out`; `false` means that there is nothing to send now.
    fn poll_transmit(&mut self, now: Instant, out: &mut BytesMut) -> bool;

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, and the reason in one or two words
    /// (`"retransmission"`), for those who watch.
    fn poll_timeout(&self) -> Option<(Instant, &'static str)>;

    /// The time of [`poll_timeout`](Self::poll_timeout) has come. A call too early or too often does nothing.
    fn handle_timeout(&mut self, now: Instant);
}
