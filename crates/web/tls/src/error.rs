use wirelab_wire::{Rule, WireError};

use crate::{AlertDescription, ContentType, ExtensionType, HandshakeType, alert_for};

/// Why a connection died, or a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are not a message of TLS: which one, in which field, and which rule it breaks.
    #[error("{message}: {error}")]
    Wire {
        /// The message, or `record`.
        message: &'static str,
        /// The byte and the rule.
        error: WireError,
    },
    /// They are, and the peer may not say that.
    #[error("{0} ({rule})", rule = .0.rule())]
    Violation(#[from] Violation),
    /// The peer's certificates are not to be trusted, or are somebody else's.
    #[error("the peer's certificate: {0}")]
    Certificate(#[from] wirelab_x509::Error),
    /// The peer has ended the connection and said why.
    #[error("the peer ended the connection: {0}")]
    Alert(AlertDescription),
    /// The program using this connection asked for something impossible. The peer cannot cause it.
    #[error("{0}")]
    Misuse(#[from] Misuse),
}

impl Error {
    /// What the peer is told, if anything (RFC 8446 §6.2).
    pub fn alert(&self) -> Option<AlertDescription> {
        match self {
            Error::Wire { error, .. } => Some(alert_for(error)),
            Error::Violation(violation) => violation.alert(),
            Error::Certificate(error) => Some(crate::certificate_alert::alert_for_certificate(error)),
            Error::Alert(_) => None,
            Error::Misuse(_) => Some(AlertDescription::INTERNAL_ERROR),
        }
    }
}

/// A rule that the peer broke, or a wish of it that cannot be met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A handshake message out of its order, or under the wrong keys.
    #[error("{got} came where {expected} was expected")]
    UnexpectedMessage {
        /// What came.
        got: HandshakeType,
        /// What was waited for.
        expected: &'static str,
    },
    /// A record of a type that has no place here.
    #[error("a record of type {got} came where {expected} was expected")]
    UnexpectedRecord {
        /// What came.
        got: ContentType,
        /// What was waited for.
        expected: &'static str,
    },
    /// A record that does not open: it was changed, or is not from the peer.
    #[error("a record does not open with the keys of this connection")]
    BadRecord,
    /// More plaintext in a record than may be.
    #[error("a record holds {len} bytes, more than {limit}")]
    RecordOverflow {
        /// How many it holds.
        len: usize,
        /// How many may be.
        limit: usize,
    },
    /// Another record between the parts of a handshake message, or keys that change within it.
    #[error("a handshake message is interrupted by {by}")]
    Interrupted {
        /// By what.
        by: &'static str,
    },
    /// No version in common: the peer does not speak TLS 1.3.
    #[error("the peer offers {offered}, and not TLS 1.3")]
    NoCommonVersion {
        /// What it offers.
        offered: String,
    },
    /// The server could do better than what somebody made it choose.
    #[error(
        "the server's random says that it speaks TLS 1.3, and yet it has chosen less: somebody is between"
    )]
    Downgrade,
    /// No suite in common.
    #[error("there is no cipher suite in common")]
    NoCommonSuite,
    /// No group in common.
    #[error("there is no group for the key exchange in common")]
    NoCommonGroup,
    /// No certificate for this name with a signature that the client can check.
    #[error(
        "there is no certificate for this client: its name, or the signatures that it can check, fit none"
    )]
    NoCertificate,
    /// ALPN: no protocol in common.
    #[error("there is no application protocol in common")]
    NoApplicationProtocol,
    /// An extension that has to be there.
    #[error("{message} lacks {extension}")]
    MissingExtension {
        /// Where it should be.
        message: &'static str,
        /// Which one.
        extension: ExtensionType,
    },
    /// An answer to an extension that was not sent.
    #[error("{message} answers {extension}, which was not offered")]
    UnsolicitedExtension {
        /// Where it is.
        message: &'static str,
        /// Which one.
        extension: ExtensionType,
    },
    /// A value that parses and contradicts what was said before.
    #[error("{field} {says}", says = .rule.says)]
    IllegalParameter {
        /// The field.
        field: &'static str,
        /// The rule (its `says` ends the sentence).
        rule: &'static Rule,
    },
    /// The peer's half of the key exchange is not a valid key of its group.
    #[error("the peer's key share is not a valid key of its group")]
    BadKeyShare,
    /// The server has no certificate, or the first one of the chain is missing.
    #[error("the server shows no certificate")]
    EmptyCertificate,
    /// The client has no certificate where one is required.
    #[error("the client shows no certificate, and one is required")]
    CertificateRequired,
    /// The peer does not have the key of its certificate, or somebody has changed the handshake.
    #[error("the signature over the handshake is wrong")]
    BadSignature,
    /// The peer has not seen the handshake that this end has seen, or does not have its keys.
    #[error("the MAC over the handshake (Finished) is wrong")]
    BadFinished,
    /// The client does not have the key of the ticket, or somebody has changed its ClientHello.
    #[error("the binder of the pre-shared key is wrong")]
    BadBinder,
    /// More than a limit of the configuration.
    #[error("more than {limit} {what}")]
    TooMany {
        /// Of what, such as `bytes in a handshake message`.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// What the peer is told.
        alert: AlertDescription,
    },
    /// The stream ended without `close_notify`: whoever is between may have cut it off.
    #[error("the connection ended without close_notify: it may have been cut off")]
    Truncated,
}

