use std::sync::Arc;

use bytes::Bytes;

use super::{ChooseIdentity, KeyLog, Limits, Padding, VerifyClient};
use crate::{AntiReplay, CipherSuite, NamedGroup, SignatureScheme, Tickets};

/// A server's configuration. See [`ServerConfig::new`] for what the fields are at first.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The suites that are spoken, the preferred one first. A client that puts ChaCha20 first gets it: it has no AES
    /// instructions.
    pub suites: Vec<CipherSuite>,
    /// The groups that are spoken, the preferred one first. One with a key share is taken before one without.
    pub groups: Vec<NamedGroup>,
    /// The signatures of clients that the server can check.
    pub signature_schemes: Vec<SignatureScheme>,
    /// The application's protocols (ALPN, RFC 7301), the preferred one first. Empty: none is negotiated. If the client offers
    /// some and none is among these, the handshake ends with `no_application_protocol`.
    pub alpn: Vec<Bytes>,
    /// Which certificate is shown.
    pub identities: Arc<dyn ChooseIdentity>,
    /// Whether clients are asked who they are.
    pub client_auth: ClientAuth,
    /// The keys of tickets. `None`: no tickets, every handshake is a full one.
    pub tickets: Option<Arc<Tickets>>,
    /// How many tickets a client gets after each handshake: with two it can open two connections at once, each with its own.
    pub tickets_sent: usize,
    /// How many bytes of early data are taken. 0: none, and what is sent is skipped.
    pub max_early_data: u32,
    /// What keeps early data from being taken twice (RFC 8446 §8).
    pub anti_replay: Arc<AntiReplay>,
    /// The longest plaintext that this end takes in a record, in bytes, from 64 to 2^14 + 1 (RFC 8449). `None`: not said.
    pub record_size_limit: Option<u16>,
    /// How much the length of a record tells.
    pub padding: Padding,
    /// What a client may use up.
    pub limits: Limits,
    /// Where secrets are written.
    pub key_log: Option<Arc<dyn KeyLog>>,
}

/// Whether a server asks its clients who they are.
#[derive(Clone, Debug, Default)]
pub enum ClientAuth {
    /// It does not.
    #[default]
    None,
    /// It does; a client may answer with no certificate.
    Optional(Arc<dyn VerifyClient>),
    /// It does, and a client without a certificate is refused with `certificate_required`.
    Required(Arc<dyn VerifyClient>),
}

impl ServerConfig {
    /// All suites and groups that there are, no ALPN, no certificates of clients, no tickets, no early data.
    pub fn new(identities: Arc<dyn ChooseIdentity>) -> Self {
        ServerConfig {
            suites: CipherSuite::ALL.to_vec(),
            groups: NamedGroup::ALL.to_vec(),
            signature_schemes: SignatureScheme::ALL.to_vec(),
            alpn: Vec::new(),
            identities,
            client_auth: ClientAuth::None,
            tickets: None,
            tickets_sent: 2,
            max_early_data: 0,
            anti_replay: Arc::default(),
            record_size_limit: None,
            padding: Padding::None,
            limits: Limits::default(),
            key_log: None,
        }
    }
}
