//! The formats that can be explained by name: the one list that command lines and pages choose from.
//!
//! ```
//! use wirelab::{formats, wire::render};
//!
//! let udp = formats::find("udp").ok_or("no such format")?;
//! let explanation = (udp.explain)(&udp.sample_bytes());
//! assert_eq!(explanation.error, None);
//! assert!(render::terminal(&explanation, render::Style::PLAIN).contains("destination port  53"));
//! # Ok::<(), &str>(())
//! ```

use wirelab_capture::{File, KeyLog};
use wirelab_http1::wire::{RequestMessage, ResponseMessage};
use wirelab_kernel::wire::Datagram as NetlinkDatagram;
use wirelab_tcpip::{
    ArpPacket, Datagram, Frame, IcmpMessage, Icmpv6Message, Ipv4Packet, Ipv6Packet, Segment,
};
use wirelab_tls::wire::Handshake;
use wirelab_wire::{Decode, Explanation, explain, hex};
use wirelab_x509::Certificate;

/// A format that can be asked for by name.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// What one asks for, such as `"http1-request"`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// An example of it: the text itself, if it is a text format, or else its bytes in hexadecimal.
    pub sample: &'static str,
    /// Whether people write it as text rather than in hexadecimal.
    pub text: bool,
    /// Reads bytes that are a whole one.
    pub explain: fn(&[u8]) -> Explanation,
}

impl Format {
    /// The bytes of the sample.
    pub fn sample_bytes(&self) -> Vec<u8> {
        match self.text {
            true => self.sample.as_bytes().to_vec(),
            // A test checks that every sample parses.
            false => hex::parse(self.sample).unwrap_or_default(),
        }
    }
}

/// The formats of the whole stack, from the bottom up.
pub fn all() -> &'static [Format] {
    FORMATS
}

/// The format of this name.
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

