use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::codes::SignatureScheme;
use crate::wire::vector::{self, Names, Prefix::U16};

const SIGNATURE: Names = ("signature length", "signature");

/// A CertificateVerify (RFC 8446 §4.4.3): the proof that the sender has the key of its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateVerify<'a> {
    /// How it was signed.
    pub algorithm: SignatureScheme,
    /// The signature over [`signed_content`], 0 to 65 535 bytes.
    pub signature: &'a [u8],
}

/// Who signs: the two sign different content, so that a signature cannot be sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The server.
    Server,
    /// The client.
    Client,
}

/// What is signed (RFC 8446 §4.4.3): 64 spaces, a text that tells where it belongs, a zero, and the hash of the transcript
/// up to the Certificate. The spaces keep it apart from what TLS 1.2 signs.
///
/// ```
/// use wirelab_tls::{Signer, signed_content};
///
/// let content = signed_content(Signer::Server, &[1; 32]);
/// assert_eq!(content.len(), 64 + 33 + 1 + 32);
/// assert!(content[64..].starts_with(b"TLS 1.3, server CertificateVerify\0"));
/// ```
pub fn signed_content(signer: Signer, transcript_hash: &[u8]) -> Vec<u8> {
    let context: &[u8] = match signer {
        Signer::Server => b"TLS 1.3, server CertificateVerify",
        Signer::Client => b"TLS 1.3, client CertificateVerify",
    };
    [&[b' '; 64], context, &[0], transcript_hash].concat()
}

impl<'a> Decode<'a> for CertificateVerify<'a> {
    const NAME: &'static str = "CertificateVerify";
    const SECTION: &'static str = "RFC 8446 §4.4.3";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let algorithm = SignatureScheme(r.u16("algorithm")?);
        r.note(|| algorithm.note());
        let signature = vector::opaque(r, U16, SIGNATURE, 0)?;
        Ok(CertificateVerify { algorithm, signature })
    }
}

impl Encode for CertificateVerify<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u16(self.algorithm.0, "algorithm");
        vector::write_opaque(w, U16, SIGNATURE, self.signature);
    }
}
