//! The bytes of `tests/vectors/`, which are the kernel's own (but for those that it would not send): their golden trees, and
//! the four checks. The formats are those of the headers `linux/netlink.h`, `linux/inet_diag.h` and `linux/unix_diag.h`.

use wirelab_kernel::wire::{Attribute, Datagram, Family, Payload, UnixAttribute};
use wirelab_socket::{TcpInfo, TcpState};
use wirelab_wire::testing::{all_four, golden_tree, vector};
use wirelab_wire::{Decode, Reader};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

#[test]
fn what_the_kernel_takes_and_gives_passes_the_four_checks() {
    for name in [
        "listen_request",
        "listener",
        "listener_ipv6",
        "done",
        "lookup",
        "established",
        "time_wait",
        "udp",
        "no_such_socket",
        "unix_request",
        "unix_listener",
        "unix_connected",
    ] {
        all_four::<Datagram<'_>>(VECTORS, name);
    }
}

#[test]
fn refused_messages_are_explained_up_to_their_mistake() {
    for mistake in [
        "length_below_header",
        "length_beyond_the_end",
        "attribute_below_header",
        "attribute_beyond_the_message",
    ] {
        golden_tree::<Datagram<'_>>(VECTORS, &format!("refused_{mistake}"));
    }
}

/// The payload of the only message.
fn only(name: &str) -> Payload<'static> {
    let datagram = Datagram::decode(&mut Reader::whole(vector(VECTORS, name))).unwrap();
    let [message] = <[_; 1]>::try_from(datagram.messages).unwrap();
    message.into_payload()
}

#[test]
fn a_listeners_queues_are_connections() {
    let Payload::InetSocket(socket) = only("listener") else { panic!("no socket") };
    assert_eq!((socket.state, socket.receive_queue, socket.send_queue), (TcpState::LISTEN, 2, 4));
    let Payload::UnixSocket(socket) = only("unix_listener") else { panic!("no socket") };
    assert!(socket.attributes.contains(&UnixAttribute::Queues { receive: 1, send: 3 }), "{socket:?}");
    assert!(socket.attributes.contains(&UnixAttribute::Name(b"\0wirelab")), "{socket:?}");
}

#[test]
fn ports_and_addresses_are_in_network_order_and_the_rest_is_not() {
    let Payload::InetRequest(request) = only("lookup") else { panic!("no request") };
    let Payload::InetSocket(socket) = only("established") else { panic!("no socket") };
    assert_eq!(socket.id.local(Family::INET), request.id.local(Family::INET));
    assert_eq!(socket.id.remote(Family::INET).ip().to_string(), "127.0.0.1");
    assert_eq!(socket.receive_queue, 1000);
    let Payload::InetSocket(socket) = only("listener_ipv6") else { panic!("no socket") };
    assert_eq!(socket.id.local(socket.family).ip().to_string(), "::1");
}

#[test]
fn the_attribute_tcp_info_is_what_getsockopt_gives() {
    let Payload::InetSocket(socket) = only("established") else { panic!("no socket") };
    let infos = socket.attributes.iter().filter_map(|attribute| match attribute {
        Attribute::TcpInfo(bytes) => Some(TcpInfo::from_bytes(bytes)),
        _ => None,
    });
    let infos: Vec<TcpInfo> = infos.collect();
    assert_eq!(infos.len(), 1);
    assert_eq!((infos[0].state, infos[0].bytes_received), (TcpState::ESTABLISHED, 1000));
}