static FORMATS: &[Format] = &[
    Format {
        name: "ethernet",
        about: "Ethernet frame with an IPv4 packet and a TCP segment in it",
        sample: "\
            00 00 00 00 00 00 00 00 00 00 00 00 08 00 45 00 \
            00 3c 78 5e 40 00 40 06 c4 5b 7f 00 00 01 7f 00 \
            00 01 ea ee 97 f3 61 e4 79 58 00 00 00 00 a0 02 \
            ff d7 fe 30 00 00 02 04 ff d7 04 02 08 0a b7 d8 \
            9f 14 00 00 00 00 01 03 03 0a",
        text: false,
        explain: |bytes| explained::<Frame<'_>>(bytes),
    },
    Format {
        name: "arp",
        about: "ARP packet: who has 192.0.2.2?",
        sample: "\
            00 01 08 00 06 04 00 01 02 00 5e 10 00 01 c0 00 \
            02 01 00 00 00 00 00 00 c0 00 02 02",
        text: false,
        explain: |bytes| explained::<ArpPacket>(bytes),
    },
    Format {
        name: "ipv4",
        about: "IPv4 packet with a UDP datagram in it",
        sample: "\
            45 00 00 1e 1b ff 40 00 40 11 20 ce 7f 00 00 01 \
            7f 00 00 01 eb 9c 00 09 00 0a fe 1d 68 69",
        text: false,
        explain: |bytes| explained::<Ipv4Packet<'_>>(bytes),
    },
    Format {
        name: "ipv6",
        about: "IPv6 packet with extension headers and a UDP datagram",
        sample: "\
            6b 91 23 45 00 22 00 40 20 01 0d b8 00 00 00 00 \
            00 00 00 00 00 00 00 01 20 01 0d b8 00 00 00 00 \
            00 00 00 00 00 00 00 02 3c 00 05 02 00 00 01 00 \
            2c 00 01 04 00 00 00 00 11 00 00 00 00 00 00 07 \
            c0 00 00 07 00 0a 7b f4 68 69",
        text: false,
        explain: |bytes| explained::<Ipv6Packet<'_>>(bytes),
    },
    Format {
        name: "icmp",
        about: "ICMP message: fragmentation needed",
        sample: "\
            03 04 37 aa 00 00 05 00 45 00 05 dc 00 07 40 00 \
            40 06 b1 11 c0 00 02 01 c0 00 02 02 c0 00 00 50 \
            00 00 00 01",
        text: false,
        explain: |bytes| explained::<IcmpMessage<'_>>(bytes),
    },
    Format {
        name: "icmpv6",
        about: "ICMPv6 message: a neighbor and its card",
        sample: "\
            88 00 ac 62 e0 00 00 00 20 01 0d b8 00 00 00 00 \
            00 00 00 00 00 00 00 01 02 01 02 00 5e 10 00 01",
        text: false,
        explain: |bytes| explained::<Icmpv6Message<'_>>(bytes),
    },
    Format {
        name: "udp",
        about: "UDP datagram: a question to the domain name system",
        sample: "\
            e1 5c 00 35 00 25 b0 42              # UDP, from 192.0.2.1 to 192.0.2.53
            1a 2b 01 00 00 01 00 00 00 00 00 00  # a DNS header: one question
            07 65 78 61 6d 70 6c 65 03 63 6f 6d 00 00 01 00 01",
        text: false,
        explain: |bytes| explained::<Datagram<'_>>(bytes),
    },
    Format {
        name: "tcp",
        about: "TCP segment: a SYN with all of its options",
        sample: "\
            c3 50 00 50 00 00 03 e8 00 00 00 00 b0 c2 ff ff \
            e9 ac 00 00 02 04 05 b4 01 03 03 07 01 01 04 02 \
            01 01 08 0a 00 00 00 01 00 00 00 00",
        text: false,
        explain: |bytes| explained::<Segment<'_>>(bytes),
    },
    Format {
        name: "tls-handshake",
        about: "TLS handshake message: what a browser's ClientHello says",
        sample: "\
            01 00 01 56 03 03 22 22 22 22 22 22 22 22 22 22 \
            22 22 22 22 22 22 22 22 22 22 22 22 22 22 22 22 \
            22 22 22 22 22 22 20 33 33 33 33 33 33 33 33 33 \
            33 33 33 33 33 33 33 33 33 33 33 33 33 33 33 33 \
            33 33 33 33 33 33 33 00 24 5a 5a 13 01 13 02 13 \
            03 c0 2b c0 2f c0 2c c0 30 cc a9 cc a8 c0 13 c0 \
            14 00 9c 00 9d 00 2f 00 35 00 ff 13 37 01 00 00 \
            e9 2a 2a 00 00 00 00 00 10 00 0e 00 00 0b 65 78 \
            61 6d 70 6c 65 2e 6f 72 67 00 17 00 00 ff 01 00 \
            01 00 00 0a 00 0c 00 0a 6a 6a 11 ec 00 1d 00 17 \
            00 18 00 0b 00 02 01 00 00 23 00 00 00 10 00 11 \
            00 0f 02 68 32 08 68 74 74 70 2f 31 2e 31 02 3a \
            3a 00 05 00 05 01 00 00 00 00 00 0d 00 12 00 10 \
            04 03 08 04 04 01 05 03 08 05 05 01 08 06 06 01 \
            00 12 00 00 00 33 00 2b 00 29 6a 6a 00 01 00 00 \
            1d 00 20 11 11 11 11 11 11 11 11 11 11 11 11 11 \
            11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 \
            11 11 11 00 2d 00 03 02 01 0b 00 2b 00 07 06 4a \
            4a 03 04 03 03 00 1b 00 03 02 00 02 00 1c 00 02 \
            40 01 00 2f 00 06 00 04 00 02 30 00 00 31 00 00 \
            00 32 00 04 00 02 04 03 00 39 00 02 01 02 12 34 \
            00 02 ab cd 00 15 00 02 00 00",
        text: false,
        explain: |bytes| explained::<Handshake<'_>>(bytes),
    },
    Format {
        name: "certificate",
        about: "X.509 certificate, in DER: a root that signs itself",
        sample: "\
            30 82 01 38 30 81 eb a0 03 02 01 02 02 09 00 84 \
            f1 08 3d 1c e3 2d 95 30 05 06 03 2b 65 70 30 19 \
            31 17 30 15 06 03 55 04 03 0c 0e 49 45 54 46 20 \
            54 65 73 74 20 44 65 6d 6f 30 1e 17 0d 31 37 30 \
            34 31 39 32 31 33 36 33 39 5a 17 0d 34 31 30 32 \
            31 32 32 31 33 36 33 39 5a 30 19 31 17 30 15 06 \
            03 55 04 03 0c 0e 49 45 54 46 20 54 65 73 74 20 \
            44 65 6d 6f 30 2a 30 05 06 03 2b 65 70 03 21 00 \
            19 bf 44 09 69 84 cd fe 85 41 ba c1 67 dc 3b 96 \
            c8 50 86 aa 30 b6 b6 cb 0c 5c 38 ad 70 31 66 e1 \
            a3 50 30 4e 30 1d 06 03 55 1d 0e 04 16 04 14 a2 \
            8c c1 f8 6e 59 60 d3 e0 3a e7 5c 96 2c 97 a8 d4 \
            48 29 3c 30 1f 06 03 55 1d 23 04 18 30 16 80 14 \
            a2 8c c1 f8 6e 59 60 d3 e0 3a e7 5c 96 2c 97 a8 \
            d4 48 29 3c 30 0c 06 03 55 1d 13 04 05 30 03 01 \
            01 ff 30 05 06 03 2b 65 70 03 41 00 6b a8 84 a1 \
            06 41 58 1d 4c 84 2c c0 4a fe 47 b8 53 3b 7d 1e \
            4d cf 6f ca 33 b1 b1 62 34 16 b1 fb ca d8 3b 35 \
            8d a3 d2 1b b2 f1 e2 ec b0 22 77 4c 69 fa 79 0a \
            83 e8 16 be b2 2c 19 2d f8 d6 4b 02",
        text: false,
        explain: |bytes| explained::<Certificate<'_>>(bytes),
    },
    Format {
        name: "pcapng",
        about: "capture file: one interface and one packet, with a comment",
        sample: "\
            0a 0d 0d 0a 1c 00 00 00                          # Section Header Block
            4d 3c 2b 1a 01 00 00 00 ff ff ff ff ff ff ff ff
            1c 00 00 00
            01 00 00 00 28 00 00 00                          # Interface Description Block
            65 00 00 00 00 00 04 00                          # raw IP packets
            02 00 04 00 6c 61 6e 30                          # its name
            09 00 01 00 09 00 00 00 00 00 00 00              # its clock counts nanoseconds
            28 00 00 00
            06 00 00 00 58 00 00 00                          # Enhanced Packet Block
            00 00 00 00 cf 4c 23 0d 60 e3 59 52 21 00 00 00 21 00 00 00
            45 00 00 21 00 00 00 00 40 11 f6 c8 c0 00 02 01 c0 00 02 02
            c0 00 00 07 00 0d 00 00 68 65 6c 6c 6f 00 00 00  # UDP, and three bytes of padding
            01 00 0a 00 61 20 67 72 65 65 74 69 6e 67 00 00  # the comment
            00 00 00 00
            58 00 00 00",
        text: false,
        explain: |bytes| explained::<File<'_>>(bytes),
    },
    Format {
        name: "key-log",
        about: "TLS key log: what SSLKEYLOGFILE collects, and Wireshark decrypts with",
        sample: "\
            # made up\n\
            CLIENT_TRAFFIC_SECRET_0 \
            000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f \
            5af1cc9d2e0b47c88e3a61f0d4b7925e5af1cc9d2e0b47c88e3a61f0d4b7925e\n",
        text: true,
        explain: |bytes| explained::<KeyLog>(bytes),
    },
    Format {
        name: "netlink",
        about: "netlink datagram: what the kernel tells of a listener (sock_diag)",
        sample: "\
            7c 00 00 00 14 00 02 00 01 00 00 00 94 14 00 00  # struct nlmsghdr
            02 0a 00 00                                      # struct inet_diag_msg
            9f db 00 00                                      # its ports, in network order
            7f 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00  # its address
            00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  # no peer
            00 00 00 00 ee 23 03 00 00 00 00 00
            00 00 00 00 02 00 00 00 04 00 00 00              # two connections wait, of four that may
            00 00 00 00 92 0c 2e 00
            05 00 08 00 00 00 00 00                          # attributes
            08 00 0f 00 00 00 00 00
            0c 00 15 00 01 00 00 00 00 00 00 00
            06 00 16 00 52 00 00 00",
        text: false,
        explain: |bytes| explained::<NetlinkDatagram<'_>>(bytes),
    },
    Format {
        name: "http1-request",
        about: "HTTP/1.1 request, head and content",
        sample: "\
            POST /search?in=books HTTP/1.1\r\n\
            Host: example.com\r\n\
            Content-Type: text/plain\r\n\
            Content-Length: 8\r\n\
            \r\n\
            networks",
        text: true,
        explain: |bytes| explained::<RequestMessage<'_>>(bytes),
    },
    Format {
        name: "http1-response",
        about: "HTTP/1.1 response in chunks, head and content",
        sample: "\
            HTTP/1.1 200 OK\r\n\
            Content-Type: text/plain\r\n\
            Transfer-Encoding: chunked\r\n\
            \r\n\
            5\r\nhello\r\n\
            7\r\n, world\r\n\
            0\r\n\r\n",
        text: true,
        explain: |bytes| explained::<ResponseMessage<'_>>(bytes),
    },
];

fn explained<'a, M: Decode<'a>>(bytes: &'a [u8]) -> Explanation {
    explain::<M>(bytes).1
}

#[cfg(test)]
mod tests {
    use super::{all, find};
    use wirelab_wire::{hex, testing};

    #[test]
    fn every_sample_is_a_correct_message() {
        for format in all() {
            let parsed = hex::parse(format.sample);
            assert!(format.text || parsed.is_ok(), "{}: {parsed:?}", format.name);
            let explanation = (format.explain)(&format.sample_bytes());
            assert_eq!(explanation.error, None, "{}", format.name);
            testing::leaves_tile_the_bytes(&explanation);
        }
    }

    #[test]
    fn every_name_finds_its_own_format_and_others_find_none() {
        for format in all() {
            assert_eq!(find(format.name).map(|found| found.about), Some(format.about));
        }
        assert!(find("smoke-signal").is_none());
    }
}
