//! What a key may be used for.

use super::error::PathViolation;
use crate::wire::der::Oid;
use crate::wire::extension::KeyUsage;
use crate::wire::{Certificate, oids};

/// What the leaf is shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Server,
    Client,
}

impl Purpose {
    fn oid(self) -> Oid<'static> {
        match self {
            Purpose::Server => oids::SERVER_AUTH,
            Purpose::Client => oids::CLIENT_AUTH,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Purpose::Server => "serverAuth",
            Purpose::Client => "clientAuth",
        }
    }

    /// The leaf: its extended key usage, if there is one, names the purpose. `anyExtendedKeyUsage` is not enough, which
    /// RFC 5280 §4.2.1.12 leaves to the application: who wants a server's certificate gets one that says so.
    pub(super) fn check_leaf(self, leaf: &Certificate<'_>) -> Result<(), PathViolation> {
        // RFC 8446 §4.4.2.2: a handshake is signed, so that the key has to be allowed to.
        if leaf.key_usage().is_some_and(|usage| !usage.contains(KeyUsage::DIGITAL_SIGNATURE)) {
            return Err(PathViolation::KeyUsage("digitalSignature"));
        }
        self.check(leaf, false)
    }

    /// An authority: what it says limits what is below it, although RFC 5280 speaks of the key alone. All programs do so.
    pub(super) fn check_authority(self, authority: &Certificate<'_>) -> Result<(), PathViolation> {
        self.check(authority, true)
    }

    fn check(self, certificate: &Certificate<'_>, any_will_do: bool) -> Result<(), PathViolation> {
        let Some(purposes) = certificate.extended_key_usage() else { return Ok(()) };
        let fits = |id: Oid<'_>| id == self.oid() || (any_will_do && id == oids::ANY_EXTENDED_KEY_USAGE);
        match purposes.iter().any(|purpose| fits(purpose.0)) {
            true => Ok(()),
            false => Err(PathViolation::Purpose(self.name())),
        }
    }
}
