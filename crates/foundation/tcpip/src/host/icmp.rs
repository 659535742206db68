//! ICMP: pings answered and sent, errors sent and believed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::Bytes;
use wirelab_sansio::Instant;
use wirelab_wire::{Decode, Reader};

use super::{Event, Host, Misuse, is_unicast};
use crate::ip;
use crate::tcp::Endpoints;
use crate::wire::{Icmp, IcmpMessage, Icmpv6, Icmpv6Message, Protocol, Seq, Unreachable, Unreachable6};

/// What an error message says, whichever the version.
#[derive(Clone, Copy, Debug)]
struct Report {
    /// Nothing will change by trying again (RFC 1122 §4.2.3.9).
    is_hard: bool,
    /// The packet was larger than this MTU of a link on its way; 0 from routers that do not say how large that is.
    too_large_for: Option<u32>,
    reason: &'static str,
}

/// What an error message quotes of the packet that it is about: addresses, and the first eight bytes behind the header.
#[derive(Clone, Copy, Debug)]
struct Quoted {
    source: SocketAddr,
    destination: SocketAddr,
    protocol: Protocol,
    sequence: Seq,
    total_len: usize,
}

impl Quoted {
    /// The packet is cut off, so that its length says nothing about these bytes.
    fn parse(original: &[u8]) -> Option<Quoted> {
        let array = |at: usize| original.get(at..at + 16).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
        let half = |at: usize| Some(u16::from_be_bytes([*original.get(at)?, *original.get(at + 1)?]));
        let (source, destination, protocol, behind, total_len): (IpAddr, IpAddr, _, _, _) =
            match original.first()? >> 4 {
                4 => {
                    let header = usize::from(original.first()? & 0xf) * 4;
                    let addresses: [u8; 8] = original.get(12..20)?.try_into().ok()?;
                    let [a, b, c, d, e, f, g, h] = addresses;
                    let (source, destination) = (Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(e, f, g, h));
                    let total = usize::from(half(2)?);
                    (source.into(), destination.into(), *original.get(9)?, header.max(20), total)
                }
                6 => {
                    let (source, destination) = (Ipv6Addr::from(array(8)?), Ipv6Addr::from(array(24)?));
                    let total = 40 + usize::from(half(4)?);
                    (source.into(), destination.into(), *original.get(6)?, 40, total)
                }
                _ => return None,
            };
        let [high, low] = [half(behind + 4)?, half(behind + 6)?];
        Some(Quoted {
            source: SocketAddr::new(source, half(behind)?),
            destination: SocketAddr::new(destination, half(behind + 2)?),
            protocol: Protocol(protocol),
            sequence: Seq(u32::from(high) << 16 | u32::from(low)),
            total_len,
        })
    }
}

impl Host {
    /// Sends an echo request (RFC 792, RFC 4443 §4.1). [`Event::EchoReply`] brings the answer.
    ///
    /// # Errors
    /// It cannot be sent there, or too much waits to be sent already.
    pub fn ping(
        &mut self,
        _now: Instant,
        to: IpAddr,
        identifier: u16,
        sequence: u16,
        payload: &[u8],
    ) -> Result<(), Misuse> {
        let remote = SocketAddr::new(to, 1);
        let source = self.source_for(remote)?;
        if payload.len() + 48 > usize::from(self.config.mtu) {
            return Err(Misuse::TooLong(payload.len()));
        }
        let v4 = Icmp::EchoRequest { identifier, sequence, data: payload };
        let v6 = Icmpv6::EchoRequest { identifier, sequence, data: payload };
        if self.queue_icmp(source, to, v4, v6) { Ok(()) } else { Err(Misuse::QueueFull) }
    }

    pub(super) fn icmp_arrives(&mut self, now: Instant, packet: &ip::Packet<'_>) {
        self.counters.IcmpInMsgs += 1;
        let understood = match (packet.protocol, packet.is_v6()) {
            (Protocol::ICMP, false) => self.icmpv4_arrives(now, packet),
            (Protocol::ICMPV6, true) => self.icmpv6_arrives(now, packet),
            _ => None,
        };
        if understood.is_none() {
            self.counters.IcmpInErrors += 1;
        }
    }

