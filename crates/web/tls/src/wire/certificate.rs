use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::certificate_request::CONTEXT;
use crate::codes::Within;
use crate::wire::extension::Extensions;
use crate::wire::vector::{self, Names, Prefix::U8, Prefix::U24};

const LIST: Names = ("certificate_list length", "certificate_list");
const DATA: Names = ("cert_data length", "cert_data");

/// A Certificate message (RFC 8446 §4.4.2): a chain, the sender's own certificate first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate<'a> {
    /// The context of the request, 0 to 255 bytes; empty from a server.
    pub certificate_request_context: &'a [u8],
    /// The chain; empty if a client has none that would do.
    pub certificate_list: Vec<CertificateEntry<'a>>,
}

/// One certificate of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateEntry<'a> {
    /// The certificate in DER, 1 to 2^24 - 1 bytes.
    pub cert_data: &'a [u8],
    /// What is said about it: an OCSP response, proofs that it was logged.
    pub extensions: Extensions<'a>,
}

impl<'a> Decode<'a> for Certificate<'a> {
    const NAME: &'static str = "Certificate";
    const SECTION: &'static str = "RFC 8446 §4.4.2";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let certificate_request_context = vector::opaque(r, U8, CONTEXT, 0)?;
        let certificate_list = vector::list(r, U24, LIST, 0, |r| {
            r.group("CertificateEntry", "RFC 8446 §4.4.2", |r| {
                let cert_data = vector::opaque(r, U24, DATA, 1)?;
                r.note(|| format!("X.509 in DER, {} bytes", cert_data.len()));
                Ok(CertificateEntry { cert_data, extensions: Extensions::read(r, Within::Certificate)? })
            })
        })?;
        Ok(Certificate { certificate_request_context, certificate_list })
    }
}

impl Encode for Certificate<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        vector::write_opaque(w, U8, CONTEXT, self.certificate_request_context);
        vector::write_block(w, U24, LIST, |w| {
            for entry in &self.certificate_list {
                w.group("CertificateEntry", "RFC 8446 §4.4.2", |w| {
                    vector::write_opaque(w, U24, DATA, entry.cert_data);
                    entry.extensions.write(w);
                });
            }
        });
    }
}
