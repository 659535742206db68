use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use wirelab_sansio::Instant;

use crate::ip::{IPV4_MINIMUM_MTU, IPV6_MINIMUM_MTU};

/// The MTUs that links have had, with room for what comes between (RFC 1191 §7.1). A router that does not say its MTU is
/// taken to have the next one below the packet that it refused.
const PLATEAUS: [u16; 10] = [32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68];

/// The limits of a [`PathMtu`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathMtuConfig {
    /// How many destinations are remembered. The one that would be forgotten first makes room.
    pub entries: usize,
    /// How long a value lasts before a larger packet is tried again (RFC 1191 §6.3, RFC 8201 §5.3: ten minutes).
    pub lifetime: Duration,
}

impl Default for PathMtuConfig {
    fn default() -> Self {
        PathMtuConfig { entries: 1024, lifetime: Duration::from_secs(600) }
    }
}

/// The largest packets that reach their destinations in one piece (RFC 1191, RFC 8201), as far as routers have said so.
///
/// Anybody can send an ICMP message that says so. It can only lower a value, never below the minimum of the version, and
/// whoever calls [`too_big`](Self::too_big) should have checked that the packet it quotes was sent from here.
///
/// ```
/// use wirelab_sansio::Instant;
/// use wirelab_tcpip::ip::{PathMtu, PathMtuConfig};
///
/// let (now, there) = (Instant::ZERO, [192, 0, 2, 1].into());
/// let mut paths = PathMtu::new(PathMtuConfig::default(), 1500);
/// assert_eq!(paths.mtu(now, there), 1500);
/// assert_eq!(paths.too_big(now, there, 1400, 1500), Some(1400));
/// assert_eq!(paths.mtu(now, there), 1400);
/// ```
#[derive(Clone, Debug)]
pub struct PathMtu {
    config: PathMtuConfig,
    link: u16,
    paths: BTreeMap<IpAddr, Path>,
}

#[derive(Clone, Copy, Debug)]
struct Path {
    mtu: u16,
    until: Instant,
}

impl PathMtu {
    /// Nothing is known but the MTU of our own link.
    pub fn new(config: PathMtuConfig, link: u16) -> Self {
        PathMtu { config, link, paths: BTreeMap::new() }
    }

    /// How long a packet to this destination may be, in bytes with its header.
    pub fn mtu(&self, now: Instant, destination: IpAddr) -> u16 {
        let path = self.paths.get(&destination).filter(|path| path.until > now);
        path.map_or(self.link, |path| path.mtu.min(self.link))
    }

    /// How many destinations are remembered.
    pub fn entries(&self) -> usize {
        self.paths.len()
    }

    /// A router refused a packet of `refused_len` bytes to this destination, and says that `mtu` would have been small enough.
    /// Returns the new value if there is one.
    pub fn too_big(&mut self, now: Instant, destination: IpAddr, mtu: u32, refused_len: u16) -> Option<u16> {
        let mtu = match (destination, mtu) {
            // RFC 1191 §5: a router from before that RFC has zero here.
            (IpAddr::V4(_), 0) => PLATEAUS.into_iter().find(|&plateau| plateau < refused_len)?,
            (_, mtu) => u16::try_from(mtu).ok()?,
        };
        // RFC 1191 §3, RFC 8201 §4: never below the minimum. Less than that is not a link but an attack (RFC 5927 §7).
        let minimum = if destination.is_ipv4() { IPV4_MINIMUM_MTU } else { IPV6_MINIMUM_MTU };
        // RFC 8201 §4: such a message never raises the value. One that would not have stopped the packet is a lie.
        if mtu < minimum || mtu >= self.mtu(now, destination) || mtu >= refused_len {
            return None;
        }
        self.paths.retain(|_, path| path.until > now);
        if self.config.entries == 0 {
            return None;
        }
        if self.paths.len() >= self.config.entries && !self.paths.contains_key(&destination) {
            let first =
                self.paths.iter().min_by_key(|(_, path)| path.until).map(|(&destination, _)| destination);
            first.and_then(|first| self.paths.remove(&first));
        }
        self.paths.insert(destination, Path { mtu, until: now + self.config.lifetime });
        Some(mtu)
    }
}