    fn icmpv4_arrives(&mut self, now: Instant, packet: &ip::Packet<'_>) -> Option<()> {
        IcmpMessage::check(packet.payload).ok()?;
        let message = IcmpMessage::decode(&mut Reader::whole(packet.payload)).ok()?;
        match message.body {
            Icmp::EchoRequest { identifier, sequence, data } => {
                self.echo(now, packet, identifier, sequence, data);
            }
            Icmp::EchoReply { identifier, sequence, data } => {
                self.echo_reply(packet, identifier, sequence, data);
            }
            Icmp::DestinationUnreachable { code, next_hop_mtu, original } => {
                let report = match code {
                    Unreachable::FRAGMENTATION_NEEDED => Report {
                        is_hard: false,
                        too_large_for: Some(next_hop_mtu.into()),
                        reason: "packet too large",
                    },
                    Unreachable::PORT => hard("port unreachable"),
                    Unreachable::PROTOCOL => hard("protocol unreachable"),
                    Unreachable::NETWORK => soft("network unreachable"),
                    Unreachable::HOST => soft("host unreachable"),
                    _ => soft("destination unreachable"),
                };
                self.report_arrives(now, packet.source, report, original)?;
            }
            Icmp::TimeExceeded { original, .. } => {
                self.report_arrives(now, packet.source, soft("time exceeded"), original)?;
            }
            Icmp::ParameterProblem { original, .. } => {
                self.report_arrives(now, packet.source, soft("parameter problem"), original)?;
            }
            // RFC 1122 §3.2.2: of an unknown type, silently discarded.
            Icmp::Other { .. } => {}
        }
        Some(())
    }

    fn icmpv6_arrives(&mut self, now: Instant, packet: &ip::Packet<'_>) -> Option<()> {
        Icmpv6Message::check(packet.payload, &packet.pseudo_header()).ok()?;
        let message = Icmpv6Message::decode(&mut Reader::whole(packet.payload)).ok()?;
        match message.body {
            Icmpv6::EchoRequest { identifier, sequence, data } => {
                self.echo(now, packet, identifier, sequence, data);
            }
            Icmpv6::EchoReply { identifier, sequence, data } => {
                self.echo_reply(packet, identifier, sequence, data);
            }
            Icmpv6::DestinationUnreachable { code, original } => {
                let report = match code {
                    Unreachable6::PORT => hard("port unreachable"),
                    Unreachable6::NO_ROUTE => soft("no route"),
                    Unreachable6::ADDRESS => soft("address unreachable"),
                    _ => soft("destination unreachable"),
                };
                self.report_arrives(now, packet.source, report, original)?;
            }
            Icmpv6::PacketTooBig { mtu, original } => {
                let report = Report { is_hard: false, too_large_for: Some(mtu), reason: "packet too large" };
                self.report_arrives(now, packet.source, report, original)?;
            }
            Icmpv6::TimeExceeded { original, .. } => {
                self.report_arrives(now, packet.source, soft("time exceeded"), original)?;
            }
            Icmpv6::ParameterProblem { original, .. } => {
                self.report_arrives(now, packet.source, soft("parameter problem"), original)?;
            }
            // Neighbours belong to the link's driver.
            _ => {}
        }
        Some(())
    }

    fn echo(&mut self, now: Instant, packet: &ip::Packet<'_>, identifier: u16, sequence: u16, data: &[u8]) {
        if !self.echo_replies.take(now) {
            self.counters.IcmpOutRateLimitGlobal += 1;
            return;
        }
        let v4 = Icmp::EchoReply { identifier, sequence, data };
        let v6 = Icmpv6::EchoReply { identifier, sequence, data };
        self.queue_icmp(packet.destination, packet.source, v4, v6);
    }

    fn echo_reply(&mut self, packet: &ip::Packet<'_>, identifier: u16, sequence: u16, data: &[u8]) {
        let payload = Bytes::copy_from_slice(data);
        self.tell(Event::EchoReply { from: packet.source, identifier, sequence, payload });
    }

