//! key_share (RFC 8446 §4.2.8): public keys for the exchange. A client offers some, a server answers with one, or says
//! in a HelloRetryRequest which one it would like.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::codes::NamedGroup;
use crate::wire::vector::{self, Names, Prefix::U16};

const SHARES: Names = ("client_shares length", "client_shares");
const KEY: Names = ("key_exchange length", "key_exchange");

/// A public key of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyShareEntry<'a> {
    /// The group.
    pub group: NamedGroup,
    /// The key, 1 to 65 535 bytes: 32 of x25519; for a curve of NIST, 4 and then both coordinates (§4.2.8.2).
    pub key_exchange: &'a [u8],
}

pub(super) fn read_offered<'a, T: Trace>(r: &mut Reader<'a, T>) -> Result<Vec<KeyShareEntry<'a>>, WireError> {
    vector::list(r, U16, SHARES, 0, read_entry)
}

pub(super) fn read_entry<'a, T: Trace>(r: &mut Reader<'a, T>) -> Result<KeyShareEntry<'a>, WireError> {
    let group = NamedGroup(r.u16("group")?);
    r.note(|| group.note());
    let key_exchange = vector::opaque(r, U16, KEY, 1)?;
    r.note(|| describe(group).to_owned());
    Ok(KeyShareEntry { group, key_exchange })
}

/// What the bytes of a key are.
fn describe(group: NamedGroup) -> &'static str {
    match group {
        NamedGroup::X25519 => "the x coordinate of a point, least significant byte first",
        NamedGroup::SECP256R1 | NamedGroup::SECP384R1 | NamedGroup::SECP521R1 => {
            "4: an uncompressed point; then its x and y"
        }
        NamedGroup::X25519_MLKEM768 => {
            "a key of ML-KEM-768, or what is encapsulated for it; then a key of x25519"
        }
        group if group.is_grease() => "no key: the group is GREASE",
        _ => "a public key",
    }
}

pub(super) fn read_selected(r: &mut Reader<'_, impl Trace>) -> Result<NamedGroup, WireError> {
    let group = NamedGroup(r.u16("selected_group")?);
    r.note(|| group.note());
    Ok(group)
}

pub(super) fn write_offered<T: Trace>(w: &mut Writer<'_, T>, shares: &[KeyShareEntry<'_>]) {
    vector::write_block(w, U16, SHARES, |w| {
        for share in shares {
            write_entry(w, share);
        }
    });
}

pub(super) fn write_entry(w: &mut Writer<'_, impl Trace>, share: &KeyShareEntry<'_>) {
    w.u16(share.group.0, "group");
    vector::write_opaque(w, U16, KEY, share.key_exchange);
}
