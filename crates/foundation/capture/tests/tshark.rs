//! Against Wireshark's tshark and editcap: they read what is written here, and the other way round.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use wirelab_capture::{
    Block, Config, Direction, InterfaceId, KeyLog, Label, LinkType, Reader, Secret, Writer,
};
use wirelab_sansio::Instant;
use wirelab_tcpip::{Datagram, PseudoHeader, internet_checksum};
use wirelab_wire::Encode;

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// A file that is gone when the test ends.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        Temporary(std::env::temp_dir().join(format!("wirelab-capture-{}-{name}", std::process::id())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// An IPv4 packet with a UDP datagram.
fn ipv4(source: Ipv4Addr, destination: Ipv4Addr, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let addresses = PseudoHeader::V4 { source, destination };
    let datagram = Datagram::new(ports.0, ports.1, payload).unwrap().with_checksum(&addresses).to_bytes();
    let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0];
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet[2..4].copy_from_slice(&(20 + datagram.len() as u16).to_be_bytes());
    let checksum = internet_checksum(&packet);
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
    packet.extend(datagram);
    packet
}

/// An IPv6 packet with a UDP datagram to the echo service.
fn ipv6(payload: &[u8]) -> Vec<u8> {
    let (source, destination) = (CLIENT.to_ipv6_mapped(), SERVER.to_ipv6_mapped());
    let addresses = PseudoHeader::V6 { source, destination };
    let datagram = Datagram::new(50_000, 7, payload).unwrap().with_checksum(&addresses).to_bytes();
    let mut packet = vec![0x60, 0, 0, 0, 0, datagram.len() as u8, 17, 64];
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet.extend(datagram);
    packet
}

/// The packet in an Ethernet frame.
fn ethernet(packet: &[u8]) -> Vec<u8> {
    let addresses = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    [&addresses[..], &[0x08, 0x00], packet].concat()
}

/// Two interfaces of different link types, four packets, names, a comment and keys.
fn ours() -> Vec<u8> {
    let mut log = KeyLog::default();
    log.push(Secret::new(Label::CLIENT_RANDOM, [0x11; 32], &[0x22; 48]).unwrap());
    let mut writer = Writer::new(Vec::new()).unwrap();
    let lan = writer.interface("lan0", LinkType::ETHERNET).unwrap();
    let tun = writer.interface("tun0", LinkType::RAW).unwrap();
    writer.name(CLIENT.into(), "client.example").unwrap();
    writer.name(SERVER.into(), "server.example").unwrap();
    writer.secrets(&log).unwrap();
    let question = ipv4(CLIENT, SERVER, (50_000, 7), b"hello");
    let answer = ipv4(SERVER, CLIENT, (7, 50_000), b"hello");
    let at = |microseconds: u64| Instant::from_nanos(microseconds * 1_000 + 1);
    writer.packet_with(at(10), lan, &ethernet(&question), Direction::Outbound, "the question").unwrap();
    writer.packet_with(at(30), lan, &ethernet(&answer), Direction::Inbound, "the answer").unwrap();
    writer.packet(at(50), tun, &question).unwrap();
    writer.packet(at(1_000_000), tun, &answer).unwrap();
    writer.statistics(at(1_000_001), tun, 2, 0).unwrap();
    writer.into_inner()
}

/// What the program prints; that it ends well and complains of nothing but who started it.
fn run(program: &str, arguments: &[&str], files: &[&Path]) -> String {
    let output = Command::new(program).args(arguments).args(files).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {}\n{out}\n{err}", output.status);
    let complaints: Vec<&str> = err.lines().filter(|line| !line.starts_with("Running as user")).collect();
    assert!(complaints.is_empty(), "{program} {arguments:?}: {complaints:#?}");
    out.into_owned()
}

/// These fields of all packets, separated by bars, as tshark sees them.
fn fields(file: &[u8], options: &[&str], names: &[&str]) -> Vec<String> {
    let temporary = Temporary::new(&format!("{}.pcapng", names.concat()));
    std::fs::write(&temporary.0, file).unwrap();
    let mut arguments = vec!["-T", "fields", "-E", "separator=|"];
    arguments.extend(options);
    for name in names {
        arguments.extend(["-e", name]);
    }
    arguments.push("-r");
    run("tshark", &arguments, &[&temporary.0]).lines().map(str::to_owned).collect()
}

#[test]
#[ignore = "needs tshark"]
fn tshark_sees_our_packets_with_their_times_interfaces_and_comments() {
    let names = ["frame.time_epoch", "frame.len", "frame.interface_name", "frame.protocols", "frame.comment"];
    assert_eq!(
        fields(&ours(), &[], &names),
        [
            "946684800.000010001|47|lan0|eth:ethertype:ip:udp:echo|the question",
            "946684800.000030001|47|lan0|eth:ethertype:ip:udp:echo|the answer",
            "946684800.000050001|33|tun0|raw:ip:udp:echo|",
            "946684801.000000001|33|tun0|raw:ip:udp:echo|",
        ]
    );
}

