use crate::{Entropy, Misuse};

/// Values that mean nothing, for a ClientHello (RFC 8701 §3.1): a server that stumbles over unknown values is found before
/// there are new ones. Which of the sixteen they are is drawn for each connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grease {
    pub(super) suite: u16,
    pub(super) group: u16,
    pub(super) version: u16,
    pub(super) scheme: u16,
    pub(super) first_extension: u16,
    pub(super) last_extension: u16,
}

impl Grease {
    pub(super) fn draw(entropy: &Entropy) -> Result<Self, Misuse> {
        let [suite, group, version, scheme, first, last] = entropy.array::<6>()?;
        // No extension stands twice.
        let last = if first >> 4 == last >> 4 { last ^ 0x10 } else { last };
        Ok(Grease {
            suite: value(suite),
            group: value(group),
            version: value(version),
            scheme: value(scheme),
            first_extension: value(first),
            last_extension: value(last),
        })
    }
}

/// RFC 8701 §2: two equal bytes, each with `a` as its low half.
fn value(random: u8) -> u16 {
    let byte = random & 0xf0 | 0x0a;
    u16::from_be_bytes([byte, byte])
}
