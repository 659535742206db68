use std::collections::{BTreeMap, HashSet};
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

/// The first so many ephemeral ports in a row that no TCP socket of this network namespace has, TIME-WAIT included; `None` if
/// there are none. The range is looked through in steps of that many. Others may take one of them at any time.
///
/// # Errors
/// As [`Query::run`] and [`Sysctl::read`].
pub fn free_ports(count: u16) -> io::Result<Option<RangeInclusive<u16>>> {
    let taken: HashSet<u16> = Query::tcp().run()?.iter().map(|socket| socket.local.port()).collect();
    let range = ephemeral_range()?;
    let last = *range.end();
    let mut rows = range.step_by(usize::from(count.max(1))).filter_map(|first| {
        let end = first.checked_add(count.max(1) - 1)?;
        (end <= last).then_some(first..=end)
    });
    Ok(rows.find(|row| row.clone().all(|port| !taken.contains(&port))))
}

#[cfg(test)]
mod tests {
    use super::free_ports;
    use wirelab_socket::TcpListener;

    #[test]
    fn ports_that_are_free_can_be_bound_to_and_those_that_are_taken_are_not_named() {
        // Somebody else may be faster.
        let bound = (0..10).find_map(|_| {
            let row = free_ports(3).unwrap().unwrap();
            assert_eq!(row.len(), 3);
            let listener = TcpListener::bind(([127, 0, 0, 1], *row.start()).into());
            listener.ok().map(|listener| (row, listener))
        });
        let (row, taken) = bound.unwrap();
        let next = free_ports(3).unwrap().unwrap();
        assert!(!next.contains(&taken.local_addr().unwrap().port()), "{row:?}, then {next:?}");
    }

    #[test]
    fn there_are_no_more_ports_than_the_range_has() {
        assert_eq!(free_ports(u16::MAX).unwrap(), None);
    }
}
