use super::{code, grease};

code! {
    /// The kind of an extension, two bytes (RFC 8446 §4.2).
    pub struct ExtensionType(u16) shown as "{:#06x}" {
        /// The host that the client wants (RFC 6066 §3).
        SERVER_NAME = 0, "server_name";
        /// Smaller records (RFC 6066 §4); replaced by [`RECORD_SIZE_LIMIT`](Self::RECORD_SIZE_LIMIT).
        MAX_FRAGMENT_LENGTH = 1, "max_fragment_length";
        /// An OCSP response with the certificate (RFC 6066 §8).
        STATUS_REQUEST = 5, "status_request";
        /// Groups for the key exchange (RFC 8446 §4.2.7).
        SUPPORTED_GROUPS = 10, "supported_groups";
        /// TLS 1.2: forms of points on a curve.
        EC_POINT_FORMATS = 11, "ec_point_formats";
        /// Signatures that can be verified (RFC 8446 §4.2.3).
        SIGNATURE_ALGORITHMS = 13, "signature_algorithms";
        /// Keys for SRTP, in DTLS (RFC 5764).
        USE_SRTP = 14, "use_srtp";
        /// Heartbeats (RFC 6520).
        HEARTBEAT = 15, "heartbeat";
        /// What is spoken above TLS (RFC 7301).
        APPLICATION_LAYER_PROTOCOL_NEGOTIATION = 16, "application_layer_protocol_negotiation";
        /// Proof that a certificate was logged (RFC 6962).
        SIGNED_CERTIFICATE_TIMESTAMP = 18, "signed_certificate_timestamp";
        /// Raw public keys of the client (RFC 7250).
        CLIENT_CERTIFICATE_TYPE = 19, "client_certificate_type";
        /// Raw public keys of the server (RFC 7250).
        SERVER_CERTIFICATE_TYPE = 20, "server_certificate_type";
        /// Zeros that make a hello longer (RFC 7685).
        PADDING = 21, "padding";
        /// TLS 1.2: MAC after encryption.
        ENCRYPT_THEN_MAC = 22, "encrypt_then_mac";
        /// TLS 1.2: a master secret bound to the handshake (RFC 7627).
        EXTENDED_MASTER_SECRET = 23, "extended_master_secret";
        /// Compressed certificates (RFC 8879); not implemented here.
        COMPRESS_CERTIFICATE = 27, "compress_certificate";
        /// The longest record that the sender can take (RFC 8449).
        RECORD_SIZE_LIMIT = 28, "record_size_limit";
        /// TLS 1.2: a ticket (RFC 5077).
        SESSION_TICKET = 35, "session_ticket";
        /// Keys shared beforehand (RFC 8446 §4.2.11).
        PRE_SHARED_KEY = 41, "pre_shared_key";
        /// Data before the handshake ends (§4.2.10).
        EARLY_DATA = 42, "early_data";
        /// Versions of TLS (§4.2.1).
        SUPPORTED_VERSIONS = 43, "supported_versions";
        /// What the server wants to see again (§4.2.2).
        COOKIE = 44, "cookie";
        /// How pre-shared keys may be used (§4.2.9).
        PSK_KEY_EXCHANGE_MODES = 45, "psk_key_exchange_modes";
        /// Authorities that the sender trusts (§4.2.4).
        CERTIFICATE_AUTHORITIES = 47, "certificate_authorities";
        /// What a client's certificate has to contain (§4.2.5).
        OID_FILTERS = 48, "oid_filters";
        /// The client can be asked for a certificate later (§4.2.6).
        POST_HANDSHAKE_AUTH = 49, "post_handshake_auth";
        /// Signatures in certificates that can be verified (§4.2.3).
        SIGNATURE_ALGORITHMS_CERT = 50, "signature_algorithms_cert";
        /// Public keys for the exchange (§4.2.8).
        KEY_SHARE = 51, "key_share";
        /// The parameters of QUIC (RFC 9001 §8.2).
        QUIC_TRANSPORT_PARAMETERS = 57, "quic_transport_parameters";
        /// What Chromium calls ALPS: settings of the application.
        APPLICATION_SETTINGS = 0x44cd, "application_settings";
        /// ALPS, the older number.
        APPLICATION_SETTINGS_OLD = 0x4469, "application_settings (old)";
        /// A hello inside of a hello, encrypted for the server.
        ENCRYPTED_CLIENT_HELLO = 0xfe0d, "encrypted_client_hello";
        /// TLS 1.2: protects renegotiation (RFC 5746).
        RENEGOTIATION_INFO = 0xff01, "renegotiation_info";
    }
}
grease!(ExtensionType);

