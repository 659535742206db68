//! Which alert says what is wrong with a certificate (RFC 8446 §6.2).

use crate::AlertDescription;

pub(crate) fn alert_for_certificate(error: &wirelab_x509::Error) -> AlertDescription {
    match error {
        wirelab_x509::Error::Wire(_) => AlertDescription::BAD_CERTIFICATE,
        _ => AlertDescription::CERTIFICATE_UNKNOWN,
    }
}
