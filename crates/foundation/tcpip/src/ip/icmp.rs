//! Answers to packets: errors, under the rules that keep them from becoming a flood (RFC 1122 §3.2.2, RFC 4443 §2.4), and
//! echo replies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use bytes::BytesMut;
use wirelab_sansio::Instant;
use wirelab_wire::{Decode, Reader};

use crate::ip::{Header, Packet, Refused, Unwritable, write_packet};
use crate::rules::ip as rules;
use crate::wire::{
    self, Icmp, IcmpMessage, Icmpv6, Icmpv6Message, Ipv6Packet, Protocol, Unreachable, Unreachable6,
};

/// How long an ICMP error may be with its headers (RFC 1812 §4.3.2.3).
const MOST_V4: usize = 576;
/// The same for ICMPv6: the minimum MTU (RFC 4443 §2.4 (c)).
const MOST_V6: usize = 1280;

/// What is wrong with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The last router finds nobody with the address.
    NoSuchHost,
    /// No route leads there.
    NoRoute,
    /// Nobody speaks its protocol here.
    NoSuchProtocol,
    /// Nobody listens on its port.
    NoSuchPort,
    /// A rule forbids it.
    Prohibited,
    /// It is longer than the MTU of the next link and must not be cut.
    TooBig {
        /// That MTU.
        mtu: u16,
    },
    /// It has passed as many routers as it may.
    HopLimit,
    /// It is a first fragment, and the others did not come.
    FragmentsMissing,
    /// A byte of its header is wrong.
    Parameter {
        /// Which one.
        at: u16,
    },
    /// An IPv6 header that is unknown where it stands (RFC 8200 §4).
    NextHeader {
        /// The byte.
        at: u16,
    },
    /// An IPv6 option that is unknown and wants that to be reported (RFC 8200 §4.2).
    Option {
        /// The byte.
        at: u16,
        /// Whether it wants so even in a packet to many.
        to_many: bool,
    },
}

/// Why a packet is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silent {
    /// It is an error itself, or a redirect (RFC 1122 §3.2.2; RFC 4443 §2.4 (e.1), (e.2)).
    AboutAnError,
    /// It is a fragment other than the first (RFC 1122 §3.2.2).
    LaterFragment,
    /// It was for more than one host (RFC 1122 §3.2.2; RFC 4443 §2.4 (e.3)).
    ToMany,
    /// Its source is not one host (RFC 1122 §3.2.2; RFC 4443 §2.4 (e.6)).
    FromNobody,
    /// Its mistake is one that is not reported (RFC 1122 §3.2.1).
    Malformed,
    /// Its version is not that of the address that the answer is to come from.
    Unwritable(Unwritable),
}

/// Appends the ICMP error that tells the sender of `packet` of a problem, from our address `from`.
///
/// Whether the packet came as a broadcast of the link, or to the broadcast address of a subnet, only the caller can know.
/// So is the [`RateLimit`] the caller's.
///
/// # Errors
/// The rules demand silence. Nothing is appended then.
pub fn error(packet: &Packet<'_>, problem: Problem, from: IpAddr, out: &mut BytesMut) -> Result<(), Silent> {
    may_answer(packet, problem)?;
    let protocol = if packet.is_v6() { Protocol::ICMPV6 } else { Protocol::ICMP };
    let header = Header::new(from, packet.source, protocol);
    let pseudo_header = header.pseudo_header().ok_or(Silent::Unwritable(Unwritable::TwoVersions))?;
    let most = if packet.is_v6() { MOST_V6 } else { MOST_V4 } - header.header_len() - 8;
    let original = packet.bytes.get(..most).unwrap_or(packet.bytes);
    let written = write_packet(out, &header, |out| {
        if packet.is_v6() {
            let body = body_v6(problem, packet, original);
            Icmpv6Message::new(body).encode_between(&pseudo_header, out);
        } else {
            IcmpMessage::new(body_v4(problem, original)).encode_with_checksum(out);
        }
    });
    written.map_err(Silent::Unwritable)
}

