//! The filter of a packet socket: a small program that the kernel runs for each packet (classic BPF).

use std::io;

use libc::{
    BPF_ABS, BPF_B, BPF_H, BPF_IMM, BPF_IND, BPF_JA, BPF_JEQ, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_LDX,
    BPF_MSH, BPF_RET, BPF_W,
};

/// Which packets a [`PacketSocket`](crate::PacketSocket) shall have: those of IP, and of them all, or the UDP
/// datagrams and TCP segments from or to a few ports.
///
/// The kernel asks before it copies anything: what is not wanted costs a few instructions and no place in the
/// receive buffer, and is in no counter. Fragments behind the first have no ports and are wanted by nobody who
/// asks for ports; the same goes for ICMP messages about a port, and for IPv6 packets with extension headers.
///
/// # The program
///
/// The machine has an accumulator `A`, an index `X`, and jumps that go forward only, so that every program ends
/// (`Documentation/networking/filter.rst` of the kernel). Loads reach into the packet from its IP header on, and
/// at the offset `SKF_AD_OFF` into what the kernel knows besides. One that reaches beyond the packet's end
/// refuses it.
///
/// ```text
///           A = kind of device              is it the loopback device?
///           if A != loopback goto 4
///           A = packet type                 there, each packet passes twice: going out, and coming in
///           if A == outgoing refuse         the second one is kept
///        4: A = protocol
///           if A != IPv4 goto 11            (from here on only if ports are asked for)
///           A = flags and fragment offset
///           if A & 0x1fff refuse
///           X = length of the IPv4 header
///           A = protocol of the packet
///           goto 14
///       11: if A != IPv6 refuse
///           X = 40
///           A = next header
///       14: if A is neither TCP nor UDP refuse
///           A = u16 at X                    the source port
///           if A == 80 keep
///           A = u16 at X + 2                the destination port
///           if A == 80 keep
///           refuse
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacketFilter {
    ports: Vec<u16>,
}

/// A jump can pass over 255 instructions, and each port has two.
const MOST_PORTS: usize = 100;

/// `struct sock_filter`: what to do, how many instructions to pass over if a comparison holds and if it does
/// not, and a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    constant: u32,
}

/// Where a comparison leads to.
#[derive(Clone, Copy)]
enum To {
    /// So many instructions are passed over.
    Over(u8),
    Keep,
    Refuse,
}

impl PacketFilter {
    /// All packets of IPv4 and IPv6.
    pub fn all() -> Self {
        Self::default()
    }

    /// Only what comes from this port or goes to it, and from or to those that were named before.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.ports.push(port);
        self
    }

    /// The program.
    ///
    /// # Errors
    /// `InvalidInput`: there are more than 100 ports.
    pub(crate) fn program(&self) -> io::Result<Vec<Instruction>> {
        if self.ports.len() > MOST_PORTS {
            let message = "a filter has room for 100 ports";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let mut program = Program::default();
        program.once_on_loopback();
        match self.ports[..] {
            [] => program.any_ip(),
            _ => program.ports(&self.ports),
        }
        Ok(program.finish())
    }
}

/// What the kernel knows of a packet besides its bytes.
fn known(what: libc::c_int) -> u32 {
    (libc::SKF_AD_OFF + what).cast_unsigned()
}

/// A program that is being written. Where its jumps lead to shows at its end only.
#[derive(Default)]
struct Program {
    lines: Vec<(u32, To, To, u32)>,
}

impl Program {
    /// A line that compares nothing.
    fn line(&mut self, what: u32, constant: u32) {
        self.lines.push((what, To::Over(0), To::Over(0), constant));
    }

    fn compare(&mut self, how: u32, constant: u32, holds: To, holds_not: To) {
        self.lines.push((BPF_JMP | how | BPF_K, holds, holds_not, constant));
    }

    fn once_on_loopback(&mut self) {
        self.line(BPF_LD | BPF_W | BPF_ABS, known(libc::SKF_AD_HATYPE));
        self.compare(BPF_JEQ, u32::from(libc::ARPHRD_LOOPBACK), To::Over(0), To::Over(2));
        self.line(BPF_LD | BPF_W | BPF_ABS, known(libc::SKF_AD_PKTTYPE));
        self.compare(BPF_JEQ, u32::from(libc::PACKET_OUTGOING), To::Refuse, To::Over(0));
    }

    fn any_ip(&mut self) {
        self.line(BPF_LD | BPF_W | BPF_ABS, known(libc::SKF_AD_PROTOCOL));
        self.compare(BPF_JEQ, libc::ETH_P_IP as u32, To::Keep, To::Over(0));
        self.compare(BPF_JEQ, libc::ETH_P_IPV6 as u32, To::Keep, To::Refuse);
    }

