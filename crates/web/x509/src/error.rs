use wirelab_wire::WireError;

use crate::path::{Kind, PathError};

/// Why a certificate, key or signature was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are not what they should be: which one, in which field, and which rule it breaks.
    #[error("{0}")]
    Wire(WireError),
    /// They are, and yet cannot be accepted.
    #[error("{0} ({rule})", rule = .0.rule())]
    Violation(#[from] Violation),
    /// The program asked for something impossible. The peer cannot cause it.
    #[error("{0}")]
    Misuse(#[from] Misuse),
}

/// A rule that a certificate, key or signature breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Longer than [`Config::max_size`](crate::Config::max_size).
    #[error("{len} bytes are more than {limit}")]
    TooLong {
        /// The length in bytes.
        len: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// More than [`Config::max_extensions`](crate::Config::max_extensions).
    #[error("there are more than {limit} extensions")]
    TooManyExtensions {
        /// The limit.
        limit: usize,
    },
    /// More than [`Config::max_rdns`](crate::Config::max_rdns).
    #[error("a distinguished name has more than {limit} attributes")]
    TooManyRdns {
        /// The limit.
        limit: usize,
    },
    /// More than [`Config::max_names`](crate::Config::max_names).
    #[error("there are more than {limit} names")]
    TooManyNames {
        /// The limit.
        limit: usize,
    },
    /// A kind or size of key that is not known here.
    #[error("this kind of public key is not known here")]
    UnsupportedKey,
    /// A signature algorithm that is not known here; those with SHA-1 or MD5 are not, on purpose.
    #[error("this signature algorithm is not known here")]
    UnsupportedAlgorithm,
    /// The algorithm of a signature is not one of this kind of key.
    #[error("the signature algorithm does not belong to the kind of key")]
    AlgorithmDoesNotFitKey,
    /// The signature is not by this key over these bytes. (Or the key is weaker than what is accepted: an RSA modulus
    /// of fewer than 2048 bits.)
    #[error("the signature is wrong")]
    BadSignature,
    /// A private key that contradicts itself, or is not of a size that is accepted.
    #[error("the private key is not usable")]
    UnusableKey,
    /// A name that no server can have.
    #[error("not the name of a server: {0}")]
    NotAServerName(&'static str),
    /// Something that is there a PEM block of this label, and is not.
    #[error("there is no PEM block {0}")]
    NoPemBlock(&'static str),
    /// No path leads from a certificate to a root.
    #[error("{0}")]
    Path(#[from] PathError),
}

impl Violation {
    /// Where the rule stands.
    pub fn rule(&self) -> &'static str {
        use Violation::*;
        match self {
            TooLong { .. } | TooManyExtensions { .. } => "RFC 5280 §4.1",
            TooManyRdns { .. } => "RFC 5280 §4.1.2.4",
            TooManyNames { .. } => "RFC 5280 §4.2.1.6",
            UnsupportedKey => "RFC 5280 §4.1.2.7",
            UnsupportedAlgorithm | AlgorithmDoesNotFitKey => "RFC 5280 §4.1.1.2",
            BadSignature => "RFC 5280 §4.1.1.3",
            UnusableKey => "RFC 5958 §2",
            NotAServerName(_) => "RFC 6066 §3",
            NoPemBlock(_) => "RFC 7468 §2",
            Path(error) => error.violation.rule(),
        }
    }

    /// A short name for logs, counters and tests.
    pub fn name(&self) -> &'static str {
        use Violation::*;
        match self {
            TooLong { .. } => "too-long",
            TooManyExtensions { .. } => "too-many-extensions",
            TooManyRdns { .. } => "too-many-rdns",
            TooManyNames { .. } => "too-many-names",
            UnsupportedKey => "unsupported-key",
            UnsupportedAlgorithm => "unsupported-algorithm",
            AlgorithmDoesNotFitKey => "algorithm-does-not-fit-key",
            BadSignature => "bad-signature",
            UnusableKey => "unusable-key",
            NotAServerName(_) => "not-a-server-name",
            NoPemBlock(_) => "no-pem-block",
            Path(error) => error.violation.name(),
        }
    }
}

/// A request that makes no sense here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// Signing with an algorithm that the key does not have.
    #[error("this key cannot sign with that algorithm")]
    KeyHasOtherAlgorithms,
    /// The random source gave no random bytes.
    #[error("the random source failed")]
    RandomFailed,
    /// A name for a certificate that cannot be written.
    #[error("a name of the profile cannot stand in a certificate: {0}")]
    Profile(&'static str),
}

impl Error {
    /// Where the broken rule stands.
    pub fn rule(&self) -> &'static str {
        match self {
            Error::Wire(error) => error.rule().map_or("X.690 §8.1.3", |rule| rule.section),
            Error::Violation(violation) => violation.rule(),
            Error::Misuse(_) => "",
        }
    }

    /// A short name for logs, counters and tests.
    pub fn name(&self) -> &'static str {
        match self {
            Error::Wire(error) => error.rule().map_or("length", |rule| rule.name),
            Error::Violation(violation) => violation.name(),
            Error::Misuse(_) => "misuse",
        }
    }

    /// What a peer that showed this certificate is told.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Violation(Violation::Path(error)) => error.violation.kind(),
            Error::Violation(Violation::UnsupportedKey | Violation::UnsupportedAlgorithm) => {
                Kind::Unsupported
            }
            _ => Kind::Bad,
        }
    }
}

impl From<PathError> for Error {
    fn from(error: PathError) -> Self {
        Error::Violation(Violation::Path(error))
    }
}

impl From<WireError> for Error {
    fn from(error: WireError) -> Self {
        Error::Wire(error)
    }
}
