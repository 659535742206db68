use std::io;
use std::net::IpAddr;

use bytes::BytesMut;
use wirelab_sansio::Instant;
use wirelab_wire as wire;
use wirelab_wire::Encode;

use crate::config::{Clock, Config};
use crate::keylog::KeyLog;
use crate::time::Utc;
use crate::wire::{
    Block, DecryptionSecrets, Direction, EnhancedPacket, InterfaceDescription, InterfaceId,
    InterfaceStatistics, LinkType, NameRecord, NameResolution, Options, Order, Resolution, SectionHeader,
};

/// Writes a file, block by block, with timestamps in nanoseconds.
///
/// Each call gives one whole block to `W`, which wants to be buffered if it is a file. Keys and names belong before the packets
/// that need them: readers may go through a file once.
///
/// ```
/// use wirelab_capture::{Direction, LinkType, Writer};
/// use wirelab_sansio::Instant;
///
/// let mut capture = Writer::new(Vec::new())?;
/// let wire = capture.interface("client", LinkType::IPV4)?;
/// capture.name([192, 0, 2, 1].into(), "client.example")?;
/// capture.packet_with(Instant::ZERO, wire, &[0x45], Direction::Outbound, "the first packet")?;
/// assert!(capture.into_inner().starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    config: Config,
    interfaces: u32,
    /// The block that is being written; kept for its memory.
    block: BytesMut,
}

impl<W: io::Write> Writer<W> {
    /// Begins a file in virtual time: a packet at [`Instant::ZERO`] is one of 2000-01-01T00:00:00Z.
    ///
    /// # Errors
    /// `out` fails.
    pub fn new(out: W) -> io::Result<Self> {
        Writer::with_config(out, &Config::default())
    }

    /// Begins a file.
    ///
    /// # Errors
    /// `out` fails.
    pub fn with_config(out: W, config: &Config) -> io::Result<Self> {
        let mut writer = Writer { out, config: config.clone(), interfaces: 0, block: BytesMut::new() };
        let header = SectionHeader::new(Order::Little).with_application(config.application);
        match config.clock {
            Clock::Real(_) => writer.write(&Block::Section(header))?,
            Clock::Virtual(epoch) => {
                let comment = format!("virtual time: the first moment is called {}", Utc(epoch));
                writer.write(&Block::Section(header.with_comment(&comment)))?;
            }
        }
        Ok(writer)
    }

    /// Describes an interface, whose packets can be written from now on.
    ///
    /// # Errors
    /// `out` fails.
    pub fn interface(&mut self, name: &str, link_type: LinkType) -> io::Result<InterfaceId> {
        self.interface_with(name, link_type, "")
    }

    /// As [`interface`](Self::interface), with a comment unless it is empty.
    ///
    /// # Errors
    /// `out` fails.
    pub fn interface_with(
        &mut self,
        name: &str,
        link_type: LinkType,
        comment: &str,
    ) -> io::Result<InterfaceId> {
        let description = InterfaceDescription::new(link_type, self.config.snap_length)
            .with_name(name)
            .with_resolution(Resolution::NANOSECONDS);
        let commented = if comment.is_empty() { description } else { description.with_comment(comment) };
        self.write(&Block::Interface(commented))?;
        let id = InterfaceId(self.interfaces);
        self.interfaces += 1;
        Ok(id)
    }

    /// Writes a packet that `interface` saw `at` this time.
    ///
    /// # Errors
    /// The interface is not one of this file ([`io::ErrorKind::InvalidInput`]), or `out` fails.
    pub fn packet(&mut self, at: Instant, interface: InterfaceId, packet: &[u8]) -> io::Result<()> {
        self.packet_with(at, interface, packet, Direction::Unknown, "")
    }

    /// As [`packet`](Self::packet), with the packet's direction, and a comment unless it is empty.
    ///
    /// # Errors
    /// The interface is not one of this file ([`io::ErrorKind::InvalidInput`]), or `out` fails.
    pub fn packet_with(
        &mut self,
        at: Instant,
        interface: InterfaceId,
        packet: &[u8],
        direction: Direction,
        comment: &str,
    ) -> io::Result<()> {
        self.check(interface)?;
        let kept = packet.get(..self.config.snap_length as usize).unwrap_or(packet);
        let block = EnhancedPacket {
            original_length: u32::try_from(packet.len()).unwrap_or(u32::MAX),
            ..EnhancedPacket::new(interface, self.time(at), kept)
        };
        let block = block.with_direction(direction);
        self.write(&Block::Packet(if comment.is_empty() { block } else { block.with_comment(comment) }))
    }

    /// As [`packet`](Self::packet), where only the beginning of the packet is at hand: its first bytes, and the
    /// length that it had.
    ///
    /// # Errors
    /// The interface is not one of this file ([`io::ErrorKind::InvalidInput`]), or `out` fails.
    pub fn packet_cut(
        &mut self,
        at: Instant,
        interface: InterfaceId,
        beginning: &[u8],
        length: u32,
        direction: Direction,
    ) -> io::Result<()> {
        self.check(interface)?;
        let kept = beginning.get(..self.config.snap_length as usize).unwrap_or(beginning);
        let original_length = length.max(u32::try_from(beginning.len()).unwrap_or(u32::MAX));
        let block = EnhancedPacket { original_length, ..EnhancedPacket::new(interface, self.time(at), kept) };
        self.write(&Block::Packet(block.with_direction(direction)))
    }

    /// Says what an address is called.
    ///
    /// # Errors
    /// `out` fails.
    pub fn name(&mut self, address: IpAddr, name: &str) -> io::Result<()> {
        let records = vec![NameRecord::new(address, name)];
        self.write(&Block::Names(NameResolution { records, options: Options::default() }))
    }

    /// Writes the keys that decrypt what follows.
    ///
    /// # Errors
    /// `out` fails.
    pub fn secrets(&mut self, key_log: &KeyLog) -> io::Result<()> {
        self.write(&Block::Secrets(DecryptionSecrets::tls(&key_log.to_bytes())))
    }

    /// Says how many packets an interface has received until now, and how many of them it has lost.
    ///
    /// # Errors
    /// The interface is not one of this file ([`io::ErrorKind::InvalidInput`]), or `out` fails.
    pub fn statistics(
        &mut self,
        at: Instant,
        interface: InterfaceId,
        received: u64,
        dropped: u64,
    ) -> io::Result<()> {
        self.check(interface)?;
        let statistics = InterfaceStatistics::new(interface, self.time(at));
        self.write(&Block::Statistics(statistics.with_counts(received, dropped)))
    }

    /// Has `out` pass on what it holds back.
    ///
    /// # Errors
    /// `out` fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// What was written to. A file has no end that would have to be written.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn time(&self, at: Instant) -> u64 {
        self.config.clock.epoch().saturating_add(at.as_nanos())
    }

    fn check(&self, interface: InterfaceId) -> io::Result<()> {
        match interface.0 < self.interfaces {
            true => Ok(()),
            false => Err(io::Error::new(io::ErrorKind::InvalidInput, "the file describes no such interface")),
        }
    }

    fn write(&mut self, block: &Block<'_>) -> io::Result<()> {
        if block.encoded_len() > self.config.longest_block as usize {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the block is longer than readers accept",
            ));
        }
        self.block.clear();
        block.encode(&mut wire::Writer::new(&mut self.block), Order::Little);
        self.out.write_all(&self.block)
    }
}
