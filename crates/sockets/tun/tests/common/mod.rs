//! A host of one TCP connection and nothing else, and a peer on the kernel's sockets.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};

use bytes::BytesMut;
use wirelab_sansio::{Instant, PacketProtocol};
use wirelab_sim::Random;
use wirelab_tcpip::tcp::{Config, Connection, Endpoints};
use wirelab_tcpip::{Ecn, Flags, Protocol, Segment, Seq, ip};
use wirelab_wire::{Decode, Reader};

/// One end of one connection. Segments for others it ignores, as a host behind a firewall does.
#[derive(Debug)]
pub(crate) struct Alone {
    local: SocketAddr,
    config: Config,
    /// `None`: it listens.
    pub(crate) connection: Option<Connection>,
}

impl Alone {
    pub(crate) fn listen(local: SocketAddr, config: Config) -> Self {
        Alone { local, config, connection: None }
    }

    pub(crate) fn connect(now: Instant, local: SocketAddr, remote: SocketAddr, config: Config) -> Self {
        let connection = Connection::connect(now, Endpoints { local, remote }, Seq(7), config.clone());
        Alone { local, config, connection: Some(connection) }
    }

    fn arrived(&mut self, now: Instant, packet: &[u8]) -> Option<()> {
        let packet = ip::Packet::parse(packet).ok()?;
        if packet.protocol != Protocol::TCP || packet.destination != self.local.ip() {
            return None;
        }
        Segment::check(packet.payload, &packet.pseudo_header()).expect("the kernel's checksum");
        let segment = Segment::decode(&mut Reader::whole(packet.payload)).expect("the kernel's segment");
        let remote = SocketAddr::new(packet.source, segment.source);
        let endpoints = Endpoints { local: self.local, remote };
        match &mut self.connection {
            Some(connection) if connection.endpoints() == endpoints => {
                connection.receive(now, &segment, packet.ecn == Ecn::Ce);
            }
            None if segment.destination == self.local.port() && segment.flags == Flags::SYN => {
                self.connection =
                    Some(Connection::accept(now, endpoints, Seq(9), self.config.clone(), &segment));
            }
            _ => {}
        }
        Some(())
    }
}

impl PacketProtocol for Alone {
    fn receive(&mut self, now: Instant, packet: &[u8]) {
        self.arrived(now, packet);
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut BytesMut) -> bool {
        let Some(connection) = &mut self.connection else { return false };
        let Endpoints { local, remote } = connection.endpoints();
        let Some(outgoing) = connection.poll_transmit(now) else { return false };
        let header = ip::Header::new(local.ip(), remote.ip(), Protocol::TCP);
        let addresses = header.pseudo_header().expect("one version");
        ip::write_packet(out, &header, |out| outgoing.segment.encode_between(&addresses, out))
            .expect("it fits");
        true
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.connection.as_ref()?.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Instant) {
        if let Some(connection) = &mut self.connection {
            connection.handle_timeout(now);
        }
    }
}

/// `length` bytes in which no part looks like another.
pub(crate) fn content(seed: u64, length: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..length.div_ceil(8)).flat_map(|_| random.next_u64().to_be_bytes()).take(length).collect()
}

/// Sends all of `bytes` over the kernel's connection while it reads what comes, ends its side, and returns what came until
/// the peer had ended its own.
pub(crate) fn exchange(stream: TcpStream, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut writer = stream.try_clone()?;
    let sent: JoinHandle<io::Result<()>> = thread::spawn(move || {
        writer.write_all(&bytes)?;
        writer.shutdown(Shutdown::Write)
    });
    let mut received = Vec::new();
    (&stream).read_to_end(&mut received)?;
    sent.join().expect("the writer")?;
    Ok(received)
}
