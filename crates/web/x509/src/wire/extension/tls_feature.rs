use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::rules;
use crate::wire::der::{Integer, Tag, write_u32};

/// The number of a TLS extension that the server promises to use (RFC 7633 §4); 5 is OCSP stapling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsFeature(
    /// The number of the extension.
    pub u16,
);

impl TlsFeature {
    /// `status_request`: the server sends an OCSP response with its certificate ("must staple").
    pub const STATUS_REQUEST: TlsFeature = TlsFeature(5);
}

impl<'a> Decode<'a> for TlsFeature {
    const NAME: &'static str = "Feature";
    const SECTION: &'static str = "RFC 7633 §4";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let number = Integer::read(r, Tag::INTEGER, "feature")?.to_u64();
        let number = number.and_then(|number| u16::try_from(number).ok());
        number.map(TlsFeature).ok_or_else(|| r.invalid("feature", &rules::INTEGER_RANGE))
    }
}

impl Encode for TlsFeature {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        write_u32(w, Tag::INTEGER, self.0.into(), "feature");
    }
}
