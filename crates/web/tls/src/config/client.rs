use std::sync::Arc;

use bytes::Bytes;

use super::{Identity, KeyLog, Limits, Padding, VerifyServer};
use crate::{CipherSuite, NamedGroup, SessionStore, SignatureScheme};

/// A client's configuration. See [`ClientConfig::new`] for what the fields are at first.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The suites to offer, the preferred one first.
    pub suites: Vec<CipherSuite>,
    /// The groups to offer, the preferred one first.
    pub groups: Vec<NamedGroup>,
    /// For how many of the groups, from the first on, a key share goes along. A server that wants another group costs a round
    /// trip (HelloRetryRequest); 0 asks for that on purpose (RFC 8446 §4.2.8).
    pub key_shares: usize,
    /// The signatures that the client can check, the preferred one first.
    pub signature_schemes: Vec<SignatureScheme>,
    /// The application's protocols (ALPN, RFC 7301), the preferred one first. Empty: none is negotiated.
    pub alpn: Vec<Bytes>,
    /// Whether the server's name is sent, readable by all on the path (SNI, RFC 6066 §3). An address is never sent.
    pub send_server_name: bool,
    /// Who judges the server's certificates.
    pub verifier: Arc<dyn VerifyServer>,
    /// What the client shows if it is asked who it is. `None`: no certificate.
    pub identity: Option<Arc<Identity>>,
    /// Where tickets are kept for the next connection. `None`: every handshake is a full one.
    pub sessions: Option<Arc<dyn SessionStore>>,
    /// Whether early data may be sent, if there is a ticket that allows it. It can be replayed (RFC 8446 §8).
    pub early_data: bool,
    /// Whether values that mean nothing are mixed in, as browsers do it (RFC 8701).
    pub grease: bool,
    /// Whether a session id and `change_cipher_spec` make the handshake look like TLS 1.2 (RFC 8446 §D.4).
    pub middlebox_compatibility: bool,
    /// The longest plaintext that this end takes in a record, in bytes, from 64 to 2^14 + 1 (RFC 8449). `None`: not said.
    pub record_size_limit: Option<u16>,
    /// How much the length of a record tells.
    pub padding: Padding,
    /// What the server may use up.
    pub limits: Limits,
    /// Where secrets are written.
    pub key_log: Option<Arc<dyn KeyLog>>,
}

impl ClientConfig {
    /// All suites and groups that there are, one key share (X25519), no ALPN, no certificate of its own, no tickets, no early
    /// data; the server's name is sent, and the handshake looks like TLS 1.2.
    pub fn new(verifier: Arc<dyn VerifyServer>) -> Self {
        ClientConfig {
            suites: CipherSuite::ALL.to_vec(),
            groups: NamedGroup::ALL.to_vec(),
            key_shares: 1,
            signature_schemes: SignatureScheme::ALL.to_vec(),
            alpn: Vec::new(),
            send_server_name: true,
            verifier,
            identity: None,
            sessions: None,
            early_data: false,
            grease: false,
            middlebox_compatibility: true,
            record_size_limit: None,
            padding: Padding::None,
            limits: Limits::default(),
            key_log: None,
        }
    }
}