/// As [`error`], about the bytes of a packet that [`Packet::parse`] refused. Only an IPv6 packet with a mistake in its extension
/// headers is reported; everything else is discarded in silence, as it must be (RFC 1122 §3.2.1).
///
/// # Errors
/// The rules demand silence. Nothing is appended then.
pub fn error_about_refused(
    bytes: &[u8],
    refused: &Refused,
    from: IpAddr,
    out: &mut BytesMut,
) -> Result<(), Silent> {
    let Refused::Malformed(mistake) = refused else { return Err(Silent::Malformed) };
    let at = u16::try_from(mistake.at).map_err(|_| Silent::Malformed)?;
    let problem = match mistake.rule() {
        Some(rule) if *rule == rules::IPV6_OPTION_REPORT => Problem::Option { at, to_many: true },
        Some(rule) if *rule == rules::IPV6_OPTION_REPORT_TO_UNICAST => Problem::Option { at, to_many: false },
        Some(rule) if *rule == rules::IPV6_HOP_BY_HOP_FIRST => Problem::NextHeader { at },
        // RFC 8200 §4.4: the pointer shows the type, which stands before the segments left.
        Some(rule) if *rule == rules::IPV6_SEGMENTS_LEFT => Problem::Parameter { at: at.saturating_sub(1) },
        _ => return Err(Silent::Malformed),
    };
    let mut r = Reader::whole(bytes);
    let packet = Ipv6Packet::decode(&mut r).map_err(|_| Silent::Malformed)?;
    error(&Packet::of_fixed_header(&packet, r.so_far()), problem, from, out)
}

/// The rules about which packets get no error, whatever else asks for one.
fn may_answer(packet: &Packet<'_>, problem: Problem) -> Result<(), Silent> {
    if packet.fragment.is_some_and(|fragment| fragment.offset > 0) {
        return Err(Silent::LaterFragment);
    }
    let about_error = match (packet.protocol, packet.payload.first()) {
        (Protocol::ICMP, Some(&kind)) => !packet.is_v6() && wire::is_icmp_error(kind),
        // 137 is a redirect.
        (Protocol::ICMPV6, Some(&kind)) => packet.is_v6() && (kind < 128 || kind == 137),
        // Of an ICMP message without a type nobody can say that it is no error.
        (Protocol::ICMP | Protocol::ICMPV6, None) => true,
        _ => false,
    };
    if about_error {
        return Err(Silent::AboutAnError);
    }
    // RFC 4443 §2.4 (e.3): multicast needs path MTU discovery, too, and there is an option for it.
    let excepted = matches!(problem, Problem::TooBig { .. } | Problem::Option { to_many: true, .. });
    let excepted = packet.is_v6() && excepted;
    if !excepted && is_many(packet.destination) {
        return Err(Silent::ToMany);
    }
    if is_nobody(packet.source) { Err(Silent::FromNobody) } else { Ok(()) }
}

fn is_many(address: IpAddr) -> bool {
    address.is_multicast() || address == IpAddr::V4(Ipv4Addr::BROADCAST)
}

/// An address that does not define a single host: zero, multicast, broadcast, class E; loopback, except among our own.
fn is_nobody(address: IpAddr) -> bool {
    match address {
        // RFC 1122 §3.2.1.3 (a), (b): the network 0, and class E, in which the broadcast address is.
        IpAddr::V4(v4) => v4.octets().first().is_none_or(|&first| first == 0 || first >= 224),
        IpAddr::V6(v6) => v6 == Ipv6Addr::UNSPECIFIED || v6.is_multicast(),
    }
}

fn body_v4(problem: Problem, original: &[u8]) -> Icmp<'_> {
    let unreachable = |code| Icmp::DestinationUnreachable { code, next_hop_mtu: 0, original };
    match problem {
        Problem::NoSuchHost => unreachable(Unreachable::HOST),
        Problem::NoRoute => unreachable(Unreachable::NETWORK),
        Problem::NoSuchProtocol => unreachable(Unreachable::PROTOCOL),
        Problem::NoSuchPort => unreachable(Unreachable::PORT),
        Problem::Prohibited => unreachable(Unreachable::ADMINISTRATIVELY_PROHIBITED),
        Problem::TooBig { mtu: next_hop_mtu } => {
            let code = Unreachable::FRAGMENTATION_NEEDED;
            Icmp::DestinationUnreachable { code, next_hop_mtu, original }
        }
        Problem::HopLimit => Icmp::TimeExceeded { code: 0, original },
        Problem::FragmentsMissing => Icmp::TimeExceeded { code: 1, original },
        // A header of IPv4 ends at byte 60.
        Problem::Parameter { at } | Problem::NextHeader { at } | Problem::Option { at, .. } => {
            Icmp::ParameterProblem { code: 0, pointer: at.min(60) as u8, original }
        }
    }
}

