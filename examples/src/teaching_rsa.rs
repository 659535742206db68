use std::iter;

use ring::error::KeyRejected;
use ring::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

use crate::{Big, Modulus};

/// An RSA key whose private half stands in this file for everybody to read, and encryption with it as TLS 1.2 and its
/// predecessors had it (PKCS #1 v1.5; RFC 8017 §7.2). For teaching only: the decryption says whether the padding was right, in its
/// result and in its time. That is the oracle of Bleichenbacher's attack of 1998, one of the reasons why TLS 1.3 has no RSA encryption.
#[derive(Clone, Debug)]
pub struct TeachingRsa {
    n: Modulus,
    e: Big,
}

/// The private exponent d: what leaks.
#[derive(Clone, Debug)]
pub struct PrivateExponent(Big);

impl TeachingRsa {
    /// The length of the modulus in bytes: 2048 bits.
    pub const LENGTH: usize = 256;

    /// The public half.
    pub fn public() -> Option<Self> {
        Some(TeachingRsa { n: Modulus::new(&Big::from_hex(N))?, e: Big::from(65_537) })
    }

    /// The private half.
    pub fn private() -> PrivateExponent {
        PrivateExponent(Big::from_hex(D))
    }

    /// The whole key as `ring` takes it, to sign with.
    ///
    /// # Errors
    /// The numbers do not fit each other.
    pub fn signing() -> Result<KeyPair, KeyRejected> {
        let half = |hex| Big::from_hex(hex).to_bytes(Self::LENGTH / 2);
        let number = |hex| Big::from_hex(hex).to_bytes(Self::LENGTH);
        KeyPair::from_components(&KeyPairComponents {
            public_key: PublicKeyComponents { n: number(N), e: vec![1, 0, 1] },
            d: number(D),
            p: half(P),
            q: half(Q),
            dP: half(DP),
            dQ: half(DQ),
            qInv: half(QINV),
        })
    }

    /// Whether the holder of the key has signed the message (RSASSA-PKCS1-v1_5 with SHA-256), as `ring` sees it.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let (n, e) = (self.n.number().to_bytes(Self::LENGTH), self.e.to_bytes(3));
        RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }

    // ANCHOR: rsa
    /// c = m^e mod n, with m = 00 02 ‖ padding without zeros ‖ 00 ‖ message (RFC 8017 §7.2.1). `None` for a message above 245 bytes.
    pub fn encrypt(&self, message: &[u8], padding: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
        let room = Self::LENGTH.checked_sub(3 + message.len()).filter(|room| *room >= 8)?;
        let mut block = vec![0, 2];
        block.extend(padding.filter(|byte| *byte != 0).chain(iter::repeat(0xff)).take(room));
        block.push(0);
        block.extend_from_slice(message);
        Some(self.n.power(&Big::from_bytes(&block), &self.e).to_bytes(Self::LENGTH))
    }

    /// m = c^d mod n, without its padding; `None` if it has none that is right (RFC 8017 §7.2.2).
    pub fn decrypt(&self, private: &PrivateExponent, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let c = Big::from_bytes(ciphertext);
        let block = (c < self.n.number()).then(|| self.n.power(&c, &private.0).to_bytes(Self::LENGTH))?;
        let padded = block.strip_prefix(&[0, 2])?;
        let end = padded.iter().position(|byte| *byte == 0).filter(|end| *end >= 8)?;
        padded.get(end + 1..).map(<[u8]>::to_vec)
    }
    // ANCHOR_END: rsa
}

/// The modulus n = p·q.
const N: &str = "\
    903bc0fe96ae7924483244578eba445ce5db370510a94927f442bed5a82c960c \
    bbabd7a2316211b73dc02f360d7a07901008dbbd7221158b071a81df5008b207 \
    2e3a61c7f6846bb623f240f677d9ca32e9b457feaceef78fb3c8730cab094276 \
    c24cb11acc833f788a6df856007b7d182a16754069586e7c1d674860f9c1ebd2 \
    7692fc9a9619fa34748167e2dff758e40526ca432d5c727ce5c8a75a9e876edc \
    0f8d97b4f2679a50079abc864b3114091ed4b9c13fc4712be22926da837e2c6d \
    a6983609c09d0aa60fa7dab8c35f6f083904f0c57ceb72e70de089f7d38a64aa \
    d84d17bf390492a6de07cce2f4e35d03ef18f2cf55b91ab8e5cbfcb025080725";

