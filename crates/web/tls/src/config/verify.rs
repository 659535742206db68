use std::fmt::Debug;

use bytes::Bytes;
use wirelab_x509::{ServerName, Time, Verifier};

/// A client's judgement of the chain that a server shows.
pub trait VerifyServer: Debug + Send + Sync {
    /// Whether the chain (DER, the server's own certificate first) leads from a trusted root to this name now; `ocsp` is
    /// the response that was stapled to the first certificate.
    ///
    /// # Errors
    /// Why it is not to be trusted.
    fn verify_server(
        &self,
        chain: &[Bytes],
        name: &ServerName,
        ocsp: Option<&[u8]>,
        now: Time,
    ) -> Result<(), wirelab_x509::Error>;
}

/// A server's judgement of the chain that a client shows.
pub trait VerifyClient: Debug + Send + Sync {
    /// Whether the chain (DER, the client's own certificate first) leads from a trusted root now.
    ///
    /// # Errors
    /// Why it is not to be trusted.
    fn verify_client(&self, chain: &[Bytes], now: Time) -> Result<(), wirelab_x509::Error>;

    /// The distinguished names (DER) of the authorities that are worth being shown, for `certificate_authorities` (RFC 8446
    /// §4.2.4). None by default, which means any.
    fn authorities(&self) -> Vec<Bytes> {
        Vec::new()
    }
}

/// Trusts every certificate, and so nobody: a connection with it is encrypted, to whoever is in between. For looking
/// at servers whose certificate is known to be wrong.
#[derive(Clone, Copy, Debug)]
pub struct Insecure;

impl VerifyServer for Insecure {
    fn verify_server(
        &self,
        _: &[Bytes],
        _: &ServerName,
        _: Option<&[u8]>,
        _: Time,
    ) -> Result<(), wirelab_x509::Error> {
        Ok(())
    }
}

/// A path from the server's certificate to a trusted root (RFC 5280 §6), and the name in it. A stapled OCSP response is not
/// looked at.
impl VerifyServer for Verifier {
    fn verify_server(
        &self,
        chain: &[Bytes],
        name: &ServerName,
        _: Option<&[u8]>,
        now: Time,
    ) -> Result<(), wirelab_x509::Error> {
        Verifier::verify_server(self, chain, name, now).map(drop)
    }
}

/// A path from the client's certificate to a trusted root (RFC 5280 §6).
impl VerifyClient for Verifier {
    fn verify_client(&self, chain: &[Bytes], now: Time) -> Result<(), wirelab_x509::Error> {
        Verifier::verify_client(self, chain, now).map(drop)
    }
}
