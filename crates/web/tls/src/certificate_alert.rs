//! Which alert says what is wrong with a certificate (RFC 8446 §6.2).

use wirelab_x509::{Error, Violation};

use crate::AlertDescription;

/// The alert of a refused chain.
pub(crate) fn alert_for_certificate(error: &Error) -> AlertDescription {
    match error {
        Error::Wire(_) => AlertDescription::BAD_CERTIFICATE,
        Error::Violation(violation) => alert_for_violation(violation),
        Error::Misuse(_) => AlertDescription::INTERNAL_ERROR,
    }
}

fn alert_for_violation(violation: &Violation) -> AlertDescription {
    match violation {
        // "corrupt, contained signatures that did not verify correctly, etc."
        Violation::BadSignature
        | Violation::AlgorithmDoesNotFitKey
        | Violation::TooLong { .. }
        | Violation::TooManyExtensions { .. }
        | Violation::TooManyRdns { .. }
        | Violation::TooManyNames { .. } => AlertDescription::BAD_CERTIFICATE,
        // "of an unsupported type"
        Violation::UnsupportedKey | Violation::UnsupportedAlgorithm => {
            AlertDescription::UNSUPPORTED_CERTIFICATE
        }
        // "some other (unspecified) issue"
        _ => AlertDescription::CERTIFICATE_UNKNOWN,
    }
}
