//! What `unix_diag` tells of sockets of our own.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

use wirelab_kernel::wire::UnixKind;
use wirelab_kernel::{UnixEntry, unix_sockets};
use wirelab_socket::TcpState;

fn named(name: &str) -> Vec<UnixEntry> {
    let entries = unix_sockets().unwrap().into_iter();
    entries.filter(|entry| entry.name.as_deref() == Some(name)).collect()
}

#[test]
fn a_listeners_accept_queue_and_the_two_ends_of_a_connection_are_told_of() {
    let name = format!("wirelab-kernel-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let listener = UnixListener::bind_addr(&address).unwrap();
    let client = UnixStream::connect_addr(&address).unwrap();

    let entries = named(&format!("@{name}"));
    let ours = entries.iter().find(|entry| entry.state == TcpState::LISTEN).unwrap();
    assert_eq!(ours.kind, UnixKind::STREAM);
    assert_eq!(ours.accept_queue().unwrap().length, 1, "{ours:?}");
    let (accepted, _) = listener.accept().unwrap();

    let entries = named(&format!("@{name}"));
    let server = entries.iter().find(|entry| entry.state == TcpState::ESTABLISHED).unwrap();
    let all = unix_sockets().unwrap();
    let peer = all.iter().find(|entry| Some(entry.inode) == server.peer).unwrap();
    assert_eq!((peer.peer, peer.name.as_deref()), (Some(server.inode), None), "each is the other's peer");
    drop((client, accepted));
}

#[test]
fn bytes_that_nobody_has_read_are_counted() {
    use std::io::Write;
    let path = std::env::temp_dir().join(format!("wirelab-kernel-test-{}.socket", std::process::id()));
    let listener = UnixListener::bind(&path).unwrap();
    let mut client = UnixStream::connect(&path).unwrap();
    let (_server, _) = listener.accept().unwrap();
    client.write_all(&[0; 1000]).unwrap();
    std::fs::remove_file(&path).unwrap();
    let entries = named(path.to_str().unwrap());
    let server = entries.iter().find(|entry| entry.state == TcpState::ESTABLISHED).unwrap();
    assert_eq!(server.receive_queue, 1000, "{server:?}");
    assert_eq!(server.accept_queue(), None);
    assert!(server.memory.unwrap().receive_limit > 0);
}
