//! What stands between two links and does not leave packets alone.

mod stations;

use bytes::Bytes;
use stations::{A, B, Station, ip, ms, packet_of, received, said, send};
use wirelab_sim::Link;
use wirelab_sim::internet::{Header, Internet, Middlebox, NodeId, Verdict, build, stock};
use wirelab_tcpip::{Flags, Options, PseudoHeader, Segment, Seq};
use wirelab_wire::{Decode, Reader};

/// A ── middlebox ── B.
fn through(middlebox: Middlebox) -> (Internet, NodeId, NodeId, NodeId) {
    let mut internet = Internet::new(1);
    let a = internet.add("a", Station::new(A));
    let middle = internet.add("middle", middlebox);
    let b = internet.add("b", Station::new(B));
    internet.link(a, middle, Link::new(ms(5)));
    internet.link(middle, b, Link::new(ms(5)));
    (internet, a, middle, b)
}

fn syn() -> Segment<'static> {
    let mut options = Options::new();
    options.push_maximum_segment_size(1460);
    options.push_sack_permitted();
    options.push_window_scale(7);
    Segment {
        source: 5000,
        destination: 80,
        sequence: Seq(100),
        flags: Flags::SYN,
        options,
        ..Segment::default()
    }
}

/// The segment of a packet, whose checksum must be right.
fn segment(packet: &[u8]) -> Segment<'_> {
    let header = Header::read(packet).unwrap();
    let (source, destination) = (A.parse().unwrap(), B.parse().unwrap());
    let bytes = header.payload(packet);
    let addresses = PseudoHeader::V4 { source, destination };
    assert_eq!(Segment::check(bytes, &addresses), Ok(()));
    Segment::decode(&mut Reader::whole(bytes)).unwrap()
}

/// What arrives at B when A sends one segment.
fn arrives(middlebox: Middlebox, sent: &Segment<'_>) -> Option<Bytes> {
    let (mut internet, a, _, b) = through(middlebox);
    send(&mut internet, a, build::tcp(ip(A), ip(B), sent));
    internet.run().unwrap();
    received(&internet, b).first().map(|(_, packet)| packet.clone())
}

#[test]
fn a_stripped_option_is_gone_and_the_others_and_the_checksum_are_right() {
    for (kind, scale, sack) in [(3, None, true), (4, Some(7), false)] {
        let packet = arrives(stock::strip_option(kind), &syn()).unwrap();
        let options = segment(&packet).options;
        assert_eq!((options.window_scale(), options.sack_permitted()), (scale, sack));
        assert_eq!(options.maximum_segment_size(), Some(1460));
    }
}

#[test]
fn a_clamped_mss_is_lowered_and_never_raised() {
    for (most, agreed) in [(1200, 1200), (9000, 1460)] {
        let packet = arrives(stock::clamp_mss(most), &syn()).unwrap();
        assert_eq!(segment(&packet).options.maximum_segment_size(), Some(agreed));
    }
}

#[test]
fn a_syn_with_an_unknown_option_is_dropped_and_anything_else_passes() {
    assert_eq!(arrives(stock::drop_unknown_syn_options(&[2, 3]), &syn()), None, "SACK is not known");
    assert!(arrives(stock::drop_unknown_syn_options(&[2, 3, 4]), &syn()).is_some());
    let later = Segment { flags: Flags::ACK, ..syn() };
    assert!(arrives(stock::drop_unknown_syn_options(&[]), &later).is_some());
}

#[test]
fn ecn_bits_are_cleared() {
    let (mut internet, a, _, b) = through(stock::clear_ecn());
    let envelope = build::Envelope { ecn: 2, ..build::Envelope::new(ip(A), ip(B), 17) };
    send(&mut internet, a, envelope.wrap(&packet_of(100)[20..]));
    internet.run().unwrap();
    let (_, packet) = &received(&internet, b)[0];
    assert_eq!(Header::read(packet).unwrap().ecn, 0);
    assert_eq!(wirelab_tcpip::internet_checksum(&packet[..20]), 0);
}

#[test]
fn forbidden_bytes_bring_a_reset_to_both_ends_with_the_number_that_each_expects() {
    let (mut internet, a, _, b) = through(stock::reset_on(*b"forbidden"));
    let payload = b"GET /forbidden";
    let request = Segment { flags: Flags::ACK, acknowledgment: Seq(9000), payload, ..syn() };
    let request = Segment { options: Options::new(), ..request };
    send(&mut internet, a, build::tcp(ip(A), ip(B), &request));
    internet.run().unwrap();
    assert_eq!(said(&internet, b), ["ACK seq=0 ack=0 win=0 len=14", "RST seq=14 win=0"]);
    let (_, reset) = &received(&internet, a)[0];
    assert_eq!(Segment::decode(&mut Reader::whole(&reset[20..])).unwrap().sequence, Seq(9000));
}

#[test]
fn a_closure_decides_and_its_reason_stands_in_the_log() {
    let mut seen = 0;
    let every_other = Middlebox::new(move |_, _, packet| {
        seen += 1;
        if seen % 2 == 0 { Verdict::Drop("every other") } else { Verdict::Pass(packet) }
    });
    let (mut internet, a, middle, b) = through(every_other);
    for len in 100..104 {
        send(&mut internet, a, packet_of(len));
    }
    internet.run().unwrap();
    assert_eq!(received(&internet, b).len(), 2);
    let notes: Vec<&str> = internet.events().notes(middle).map(|(_, note)| note).collect();
    assert_eq!(notes, ["dropped: every other"; 2]);
}