impl Violation {
    /// What the peer is told (RFC 8446 §6.2); nothing if it is not there any more.
    pub fn alert(&self) -> Option<AlertDescription> {
        use AlertDescription as Alert;
        Some(match self {
            Violation::UnexpectedMessage { .. }
            | Violation::UnexpectedRecord { .. }
            | Violation::Interrupted { .. } => Alert::UNEXPECTED_MESSAGE,
            Violation::BadRecord => Alert::BAD_RECORD_MAC,
            Violation::RecordOverflow { .. } => Alert::RECORD_OVERFLOW,
            Violation::NoCommonVersion { .. } => Alert::PROTOCOL_VERSION,
            Violation::NoCommonSuite | Violation::NoCommonGroup | Violation::NoCertificate => {
                Alert::HANDSHAKE_FAILURE
            }
            Violation::NoApplicationProtocol => Alert::NO_APPLICATION_PROTOCOL,
            Violation::MissingExtension { .. } => Alert::MISSING_EXTENSION,
            Violation::UnsolicitedExtension { .. } => Alert::UNSUPPORTED_EXTENSION,
            Violation::Downgrade | Violation::IllegalParameter { .. } | Violation::BadKeyShare => {
                Alert::ILLEGAL_PARAMETER
            }
            Violation::EmptyCertificate => Alert::DECODE_ERROR,
            Violation::CertificateRequired => Alert::CERTIFICATE_REQUIRED,
            Violation::BadSignature | Violation::BadFinished | Violation::BadBinder => Alert::DECRYPT_ERROR,
            Violation::TooMany { alert, .. } => *alert,
            Violation::Truncated => return None,
        })
    }

    /// Where the rule stands.
    pub fn rule(&self) -> &'static str {
        match self {
            Violation::UnexpectedMessage { .. } => "RFC 8446 §4",
            Violation::UnexpectedRecord { .. } => "RFC 8446 §5",
            Violation::BadRecord => "RFC 8446 §5.2",
            Violation::RecordOverflow { .. } => "RFC 8446 §5.2, RFC 8449 §4",
            Violation::Interrupted { .. } => "RFC 8446 §5.1",
            Violation::NoCommonVersion { .. } => "RFC 8446 §4.2.1",
            Violation::Downgrade => "RFC 8446 §4.1.3",
            Violation::NoCommonSuite | Violation::NoCommonGroup => "RFC 8446 §4.1.1",
            Violation::NoCertificate => "RFC 8446 §4.4.2.2",
            Violation::NoApplicationProtocol => "RFC 7301 §3.2",
            Violation::MissingExtension { .. } => "RFC 8446 §9.2",
            Violation::UnsolicitedExtension { .. } => "RFC 8446 §4.2",
            Violation::IllegalParameter { rule, .. } => rule.section,
            Violation::BadKeyShare => "RFC 8446 §4.2.8",
            Violation::EmptyCertificate | Violation::CertificateRequired => "RFC 8446 §4.4.2.4",
            Violation::BadSignature => "RFC 8446 §4.4.3",
            Violation::BadFinished => "RFC 8446 §4.4.4",
            Violation::BadBinder => "RFC 8446 §4.2.11",
            Violation::TooMany { .. } => "a limit of this end",
            Violation::Truncated => "RFC 8446 §6.1",
        }
    }
}

/// A command that is not possible here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// The configuration offers nothing that there is: no suite, no group, no signature.
    #[error("the configuration has no {0} that can be offered")]
    Config(&'static str),
    /// There are no keys yet.
    #[error("the handshake is not complete")]
    HandshakeIncomplete,
    /// `close` was called.
    #[error("this side of the connection is closed")]
    Closed,
    /// The connection has failed.
    #[error("the connection has failed")]
    Failed,
    /// No early data can be sent: no ticket that allows it, or it is too late for it.
    #[error("no early data can be sent")]
    NoEarlyData,
    /// An exporter was asked for more than 255 times the length of the hash.
    #[error("that is more key material than an exporter gives")]
    ExportTooLong,
    /// The system has no random numbers.
    #[error("there are no random numbers")]
    NoRandomness,
    /// A private key could not sign, or does not fit its certificate.
    #[error("the private key does not sign: {0}")]
    Signing(&'static str),
}
