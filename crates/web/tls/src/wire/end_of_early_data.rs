use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

/// EndOfEarlyData (RFC 8446 §4.5): the last message under the keys of 0-RTT data. It has no content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndOfEarlyData;

impl<'a> Decode<'a> for EndOfEarlyData {
    const NAME: &'static str = "EndOfEarlyData";
    const SECTION: &'static str = "RFC 8446 §4.5";

    fn decode(_: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        Ok(EndOfEarlyData)
    }
}

impl Encode for EndOfEarlyData {
    fn encode(&self, _: &mut Writer<'_, impl Trace>) {}
}
