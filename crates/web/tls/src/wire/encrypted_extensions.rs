use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::codes::Within;
use crate::wire::extension::Extensions;

/// EncryptedExtensions (RFC 8446 §4.3.1): the first encrypted message, with the server's answers that no key depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncryptedExtensions<'a> {
    /// The extensions.
    pub extensions: Extensions<'a>,
}

impl<'a> Decode<'a> for EncryptedExtensions<'a> {
    const NAME: &'static str = "EncryptedExtensions";
    const SECTION: &'static str = "RFC 8446 §4.3.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        Ok(EncryptedExtensions { extensions: Extensions::read(r, Within::EncryptedExtensions)? })
    }
}

impl Encode for EncryptedExtensions<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        self.extensions.write(w);
    }
}