/// The private exponent d.
const D: &str = "\
    0459bc42f1a3ccd20a8b7335e0e5d8a20b1ce0d660acadba9f97870212d2f243 \
    b80f0e160a58e3bb1c08ebfd3c993a7f91ef7277c20255766b4ad564d2ff968b \
    ec19d851355f2ac3c480348d6dd80b1a1c70ecf35c059c73a0663c3ef6602853 \
    77ea7d16b10c87a19591c067de170eac81854a4c1cae26fa329f4083a5eb591d \
    9875c986e528eb47537a2b89030b4b02f553eaa6de538c517394fa037f689f7c \
    360edae7ed17de610b83563728c54d57492862df0fba8ac4be7cf2fc36e9f805 \
    d898ccb7fd7b479638f70ca61b3bc0a5ac71084fd7376b5ccd418abac9bf715c \
    056ef5b5d5c32b4c932022669a0f0636f946e0ba7c60c1baf396d88e43983681";

/// The first prime, p.
const P: &str = "\
    c427decc0d60d0d236ed5174b4faf46e0e189865570c1a54f86869c5225a71d5 \
    540326b094c73a99600dd2e251522b8d8727c2e6cda76caed1a6dfc5d8136e9e \
    6e54fdf84d8d4b75dd00e97c80b1a96917389d9c48cc0bf2ca2cd85434262ca2 \
    1074143f91bb2ec8e7aba5f5abb5765069314a0772d35bc410179e9de350affd";

/// The second prime, q.
const Q: &str = "\
    bc3ca7182865cf1d6722e00aafde14e9f481ebada3a682664ef715d7d02e5ff6 \
    29e4dd55cbfd2a728ce016975d44c938f6b8905bec0d5c6f6efb4d0ae46d0e05 \
    6d465d28ae9f9d6d405ebae6e8687a535c9ab4a408651a5d2209e47703140b09 \
    747a04a3916677e536163afb6b77d6625d77b785da307b0809955f2bb928b849";

/// d mod (p−1).
const DP: &str = "\
    772be1e80698b34583a95abb94d88277fa8866cdeabca7a2c7e8679a24ecde0b \
    c526c4f2b2f0f76107425ec4b0b3435290b24f6ef9b2a60cefc27a61308d5dbf \
    5338bfb3832a3c9636d6bf03ad0c42e85dfb3f861b941c0e3d56517796d73a76 \
    9b986a54d4acec1792e86dc37bb69b52ef15caec0b8eed49889d50f88b8a11e1";

/// d mod (q−1).
const DQ: &str = "\
    80607d3524980aa0eaee060e43d31a4054d9267acdd989a56cc566c840dadfe7 \
    6abb0398b7fe792c96975dd0ed733428fd5af2593eabfe16a182121113a8ac9f \
    56df5e39989e9327277773d0774089ecc083621f5cfa56f89d7651b2390f3a57 \
    c070572996c8638c974ea1fb4657fc862968b4693d5d430b403df72242ad5ac1";

/// 1/q mod p.
const QINV: &str = "\
    597c6d8b4d930870cd0012a2dd2add314baf11c65a130a2258af8e595bbee6e0 \
    68aa72142360462aca4913efcc0cee3f128a0b55e95b98eecbc0af41923488e2 \
    baf63ff54a28538649cc9b7066817ebcbe0dfe7ab03a0a989a5bc07b9e3c3e49 \
    d94fdefe67581f26e21c29a94b6a14203ab8d674ea8e86ca4cdfc885100df44f";

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::RSA_PKCS1_SHA256;

    use super::{Big, TeachingRsa};

    #[test]
    fn what_was_encrypted_comes_back_and_something_else_does_not() {
        let (key, private) = (TeachingRsa::public().unwrap(), TeachingRsa::private());
        let ciphertext = key.encrypt(b"premaster", 0..=255).unwrap();
        assert_eq!(key.decrypt(&private, &ciphertext).unwrap(), b"premaster");
        assert_eq!(key.decrypt(&private, &[7; 255]), None, "no padding");
        assert_eq!(key.decrypt(&private, &[0xff; 256]), None, "not below n");
        assert_eq!(key.encrypt(&[0; 246], 0..=255), None, "RFC 8017 §7.2.1: message too long");
    }

    /// `ring` checks that the seven numbers fit each other, and its signature is our own power of d: one key in both forms.
    #[test]
    fn a_signature_of_ring_is_the_power_that_we_compute() {
        let pair = TeachingRsa::signing().unwrap();
        let mut signature = vec![0; TeachingRsa::LENGTH];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"message", &mut signature).unwrap();
        let key = TeachingRsa::public().unwrap();
        assert!(key.verifies(b"message", &signature) && !key.verifies(b"another", &signature));
        let block = key.n.power(&Big::from_bytes(&signature), &key.e);
        assert_eq!(key.n.power(&block, &TeachingRsa::private().0), Big::from_bytes(&signature));
        assert_eq!(block.to_bytes(256)[..3], [0, 1, 0xff], "RFC 8017 §9.2");
    }
}
