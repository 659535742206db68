use std::io;

use wirelab_socket::{AcceptQueue, TcpState};

use crate::answer::Outcome;
use crate::error::Error;
use crate::netlink::Netlink;
use crate::wire::{Flags, Payload, Show, SocketMemory, UnixAttribute, UnixKind, UnixRequest, UnixSocket};

/// A Unix socket as the kernel tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixEntry {
    /// Stream, datagram or packets in order.
    pub kind: UnixKind,
    /// The kernel numbers them as TCP's: ESTABLISHED is connected, CLOSED is not connected, LISTEN is listening.
    pub state: TcpState,
    /// What it is bound to: a path, or a name of the abstract kind, with `@` in place of the zero that it begins with.
    pub name: Option<String>,
    /// The socket's inode, as `/proc/PID/fd` shows it; 0 while it waits for `accept`.
    pub inode: u32,
    /// The inode of the other end; 0 while that waits for `accept`.
    pub peer: Option<u32>,
    /// Bytes that the program has not read. On a listener: see [`accept_queue`](Self::accept_queue).
    pub receive_queue: u32,
    /// Memory that what it sent still holds, as the peer has not read it. On a listener: see
    /// [`accept_queue`](Self::accept_queue).
    pub send_queue: u32,
    /// The user that made it, if this kernel tells.
    pub uid: Option<u32>,
    /// Its memory.
    pub memory: Option<SocketMemory>,
    /// The kernel's own number of the socket.
    pub cookie: u64,
}

impl UnixEntry {
    /// The accept queue, if it is a listener. A client of a full one waits in `connect` (or gets `EAGAIN`): there is no
    /// network between the two, and so no handshake to lose.
    pub fn accept_queue(&self) -> Option<AcceptQueue> {
        let is_listener = self.state == TcpState::LISTEN;
        is_listener.then_some(AcceptQueue { length: self.receive_queue, limit: self.send_queue })
    }

    fn new(socket: &UnixSocket<'_>) -> Self {
        let mut entry = UnixEntry {
            kind: socket.kind,
            state: TcpState(socket.state),
            name: None,
            inode: socket.inode,
            peer: None,
            receive_queue: 0,
            send_queue: 0,
            uid: None,
            memory: None,
            cookie: socket.cookie,
        };
        for attribute in &socket.attributes {
            entry.take(attribute);
        }
        entry
    }

    fn take(&mut self, attribute: &UnixAttribute<'_>) {
        match *attribute {
            UnixAttribute::Name(name) => self.name = Some(readable(name)),
            UnixAttribute::Peer(inode) => self.peer = Some(inode),
            UnixAttribute::Queues { receive, send } => {
                (self.receive_queue, self.send_queue) = (receive, send)
            }
            UnixAttribute::Memory(memory) => self.memory = Some(memory),
            UnixAttribute::Uid(uid) => self.uid = Some(uid),
            UnixAttribute::File { .. } | UnixAttribute::Shutdown(_) | UnixAttribute::Other { .. } => {}
        }
    }
}

/// A path ends with its zero, an abstract name begins with one.
fn readable(name: &[u8]) -> String {
    match name {
        [0, name @ ..] => format!("@{}", name.escape_ascii()),
        name => {
            String::from_utf8_lossy(name.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned()
        }
    }
}

/// The most sockets that are taken.
const LIMIT: usize = 1 << 20;

/// All Unix sockets of this network namespace, to which the abstract names belong. (Those with paths belong to the file
/// system, and can connect programs of two namespaces.)
///
/// ```
/// use std::os::unix::net::UnixStream;
/// use wirelab_socket::TcpState;
///
/// # fn main() -> std::io::Result<()> {
/// let (_one, _other) = UnixStream::pair()?;
/// let sockets = wirelab_kernel::unix_sockets()?;
/// assert!(sockets.iter().any(|socket| socket.state == TcpState::ESTABLISHED && socket.peer.is_some()));
/// # Ok(()) }
/// ```
///
/// # Errors
/// `NotFound`: this kernel has no `unix_diag`, or may not load it. Else as [`Query::run`](crate::Query::run).
pub fn unix_sockets() -> io::Result<Vec<UnixEntry>> {
    let show = Show::NAME.with(Show::PEER).with(Show::RQLEN).with(Show::MEMINFO).with(Show::UID);
    let request = UnixRequest { states: u32::MAX, inode: 0, show, cookie: u64::MAX };
    let mut entries = Vec::new();
    let outcome = Netlink::open()?.ask(Flags::DUMP, Payload::UnixRequest(request), |answer| {
        if let Payload::UnixSocket(socket) = answer {
            if entries.len() >= LIMIT {
                return Err(Error::TooMany { limit: LIMIT }.into());
            }
            entries.push(UnixEntry::new(&socket));
        }
        Ok(())
    })?;
    match outcome {
        Outcome::Complete => Ok(entries),
        Outcome::Interrupted => Err(Error::Interrupted { attempts: 1 }.into()),
    }
}
