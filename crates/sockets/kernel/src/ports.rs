use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use wirelab_socket::TcpState;

use crate::{Query, Sysctl, proc};

/// How many ephemeral ports one address uses for its connections to one peer.
///
/// `connect` without `bind` takes a port of the range `net.ipv4.ip_local_port_range` that, with both addresses and the peer's
/// port, makes a combination that no connection has. Hence each peer (address *and* port) has the whole range to itself, and
/// so has each local address; and a connection in TIME-WAIT still holds its port. When the range is used up, `connect` fails
/// with `EADDRNOTAVAIL`.
///
/// The kernel first tries the ports that are as even or odd as the range's first, at a random place of it, and leaves the
/// others to `bind`; only then those.
///
/// ```
/// use wirelab_kernel::PortUse;
/// use wirelab_socket::{TcpListener, TcpState, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let remote = listener.local_addr()?;
/// let _clients = [TcpStream::connect(remote)?, TcpStream::connect(remote)?];
///
/// let used = PortUse::between("127.0.0.1".parse().unwrap(), remote)?;
/// assert_eq!(used.in_state(TcpState::ESTABLISHED), 2);
/// assert_eq!(used.free() + used.taken(), used.range.len());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortUse {
    /// The ephemeral ports: of the namespace, not those that `IP_LOCAL_PORT_RANGE` gives a single socket.
    pub range: RangeInclusive<u16>,
    taken: BTreeMap<u16, TcpState>,
}

impl PortUse {
    /// The ports of the range that connections from `local` to `remote` hold now, in this network namespace.
    ///
    /// # Errors
    /// As [`Query::run`] and [`Sysctl::read`].
    pub fn between(local: IpAddr, remote: SocketAddr) -> io::Result<Self> {
        let range = ephemeral_range()?;
        let (local, peer) = (local.to_canonical(), remote.ip().to_canonical());
        let entries = Query::tcp().remote_port(remote.port()).run()?.into_iter();
        let ours = entries.filter(|entry| {
            let (from, to) = (entry.local.ip().to_canonical(), entry.remote.ip().to_canonical());
            (from, to) == (local, peer) && range.contains(&entry.local.port())
        });
        let taken = ours.map(|entry| (entry.local.port(), entry.state)).collect();
        Ok(PortUse { range, taken })
    }

    /// How many of the range are taken.
    pub fn taken(&self) -> usize {
        self.taken.len()
    }

    /// How many of the range are free.
    pub fn free(&self) -> usize {
        self.range.len().saturating_sub(self.taken())
    }

    /// How many of the taken ones are in this state.
    pub fn in_state(&self, state: TcpState) -> usize {
        self.taken.values().filter(|held| **held == state).count()
    }

    /// The ports that are taken, in order, and the state of each.
    pub fn ports(&self) -> impl Iterator<Item = (u16, TcpState)> {
        self.taken.iter().map(|(&port, &state)| (port, state))
    }
}

/// The first and the last ephemeral port of this network namespace.
///
/// # Errors
/// As [`Sysctl::numbers`]; `InvalidData`: it is no range of ports.
pub fn ephemeral_range() -> io::Result<RangeInclusive<u16>> {
    let setting = Sysctl::IP_LOCAL_PORT_RANGE;
    let ports: Vec<u16> =
        setting.numbers()?.into_iter().filter_map(|number| number.try_into().ok()).collect();
    match ports[..] {
        [first, last] if first <= last => Ok(first..=last),
        _ => Err(proc::invalid(&setting.path(), "no range of ports")),
    }
}
