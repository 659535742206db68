//! What holds for every message, and for bytes that are none.

use proptest::collection::vec;
use proptest::prelude::*;
use wirelab_kernel::wire::{
    Attribute, Extensions, Family, Flags, Header, InetRequest, InetSocket, Message, MessageType, Payload,
    Protocol, Show, SocketId, SocketMemory, Timer, UnixAttribute, UnixKind, UnixRequest, UnixSocket,
};
use wirelab_kernel::wire::{BufferMemory, Datagram};
use wirelab_socket::TcpState;
use wirelab_wire::testing::{self, vector};
use wirelab_wire::{Encode, ErrorKind, explain};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

fn bytes(longest: usize) -> impl Strategy<Value = &'static [u8]> {
    vec(any::<u8>(), 0..longest).prop_map(|bytes| &*bytes.leak())
}

fn family() -> impl Strategy<Value = Family> {
    prop_oneof![Just(Family::INET), Just(Family::INET6)]
}

fn id() -> impl Strategy<Value = SocketId> {
    any::<(u16, u16, [u8; 16], [u8; 16], u32, u64)>().prop_map(
        |(source_port, destination_port, source, destination, interface, cookie)| SocketId {
            source_port,
            destination_port,
            source,
            destination,
            interface,
            cookie,
        },
    )
}

fn memory() -> impl Strategy<Value = SocketMemory> {
    any::<[u32; 9]>().prop_map(|[a, b, c, d, e, f, g, h, i]| SocketMemory {
        receive_allocated: a,
        receive_limit: b,
        transmit_allocated: c,
        send_limit: d,
        forward_allocated: e,
        send_queued: f,
        option_memory: g,
        backlog: h,
        drops: i,
    })
}

fn attribute() -> impl Strategy<Value = Attribute<'static>> {
    prop_oneof![
        any::<[u32; 4]>().prop_map(|[receive, queued, forward, transmit]| {
            Attribute::BufferMemory(BufferMemory { receive, queued, forward, transmit })
        }),
        bytes(300).prop_map(Attribute::TcpInfo),
        bytes(20).prop_map(Attribute::Congestion),
        any::<u8>().prop_map(Attribute::TypeOfService),
        any::<u8>().prop_map(Attribute::TrafficClass),
        memory().prop_map(Attribute::SocketMemory),
        any::<u8>().prop_map(Attribute::Shutdown),
        any::<u8>().prop_map(Attribute::Protocol),
        any::<u8>().prop_map(Attribute::V6Only),
        any::<u64>().prop_map(Attribute::ControlGroup),
        (22..=u16::MAX, bytes(40)).prop_map(|(kind, value)| Attribute::Other { kind, value }),
    ]
}

fn unix_attribute() -> impl Strategy<Value = UnixAttribute<'static>> {
    prop_oneof![
        bytes(108).prop_map(UnixAttribute::Name),
        any::<(u32, u32)>().prop_map(|(inode, device)| UnixAttribute::File { inode, device }),
        any::<u32>().prop_map(UnixAttribute::Peer),
        any::<(u32, u32)>().prop_map(|(receive, send)| UnixAttribute::Queues { receive, send }),
        memory().prop_map(UnixAttribute::Memory),
        any::<u8>().prop_map(UnixAttribute::Shutdown),
        any::<u32>().prop_map(UnixAttribute::Uid),
        (8..=u16::MAX, bytes(40)).prop_map(|(kind, value)| UnixAttribute::Other { kind, value }),
    ]
}

fn inet_socket() -> impl Strategy<Value = InetSocket<'static>> {
    let numbers = any::<(u8, u8, u8, u32, u32, u32, u32, u32)>();
    (family(), numbers, id(), vec(attribute(), 0..5)).prop_map(|(family, numbers, id, attributes)| {
        let (state, timer, retransmits, expires, receive_queue, send_queue, uid, inode) = numbers;
        let (state, timer) = (TcpState(state), Timer(timer));
        InetSocket {
            family,
            state,
            timer,
            retransmits,
            id,
            expires,
            receive_queue,
            send_queue,
            uid,
            inode,
            attributes,
        }
    })
}