    /// Somebody says that a packet of ours did not arrive. Anybody can say so: it is believed only of something that we have
    /// indeed sent (RFC 5927 §4.1).
    fn report_arrives(&mut self, now: Instant, by: IpAddr, report: Report, original: &[u8]) -> Option<()> {
        let quoted = Quoted::parse(original)?;
        if !self.addresses.contains(&quoted.source.ip()) {
            return None;
        }
        match quoted.protocol {
            Protocol::TCP => self.segment_failed(now, &quoted, report),
            Protocol::UDP => {
                if let Some(id) = self.udp.for_address(quoted.source) {
                    let to = quoted.destination;
                    self.tell(Event::Unreachable {
                        socket: Some(id),
                        to,
                        reported_by: by,
                        reason: report.reason,
                    });
                }
            }
            Protocol::ICMP | Protocol::ICMPV6 => {
                let to = SocketAddr::new(quoted.destination.ip(), 0);
                self.tell(Event::Unreachable { socket: None, to, reported_by: by, reason: report.reason });
            }
            _ => {}
        }
        Some(())
    }

    fn segment_failed(&mut self, now: Instant, quoted: &Quoted, report: Report) {
        let ends = Endpoints { local: quoted.source, remote: quoted.destination };
        let Some(id) = self.connections.find(&ends) else { return };
        let Some(entry) = self.connections.get_mut(id) else { return };
        if !entry.seen.is_on_its_way(quoted.sequence) {
            self.counters.TcpExtOutOfWindowIcmps += 1;
            return;
        }
        match report.too_large_for {
            Some(mtu) => {
                if let Some(mtu) = believable_mtu(mtu, quoted) {
                    let headers = if ends.local.is_ipv4() { 40 } else { 60 };
                    entry.connection.set_path_segment_size(now, mtu - headers);
                }
            }
            None => entry.connection.unreachable(report.is_hard),
        }
        self.settle(now, id);
    }

    /// A datagram for a port that nobody has (RFC 1122 §4.1.3.1, RFC 4443 §3.1).
    pub(super) fn port_unreachable(&mut self, now: Instant, packet: &ip::Packet<'_>) {
        if !is_unicast(packet.source) {
            return;
        }
        if !self.icmp_errors.take(now) {
            self.counters.IcmpOutRateLimitGlobal += 1;
            return;
        }
        // RFC 1812 §4.3.2.3: not more than 576 bytes altogether; RFC 4443 §2.4(c): not more than the least MTU.
        let most = if packet.is_v6() { 1280 - 48 } else { 576 - 28 };
        let original = packet.bytes.get(..most).unwrap_or(packet.bytes);
        let v4 = Icmp::DestinationUnreachable { code: Unreachable::PORT, next_hop_mtu: 0, original };
        let v6 = Icmpv6::DestinationUnreachable { code: Unreachable6::PORT, original };
        self.queue_icmp(packet.destination, packet.source, v4, v6);
    }

    /// Queues the one of the two messages that is of the addresses' version.
    fn queue_icmp(&mut self, from: IpAddr, to: IpAddr, v4: Icmp<'_>, v6: Icmpv6<'_>) -> bool {
        let protocol = if to.is_ipv4() { Protocol::ICMP } else { Protocol::ICMPV6 };
        let header = self.header(from, to, protocol);
        let Some(addresses) = header.pseudo_header() else { return false };
        self.counters.IcmpOutMsgs += 1;
        self.queue_packet(&header, |out| match to {
            IpAddr::V4(_) => IcmpMessage::new(v4).encode_with_checksum(out),
            IpAddr::V6(_) => Icmpv6Message::new(v6).encode_between(&addresses, out),
        })
    }
}

fn hard(reason: &'static str) -> Report {
    Report { is_hard: true, too_large_for: None, reason }
}

fn soft(reason: &'static str) -> Report {
    Report { is_hard: false, too_large_for: None, reason }
}

/// The MTU to use after such a report: smaller than the packet that did not fit, and not smaller than every path has to carry
/// (RFC 8201 §4; for IPv4 what Linux demands, `net.ipv4.route.min_pmtu`).
fn believable_mtu(mtu: u32, quoted: &Quoted) -> Option<u16> {
    let least = if quoted.source.is_ipv4() { 552 } else { 1280 };
    (mtu < quoted.total_len as u32).then(|| mtu.max(least).min(u16::MAX.into()) as u16)
}