    // ANCHOR: ports
    fn ports(&mut self, ports: &[u16]) {
        self.line(BPF_LD | BPF_W | BPF_ABS, known(libc::SKF_AD_PROTOCOL));
        self.compare(BPF_JEQ, libc::ETH_P_IP as u32, To::Over(0), To::Over(5));
        // IPv4 (RFC 791 §3.1): three bits of flags, and the offset of a fragment; the length in words.
        self.line(BPF_LD | BPF_H | BPF_ABS, 6);
        self.compare(BPF_JSET, 0x1fff, To::Refuse, To::Over(0));
        self.line(BPF_LDX | BPF_B | BPF_MSH, 0);
        self.line(BPF_LD | BPF_B | BPF_ABS, 9);
        self.line(BPF_JMP | BPF_JA, 3); // past what is for IPv6
        // IPv6 (RFC 8200 §3).
        self.compare(BPF_JEQ, libc::ETH_P_IPV6 as u32, To::Over(0), To::Refuse);
        self.line(BPF_LDX | BPF_W | BPF_IMM, 40);
        self.line(BPF_LD | BPF_B | BPF_ABS, 6);
        self.compare(BPF_JEQ, libc::IPPROTO_TCP as u32, To::Over(1), To::Over(0));
        self.compare(BPF_JEQ, libc::IPPROTO_UDP as u32, To::Over(0), To::Refuse);
        for offset in [0, 2] {
            self.line(BPF_LD | BPF_H | BPF_IND, offset);
            for port in ports {
                self.compare(BPF_JEQ, u32::from(*port), To::Keep, To::Over(0));
            }
        }
    }
    // ANCHOR_END: ports

    /// Adds the two ends, and says how far each jump is. What comes to the end of the lines is refused.
    fn finish(self) -> Vec<Instruction> {
        let refuse = self.lines.len();
        let ends = [(BPF_RET | BPF_K, 0), (BPF_RET | BPF_K, u32::MAX)];
        let resolved = self.lines.into_iter().enumerate().map(|(at, (code, holds, holds_not, constant))| {
            let distance = |to: To| match to {
                To::Over(count) => count,
                // Below 255, as `MOST_PORTS` sees to.
                To::Keep => (refuse - at) as u8,
                To::Refuse => (refuse - at - 1) as u8,
            };
            Instruction {
                code: code as u16,
                if_true: distance(holds),
                if_false: distance(holds_not),
                constant,
            }
        });
        let ends =
            ends.map(|(code, constant)| Instruction { code: code as u16, if_true: 0, if_false: 0, constant });
        resolved.chain(ends).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel knows of a packet, and the packet.
    struct Seen<'a> {
        device: u32,
        kind: u32,
        protocol: u32,
        bytes: &'a [u8],
    }

    const ETHERNET: u32 = 1;
    const LOOPBACK: u32 = 772;
    const HOST: u32 = 0;
    const OUTGOING: u32 = 4;

