//! A host of one TCP connection and nothing else, and an application on it.

use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::BytesMut;
use wirelab_sansio::{Instant, PacketProtocol};
use wirelab_tcpip::tcp::{Config, Connection, Endpoints, Event, State, WhyClosed};
use wirelab_tcpip::{Ecn, Flags, Protocol, Segment, Seq, ip};
use wirelab_tun::{Direction, Driver};
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
            None if segment.destination == self.local.port() && segment.flags.contains(Flags::SYN) => {
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

/// Our end of the exchange.
pub(crate) struct Application {
    pub(crate) bytes: Vec<u8>,
    pub(crate) sent: usize,
    pub(crate) received: BytesMut,
    pub(crate) ended: bool,
    pub(crate) closed: Option<WhyClosed>,
}

impl Application {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Application { bytes, sent: 0, received: BytesMut::new(), ended: false, closed: None }
    }

    /// What it does whenever something has happened; `true` when the connection has no more use for it.
    pub(crate) fn act(&mut self, connection: &mut Connection) -> bool {
        while let Some(event) = connection.poll_event() {
            match event {
                Event::EndOfStream => self.ended = true,
                Event::Closed(why) => self.closed = Some(why),
                _ => {}
            }
        }
        if matches!(connection.state(), State::Established | State::CloseWait) && self.sent < self.bytes.len()
        {
            self.sent += connection.send(&self.bytes[self.sent..]).unwrap();
            if self.sent == self.bytes.len() {
                connection.close();
            }
        }
        connection.receive_into(&mut self.received);
        matches!(connection.state(), State::TimeWait | State::Closed)
    }
}

/// Runs the driver until our connection is over and the kernel's end has what it waited for.
pub(crate) fn converse(
    driver: &mut Driver<Alone>,
    ours: Vec<u8>,
    kernel: JoinHandle<io::Result<Vec<u8>>>,
) -> (Application, Vec<u8>) {
    let mut application = Application::new(ours);
    let deadline = driver.now() + Duration::from_secs(120);
    let over = driver.run(deadline, |alone, _| {
        let is_over = alone.connection.as_mut().is_some_and(|connection| application.act(connection));
        // In TIME-WAIT it goes on, as our last ACK may have been lost.
        if is_over && kernel.is_finished() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let connection = driver.protocol().connection.as_ref();
    assert!(
        over.unwrap(),
        "{} of {} bytes sent, {} received: {:#?}\nin {:?}\nout {:?}",
        application.sent,
        application.bytes.len(),
        application.received.len(),
        connection.map(Connection::info),
        driver.fates(Direction::In),
        driver.fates(Direction::Out),
    );
    let received = kernel.join().unwrap().unwrap();
    (application, received)
}