#[test]
#[ignore = "needs tshark"]
fn tshark_finds_no_malformed_packet_and_no_wrong_checksum_in_ours() {
    let checks = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"];
    let names = ["ip.checksum.status", "udp.checksum.status", "_ws.malformed", "_ws.expert.message"];
    // 1 is "good", and all that the experts have to say is our own comments.
    assert_eq!(fields(&ours(), &checks, &names), ["1|1||the question", "1|1||the answer", "1|1||", "1|1||"]);
}

#[test]
#[ignore = "needs tshark"]
fn tshark_knows_our_names_and_directions() {
    let names = ["ip.src_host", "ip.dst_host", "frame.packet_flags_direction"];
    let seen = fields(&ours(), &["-N", "nd"], &names);
    assert_eq!(
        seen[..2],
        ["client.example|server.example|0x00000002", "server.example|client.example|0x00000001"]
    );
}

#[test]
#[ignore = "needs tshark"]
fn tshark_sees_a_link_type_in_each_interface() {
    let packet = ipv4(CLIENT, SERVER, (50_000, 7), b"hello");
    // Linux's cooked header: to us, Ethernet, six bytes of address and two unused ones, IPv4.
    let cooked = [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0], &packet[..]].concat();
    for (link_type, packet, protocols) in [
        (LinkType::RAW, &packet, "raw:ip:udp:echo"),
        (LinkType::RAW, &ipv6(b"hello"), "raw:ipv6:udp:echo"),
        (LinkType::IPV4, &packet, "ip:udp:echo"),
        (LinkType::IPV6, &ipv6(b"hello"), "ipv6:udp:echo"),
        (LinkType::ETHERNET, &ethernet(&packet), "eth:ethertype:ip:udp:echo"),
        (LinkType::LINUX_SLL, &cooked, "sll:ethertype:ip:udp:echo"),
    ] {
        let mut writer = Writer::new(Vec::new()).unwrap();
        let id = writer.interface("a", link_type).unwrap();
        writer.packet(Instant::ZERO, id, packet).unwrap();
        let seen = fields(&writer.into_inner(), &[], &["frame.protocols", "_ws.malformed"]);
        assert!(seen.len() == 1 && seen[0].ends_with(&format!("{protocols}|")), "{link_type}: {seen:?}");
    }
}

/// The packets of a file with what Wireshark has to keep of them.
fn packets(file: &[u8]) -> Vec<(InterfaceId, u64, Vec<u8>, Direction, String)> {
    let mut reader = Reader::new(file);
    let mut packets = Vec::new();
    while let Some(block) = reader.next() {
        if let Block::Packet(packet) = block.unwrap() {
            let time = reader.interface(packet.interface).unwrap().time(packet.timestamp);
            let comment = packet.options.comments().collect();
            packets.push((packet.interface, time, packet.data.to_vec(), packet.direction(), comment));
        }
    }
    packets
}

#[test]
#[ignore = "needs tshark"]
fn we_read_what_tshark_and_editcap_make_of_our_file() {
    let (from, to) = (Temporary::new("from.pcapng"), Temporary::new("to.pcapng"));
    std::fs::write(&from.0, ours()).unwrap();
    let expected = packets(&ours());
    assert_eq!(expected.len(), 4);
    for program in ["tshark", "editcap"] {
        let copy: &Path = &to.0;
        match program {
            "tshark" => run(program, &["-r", &from.0.to_string_lossy(), "-w"], &[copy]),
            _ => run(program, &[], &[&from.0, copy]),
        };
        let copied = std::fs::read(copy).unwrap();
        assert_eq!(packets(&copied), expected, "{program}");
        let mut keys = Reader::new(&copied).filter_map(|block| match block {
            Ok(Block::Secrets(secrets)) => KeyLog::parse(secrets.data, &Config::default()).ok(),
            _ => None,
        });
        let secret = keys.next().map(|log| log.secrets()[0].client_random().to_owned());
        assert_eq!(secret, Some([0x11; 32]), "{program} lost the keys");
    }
}

#[test]
#[ignore = "needs tshark"]
fn we_read_a_file_that_editcap_made_of_an_old_pcap() {
    let (from, to) = (Temporary::new("old.pcap"), Temporary::new("new.pcapng"));
    let packet = ipv4(CLIENT, SERVER, (50_000, 7), b"hello");
    // The older format: a header of 24 bytes, 16 before each packet.
    let mut old: Vec<u8> = Vec::new();
    for word in [
        0xa1b2_c3d4_u32,
        0x0004_0002,
        0,
        0,
        65_535,
        101,
        7,
        250_000,
        packet.len() as u32,
        packet.len() as u32,
    ] {
        old.extend(word.to_le_bytes());
    }
    old.extend(&packet);
    std::fs::write(&from.0, old).unwrap();
    run("editcap", &["-F", "pcapng"], &[&from.0, &to.0]);
    let read = packets(&std::fs::read(&to.0).unwrap());
    assert_eq!(read.len(), 1, "{read:?}");
    assert_eq!((read[0].1, &read[0].2), (7_250_000_000, &packet));
}
