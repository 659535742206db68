//! ICMP: pings answered and sent, errors sent and believed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::{Bytes, BytesMut};
use wirelab_sansio::Instant;
use wirelab_wire::{Decode, Reader};

use super::{Event, Host, Misuse};
use crate::ip::{self, icmp as answers};
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
        now: Instant,
        to: IpAddr,
        identifier: u16,
        sequence: u16,
        payload: &[u8],
    ) -> Result<(), Misuse> {
        let remote = SocketAddr::new(to, 1);
        let source = self.source_for(remote)?;
        let protocol = if to.is_ipv4() { Protocol::ICMP } else { Protocol::ICMPV6 };
        let identification = self.next_identification(to) as u16;
        let header = self.header(source, to, protocol);
        let header = ip::Header { dont_fragment: false, identification, ..header };
        let addresses = header.pseudo_header().ok_or(Misuse::NoAddress(to))?;
        let queued = self.queue_packet(now, &header, |out| match to {
            IpAddr::V4(_) => {
                let body = Icmp::EchoRequest { identifier, sequence, data: payload };
                IcmpMessage::new(body).encode_with_checksum(out);
            }
            IpAddr::V6(_) => {
                let body = Icmpv6::EchoRequest { identifier, sequence, data: payload };
                Icmpv6Message::new(body).encode_between(&addresses, out);
            }
        });
        self.counters.IcmpOutMsgs += u64::from(queued);
        if queued { Ok(()) } else { Err(Misuse::QueueFull) }
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
            Icmp::EchoRequest { .. } => self.echo(now, packet),
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
            Icmpv6::EchoRequest { .. } => self.echo(now, packet),
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

    fn echo(&mut self, now: Instant, packet: &ip::Packet<'_>) {
        if !self.echo_replies.allow(now) {
            self.counters.IcmpOutRateLimitGlobal += 1;
            return;
        }
        let mut out = BytesMut::new();
        let identification = self.next_identification(packet.source) as u16;
        if answers::echo_reply(packet, identification, &mut out) && self.queue_whole(now, packet.source, out)
        {
            self.counters.IcmpOutMsgs += 1;
        }
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
                    if let Some(mtu) = report.too_large_for {
                        self.learn_mtu(now, &quoted, mtu);
                    }
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

    /// What is known of the path after such a report (RFC 1191, RFC 8201).
    fn learn_mtu(&mut self, now: Instant, quoted: &Quoted, mtu: u32) -> u16 {
        let to = quoted.destination.ip();
        let refused = u16::try_from(quoted.total_len).unwrap_or(u16::MAX);
        let learned = self.paths.too_big(now, to, mtu, refused);
        learned.unwrap_or_else(|| self.paths.mtu(now, to))
    }

    fn segment_failed(&mut self, now: Instant, quoted: &Quoted, report: Report) {
        let ends = Endpoints { local: quoted.source, remote: quoted.destination };
        let Some(id) = self.connections.find(&ends) else { return };
        let Some(entry) = self.connections.get(id) else { return };
        if !entry.seen.is_on_its_way(quoted.sequence) {
            self.counters.TcpExtOutOfWindowIcmps += 1;
            return;
        }
        let mtu = report.too_large_for.map(|mtu| self.learn_mtu(now, quoted, mtu));
        let Some(entry) = self.connections.get_mut(id) else { return };
        match mtu {
            Some(mtu) => {
                let headers = if ends.local.is_ipv4() { 40 } else { 60 };
                entry.connection.set_path_segment_size(now, mtu.saturating_sub(headers));
            }
            None => entry.connection.unreachable(report.is_hard),
        }
        self.settle(now, id);
    }
}

fn hard(reason: &'static str) -> Report {
    Report { is_hard: true, too_large_for: None, reason }
}

fn soft(reason: &'static str) -> Report {
    Report { is_hard: false, too_large_for: None, reason }
}
