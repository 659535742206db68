//! application_layer_protocol_negotiation (RFC 7301): what the client can speak above TLS, and what the server chose.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::codes::Within;
use crate::rules::{ALPN_NOT_ONE, VECTOR_LENGTH};
use crate::wire::vector::{self, Names, Prefix::U16};

const NAMES: Names = ("protocol_name_list length", "protocol_name_list");

pub(super) fn read<'a, T: Trace>(r: &mut Reader<'a, T>, within: Within) -> Result<Vec<&'a [u8]>, WireError> {
    let protocols = vector::list(r, U16, NAMES, 2, |r| {
        let len = r.u8("protocol_name length")?;
        if len == 0 {
            return Err(r.invalid("protocol_name length", &VECTOR_LENGTH));
        }
        let protocol = r.text(len.into(), "protocol_name")?;
        if is_grease(protocol) {
            r.note(|| "GREASE: reserved, means nothing (RFC 8701)".to_owned());
        }
        Ok(protocol)
    })?;
    // RFC 7301 §3.1: the server's list holds exactly the one protocol that it chose.
    if within == Within::EncryptedExtensions && protocols.len() != 1 {
        return Err(r.invalid("protocol_name_list", &ALPN_NOT_ONE));
    }
    Ok(protocols)
}

/// RFC 8701 §2: two equal bytes of the pattern `?a`.
fn is_grease(protocol: &[u8]) -> bool {
    matches!(protocol, &[high, low] if high == low && low & 0x0f == 0x0a)
}

pub(super) fn write<T: Trace>(w: &mut Writer<'_, T>, protocols: &[&[u8]]) {
    vector::write_block(w, U16, NAMES, |w| {
        for protocol in protocols {
            w.u8(protocol.len() as u8, "protocol_name length");
            w.text(protocol, "protocol_name");
        }
    });
}
