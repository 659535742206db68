use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use crate::tcp::Mac;

/// How many counters there are (RFC 6056 §3.3.4): a peer sees from its own ports only how busy those are that share its counter.
const COUNTERS: usize = 256;

/// The choice of ephemeral ports: the double-hash algorithm of RFC 6056 §3.3.4.
///
/// Each peer has a starting point of its own, from a keyed hash, and ports count up from there. A stranger cannot guess the
/// port of our next connection to somebody else, and a port is not used again for the same peer before all others were, so
/// that it does not meet its own TIME-WAIT.
#[derive(Clone, Debug)]
pub(super) struct EphemeralPorts {
    range: RangeInclusive<u16>,
    start: Mac,
    counter: Mac,
    counters: Vec<u16>,
}

impl EphemeralPorts {
    pub(super) fn new(secret: &[u8; 32], range: RangeInclusive<u16>) -> Self {
        EphemeralPorts {
            range,
            start: Mac::new(secret, "ephemeral ports: start"),
            counter: Mac::new(secret, "ephemeral ports: counter"),
            counters: vec![0; COUNTERS],
        }
    }

    /// A port for a connection from `local` to `remote` that `is_free`, or `None` if none is.
    pub(super) fn choose(
        &mut self,
        local: IpAddr,
        remote: SocketAddr,
        is_free: impl Fn(u16) -> bool,
    ) -> Option<u16> {
        let local = SocketAddr::new(local, 0);
        let count = u64::from(self.range.end().checked_sub(*self.range.start())?) + 1;
        let offset = self.start.of(local, remote, &[]) % count;
        let index = self.counter.of(local, remote, &[]) as usize % COUNTERS;
        let counter = self.counters.get_mut(index)?;
        for _ in 0..count {
            let port = self.range.start() + ((offset + u64::from(*counter)) % count) as u16;
            *counter = ((u64::from(*counter) + 1) % count) as u16;
            if is_free(port) {
                return Some(port);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_comes_once_before_one_comes_again() {
        let mut ports = EphemeralPorts::new(&[1; 32], 1000..=1099);
        let (local, remote) = (IpAddr::from([192, 0, 2, 1]), SocketAddr::from(([192, 0, 2, 2], 80)));
        let mut chosen: Vec<u16> = (0..100).filter_map(|_| ports.choose(local, remote, |_| true)).collect();
        chosen.sort_unstable();
        assert_eq!(chosen, (1000..1100).collect::<Vec<u16>>());
    }

    #[test]
    fn the_only_free_port_is_found_and_none_if_there_is_none() {
        let mut ports = EphemeralPorts::new(&[1; 32], 1000..=1099);
        let (local, remote) = (IpAddr::from([192, 0, 2, 1]), SocketAddr::from(([192, 0, 2, 2], 80)));
        assert_eq!(ports.choose(local, remote, |port| port == 1042), Some(1042));
        assert_eq!(ports.choose(local, remote, |_| false), None);
    }
}
