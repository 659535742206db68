//! Bytes to structs and back; no state and no policy.

mod arp;
mod ethernet;
mod icmp;
mod icmpv6;
mod ipv4;
mod ipv6;
mod ipv6_extension;
mod numbers;
mod options;
mod segment;
mod seq;
mod udp;

use wirelab_wire::{Reader, Trace};

pub use arp::{ArpOperation, ArpPacket};
pub use ethernet::{EtherType, Frame, MacAddress};
pub(crate) use icmp::is_error as is_icmp_error;
pub use icmp::{Icmp, IcmpMessage, Unreachable};
pub use icmpv6::{Icmpv6, Icmpv6Message, Unreachable6, link_layer_address};
pub use ipv4::Ipv4Packet;
pub use ipv6::Ipv6Packet;
pub use ipv6_extension::{FragmentHeader, MOST_EXTENSION_HEADERS, Upper};
pub use numbers::{Ecn, Protocol};
pub use options::{Options, SackBlock, SackBlocks, Timestamps};
pub use segment::{Flags, Segment};
pub use seq::Seq;
pub use udp::{Datagram, PayloadTooLong};

/// Shows a listener what an IP packet carries. Decoding does not need it, and pays nothing for it. Packets inside of packets
/// are not followed, which bounds the depth.
fn explain_payload(r: &mut Reader<'_, impl Trace>, protocol: Protocol, payload: &[u8]) {
    match protocol {
        Protocol::TCP => r.derived("payload", || payload, |r| r.message::<Segment<'_>>().map(drop)),
        Protocol::UDP => r.derived("payload", || payload, |r| r.message::<Datagram<'_>>().map(drop)),
        Protocol::ICMP => r.derived("payload", || payload, |r| r.message::<IcmpMessage<'_>>().map(drop)),
        Protocol::ICMPV6 => r.derived("payload", || payload, |r| r.message::<Icmpv6Message<'_>>().map(drop)),
        _ => {}
    }
}
