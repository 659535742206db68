use std::fmt;
use std::net::{IpAddr, SocketAddr};

use ring::hmac;

/// A keyed hash of a connection's two ends: HMAC-SHA256, of which each user takes the bits that it needs.
///
/// Every user has a key of its own, derived from the host's one secret and a label: an output that one of them shows on the
/// network says nothing about another's.
#[derive(Clone)]
pub(crate) struct Mac {
    key: hmac::Key,
}

/// Without the key.
impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac")
    }
}

impl Mac {
    pub(crate) fn new(secret: &[u8; 32], label: &str) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Mac { key: hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&master, label.as_bytes()).as_ref()) }
    }

    /// The first 64 bits of the hash over both ends and `more`.
    pub(crate) fn of(&self, local: SocketAddr, remote: SocketAddr, more: &[u8]) -> u64 {
        let mut context = hmac::Context::with_key(&self.key);
        for end in [local, remote] {
            context.update(&address(end.ip()));
            context.update(&end.port().to_be_bytes());
        }
        context.update(more);
        context.sign().as_ref().iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
    }
}

/// An address in 16 bytes, whichever family it is of.
fn address(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}
