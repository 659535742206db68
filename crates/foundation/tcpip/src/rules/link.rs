//! The rules of frames, and of ARP.

use wirelab_wire::Rule;

/// Ethernet II and 802.3 share the field, and are told apart by its value.
pub const ETHER_TYPE_IS_A_LENGTH: Rule = Rule {
    name: "ethernet-type-is-a-length",
    says: "is less than 0x0600: the length of an 802.3 frame, not a type",
    section: "RFC 894",
};

/// The hardware is Ethernet, with addresses of six bytes.
pub const ARP_NOT_ETHERNET: Rule =
    Rule { name: "arp-not-ethernet", says: "is not that of Ethernet", section: "RFC 826" };

/// The protocol is IPv4, with addresses of four bytes.
pub const ARP_NOT_IPV4: Rule = Rule { name: "arp-not-ipv4", says: "is not that of IPv4", section: "RFC 826" };
