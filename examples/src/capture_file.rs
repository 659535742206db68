use std::fs::File;
use std::io::{self, BufWriter};

use wirelab::capture::{Direction, LinkType, Writer};
use wirelab::sansio::Instant;
use wirelab::sim::internet::{Internet, NodeId};

/// Writes what a node of a simulated network has sent and received into a capture file (pcapng), for Wireshark and for `pcap`.
///
/// # Errors
/// The file cannot be written.
pub fn write_capture(internet: &Internet, node: NodeId, file: &str) -> io::Result<()> {
    let packets = internet.events().seen_by(node).map(|(time, at, packet)| (time, at.outgoing, &packet[..]));
    write_packets(file, internet.events().name(node), LinkType::RAW, packets)
}

/// The same of packets of any kind, each with its time, and whether the interface of this name has sent it.
///
/// # Errors
/// The file cannot be written.
pub fn write_packets<'a>(
    file: &str,
    interface: &str,
    link_type: LinkType,
    packets: impl IntoIterator<Item = (Instant, bool, &'a [u8])>,
) -> io::Result<()> {
    let mut capture = Writer::new(BufWriter::new(File::create(file)?))?;
    let interface = capture.interface(interface, link_type)?;
    for (time, outgoing, packet) in packets {
        let direction = if outgoing { Direction::Outbound } else { Direction::Inbound };
        capture.packet_with(time, interface, packet, direction, "")?;
    }
    capture.into_inner().into_inner()?.sync_all()
}
