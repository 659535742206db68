use std::collections::HashSet;
use std::io;

use wirelab_socket::TcpState;

use crate::answer::Outcome;
use crate::entry::SocketEntry;
use crate::error::Error;
use crate::netlink::{Netlink, Transcript};
use crate::wire::{Extensions, Family, Flags, InetRequest, Payload, Protocol, SocketId};

/// How often a dump is made again because the table changed during it.
const ATTEMPTS: u32 = 5;

/// The states 1 to 11. The kernel has more bits, for states that exist inside of it alone.
const ALL_STATES: u32 = 0xffe;

/// A question to the kernel: which sockets, and what of them. It concerns the network namespace of the calling thread, and
/// needs no privilege.
///
/// ```
/// use wirelab_kernel::Query;
/// use wirelab_socket::{TcpListener, TcpState, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let port = listener.local_addr()?.port();
/// let _client = TcpStream::connect(listener.local_addr()?)?;
///
/// let servers_side = Query::tcp().local_port(port).states(&[TcpState::ESTABLISHED]).run()?;
/// assert_eq!(servers_side.len(), 1);                              // nobody has called accept
/// assert_eq!(servers_side[0].inode, 0);                           // so that no descriptor exists
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Query {
    pub(crate) request: InetRequest,
    limit: usize,
}

impl Query {
    /// All TCP sockets, in every state.
    pub fn tcp() -> Self {
        Query::of(Protocol::TCP)
    }

    /// All UDP sockets.
    pub fn udp() -> Self {
        Query::of(Protocol::UDP)
    }

    fn of(protocol: Protocol) -> Self {
        let request = InetRequest {
            family: Family::INET,
            protocol,
            extensions: Extensions::default(),
            states: ALL_STATES,
            id: SocketId::ANY,
        };
        Query { request, limit: 1 << 20 }
    }

    /// In these states alone. The kernel looks at the table of listeners only for LISTEN, and at that of connections only for
    /// the others, so that fewer states are less work for it.
    #[must_use]
    pub fn states(mut self, states: &[TcpState]) -> Self {
        self.request.states =
            states.iter().fold(0, |bits, state| bits | 1u32.checked_shl(state.0.into()).unwrap_or(0));
        self
    }

    /// Listeners alone.
    #[must_use]
    pub fn listening(self) -> Self {
        self.states(&[TcpState::LISTEN])
    }

    /// With this local port alone. The kernel compares it; its tables have no index for it, so that it still walks all of
    /// them. 0 is any port.
    #[must_use]
    pub fn local_port(mut self, port: u16) -> Self {
        self.request.id.source_port = port;
        self
    }

    /// With this port of the peer alone; 0 is any port.
    #[must_use]
    pub fn remote_port(mut self, port: u16) -> Self {
        self.request.id.destination_port = port;
        self
    }

    /// With [`SocketEntry::memory`], [`SocketEntry::info`] and [`SocketEntry::congestion`], which the kernel otherwise leaves
    /// out.
    #[must_use]
    pub fn details(mut self) -> Self {
        self.request.extensions = Extensions::INFO.with(Extensions::CONG).with(Extensions::SKMEMINFO);
        self
    }

    /// At most this many sockets: more are an error. 1 048 576 if it is not said.
    #[must_use]
    pub fn limit(mut self, sockets: usize) -> Self {
        self.limit = sockets;
        self
    }

    /// Asks: a dump of IPv4 sockets, and one of IPv6 sockets.
    ///
    /// A dump is no snapshot: the kernel hands out its tables a datagram at a time, and sockets come and go in between. One
    /// that is told of twice is counted once.
    ///
    /// # Errors
    /// There is no netlink here (a seccomp filter), or no `sock_diag` in this kernel; or an [`Error`].
    pub fn run(&self) -> io::Result<Vec<SocketEntry>> {
        let mut netlink = Netlink::open()?;
        for _ in 0..ATTEMPTS {
            let mut found = Found { query: self, seen: HashSet::new(), entries: Vec::new() };
            let v4 = self.dump(&mut netlink, Family::INET, &mut found)?;
            let v6 = match self.dump(&mut netlink, Family::INET6, &mut found) {
                // A kernel without IPv6 knows nobody to ask.
                Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Outcome::Complete,
                outcome => outcome?,
            };
            if (v4, v6) == (Outcome::Complete, Outcome::Complete) {
                return Ok(found.entries);
            }
        }
        Err(Error::Interrupted { attempts: ATTEMPTS }.into())
    }

    /// Asks for IPv4 sockets alone, and returns the bytes of the conversation, for
    /// [`explain`](wirelab_wire::explain()) to explain as [`Datagram`](crate::wire::Datagram).
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn transcript(&self) -> io::Result<Transcript> {
        let mut netlink = Netlink::open()?;
        netlink.keep_transcript();
        netlink.ask(Flags::DUMP, Payload::InetRequest(self.request), |_| Ok(()))?;
        Ok(netlink.into_transcript())
    }

    fn dump(&self, netlink: &mut Netlink, family: Family, found: &mut Found<'_>) -> io::Result<Outcome> {
        let request = InetRequest { family, ..self.request };
        netlink.ask(Flags::DUMP, Payload::InetRequest(request), |answer| found.add(&answer))
    }
}

/// What a dump has told so far.
struct Found<'q> {
    query: &'q Query,
    seen: HashSet<u64>,
    entries: Vec<SocketEntry>,
}

impl Found<'_> {
    fn add(&mut self, answer: &Payload<'_>) -> io::Result<()> {
        if let Payload::InetSocket(socket) = answer
            && self.seen.insert(socket.id.cookie)
        {
            if self.entries.len() >= self.query.limit {
                return Err(Error::TooMany { limit: self.query.limit }.into());
            }
            self.entries.push(SocketEntry::new(self.query.request.protocol, socket));
        }
        Ok(())
    }
}
