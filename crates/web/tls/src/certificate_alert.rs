//! Which alert says what is wrong with a certificate (RFC 8446 §6.2).

use wirelab_x509::{Error, Kind};

use crate::AlertDescription;

/// The alert of a refused chain.
pub(crate) fn alert_for_certificate(error: &Error) -> AlertDescription {
    if matches!(error, Error::Misuse(_)) {
        return AlertDescription::INTERNAL_ERROR;
    }
    match error.kind() {
        Kind::Bad => AlertDescription::BAD_CERTIFICATE,
        Kind::Unsupported => AlertDescription::UNSUPPORTED_CERTIFICATE,
        Kind::Revoked => AlertDescription::CERTIFICATE_REVOKED,
        Kind::Expired => AlertDescription::CERTIFICATE_EXPIRED,
        Kind::UnknownAuthority => AlertDescription::UNKNOWN_CA,
        Kind::Unknown => AlertDescription::CERTIFICATE_UNKNOWN,
    }
}
