use super::code;

code! {
    /// What an alert says (RFC 8446 §6).
    ///
    /// ```
    /// use wirelab_tls::AlertDescription;
    ///
    /// assert_eq!(AlertDescription(50).to_string(), "decode_error");
    /// assert!(AlertDescription(50).is_fatal() && !AlertDescription::CLOSE_NOTIFY.is_fatal());
    /// ```
    pub struct AlertDescription(u8) shown as "{}" {
        /// The sender sends nothing more.
        CLOSE_NOTIFY = 0, "close_notify";
        /// A message that has no place here.
        UNEXPECTED_MESSAGE = 10, "unexpected_message";
        /// A record that cannot be opened.
        BAD_RECORD_MAC = 20, "bad_record_mac";
        /// A record that is too long.
        RECORD_OVERFLOW = 22, "record_overflow";
        /// No acceptable set of parameters.
        HANDSHAKE_FAILURE = 40, "handshake_failure";
        /// A certificate is corrupt, or its signature does not verify.
        BAD_CERTIFICATE = 42, "bad_certificate";
        /// A certificate of a kind that is not supported.
        UNSUPPORTED_CERTIFICATE = 43, "unsupported_certificate";
        /// A certificate was revoked.
        CERTIFICATE_REVOKED = 44, "certificate_revoked";
        /// A certificate is not valid now.
        CERTIFICATE_EXPIRED = 45, "certificate_expired";
        /// Some other trouble with a certificate.
        CERTIFICATE_UNKNOWN = 46, "certificate_unknown";
        /// A field that is inconsistent with others or has a value that it must not have.
        ILLEGAL_PARAMETER = 47, "illegal_parameter";
        /// The chain ends at nobody who is trusted.
        UNKNOWN_CA = 48, "unknown_ca";
        /// The certificate is fine, and access is refused all the same.
        ACCESS_DENIED = 49, "access_denied";
        /// A message does not parse: a length is wrong, or a field is out of its range.
        DECODE_ERROR = 50, "decode_error";
        /// A signature, a Finished or a binder does not verify.
        DECRYPT_ERROR = 51, "decrypt_error";
        /// The version is known, and not supported.
        PROTOCOL_VERSION = 70, "protocol_version";
        /// The server wants more security than the client offers.
        INSUFFICIENT_SECURITY = 71, "insufficient_security";
        /// Trouble that the peer has no part in.
        INTERNAL_ERROR = 80, "internal_error";
        /// A needless fall-back to an older version (RFC 7507).
        INAPPROPRIATE_FALLBACK = 86, "inappropriate_fallback";
        /// The user gave up.
        USER_CANCELED = 90, "user_canceled";
        /// An extension that has to be there is not.
        MISSING_EXTENSION = 109, "missing_extension";
        /// An extension in an answer to which nobody asked.
        UNSUPPORTED_EXTENSION = 110, "unsupported_extension";
        /// No server of this name.
        UNRECOGNIZED_NAME = 112, "unrecognized_name";
        /// An OCSP response that does not do.
        BAD_CERTIFICATE_STATUS_RESPONSE = 113, "bad_certificate_status_response";
        /// No acceptable pre-shared key.
        UNKNOWN_PSK_IDENTITY = 115, "unknown_psk_identity";
        /// The client sent no certificate, and has to.
        CERTIFICATE_REQUIRED = 116, "certificate_required";
        /// No protocol in common (RFC 7301).
        NO_APPLICATION_PROTOCOL = 120, "no_application_protocol";
    }
}

impl AlertDescription {
    /// Whether it ends the connection at once: all do, save the two that close it (RFC 8446 §6). What the level
    /// field of the alert says does not matter in TLS 1.3.
    pub fn is_fatal(self) -> bool {
        !matches!(self, AlertDescription::CLOSE_NOTIFY | AlertDescription::USER_CANCELED)
    }
}
