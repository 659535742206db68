use std::fs::File;
use std::io::BufWriter;

use wirelab::capture::{Direction, LinkType, Writer};
use wirelab::sim::internet::{Internet, NodeId};

/// Writes what a node of a simulated network has sent and received into a capture file (pcapng), for Wireshark and for `pcap`.
///
/// # Errors
/// The file cannot be written.
pub fn write_capture(internet: &Internet, node: NodeId, file: &str) -> std::io::Result<()> {
    let mut capture = Writer::new(BufWriter::new(File::create(file)?))?;
    let interface = capture.interface(internet.events().name(node), LinkType::RAW)?;
    for (time, seen, packet) in internet.events().seen_by(node) {
        let direction = if seen.outgoing { Direction::Outbound } else { Direction::Inbound };
        capture.packet_with(time, interface, packet, direction, "")?;
    }
    capture.into_inner().into_inner()?.sync_all()
}
