use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::rules::KEY_UPDATE_VALUE;

/// A KeyUpdate (RFC 8446 §4.6.3): what the sender sends after it is under new keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUpdate {
    /// Whether the other side should do the same.
    pub request_update: KeyUpdateRequest,
}

/// Whether a key update is to be answered with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUpdateRequest {
    /// 0: no.
    UpdateNotRequested,
    /// 1: yes.
    UpdateRequested,
}

impl<'a> Decode<'a> for KeyUpdate {
    const NAME: &'static str = "KeyUpdate";
    const SECTION: &'static str = "RFC 8446 §4.6.3";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let request_update = match r.u8("request_update")? {
            0 => KeyUpdateRequest::UpdateNotRequested,
            1 => KeyUpdateRequest::UpdateRequested,
            // RFC 8446 §4.6.3: "If an implementation receives any other value, it MUST terminate the connection".
            _ => return Err(r.invalid("request_update", &KEY_UPDATE_VALUE)),
        };
        Ok(KeyUpdate { request_update })
    }
}

impl Encode for KeyUpdate {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u8((self.request_update == KeyUpdateRequest::UpdateRequested).into(), "request_update");
    }
}
