//! From a server's certificate to a root that one trusts (RFC 5280 §6).
//!
//! ```text
//! leaf ──issued by──▶ intermediate ──issued by──▶ … ──▶ root, which one has
//!  name.rs             check.rs, purpose.rs              root_store.rs
//!                build.rs finds the way; constraints.rs and revocation.rs judge the whole of it
//! ```
//!
//! The peer sends the leaf first, then certificates in no order that one may rely on, and some that do not belong. So the
//! path is searched for. Who sends many certificates with the same names could make the search long: each step is paid
//! for out of [`PathLimits`].
//!
//! When no path is good, the error is the most telling one of those that were met: that a certificate was revoked before
//! that it breaks another rule, this before a signature that is wrong, and that before an issuer that is not known; of
//! equals the first one. What is wrong with the leaf alone is found before any search.

mod build;
mod check;
mod constraints;
mod distribution;
mod error;
mod name;
mod purpose;
mod revocation;
mod root_store;

pub use error::{Kind, PathError, PathViolation, Place};
pub use revocation::Revocation;
pub use root_store::RootStore;

use std::sync::Arc;

use build::{Node, Search};
use purpose::Purpose;

use crate::error::Error;
use crate::server_name::ServerName;
use crate::wire::{Certificate, CertificateList, Time};

/// How much work one verification may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathLimits {
    /// The most intermediates on a path that are not self-issued: 8.
    pub max_depth: usize,
    /// The most certificates that a peer may send: 32.
    pub max_certificates: usize,
    /// How often a certificate is looked at as an issuer: 256.
    pub max_candidates: usize,
    /// The most signatures of certificates that are checked: 64.
    pub max_signature_checks: usize,
    /// The most comparisons of a name with a name constraint: 250 000.
    pub max_name_comparisons: usize,
}

impl Default for PathLimits {
    fn default() -> Self {
        PathLimits {
            max_depth: 8,
            max_certificates: 32,
            max_candidates: 256,
            max_signature_checks: 64,
            max_name_comparisons: 250_000,
        }
    }
}

/// Decides whether a chain of certificates is to be believed.
///
/// ```
/// use std::sync::Arc;
/// use wirelab_x509::{RootStore, ServerName, Time, Verifier};
///
/// let mut roots = RootStore::new();
/// roots.add_der(include_bytes!("../../tests/vectors/webpki/netflix/ca.der"))?;
/// let chain = [
///     &include_bytes!("../../tests/vectors/webpki/netflix/ee.der")[..],
///     &include_bytes!("../../tests/vectors/webpki/netflix/inter.der")[..],
/// ];
/// let now = Time(1_492_441_716);
/// let verifier = Verifier::new(Arc::new(roots));
/// let path = verifier.verify_server(&chain, &ServerName::parse("www.netflix.com")?, now)?;
/// assert_eq!(path.ders().len(), 3);
/// let refused = verifier.verify_server(&chain, &ServerName::parse("example.org")?, now);
/// assert_eq!(refused.map_err(|error| error.name()).err(), Some("name-mismatch"));
/// # Ok::<(), wirelab_x509::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    roots: Arc<RootStore>,
    limits: PathLimits,
    lists: Vec<Vec<u8>>,
    revocation: Revocation,
}

impl Verifier {
    /// One that trusts these roots and knows of no revocations.
    pub fn new(roots: Arc<RootStore>) -> Self {
        Verifier {
            roots,
            limits: PathLimits::default(),
            lists: Vec::new(),
            revocation: Revocation::default(),
        }
    }

    /// With these limits.
    #[must_use]
    pub fn limits(mut self, limits: PathLimits) -> Self {
        self.limits = limits;
        self
    }

    /// With one more revocation list, in DER. Its signature is checked when it is used.
    ///
    /// # Errors
    /// The bytes are no list.
    pub fn add_crl(mut self, der: &[u8]) -> Result<Self, Error> {
        CertificateList::from_der(der)?;
        self.lists.push(der.to_vec());
        Ok(self)
    }

    /// With this policy on certificates that no list covers.
    #[must_use]
    pub fn revocation(mut self, revocation: Revocation) -> Self {
        self.revocation = revocation;
        self
    }

    /// Whether the chain, leaf first and each in DER, proves that its owner is the server `name`.
    ///
    /// # Errors
    /// [`Violation::Path`](crate::Violation::Path): no path is good. Which error it is, the module says at its top.
    pub fn verify_server(
        &self,
        chain: &[impl AsRef<[u8]>],
        name: &ServerName,
        now: Time,
    ) -> Result<Path, Error> {
        self.verify(chain, Purpose::Server, Some(name), now)
    }

    /// Whether the chain belongs to a client that a root vouches for. Who it is, the leaf's names say.
    ///
    /// # Errors
    /// As [`verify_server`](Self::verify_server).
    pub fn verify_client(&self, chain: &[impl AsRef<[u8]>], now: Time) -> Result<Path, Error> {
        self.verify(chain, Purpose::Client, None, now)
    }

    fn verify(
        &self,
        chain: &[impl AsRef<[u8]>],
        purpose: Purpose,
        name: Option<&ServerName>,
        now: Time,
    ) -> Result<Path, Error> {
        let leaf_error = |violation| PathError { place: Place::Sent(0), violation };
        let Some((leaf, others)) = chain.split_first() else {
            return Err(leaf_error(PathViolation::NoCertificate).into());
        };
        if chain.len() > self.limits.max_certificates {
            return Err(leaf_error(PathViolation::Limit("certificates in the chain")).into());
        }
        let leaf = read(leaf.as_ref(), 0)?;
        check::leaf(&leaf.certificate, purpose, now).map_err(leaf_error)?;
        // §6.1.5 (c): what comes out of it all is a key, which has to be one that can be used.
        if let Err(error) = leaf.certificate.public_key() {
            return Err(leaf_error(PathViolation::Unacceptable(Box::new(error))).into());
        }
        if let Some(name) = name {
            name::check(&leaf.certificate, name).map_err(leaf_error)?;
        }
        // An intermediate that cannot be read may be one that is not needed.
        let (mut intermediates, mut unreadable) = (Vec::new(), None);
        for (place, der) in others.iter().enumerate() {
            match read(der.as_ref(), place + 1) {
                Ok(node) => intermediates.push(node),
                Err(error) => unreadable = unreadable.or(Some(error)),
            }
        }
        let ders = Search::new(self, purpose, now, &intermediates).run(&leaf, unreadable)?;
        Ok(Path { ders })
    }
}

fn read(der: &[u8], place: usize) -> Result<Node<'_>, PathError> {
    let place = Place::Sent(place);
    match Certificate::from_der(der) {
        Ok(certificate) => Ok(Node { certificate, der, place }),
        Err(error) => Err(PathError { place, violation: PathViolation::Unacceptable(Box::new(error)) }),
    }
}

/// A path that was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    ders: Vec<Vec<u8>>,
}

impl Path {
    /// The DER of each certificate, from the leaf to the root.
    pub fn ders(&self) -> &[Vec<u8>] {
        &self.ders
    }

    /// The certificates, from the leaf to the root.
    pub fn certificates(&self) -> impl Iterator<Item = Certificate<'_>> {
        // All of them have been read once.
        self.ders.iter().filter_map(|der| Certificate::from_der(der).ok())
    }
}