fn header() -> impl Strategy<Value = Header> {
    (16..u32::MAX, any::<(u16, u16, u32, u32)>()).prop_map(|(length, (kind, flags, sequence, port))| Header {
        length,
        kind: MessageType(kind),
        flags: Flags(flags),
        sequence,
        port,
    })
}

fn payload() -> impl Strategy<Value = Payload<'static>> {
    let inet_request = (family(), any::<(u8, u8, u32)>(), id()).prop_map(|(family, numbers, id)| {
        let (protocol, extensions, states) = numbers;
        InetRequest { family, protocol: Protocol(protocol), extensions: Extensions(extensions), states, id }
    });
    let unix_request = any::<(u32, u32, u32, u64)>().prop_map(|(states, inode, show, cookie)| UnixRequest {
        states,
        inode,
        show: Show(show),
        cookie,
    });
    let unix_socket = (any::<(u8, u8, u32, u64)>(), vec(unix_attribute(), 0..5)).prop_map(
        |((kind, state, inode, cookie), attributes)| UnixSocket {
            kind: UnixKind(kind),
            state,
            inode,
            cookie,
            attributes,
        },
    );
    prop_oneof![
        (any::<i32>(), header(), bytes(80)).prop_map(|(error, request, rest)| Payload::Error {
            error,
            request,
            rest
        }),
        any::<i32>().prop_map(|error| Payload::Done { error }),
        inet_request.prop_map(Payload::InetRequest),
        inet_socket().prop_map(Payload::InetSocket),
        unix_request.prop_map(Payload::UnixRequest),
        unix_socket.prop_map(Payload::UnixSocket),
        (21..=u16::MAX, bytes(80))
            .prop_map(|(kind, bytes)| Payload::Other { kind: MessageType(kind), bytes }),
    ]
}

fn message() -> impl Strategy<Value = Message<'static>> {
    (any::<(u16, u32, u32)>(), payload())
        .prop_map(|((flags, sequence, port), payload)| Message::new(Flags(flags), sequence, port, payload))
}

proptest! {
    #[test]
    fn what_is_written_reads_back(message in message()) {
        testing::decode_inverts_encode(&message);
        testing::writer_names_equal_reader_names(&message);
        testing::strict_prefixes_are_incomplete::<Message<'_>>(&message.to_bytes());
    }

    #[test]
    fn several_messages_read_back_from_one_datagram(messages in vec(message(), 0..4)) {
        let datagram = Datagram { messages };
        testing::decode_inverts_encode(&datagram);
        testing::writer_names_equal_reader_names(&datagram);
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_explained(bytes in vec(any::<u8>(), 0..120)) {
        testing::never_panics::<Datagram<'_>>(&bytes);
    }

    #[test]
    fn a_changed_byte_is_read_or_refused_and_explained(which in 0..4usize, at: prop::sample::Index, value: u8) {
        let name = ["listener", "established", "no_such_socket", "unix_connected"][which];
        let mut bytes = vector(VECTORS, name).to_vec();
        let at = at.index(bytes.len());
        bytes[at] = value;
        testing::never_panics::<Datagram<'_>>(&bytes);
    }
}

#[test]
fn an_answer_that_was_cut_short_is_refused_with_the_name_of_the_field() {
    for name in ["listener", "established", "unix_connected"] {
        let whole = vector(VECTORS, name);
        for length in 1..whole.len() {
            let (result, _) = explain::<Datagram<'_>>(&whole[..length]);
            let error = result.expect_err("the rest is missing");
            assert!(matches!(error.kind, ErrorKind::Overrun { .. }), "{name}, {length} bytes: {error}");
        }
    }
}

#[test]
fn a_value_that_is_longer_than_its_length_can_say_is_cut() {
    let value = &*vec![7; 70_000].leak();
    let written = Attribute::Other { kind: 99, value }.to_bytes();
    assert_eq!(written.len(), 65_536);
    let (read, _) = explain::<Attribute<'_>>(&written);
    assert_eq!(read, Ok(Attribute::Other { kind: 99, value: &value[..65_531] }));
}