fn body_v6<'a>(problem: Problem, packet: &Packet<'_>, original: &'a [u8]) -> Icmpv6<'a> {
    let unreachable = |code| Icmpv6::DestinationUnreachable { code, original };
    match problem {
        Problem::NoSuchHost => unreachable(Unreachable6::ADDRESS),
        Problem::NoRoute => unreachable(Unreachable6::NO_ROUTE),
        Problem::NoSuchPort => unreachable(Unreachable6::PORT),
        Problem::Prohibited => unreachable(Unreachable6::ADMINISTRATIVELY_PROHIBITED),
        // RFC 4443 §3.4: an unknown protocol is an unknown next header.
        Problem::NoSuchProtocol => {
            Icmpv6::ParameterProblem { code: 1, pointer: packet.protocol_at as u32, original } // below 64 KiB
        }
        Problem::TooBig { mtu } => Icmpv6::PacketTooBig { mtu: mtu.into(), original },
        Problem::HopLimit => Icmpv6::TimeExceeded { code: 0, original },
        Problem::FragmentsMissing => Icmpv6::TimeExceeded { code: 1, original },
        Problem::Parameter { at } => Icmpv6::ParameterProblem { code: 0, pointer: at.into(), original },
        Problem::NextHeader { at } => Icmpv6::ParameterProblem { code: 1, pointer: at.into(), original },
        Problem::Option { at, .. } => Icmpv6::ParameterProblem { code: 2, pointer: at.into(), original },
    }
}

/// Appends the answer to a ping, and says whether there is one: `packet` is whole, an echo request, checks, was sent to
/// one host (RFC 1122 §3.2.2.6 leaves pings of many to the host, and ours does not answer them) and comes from one.
///
/// The identification is for an answer over IPv4 that is too long for a link, as the ping may have been.
pub fn echo_reply(packet: &Packet<'_>, identification: u16, out: &mut BytesMut) -> bool {
    if packet.fragment.is_some() || is_many(packet.destination) || is_nobody(packet.source) {
        return false;
    }
    let header = Header {
        dont_fragment: false,
        identification,
        ..Header::new(packet.destination, packet.source, packet.protocol)
    };
    let r = &mut Reader::whole(packet.payload);
    if packet.is_v6() && packet.protocol == Protocol::ICMPV6 {
        let pseudo_header = packet.pseudo_header();
        let sound = Icmpv6Message::check(packet.payload, &pseudo_header).is_ok();
        let Ok(Icmpv6Message { body: Icmpv6::EchoRequest { identifier, sequence, data }, .. }) =
            Icmpv6Message::decode(r)
        else {
            return false;
        };
        let reply = Icmpv6Message::new(Icmpv6::EchoReply { identifier, sequence, data });
        // The sum does not mind which address comes first.
        return sound && write_packet(out, &header, |out| reply.encode_between(&pseudo_header, out)).is_ok();
    }
    if !packet.is_v6() && packet.protocol == Protocol::ICMP {
        let sound = IcmpMessage::check(packet.payload).is_ok();
        let Ok(IcmpMessage { body: Icmp::EchoRequest { identifier, sequence, data }, .. }) =
            IcmpMessage::decode(r)
        else {
            return false;
        };
        let reply = IcmpMessage::new(Icmp::EchoReply { identifier, sequence, data });
        return sound && write_packet(out, &header, |out| reply.encode_with_checksum(out)).is_ok();
    }
    false
}

/// A bucket of tokens, one for each answer (RFC 4443 §2.4 (f)): so many in a burst, and a new one every so often.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    burst: u32,
    every: Duration,
    tokens: u32,
    /// When the bucket had so many.
    counted: Instant,
}

impl RateLimit {
    /// A full bucket of `burst` tokens, to which one is added `every` so often; zero means no limit.
    pub fn new(burst: u32, every: Duration) -> Self {
        RateLimit { burst, every, tokens: burst, counted: Instant::ZERO }
    }

    /// Takes a token, if there is one.
    pub fn allow(&mut self, now: Instant) -> bool {
        let every = self.every.as_nanos();
        if every == 0 {
            return true;
        }
        let earned = (now - self.counted).as_nanos() / every;
        let earned = u32::try_from(earned).unwrap_or(u32::MAX);
        self.tokens = self.tokens.saturating_add(earned);
        // A full bucket earns nothing: its time begins when a token is taken.
        if self.tokens >= self.burst {
            (self.tokens, self.counted) = (self.burst, now);
        } else {
            self.counted += self.every.saturating_mul(earned);
        }
        let allowed = self.tokens > 0;
        self.tokens = self.tokens.saturating_sub(1);
        allowed
    }
}

impl Default for RateLimit {
    /// Ten at once, and ten a second.
    fn default() -> Self {
        RateLimit::new(10, Duration::from_millis(100))
    }
}
