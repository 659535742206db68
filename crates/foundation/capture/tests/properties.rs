//! What holds for every file, and for bytes that are none.

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::prelude::*;
use wirelab_capture::{
    Block, Clock, Config, DecryptionSecrets, Direction, EnhancedPacket, File, InterfaceDescription,
    InterfaceId, InterfaceStatistics, KeyLog, Label, LinkType, NameRecord, NameResolution, Options, Order,
    Reader, Resolution, Secret, SectionHeader, Writer,
};
use wirelab_sansio::Instant;
use wirelab_wire::{Encode, testing};

fn leaked(text: String) -> &'static str {
    text.leak()
}

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)]
}

/// A block that refers to no more than the interface 0.
fn block() -> impl Strategy<Value = Block<'static>> {
    let direction =
        prop_oneof![Just(Direction::Unknown), Just(Direction::Inbound), Just(Direction::Outbound)];
    let packet = (any::<u64>(), vec(any::<u8>(), 0..70), direction, ".{0,9}").prop_map(
        |(time, data, direction, comment)| {
            let packet = EnhancedPacket::new(InterfaceId(0), time, data.leak());
            Block::Packet(packet.with_direction(direction).with_comment(leaked(comment)))
        },
    );
    let names = vec((address(), "[^\0]{0,9}"), 0..3).prop_map(|names| {
        let records = names.into_iter().map(|(address, name)| NameRecord::new(address, leaked(name)));
        Block::Names(NameResolution { records: records.collect(), options: Options::default() })
    });
    let secrets =
        vec(any::<u8>(), 0..40).prop_map(|data| Block::Secrets(DecryptionSecrets::tls(data.leak())));
    let statistics = any::<[u64; 3]>().prop_map(|[time, received, dropped]| {
        Block::Statistics(InterfaceStatistics::new(InterfaceId(0), time).with_counts(received, dropped))
    });
    let interface = (any::<u16>(), any::<u32>(), ".{0,9}").prop_map(|(link, snap, name)| {
        Block::Interface(InterfaceDescription::new(LinkType(link), snap).with_name(leaked(name)))
    });
    prop_oneof![4 => packet, 1 => names, 1 => secrets, 1 => statistics, 1 => interface]
}

fn file() -> impl Strategy<Value = File<'static>> {
    let order = prop_oneof![Just(Order::Little), Just(Order::Big)];
    (order, vec(block(), 0..6)).prop_map(|(order, blocks)| {
        let first = InterfaceDescription::new(LinkType::RAW, 0).with_resolution(Resolution::NANOSECONDS);
        let mut all = vec![Block::Section(SectionHeader::new(order)), Block::Interface(first)];
        all.extend(blocks);
        File { blocks: all }
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(file in file()) {
        testing::decode_inverts_encode(&file);
        testing::writer_names_equal_reader_names(&file);
        let bytes = file.to_bytes();
        let lens: usize = file.blocks.iter().map(Block::encoded_len).sum();
        prop_assert_eq!(lens, bytes.len(), "encoded_len is another length than what was written");
        let blocks: Result<Vec<Block<'_>>, _> = Reader::new(&bytes).collect();
        prop_assert_eq!(blocks, Ok(file.blocks));
    }

    #[test]
    fn any_bytes_behind_a_section_are_read_or_refused_and_explained(bytes in vec(any::<u8>(), 0..80), big: bool) {
        let order = if big { Order::Big } else { Order::Little };
        let mut file = File { blocks: vec![Block::Section(SectionHeader::new(order))] }.to_bytes();
        file.extend_from_slice(&bytes);
        testing::never_panics::<File<'_>>(&file);
        testing::never_panics::<File<'_>>(&bytes);
    }

    #[test]
    fn any_text_is_a_key_log_or_is_refused(text in "([A-Z_]{1,9} [0-9a-fg]{62,66} ?[0-9a-f]{0,6}(\r)?\n){0,3}.{0,20}") {
        testing::never_panics::<KeyLog>(text.as_bytes());
    }

    #[test]
    fn a_key_log_reads_back(secrets in vec(("[A-Z0-9_]{1,12}", any::<[u8; 32]>(), vec(any::<u8>(), 1..64)), 0..4)) {
        let mut log = KeyLog::default();
        for (label, random, secret) in secrets {
            log.push(Secret::new(Label::new(&label).unwrap(), random, &secret).unwrap());
        }
        testing::decode_inverts_encode(&log);
        testing::writer_names_equal_reader_names(&log);
    }

    #[test]
    fn the_writers_packets_come_back_with_their_times(packets in vec((0..1_u64 << 62, vec(any::<u8>(), 0..50)), 0..6)) {
        let config = Config { clock: Clock::Real(5_000_000_000), snap_length: 20, ..Config::default() };
        let mut writer = Writer::with_config(Vec::new(), &config).unwrap();
        let id = writer.interface("eth0", LinkType::ETHERNET).unwrap();
        for (time, bytes) in &packets {
            writer.packet(Instant::from_nanos(*time), id, bytes).unwrap();
        }
        let file = writer.into_inner();
        let mut reader = Reader::new(&file);
        let mut read = Vec::new();
        while let Some(block) = reader.next() {
            if let Block::Packet(packet) = block.unwrap() {
                let time = reader.interface(packet.interface).unwrap().time(packet.timestamp);
                read.push((time, packet.original_length as usize, packet.data.to_vec()));
            }
        }
        let expected = packets.into_iter().map(|(time, bytes)| {
            (time + 5_000_000_000, bytes.len(), bytes[..bytes.len().min(20)].to_vec())
        });
        prop_assert_eq!(read, expected.collect::<Vec<_>>());
    }
}
