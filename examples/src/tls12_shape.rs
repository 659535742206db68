//! The parts of TLS 1.2 in which its two key exchanges differ, with real keys and real records, and without the rest: no extensions, no
//! Finished, no certificate but the key. It exists to be recorded and attacked, in `ch03_forward_secrecy`.

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;

/// The 40 bytes of keys of one connection with AES_128_GCM_SHA256.
#[derive(Clone, Debug)]
pub struct Keys {
    client: (Vec<u8>, [u8; 4]),
    server: (Vec<u8>, [u8; 4]),
}

/// Who sends a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// P_SHA256 (RFC 5246 §5): as many bytes as are wanted, from a secret, a label and a seed.
///
/// ```
/// use wirelab_examples::tls12_shape::prf;
///
/// // The test vector for SHA-256 that was posted to the TLS working group with the draft of RFC 5246.
/// let secret = [0x9b, 0xbe, 0x43, 0x6b, 0xa9, 0x40, 0xf0, 0x17, 0xb1, 0x76, 0x52, 0x84, 0x9a, 0x71, 0xdb, 0x35];
/// let seed = [0xa0, 0xba, 0x9f, 0x93, 0x6c, 0xda, 0x31, 0x18, 0x27, 0xa6, 0xf7, 0x96, 0xff, 0xd5, 0x19, 0x8c];
/// let out = prf(&secret, b"test label", &seed, 100);
/// assert_eq!((out.len(), &out[..4]), (100, &[0xe3, 0xf2, 0x29, 0xba][..]));
/// ```
pub fn prf(secret: &[u8], label: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let seed = [label, seed].concat();
    let (mut out, mut a) = (Vec::new(), seed.clone());
    while out.len() < length {
        a = hmac::sign(&key, &a).as_ref().to_vec();
        out.extend_from_slice(hmac::sign(&key, &[a.as_slice(), &seed].concat()).as_ref());
    }
    out.truncate(length);
    out
}

// ANCHOR: keys
/// Premaster secret → master secret (RFC 5246 §8.1) → keys (§6.3). Both random numbers travel in the clear: whoever has the premaster secret has all.
pub fn keys(premaster: &[u8], client_random: &[u8], server_random: &[u8]) -> Option<Keys> {
    let master = prf(premaster, b"master secret", &[client_random, server_random].concat(), 48);
    let block = prf(&master, b"key expansion", &[server_random, client_random].concat(), 40);
    let (client_key, rest) = block.split_at_checked(16)?;
    let (server_key, salts) = rest.split_at_checked(16)?;
    let (client_salt, server_salt) = salts.split_at_checked(4)?;
    Some(Keys {
        client: (client_key.to_vec(), client_salt.try_into().ok()?),
        server: (server_key.to_vec(), server_salt.try_into().ok()?),
    })
}
// ANCHOR_END: keys

/// Type application_data and version 1.2 of a record.
const HEADER: [u8; 3] = [23, 3, 3];

impl Keys {
    /// Key, nonce and additional data of a side's record with this number (RFC 5246 §6.2.3.3, RFC 5288 §3).
    fn parts(&self, side: Side, number: u64, length: usize) -> Option<(LessSafeKey, Nonce, Vec<u8>)> {
        let (key, salt) = if side == Side::Client { &self.client } else { &self.server };
        let nonce = [salt.as_slice(), &number.to_be_bytes()].concat().try_into().ok()?;
        let length = u16::try_from(length).ok()?;
        let additional = [number.to_be_bytes().as_slice(), &HEADER, &length.to_be_bytes()].concat();
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key).ok()?);
        Some((key, Nonce::assume_unique_for_key(nonce), additional))
    }

    /// The text as a record: header, the nonce's explicit half, ciphertext, 16 bytes of tag. `None` above 2^16 bytes.
    pub fn seal(&self, side: Side, number: u64, text: &[u8]) -> Option<Vec<u8>> {
        let (key, nonce, additional) = self.parts(side, number, text.len())?;
        let mut sealed = text.to_vec();
        key.seal_in_place_append_tag(nonce, Aad::from(additional), &mut sealed).ok()?;
        let length = u16::try_from(8 + sealed.len()).ok()?;
        Some([HEADER.as_slice(), &length.to_be_bytes(), &number.to_be_bytes(), &sealed].concat())
    }

    /// The text of a record; `None` if it was not sealed with these keys.
    pub fn open(&self, side: Side, record: &[u8]) -> Option<Vec<u8>> {
        let (number, sealed) = record.get(5..)?.split_at_checked(8)?;
        let number = u64::from_be_bytes(number.try_into().ok()?);
        let (key, nonce, additional) = self.parts(side, number, sealed.len().checked_sub(16)?)?;
        let mut text = sealed.to_vec();
        Some(key.open_in_place(nonce, Aad::from(additional), &mut text).ok()?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::{Side, keys};

    #[test]
    fn a_record_opens_with_its_own_keys_and_side_only() {
        let (right, wrong) =
            (keys(&[1; 48], &[2; 32], &[3; 32]).unwrap(), keys(&[0; 48], &[2; 32], &[3; 32]).unwrap());
        let record = right.seal(Side::Client, 1, b"text").unwrap();
        assert_eq!(record.len(), 5 + 8 + 4 + 16);
        assert_eq!(right.open(Side::Client, &record).unwrap(), b"text");
        assert_eq!(right.open(Side::Server, &record), None);
        assert_eq!(wrong.open(Side::Client, &record), None);
        assert_eq!(right.open(Side::Client, &record[..20]), None);
    }
}
