//! The rules that the bytes of a message can break, and the alert with which each is answered.

use wirelab_wire::{ErrorKind, Rule, WireError};

use crate::codes::AlertDescription;

macro_rules! rules {
    ($( $(#[$doc:meta])* $rule:ident = $name:literal, $says:literal, $section:literal => $alert:ident; )*) => {
        $( $(#[$doc])* pub const $rule: Rule = Rule { name: $name, says: $says, section: $section }; )*

        /// Each rule of the format, with the alert that the RFC names for it.
        pub const ALERTS: &[(Rule, AlertDescription)] = &[ $( ($rule, AlertDescription::$alert) ),* ];
    };
}

rules! {
    /// A vector has the length that the presentation language gives it.
    VECTOR_LENGTH = "tls-vector-length", "is not a length that this vector may have", "RFC 8446 §3.4" => DECODE_ERROR;
    /// The fragment of an unencrypted record is at most 2^14 bytes.
    RECORD_TOO_LONG = "tls-record-too-long", "is more than 2^14, the longest fragment", "RFC 8446 §5.1" => RECORD_OVERFLOW;
    /// An encrypted record is at most 2^14 + 256 bytes.
    CIPHERTEXT_TOO_LONG = "tls-ciphertext-too-long", "is more than 2^14 + 256, the longest encrypted record", "RFC 8446 §5.2" => RECORD_OVERFLOW;
    /// Handshake messages and alerts are never sent in records of no length.
    RECORD_EMPTY = "tls-record-empty", "is 0 where a record of this type carries something", "RFC 8446 §5.1" => UNEXPECTED_MESSAGE;
    /// There is no such record type.
    CONTENT_TYPE_UNKNOWN = "tls-content-type-unknown", "is not the type of a record", "RFC 8446 §5" => UNEXPECTED_MESSAGE;
    /// An extension stands at most once in a block.
    EXTENSION_TWICE = "tls-extension-twice", "stands here for the second time", "RFC 8446 §4.2" => ILLEGAL_PARAMETER;
    /// An extension that is known stands only in the messages that it is specified for.
    EXTENSION_MISPLACED = "tls-extension-misplaced", "is not specified for this message", "RFC 8446 §4.2" => ILLEGAL_PARAMETER;
    /// More extensions than anybody sends.
    EXTENSIONS_TOO_MANY = "tls-extensions-too-many", "is the 257th extension: more than this reader takes", "RFC 8446 §4.2" => DECODE_ERROR;
    /// The pre-shared keys come last, since their binders cover all before them.
    PRE_SHARED_KEY_NOT_LAST = "tls-pre-shared-key-not-last", "stands behind pre_shared_key, which has to be the last", "RFC 8446 §4.2.11" => ILLEGAL_PARAMETER;
    /// There is a binder for each identity.
    BINDERS_COUNT = "tls-binders-count", "has not one binder for each identity", "RFC 8446 §4.2.11" => ILLEGAL_PARAMETER;
    /// TLS 1.3 knows no compression.
    COMPRESSION = "tls-compression", "is not the null method alone", "RFC 8446 §4.1.2" => ILLEGAL_PARAMETER;
    /// A server cannot choose compression.
    COMPRESSION_CHOSEN = "tls-compression-chosen", "is not 0, the null method", "RFC 8446 §4.1.3" => ILLEGAL_PARAMETER;
    /// The request for another hello is told by its random value.
    RETRY_RANDOM = "tls-retry-random", "is not what tells the two kinds of ServerHello apart", "RFC 8446 §4.1.3" => ILLEGAL_PARAMETER;
    /// A record size limit is at least 64.
    RECORD_SIZE_LIMIT_LOW = "tls-record-size-limit-low", "is less than 64, the least limit", "RFC 8449 §4" => ILLEGAL_PARAMETER;
    /// A key update asks for another one or does not.
    KEY_UPDATE_VALUE = "tls-key-update-value", "is neither 0 nor 1", "RFC 8446 §4.6.3" => ILLEGAL_PARAMETER;
    /// A server name list has one name of each kind.
    SERVER_NAME_TWICE = "tls-server-name-twice", "is the second name of this kind", "RFC 6066 §3" => ILLEGAL_PARAMETER;
    /// A server chooses exactly one protocol.
    ALPN_NOT_ONE = "tls-alpn-not-one", "is not exactly one protocol", "RFC 7301 §3.1" => DECODE_ERROR;
    /// The responses of a certificate are of the kind that this reader can ask for.
    STATUS_TYPE = "tls-status-type", "is not 1, OCSP, the only kind that is asked for", "RFC 6066 §8" => DECODE_ERROR;
    /// A ticket lives for seven days at most.
    TICKET_LIFETIME = "tls-ticket-lifetime", "is more than 604800 s, seven days", "RFC 8446 §4.6.1" => ILLEGAL_PARAMETER;
    /// Certificates are asked for with at least the signatures that can be verified.
    SIGNATURE_ALGORITHMS_MISSING = "tls-signature-algorithms-missing", "lacks signature_algorithms", "RFC 8446 §4.3.2" => MISSING_EXTENSION;
}

/// The alert with which bytes that do not parse are answered: that of the rule which they break; `decode_error` where a
/// length was wrong (RFC 8446 §6.2).
///
/// ```
/// use wirelab_tls::{AlertDescription, alert_for};
/// use wirelab_wire::Reader;
///
/// let short = Reader::whole(&[3]).u16("legacy_version").unwrap_err();
/// assert_eq!(alert_for(&short), AlertDescription::DECODE_ERROR);
/// ```
pub fn alert_for(error: &WireError) -> AlertDescription {
    let ErrorKind::Invalid(rule) = error.kind else { return AlertDescription::DECODE_ERROR };
    let found = ALERTS.iter().find(|(known, _)| known.name == rule.name);
    found.map_or(AlertDescription::DECODE_ERROR, |(_, alert)| *alert)
}