    /// Runs a program as the kernel does; whether the packet is kept.
    fn keeps(filter: &PacketFilter, seen: &Seen<'_>) -> bool {
        let (program, mut a, mut x, mut at) = (filter.program().unwrap(), 0, 0, 0);
        loop {
            let Instruction { code, if_true, if_false, constant } = program[at];
            let code = u32::from(code);
            at += 1;
            let number = |from: u32, size: usize| {
                let bytes = seen.bytes.get(from as usize..from as usize + size)?;
                Some(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
            };
            let loaded = match code {
                _ if code == BPF_RET | BPF_K => return constant != 0,
                _ if code == BPF_JMP | BPF_JA => {
                    at += constant as usize;
                    continue;
                }
                _ if code == BPF_JMP | BPF_JEQ | BPF_K || code == BPF_JMP | BPF_JSET | BPF_K => {
                    let holds = if code & 0xf0 == BPF_JEQ { a == constant } else { a & constant != 0 };
                    at += usize::from(if holds { if_true } else { if_false });
                    continue;
                }
                _ if code == BPF_LD | BPF_W | BPF_ABS => Some(match constant.cast_signed() + 0x1000 {
                    0 => seen.protocol,
                    4 => seen.kind,
                    28 => seen.device,
                    other => panic!("{other} is not something that the kernel is asked for"),
                }),
                _ if code == BPF_LD | BPF_H | BPF_ABS => number(constant, 2),
                _ if code == BPF_LD | BPF_B | BPF_ABS => number(constant, 1),
                _ if code == BPF_LD | BPF_H | BPF_IND => number(x + constant, 2),
                _ if code == BPF_LDX | BPF_W | BPF_IMM => Some(constant),
                _ if code == BPF_LDX | BPF_B | BPF_MSH => number(constant, 1).map(|byte| 4 * (byte & 15)),
                other => panic!("no such instruction: {other:#x}"),
            };
            let Some(loaded) = loaded else { return false };
            *(if code & 7 == BPF_LDX { &mut x } else { &mut a }) = loaded;
        }
    }

    /// An IPv4 packet with 12 bytes of options, and a transport header's two ports.
    fn ipv4(protocol: u8, fragment: u16, ports: [u16; 2]) -> Vec<u8> {
        let mut packet = vec![0x48; 32];
        packet[6..8].copy_from_slice(&fragment.to_be_bytes());
        packet[9] = protocol;
        packet.extend(ports.map(u16::to_be_bytes).concat());
        packet
    }

    fn ipv6(next: u8, ports: [u16; 2]) -> Vec<u8> {
        let mut packet = vec![0x60; 40];
        packet[6] = next;
        packet.extend(ports.map(u16::to_be_bytes).concat());
        packet
    }

    fn is_kept(filter: &PacketFilter, protocol: u32, bytes: &[u8]) -> bool {
        keeps(filter, &Seen { device: ETHERNET, kind: OUTGOING, protocol, bytes })
    }

    const V4: u32 = 0x0800;
    const V6: u32 = 0x86dd;
    const ARP: u32 = 0x0806;

    #[test]
    fn on_loopback_only_what_comes_in_is_kept_and_elsewhere_both() {
        for filter in [PacketFilter::all(), PacketFilter::all().port(80)] {
            let bytes = ipv4(6, 0, [80, 50_000]);
            let seen = |device, kind| keeps(&filter, &Seen { device, kind, protocol: V4, bytes: &bytes });
            assert!(seen(LOOPBACK, HOST) && !seen(LOOPBACK, OUTGOING));
            assert!(seen(ETHERNET, HOST) && seen(ETHERNET, OUTGOING));
        }
    }

    #[test]
    fn without_ports_all_of_ip_is_kept_and_nothing_else() {
        let all = PacketFilter::all();
        assert!(is_kept(&all, V4, b"") && is_kept(&all, V6, b"") && !is_kept(&all, ARP, b""));
    }

    #[test]
    fn a_port_is_kept_in_both_directions_of_both_protocols_and_versions() {
        let filter = PacketFilter::all().port(80).port(443);
        for protocol in [6, 17] {
            for (ports, kept) in [([80, 5], true), ([5, 443], true), ([5, 6], false), ([0, 0], false)] {
                let (v4, v6) = (ipv4(protocol, 0, ports), ipv6(protocol, ports));
                assert_eq!(is_kept(&filter, V4, &v4), kept, "IPv4, protocol {protocol}, {ports:?}");
                assert_eq!(is_kept(&filter, V6, &v6), kept, "IPv6, protocol {protocol}, {ports:?}");
            }
        }
    }

    #[test]
    fn what_has_no_ports_is_refused_when_ports_are_asked_for() {
        let filter = PacketFilter::all().port(80);
        assert!(is_kept(&filter, V4, &ipv4(17, 0x4000, [80, 80])), "the flag is not the offset");
        assert!(is_kept(&filter, V4, &ipv4(17, 0x2000, [80, 80])), "the first fragment has the ports");
        assert!(!is_kept(&filter, V4, &ipv4(17, 1, [80, 80])), "a later fragment");
        assert!(!is_kept(&filter, V4, &ipv4(1, 0, [80, 80])), "ICMP");
        assert!(!is_kept(&filter, V6, &ipv6(58, [80, 80])), "ICMPv6");
        assert!(!is_kept(&filter, ARP, &[80; 60]));
        let whole = ipv4(6, 0, [5, 80]);
        for cut in 0..whole.len() {
            assert!(!is_kept(&filter, V4, &whole[..cut]), "{cut} bytes");
        }
    }

    #[test]
    fn every_jump_of_the_longest_program_ends_where_it_should() {
        let ports = |count: u16| (1..=count).fold(PacketFilter::all(), PacketFilter::port);
        let longest = ports(MOST_PORTS as u16);
        assert!(is_kept(&longest, V6, &ipv6(6, [1, 0])) && is_kept(&longest, V6, &ipv6(6, [0, 100])));
        assert!(!is_kept(&longest, V6, &ipv6(6, [0, 101])) && !is_kept(&longest, ARP, &[]));
        assert_eq!(ports(101).program().unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn instructions_have_the_layout_of_the_kernels() {
        assert_eq!(size_of::<Instruction>(), size_of::<libc::sock_filter>());
        assert_eq!(align_of::<Instruction>(), align_of::<libc::sock_filter>());
        assert_eq!(std::mem::offset_of!(Instruction, constant), std::mem::offset_of!(libc::sock_filter, k));
    }
}
