use std::net::SocketAddr;
use std::time::Duration;

use wirelab_socket::{AcceptQueue, TcpInfo, TcpState};

use crate::wire::{Attribute, InetSocket, Protocol, SocketMemory, Timer};

/// A TCP or UDP socket as the kernel tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketEntry {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// Address and port of this end. An IPv6 socket with an IPv4 peer has mapped addresses (`::ffff:127.0.0.1`).
    pub local: SocketAddr,
    /// Address and port of the peer; zeroes if there is none.
    pub remote: SocketAddr,
    /// The state. (The kernel also shows as FIN-WAIT-2 what was closed and waits for the peer's FIN in the table of
    /// TIME-WAIT.)
    pub state: TcpState,
    /// Which timer runs.
    pub timer: Timer,
    /// When it expires; zero if none runs.
    pub expires: Duration,
    /// Retransmissions or probes without an answer so far. In SYN-RECEIVED: how often the SYN+ACK was sent again.
    pub retransmits: u8,
    /// Bytes that the program has not read; the peer's FIN counts as one. On a listener: see
    /// [`accept_queue`](Self::accept_queue).
    pub receive_queue: u32,
    /// Bytes that the peer has not acknowledged, sent or not; a FIN counts as one. On a listener: see
    /// [`accept_queue`](Self::accept_queue).
    pub send_queue: u32,
    /// The user that made the socket.
    pub uid: u32,
    /// The socket's inode, as `/proc/PID/fd` shows it; 0 when no descriptor is left (TIME-WAIT) or there is none yet (in the
    /// two queues of a listener).
    pub inode: u32,
    /// The kernel's own number of the socket, which no other gets while the system runs.
    pub cookie: u64,
    /// The device that it is bound to, by its number; 0 for none.
    pub interface: u32,
    /// Which directions are shut down: 1: no more is received, 2: no more is sent. 0 if the kernel did not tell.
    pub shutdown: u8,
    /// Its memory, if the query asked for it and the socket still has some.
    pub memory: Option<SocketMemory>,
    /// What `TCP_INFO` tells, if the query asked for it.
    pub info: Option<TcpInfo>,
    /// The congestion control, if the query asked for it.
    pub congestion: Option<String>,
}

impl SocketEntry {
    /// The accept queue, if it is a listener: the kernel reports it in place of the queues of bytes.
    ///
    /// ```
    /// use wirelab_socket::{ListenOptions, TcpStream};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let listener = ListenOptions::default().backlog(5).bind("127.0.0.1:0".parse().unwrap())?;
    /// let _client = TcpStream::connect(listener.local_addr()?)?;
    /// let entry = wirelab_kernel::listener(listener.local_addr()?.port())?;
    /// let queue = entry.and_then(|entry| entry.accept_queue()).unwrap();
    /// assert_eq!((queue.length, queue.limit), (1, 5));
    /// # Ok(()) }
    /// ```
    pub fn accept_queue(&self) -> Option<AcceptQueue> {
        let is_listener = self.protocol == Protocol::TCP && self.state == TcpState::LISTEN;
        is_listener.then_some(AcceptQueue { length: self.receive_queue, limit: self.send_queue })
    }

    pub(crate) fn new(protocol: Protocol, socket: &InetSocket<'_>) -> Self {
        let mut entry = SocketEntry {
            protocol,
            local: socket.id.local(socket.family),
            remote: socket.id.remote(socket.family),
            state: socket.state,
            timer: socket.timer,
            expires: Duration::from_millis(socket.expires.into()),
            retransmits: socket.retransmits,
            receive_queue: socket.receive_queue,
            send_queue: socket.send_queue,
            uid: socket.uid,
            inode: socket.inode,
            cookie: socket.id.cookie,
            interface: socket.id.interface,
            shutdown: 0,
            memory: None,
            info: None,
            congestion: None,
        };
        for attribute in &socket.attributes {
            entry.take(attribute);
        }
        entry
    }

    fn take(&mut self, attribute: &Attribute<'_>) {
        match *attribute {
            Attribute::SocketMemory(memory) => self.memory = Some(memory),
            Attribute::TcpInfo(bytes) => self.info = Some(TcpInfo::from_bytes(bytes)),
            Attribute::Shutdown(directions) => self.shutdown = directions,
            Attribute::Congestion(name) => {
                let name = name.strip_suffix(&[0]).unwrap_or(name);
                self.congestion = Some(String::from_utf8_lossy(name).into_owned());
            }
            _ => {}
        }
    }
}
