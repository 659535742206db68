use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::codes::{ExtensionType, Within};
use crate::rules::SIGNATURE_ALGORITHMS_MISSING;
use crate::wire::extension::Extensions;
use crate::wire::vector::{self, Names, Prefix::U8};

pub(super) const CONTEXT: Names = ("certificate_request_context length", "certificate_request_context");

/// A CertificateRequest (RFC 8446 §4.3.2): the server wants the client's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest<'a> {
    /// What the answer repeats, 0 to 255 bytes; empty during the handshake.
    pub certificate_request_context: &'a [u8],
    /// The extensions; `signature_algorithms` is always there.
    pub extensions: Extensions<'a>,
}

impl<'a> Decode<'a> for CertificateRequest<'a> {
    const NAME: &'static str = "CertificateRequest";
    const SECTION: &'static str = "RFC 8446 §4.3.2";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let certificate_request_context = vector::opaque(r, U8, CONTEXT, 0)?;
        let extensions = Extensions::read(r, Within::CertificateRequest)?;
        // RFC 8446 §4.3.2: "The "signature_algorithms" extension MUST be specified".
        if !extensions.contains(ExtensionType::SIGNATURE_ALGORITHMS) {
            return Err(r.invalid("extensions", &SIGNATURE_ALGORITHMS_MISSING));
        }
        Ok(CertificateRequest { certificate_request_context, extensions })
    }
}

impl Encode for CertificateRequest<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        vector::write_opaque(w, U8, CONTEXT, self.certificate_request_context);
        self.extensions.write(w);
    }
}
