use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

/// A Finished message (RFC 8446 §4.4.4): a MAC over the transcript, which proves that both sides saw the same handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished<'a> {
    /// The MAC: as long as the hash of the suite, which has to be checked by who knows it.
    pub verify_data: &'a [u8],
}

impl<'a> Decode<'a> for Finished<'a> {
    const NAME: &'static str = "Finished";
    const SECTION: &'static str = "RFC 8446 §4.4.4";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        Ok(Finished { verify_data: r.rest("verify_data") })
    }
}

impl Encode for Finished<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.bytes(self.verify_data, "verify_data");
    }
}
