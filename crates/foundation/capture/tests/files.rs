//! What the writer and the reader promise, one file at a time.

use wirelab_capture::{
    Block, Clock, Config, Direction, File, InterfaceId, KeyLog, KeyLogError, Label, LinkType, Reader,
    Resolution, Secret, Writer, rules,
};
use wirelab_sansio::Instant;
use wirelab_wire::{Decode, Reader as Bytes, hex};

fn blocks(file: &[u8]) -> Vec<Block<'_>> {
    File::decode(&mut Bytes::whole(file)).expect("the writer writes files").blocks
}

#[test]
fn a_capture_in_virtual_time_says_so_and_one_in_real_time_does_not() {
    let comments = |clock| {
        let file =
            Writer::with_config(Vec::new(), &Config { clock, ..Config::default() }).unwrap().into_inner();
        match &blocks(&file)[..] {
            [Block::Section(section)] => section.options.comments().collect::<String>(),
            other => panic!("{other:?}"),
        }
    };
    let comment = comments(Clock::VIRTUAL);
    assert_eq!(comment, "virtual time: the first moment is called 2000-01-01T00:00:00.000000000Z");
    assert_eq!(comments(Clock::Real(1)), "");
}

#[test]
fn the_same_packets_give_the_same_bytes() {
    let write = || {
        let mut writer = Writer::new(Vec::new()).unwrap();
        let id = writer.interface("a", LinkType::RAW).unwrap();
        writer.packet(Instant::from_nanos(7), id, b"packet").unwrap();
        writer.into_inner()
    };
    assert_eq!(write(), write());
}

#[test]
fn an_interface_of_another_file_is_refused_and_nothing_is_written() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let error = writer.packet(Instant::ZERO, InterfaceId(0), b"packet").expect_err("there is no interface");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert_eq!(blocks(&writer.into_inner()).len(), 1);
}

