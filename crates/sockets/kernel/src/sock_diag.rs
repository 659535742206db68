//! The questions that people have, each a function.

use std::io;
use std::net::SocketAddr;

use wirelab_socket::{AcceptQueue, TcpState};

use crate::entry::SocketEntry;
use crate::netlink::Netlink;
use crate::query::Query;
use crate::wire::{Family, Flags, InetRequest, Payload, Protocol, SocketId};

/// The listeners on a port: more than one with `SO_REUSEPORT`, or on several addresses.
///
/// # Errors
/// As [`Query::run`].
pub fn listeners(port: u16) -> io::Result<Vec<SocketEntry>> {
    Query::tcp().listening().local_port(port).details().run()
}

/// The listener on a port, if there is one; of several, one of them.
///
/// # Errors
/// As [`Query::run`].
pub fn listener(port: u16) -> io::Result<Option<SocketEntry>> {
    Ok(listeners(port)?.pop())
}

/// The accept queue of the listener on a port, if there is one; of several, their sum.
///
/// # Errors
/// As [`Query::run`].
pub fn accept_queue(port: u16) -> io::Result<Option<AcceptQueue>> {
    let queues = listeners(port)?.into_iter().filter_map(|listener| listener.accept_queue());
    Ok(queues.reduce(|sum, queue| AcceptQueue {
        length: sum.length.saturating_add(queue.length),
        limit: sum.limit.saturating_add(queue.limit),
    }))
}

/// The length of the SYN queue of a port: handshakes whose last ACK has not come, or was not taken.
///
/// They are in the kernel's table of connections, which has no index by local port: it is walked from end to end, which takes
/// milliseconds even when it is nearly empty. The accept queue is a number in the listener; it takes microseconds.
///
/// # Errors
/// As [`Query::run`].
pub fn syn_queue(port: u16) -> io::Result<usize> {
    Ok(Query::tcp().states(&[TcpState::SYN_RECEIVED]).local_port(port).run()?.len())
}

/// All TCP sockets of a port: its listeners, and the connections with it as their local port.
///
/// # Errors
/// As [`Query::run`].
pub fn sockets(port: u16) -> io::Result<Vec<SocketEntry>> {
    Query::tcp().local_port(port).details().run()
}

/// The connection between two addresses, as the end at `local` has it; `None` if that end has none. The kernel looks it up as
/// it does for each segment that arrives, in one step, however many sockets there are.
///
/// ```
/// use wirelab_socket::{TcpListener, TcpState, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let client = TcpStream::connect(listener.local_addr()?)?;
/// let (local, remote) = (client.local_addr()?, client.peer_addr()?);
/// let entry = wirelab_kernel::connection(local, remote)?.unwrap();
/// assert_eq!(entry.state, TcpState::ESTABLISHED);
/// assert_eq!(entry.info.unwrap().snd_cwnd, 10);                   // not our socket's option: anyone may ask
/// # Ok(()) }
/// ```
///
/// # Errors
/// `InvalidInput`: the addresses are of two families. Else as [`Query::run`].
pub fn connection(local: SocketAddr, remote: SocketAddr) -> io::Result<Option<SocketEntry>> {
    if local.is_ipv4() != remote.is_ipv4() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{local} and {remote} are of two families"),
        ));
    }
    let family = if local.is_ipv4() { Family::INET } else { Family::INET6 };
    let request =
        InetRequest { family, id: SocketId::between(local, remote), ..Query::tcp().details().request };
    let mut entry = None;
    let asked = Netlink::open()?.ask(Flags::default(), Payload::InetRequest(request), |answer| {
        if let Payload::InetSocket(socket) = answer {
            entry = Some(SocketEntry::new(Protocol::TCP, &socket));
        }
        Ok(())
    });
    match asked {
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
        Err(error) => Err(error),
        // Where there is no connection, a segment would find the listener.
        Ok(_) => Ok(entry.filter(|entry| same(entry.local, local) && same(entry.remote, remote))),
    }
}

/// Whether they are one address, written as IPv4 or as IPv6.
fn same(one: SocketAddr, other: SocketAddr) -> bool {
    (one.ip().to_canonical(), one.port()) == (other.ip().to_canonical(), other.port())
}
