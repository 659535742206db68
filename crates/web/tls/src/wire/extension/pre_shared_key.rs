//! pre_shared_key (RFC 8446 §4.2.11): keys that both sides have already, mostly from tickets. The client proves with a
//! *binder* for each that it has it: a MAC over the ClientHello up to the binders.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::rules::{BINDERS_COUNT, VECTOR_LENGTH};
use crate::wire::vector::{self, Names, Prefix::U8, Prefix::U16};

const IDENTITIES: Names = ("identities length", "identities");
const IDENTITY: Names = ("identity length", "identity");
const BINDERS: Names = ("binders length", "binders");

/// The keys that a client offers, and its proof for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferedPsks<'a> {
    /// What the keys are called, at least one, the preferred one first.
    pub identities: Vec<PskIdentity<'a>>,
    /// A MAC for each identity, in the same order, each 32 to 255 bytes.
    pub binders: Vec<&'a [u8]>,
}

/// What a key is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PskIdentity<'a> {
    /// The name, or the ticket; 1 to 65 535 bytes.
    pub identity: &'a [u8],
    /// The age of the ticket in milliseconds, plus its `ticket_age_add`, modulo 2^32; 0 for a key that is no ticket's.
    pub obfuscated_ticket_age: u32,
}

impl OfferedPsks<'_> {
    /// How many bytes the binders take at the end of a ClientHello, their length field included. A binder is
    /// computed over the message without them (§4.2.11.2).
    pub fn binders_len(&self) -> usize {
        2 + self.binders.iter().map(|binder| 1 + binder.len()).sum::<usize>()
    }
}

/// Puts binders into a ClientHello message that was written with others of the same lengths, which its last bytes are.
/// Returns whether they fit.
#[must_use]
pub fn fill_binders(message: &mut [u8], binders: &[impl AsRef<[u8]>]) -> bool {
    let len: usize = binders.iter().map(|binder| 1 + binder.as_ref().len()).sum();
    let Some(start) = message.len().checked_sub(len) else { return false };
    let Some(mut tail) = message.get_mut(start..) else { return false };
    for binder in binders.iter().map(AsRef::as_ref) {
        let Some((place, behind)) = tail.split_at_mut_checked(1 + binder.len()) else { return false };
        match place {
            [length, place @ ..] if usize::from(*length) == binder.len() => place.copy_from_slice(binder),
            _ => return false,
        }
        tail = behind;
    }
    true
}

pub(super) fn read_offered<'a, T: Trace>(r: &mut Reader<'a, T>) -> Result<OfferedPsks<'a>, WireError> {
    let identities = vector::list(r, U16, IDENTITIES, 7, |r| {
        let identity = vector::opaque(r, U16, IDENTITY, 1)?;
        let obfuscated_ticket_age = r.u32("obfuscated_ticket_age")?;
        Ok(PskIdentity { identity, obfuscated_ticket_age })
    })?;
    let binders = vector::list(r, U16, BINDERS, 33, |r| {
        let len = r.u8("binder length")?;
        if len < 32 {
            return Err(r.invalid("binder length", &VECTOR_LENGTH));
        }
        r.bytes(len.into(), "binder")
    })?;
    if identities.len() != binders.len() {
        return Err(r.invalid("binders", &BINDERS_COUNT));
    }
    Ok(OfferedPsks { identities, binders })
}

pub(super) fn write_offered<T: Trace>(w: &mut Writer<'_, T>, psks: &OfferedPsks<'_>) {
    vector::write_block(w, U16, IDENTITIES, |w| {
        for identity in &psks.identities {
            vector::write_opaque(w, U16, IDENTITY, identity.identity);
            w.u32(identity.obfuscated_ticket_age, "obfuscated_ticket_age");
        }
    });
    vector::write_block(w, U16, BINDERS, |w| {
        for binder in &psks.binders {
            vector::write_opaque(w, U8, ("binder length", "binder"), binder);
        }
    });
}