#[test]
fn names_comments_and_directions_come_back() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let id = writer.interface("a", LinkType::RAW).unwrap();
    writer.name([192, 0, 2, 7].into(), "seven.example\0and more").unwrap();
    writer.packet_with(Instant::ZERO, id, b"p", Direction::Inbound, "größer").unwrap();
    let file = writer.into_inner();
    match &blocks(&file)[2..] {
        [Block::Names(names), Block::Packet(packet)] => {
            let names: Vec<_> =
                names.addresses().map(|named| (named.address(), named.names().to_vec())).collect();
            assert_eq!(names, [([192, 0, 2, 7].into(), vec![&b"seven.example"[..]])]);
            assert_eq!(packet.direction(), Direction::Inbound);
            assert_eq!(packet.options.comments().collect::<Vec<_>>(), ["größer"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_comment_that_is_too_long_is_cut_between_two_characters() {
    let comment = "ä".repeat(40_000);
    let mut writer = Writer::new(Vec::new()).unwrap();
    let id = writer.interface("a", LinkType::RAW).unwrap();
    writer.packet_with(Instant::ZERO, id, b"p", Direction::Unknown, &comment).unwrap();
    let file = writer.into_inner();
    match &blocks(&file)[..] {
        [.., Block::Packet(packet)] => {
            let read: String = packet.options.comments().collect();
            assert_eq!(read, "ä".repeat(32_767));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_limits_of_the_config_hold() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    for name in ["a", "b"] {
        writer.interface(name, LinkType::RAW).unwrap();
    }
    let file = writer.into_inner();
    let rule = |config: Config| {
        let last = Reader::with_config(&file, &config).last().expect("there is a block");
        last.err().and_then(|error| error.rule())
    };
    assert_eq!(rule(Config::default()), None);
    let tight = Config { most_interfaces: 1, ..Config::default() };
    assert_eq!(rule(tight), Some(&rules::pcapng::TOO_MANY_INTERFACES));
    let tight = Config { longest_block: 40, ..Config::default() };
    assert_eq!(rule(tight), Some(&rules::pcapng::BLOCK_TOO_LONG));
}

#[test]
fn the_limits_of_a_key_log_hold() {
    let line = format!("CLIENT_RANDOM {} {}\n", "01".repeat(32), "02".repeat(48));
    let log = line.repeat(3);
    let rule = |config: Config| KeyLog::parse(log.as_bytes(), &config).err().and_then(|error| error.rule());
    assert_eq!(rule(Config { most_secrets: 3, longest_key_line: line.len() - 1, ..Config::default() }), None);
    let tight = Config { most_secrets: 2, ..Config::default() };
    assert_eq!(rule(tight), Some(&rules::keylog::TOO_MANY_SECRETS));
    let tight = Config { longest_key_line: line.len() - 2, ..Config::default() };
    assert_eq!(rule(tight), Some(&rules::keylog::LINE_TOO_LONG));
}

#[test]
fn a_secret_is_not_printed_by_accident() {
    let secret = Secret::new(Label::CLIENT_RANDOM, [1; 32], &[0xee; 48]).unwrap();
    assert_eq!(format!("{secret:?}"), "Secret(CLIENT_RANDOM, 48 bytes)");
    assert_eq!(Secret::new(Label::CLIENT_RANDOM, [1; 32], &[]), Err(KeyLogError::Empty));
    for label in ["", "client_random", "A B"] {
        assert_eq!(Label::new(label), Err(KeyLogError::Label), "{label:?}");
    }
}

#[test]
fn units_of_time_become_nanoseconds_and_stop_at_their_ends() {
    for (resolution, units, nanoseconds) in [
        (Resolution::MICROSECONDS, 3, 3_000),
        (Resolution::NANOSECONDS, u64::MAX, u64::MAX),
        (Resolution(0), 2, 2_000_000_000),
        (Resolution(0), u64::MAX, u64::MAX),
        (Resolution(12), 1_999, 1),
        (Resolution(127), u64::MAX, 0),
        (Resolution(0x8a), 1_024, 1_000_000_000),
        (Resolution(0xff), u64::MAX, 0),
    ] {
        assert_eq!(resolution.nanoseconds(units), nanoseconds, "{units} {resolution}");
    }
}

/// `if_tsoffset`: seconds to be added, with a sign.
#[test]
fn an_interfaces_offset_moves_its_times() {
    let file = hex::parse(
        "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
         00000001 0000002c 0001 0000 00000000 0009 0001 00000000 000e 0008 fffffffffffffffd 00000000 0000002c
         00000006 00000020 00000000 00000000 0000000a 00000000 00000000 00000020",
    );
    let file = file.unwrap();
    let mut reader = Reader::new(&file);
    assert_eq!(reader.by_ref().filter(Result::is_ok).count(), 3);
    let interface = reader.interface(InterfaceId(0)).unwrap();
    assert_eq!((interface.offset, interface.resolution), (-3, Resolution(0)));
    assert_eq!(interface.time(10), 7_000_000_000);
    assert_eq!(interface.time(2), 0, "there is no time before 1970");
}

#[test]
fn a_new_section_forgets_the_interfaces_of_the_one_before() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let id = writer.interface("a", LinkType::RAW).unwrap();
    writer.packet(Instant::ZERO, id, b"p").unwrap();
    let first = writer.into_inner();
    let second = Writer::new(Vec::new()).unwrap().into_inner();
    let packet = &first[blocks(&first)[..2].iter().map(Block::encoded_len).sum()..];
    let error =
        Reader::new(&[&first[..], &second, packet].concat()).last().unwrap().expect_err("no interface");
    assert_eq!(error.rule(), Some(&rules::pcapng::UNKNOWN_INTERFACE));
}

#[test]
fn an_interface_may_have_a_comment_and_a_packet_may_be_cut_already() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let id = writer.interface_with("lo", LinkType::RAW, "what to know of it").unwrap();
    writer.packet_cut(Instant::ZERO, id, b"begin", 1500, Direction::Outbound).unwrap();
    writer.packet_cut(Instant::ZERO, id, b"longer than told", 4, Direction::Unknown).unwrap();
    let file = writer.into_inner();
    match &blocks(&file)[1..] {
        [Block::Interface(interface), Block::Packet(cut), Block::Packet(odd)] => {
            assert_eq!(interface.options.comments().collect::<String>(), "what to know of it");
            assert_eq!((cut.data, cut.original_length), (&b"begin"[..], 1500));
            assert_eq!(cut.direction(), Direction::Outbound);
            assert_eq!(odd.original_length, 16, "a packet is never shorter than what is kept of it");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn counters_of_an_interface_come_back() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let id = writer.interface("lo", LinkType::RAW).unwrap();
    writer.statistics(Instant::ZERO, id, 7, 2).unwrap();
    match &blocks(&writer.into_inner())[2..] {
        [Block::Statistics(statistics)] => {
            assert_eq!((statistics.received(), statistics.dropped()), (Some(7), Some(2)));
        }
        other => panic!("{other:?}"),
    }
}
