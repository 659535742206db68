use bytes::Bytes;

use crate::{CipherSuite, NamedGroup, SignatureScheme};

/// What two ends have agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The client's random value, which names the connection in key logs.
    pub client_random: [u8; 32],
    /// The suite.
    pub suite: Option<CipherSuite>,
    /// The group of the key exchange. `None`: a pre-shared key alone.
    pub group: Option<NamedGroup>,
    /// How the server signed; `None` where a session was resumed.
    pub signature: Option<SignatureScheme>,
    /// The host that the client asked for.
    pub server_name: Option<String>,
    /// The application's protocol (ALPN).
    pub alpn: Option<Bytes>,
    /// A session was resumed, with no certificates.
    pub resumed: bool,
    /// It took a HelloRetryRequest, and so another round trip.
    pub hello_retry: bool,
    /// Early data was taken by the server.
    pub early_data: bool,
    /// The peer's certificates (DER, its own first). In a resumed session those of the first.
    pub peer_certificates: Vec<Bytes>,
    /// The longest plaintext that the peer takes in a record, its content type included, if it said so (RFC 8449).
    pub peer_record_size_limit: Option<u16>,
}