/// The messages that hold extensions, as the table of RFC 8446 §4.2 abbreviates them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Within {
    /// CH.
    ClientHello,
    /// SH.
    ServerHello,
    /// HRR.
    HelloRetryRequest,
    /// EE.
    EncryptedExtensions,
    /// CT: an entry of a Certificate message.
    Certificate,
    /// CR.
    CertificateRequest,
    /// NST.
    NewSessionTicket,
}

use Within::{
    Certificate as CT, CertificateRequest as CR, ClientHello as CH, EncryptedExtensions as EE,
    HelloRetryRequest as HRR, NewSessionTicket as NST, ServerHello as SH,
};

/// Which message may hold which extension (RFC 8446 §4.2), with the later ones of RFC 8449 §4, RFC 8879 §3 and RFC 9001 §8.2.
const ALLOWED: &[(ExtensionType, &[Within])] = &[
    (ExtensionType::SERVER_NAME, &[CH, EE]),
    (ExtensionType::MAX_FRAGMENT_LENGTH, &[CH, EE]),
    (ExtensionType::STATUS_REQUEST, &[CH, CR, CT]),
    (ExtensionType::SUPPORTED_GROUPS, &[CH, EE]),
    (ExtensionType::SIGNATURE_ALGORITHMS, &[CH, CR]),
    (ExtensionType::USE_SRTP, &[CH, EE]),
    (ExtensionType::HEARTBEAT, &[CH, EE]),
    (ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION, &[CH, EE]),
    (ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP, &[CH, CR, CT]),
    (ExtensionType::CLIENT_CERTIFICATE_TYPE, &[CH, EE]),
    (ExtensionType::SERVER_CERTIFICATE_TYPE, &[CH, EE]),
    (ExtensionType::PADDING, &[CH]),
    (ExtensionType::KEY_SHARE, &[CH, SH, HRR]),
    (ExtensionType::PRE_SHARED_KEY, &[CH, SH]),
    (ExtensionType::PSK_KEY_EXCHANGE_MODES, &[CH]),
    (ExtensionType::EARLY_DATA, &[CH, EE, NST]),
    (ExtensionType::COOKIE, &[CH, HRR]),
    (ExtensionType::SUPPORTED_VERSIONS, &[CH, SH, HRR]),
    (ExtensionType::CERTIFICATE_AUTHORITIES, &[CH, CR]),
    (ExtensionType::OID_FILTERS, &[CR]),
    (ExtensionType::POST_HANDSHAKE_AUTH, &[CH]),
    (ExtensionType::SIGNATURE_ALGORITHMS_CERT, &[CH, CR]),
    (ExtensionType::COMPRESS_CERTIFICATE, &[CH, CR]),
    (ExtensionType::RECORD_SIZE_LIMIT, &[CH, EE]),
    (ExtensionType::QUIC_TRANSPORT_PARAMETERS, &[CH, EE]),
];

impl ExtensionType {
    /// Whether a message may hold this extension (RFC 8446 §4.2). Of an extension that TLS 1.3 does not define nobody can
    /// tell, so it may stand anywhere.
    ///
    /// ```
    /// use wirelab_tls::{ExtensionType, Within};
    ///
    /// assert!(ExtensionType::COOKIE.allowed_in(Within::HelloRetryRequest));
    /// assert!(!ExtensionType::COOKIE.allowed_in(Within::ServerHello));
    /// assert!(ExtensionType(0x1234).allowed_in(Within::ServerHello));
    /// ```
    pub fn allowed_in(self, message: Within) -> bool {
        let known = ALLOWED.iter().find(|(kind, _)| *kind == self);
        known.is_none_or(|(_, messages)| messages.contains(&message))
    }
}
