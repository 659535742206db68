use std::fmt;

/// What an IP packet carries: the protocol field of IPv4, the next header field of IPv6, one list of numbers for both.
///
/// ```
/// use wirelab_tcpip::Protocol;
///
/// assert_eq!(Protocol(6), Protocol::TCP);
/// assert_eq!(Protocol::UDP.to_string(), "UDP");
/// assert_eq!(Protocol(200).to_string(), "200");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Protocol(pub u8);

impl Protocol {
    /// IPv6's hop-by-hop options (RFC 8200 §4.3).
    pub const HOP_BY_HOP: Protocol = Protocol(0);
    /// ICMP (RFC 792).
    pub const ICMP: Protocol = Protocol(1);
    /// TCP (RFC 9293).
    pub const TCP: Protocol = Protocol(6);
    /// UDP (RFC 768).
    pub const UDP: Protocol = Protocol(17);
    /// IPv6's routing header (RFC 8200 §4.4).
    pub const ROUTING: Protocol = Protocol(43);
    /// IPv6's fragment header (RFC 8200 §4.5).
    pub const FRAGMENT: Protocol = Protocol(44);
    /// ICMPv6 (RFC 4443).
    pub const ICMPV6: Protocol = Protocol(58);
    /// Nothing follows (RFC 8200 §4.7).
    pub const NO_NEXT_HEADER: Protocol = Protocol(59);
    /// IPv6's destination options (RFC 8200 §4.6).
    pub const DESTINATION_OPTIONS: Protocol = Protocol(60);
    /// SCTP (RFC 9260).
    pub const SCTP: Protocol = Protocol(132);

    /// The name, if it is one of those that are named here.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Protocol::HOP_BY_HOP => "hop-by-hop options",
            Protocol::ICMP => "ICMP",
            Protocol::TCP => "TCP",
            Protocol::UDP => "UDP",
            Protocol::ROUTING => "routing header",
            Protocol::FRAGMENT => "fragment header",
            Protocol::ICMPV6 => "ICMPv6",
            Protocol::NO_NEXT_HEADER => "no next header",
            Protocol::DESTINATION_OPTIONS => "destination options",
            Protocol::SCTP => "SCTP",
            _ => return None,
        })
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => self.0.fmt(f),
        }
    }
}

/// The two bits by which a router says that a queue is filling, without dropping anything (RFC 3168 §5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ecn {
    /// 00: the sender does not understand marks; a router can only drop.
    #[default]
    NotEct,
    /// 10: marks are welcome.
    Ect0,
    /// 01: the same, or a sender that reacts to each mark (RFC 9331).
    Ect1,
    /// 11: congestion experienced, the mark.
    Ce,
}

impl Ecn {
    /// From the low two bits of a traffic class.
    pub fn from_bits(bits: u8) -> Ecn {
        match bits & 3 {
            0 => Ecn::NotEct,
            1 => Ecn::Ect1,
            2 => Ecn::Ect0,
            _ => Ecn::Ce,
        }
    }

    /// The two bits.
    pub fn bits(self) -> u8 {
        match self {
            Ecn::NotEct => 0,
            Ecn::Ect1 => 1,
            Ecn::Ect0 => 2,
            Ecn::Ce => 3,
        }
    }
}

/// As RFC 3168 §5 writes them: `Not-ECT`, `ECT(0)`, `ECT(1)`, `CE`.
impl fmt::Display for Ecn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ecn::NotEct => "Not-ECT",
            Ecn::Ect0 => "ECT(0)",
            Ecn::Ect1 => "ECT(1)",
            Ecn::Ce => "CE",
        })
    }
}
