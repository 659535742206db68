use bytes::BytesMut;
use wirelab_sansio::{Instant, PacketProtocol};

use super::Host;

/// What a driver needs of a host: its own methods of these names.
impl PacketProtocol for Host {
    fn receive(&mut self, now: Instant, packet: &[u8]) {
        Host::receive(self, now, packet);
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut BytesMut) -> bool {
        Host::poll_transmit(self, now, out)
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        Host::poll_timeout(self)
    }

    fn handle_timeout(&mut self, now: Instant) {
        Host::handle_timeout(self, now);
    }
}
