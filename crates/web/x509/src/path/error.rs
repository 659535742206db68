use std::fmt;

use crate::error::Error;
use crate::wire::Time;

/// Why a chain was not accepted: which certificate, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {violation}")]
pub struct PathError {
    /// The certificate that it is about.
    pub place: Place,
    /// The rule that it breaks.
    pub violation: PathViolation,
}

/// Where a certificate came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The peer sent it, at this place; 0 is the leaf.
    Sent(usize),
    /// It is a root, at this place of the [`RootStore`](super::RootStore).
    Root(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Sent(0) => f.write_str("the leaf"),
            Place::Sent(place) => write!(f, "certificate {place} of the chain"),
            Place::Root(place) => write!(f, "root {place}"),
        }
    }
}

/// A rule of RFC 5280 §6 (or of a limit) that a certificate of the path breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathViolation {
    /// The peer sent no certificate.
    #[error("no certificate was sent")]
    NoCertificate,
    /// It cannot be read, or its key or its signature is not acceptable.
    #[error("{}", plain(.0))]
    Unacceptable(Box<Error>),
    /// It holds only from a later time on.
    #[error("it does not hold before {not_before}")]
    NotYetValid {
        /// Its first second.
        not_before: Time,
    },
    /// It has expired.
    #[error("it expired on {not_after}")]
    Expired {
        /// Its last second.
        not_after: Time,
    },
    /// A critical extension that is not processed here.
    #[error("its critical extension {0} is not processed here")]
    UnknownCriticalExtension(String),
    /// Nobody known issued it: no root and no certificate of the chain has the issuer's name.
    #[error("its issuer {0} is not known")]
    UnknownIssuer(String),
    /// A certificate that issues others and has no name, or one without an issuer.
    #[error("a name is empty that must not be")]
    EmptyName,
    /// It issues certificates and may not: `cA` is not set.
    #[error("it is not an authority")]
    NotAnAuthority,
    /// It issues certificates or revocation lists and its key may not sign them.
    #[error("its key usage does not allow {0}")]
    KeyUsage(&'static str),
    /// Its extensions say of it both that it is an authority and that it is none.
    #[error("its extensions contradict each other")]
    Inconsistent,
    /// More certificates stand below it than it allows.
    #[error("there are {below} authorities below it, and it allows {allowed}")]
    PathLength {
        /// Authorities below it that are not self-issued.
        below: u32,
        /// Its `pathLenConstraint`.
        allowed: u32,
    },
    /// Its extended key usage does not have what it is used for.
    #[error("its extended key usage does not allow {0}")]
    Purpose(&'static str),
    /// A name of it that an authority above it may not give.
    #[error("an authority above it may not issue for {0}")]
    NameNotPermitted(String),
    /// A name of a kind that an authority constrains and that cannot be compared here.
    #[error("the constraint on {0} cannot be applied")]
    UnsupportedConstraint(String),
    /// It is for other names.
    #[error("it is not for {0}")]
    NameMismatch(String),
    /// Its issuer has taken it back.
    #[error("it was revoked on {date}")]
    Revoked {
        /// When.
        date: Time,
        /// Why: a number of RFC 5280 §5.3.1, if it is said.
        reason: Option<u8>,
    },
    /// A list of its issuer is there and cannot be used.
    #[error("the revocation list of its issuer cannot be used: {0}")]
    UnusableList(&'static str),
    /// The policy wants a list that covers it, and there is none.
    #[error("no revocation list covers it")]
    RevocationUnknown,
    /// The search was given up.
    #[error("there are too many {0}")]
    Limit(&'static str),
}

/// What a peer is told, by and large: each is one alert of TLS (RFC 8446 §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `bad_certificate`: broken, or a signature is wrong.
    Bad,
    /// `unsupported_certificate`: of a kind that is not supported, or not for this use.
    Unsupported,
    /// `certificate_revoked`.
    Revoked,
    /// `certificate_expired`: expired, or not valid yet.
    Expired,
    /// `unknown_ca`: the path does not end at a root that is known.
    UnknownAuthority,
    /// `certificate_unknown`: anything else, such as a name that differs.
    Unknown,
}

impl PathViolation {
    /// Where the rule stands.
    pub fn rule(&self) -> &'static str {
        use PathViolation::*;
        match self {
            NoCertificate => "RFC 5280 §6.1",
            Unacceptable(error) => error.rule(),
            NotYetValid { .. } | Expired { .. } => "RFC 5280 §6.1.3 (a)(2)",
            UnknownCriticalExtension(_) => "RFC 5280 §6.1.4 (o)",
            UnknownIssuer(_) => "RFC 5280 §6.1.3 (a)(4)",
            EmptyName => "RFC 5280 §4.1.2.4",
            NotAnAuthority => "RFC 5280 §6.1.4 (k)",
            KeyUsage(_) => "RFC 5280 §6.1.4 (n)",
            Inconsistent => "RFC 5280 §4.2.1.9",
            PathLength { .. } => "RFC 5280 §6.1.4 (m)",
            Purpose(_) => "RFC 5280 §4.2.1.12",
            NameNotPermitted(_) => "RFC 5280 §6.1.3 (b)",
            UnsupportedConstraint(_) => "RFC 5280 §4.2.1.10",
            NameMismatch(_) => "RFC 9525 §6",
            Revoked { .. } => "RFC 5280 §6.1.3 (a)(3)",
            UnusableList(_) | RevocationUnknown => "RFC 5280 §6.3.3",
            Limit(_) => "RFC 5280 §6.1",
        }
    }

    /// A short name for logs, counters and tests.
    pub fn name(&self) -> &'static str {
        use PathViolation::*;
        match self {
            NoCertificate => "no-certificate",
            Unacceptable(error) => error.name(),
            NotYetValid { .. } => "not-yet-valid",
            Expired { .. } => "expired",
            UnknownCriticalExtension(_) => "unknown-critical-extension",
            UnknownIssuer(_) => "unknown-issuer",
            EmptyName => "empty-name",
            NotAnAuthority => "not-an-authority",
            KeyUsage(_) => "key-usage",
            Inconsistent => "inconsistent-extensions",
            PathLength { .. } => "path-length",
            Purpose(_) => "purpose",
            NameNotPermitted(_) => "name-not-permitted",
            UnsupportedConstraint(_) => "unsupported-constraint",
            NameMismatch(_) => "name-mismatch",
            Revoked { .. } => "revoked",
            UnusableList(_) => "unusable-revocation-list",
            RevocationUnknown => "revocation-unknown",
            Limit(_) => "path-limit",
        }
    }

    /// What the peer is told.
    pub fn kind(&self) -> Kind {
        use PathViolation::*;
        match self {
            NotYetValid { .. } | Expired { .. } => Kind::Expired,
            Revoked { .. } => Kind::Revoked,
            UnknownIssuer(_) => Kind::UnknownAuthority,
            UnknownCriticalExtension(_) | Purpose(_) | UnsupportedConstraint(_) => Kind::Unsupported,
            Unacceptable(error) => match error.name() {
                "unsupported-key" | "unsupported-algorithm" => Kind::Unsupported,
                _ => Kind::Bad,
            },
            NameMismatch(_) | UnusableList(_) | RevocationUnknown | Limit(_) => Kind::Unknown,
            _ => Kind::Bad,
        }
    }

    /// How much an error says when several paths were tried. That there was no way on says the least; that a name led
    /// to an issuer whose key did not fit says a little more.
    pub(super) fn weight(&self) -> u8 {
        match self {
            PathViolation::UnknownIssuer(_) => 0,
            PathViolation::Unacceptable(_) => 1,
            PathViolation::Revoked { .. } => 3,
            _ => 2,
        }
    }
}

/// Without the rule: whoever shows the whole error adds it.
fn plain(error: &Error) -> String {
    match error {
        Error::Violation(violation) => violation.to_string(),
        other => other.to_string(),
    }
}
