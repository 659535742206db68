use std::net::SocketAddr;

use bytes::BytesMut;

use crate::Instant;

/// A protocol on unreliable datagrams.
///
/// Datagrams that nobody authenticated are dropped without an error, since anybody can send them. Time comes in as an
/// argument, so that a simulator can run a year in a second.
pub trait DatagramProtocol {
    /// What the protocol tells the application.
    type Event;

    /// A datagram has arrived at `now`. It may be changed in place (decrypted, for one).
    fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &mut [u8]);

    /// Appends one datagram (or several of equal size, see [`Transmit::segment_size`]) to `out` and says
    /// where it goes; `None` means that there is nothing to send now.
    fn poll_transmit(&mut self, now: Instant, out: &mut BytesMut) -> Option<Transmit>;

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, and the reason in one or two words
    /// (`"loss detection"`), for those who watch.
    fn poll_timeout(&self) -> Option<(Instant, &'static str)>;

    /// The time of [`poll_timeout`](Self::poll_timeout) has come. A call too early or too often does nothing.
    fn handle_timeout(&mut self, now: Instant);

    /// The next event, or `None` when nothing has happened since the last one.
    fn poll_event(&mut self) -> Option<Self::Event>;
}

/// Where the bytes go that [`DatagramProtocol::poll_transmit`] appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The receiver.
    pub to: SocketAddr,
    /// How many bytes were appended.
    pub len: usize,
    /// If given, the bytes are several datagrams of this size (the last may be shorter), which one system call
    /// can send (Linux: `UDP_SEGMENT`).
    pub segment_size: Option<usize>,
}
