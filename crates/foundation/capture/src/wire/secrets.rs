use wirelab_wire::{Decode, Reader, Trace, WireError, Writer};

use super::option::{Options, Owner};
use super::order::{Order, padded, padding, put_padded};
use crate::keylog::KeyLog;

/// The Decryption Secrets Block: what a reader needs to decrypt the packets behind it.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────────────────────────────────────┐
/// │                         secrets type                          │
/// ├───────────────────────────────────────────────────────────────┤
/// │                        secrets length                         │
/// ├───────────────────────────────────────────────────────────────┤
/// │         secrets data …        padding to a whole word         │
/// ├───────────────────────────────────────────────────────────────┤
/// │                            options …                          │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecryptionSecrets<'a> {
    /// What the data is: [`TLS_KEY_LOG`](Self::TLS_KEY_LOG), or a protocol that is not known here.
    pub kind: u32,
    /// The secrets, in the format of their kind.
    pub data: &'a [u8],
    /// What else it says.
    pub options: Options<'a>,
}

impl<'a> DecryptionSecrets<'a> {
    /// "TLSK" read as a number: the data is a TLS key log.
    pub const TLS_KEY_LOG: u32 = 0x544c_534b;

    /// A block with the text of a key log.
    pub fn tls(key_log: &'a [u8]) -> Self {
        DecryptionSecrets { kind: Self::TLS_KEY_LOG, data: key_log, options: Options::default() }
    }

    pub(crate) fn decode_body(r: &mut Reader<'a, impl Trace>, order: Order) -> Result<Self, WireError> {
        let kind = order.u32(r, "secrets type")?;
        if kind == Self::TLS_KEY_LOG {
            r.note(|| "TLS key log".to_owned());
        }
        let length = order.u32(r, "secrets length")?;
        let data = padded_secrets(r, length as usize, kind)?;
        let options = Options::decode(r, order, Owner::Secrets)?;
        Ok(DecryptionSecrets { kind, data, options })
    }

    pub(crate) fn body_len(&self) -> usize {
        8 + self.data.len() + padding(self.data.len()) + self.options.encoded_len()
    }

    pub(crate) fn encode_body(&self, w: &mut Writer<'_, impl Trace>, order: Order) {
        order.put_u32(w, self.kind, "secrets type");
        order.put_u32(w, self.data.len() as u32, "secrets length");
        put_padded(w, self.data, "secrets data");
        self.options.encode(w, order, Owner::Secrets);
    }
}

fn padded_secrets<'a>(r: &mut Reader<'a, impl Trace>, len: usize, kind: u32) -> Result<&'a [u8], WireError> {
    let data = padded(r, len, "secrets data")?;
    if kind == DecryptionSecrets::TLS_KEY_LOG {
        r.derived("key log", || data, |r| KeyLog::decode(r).map(|_| ()));
    }
    Ok(data)
}
