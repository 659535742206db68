use super::{code, grease};

code! {
    /// A group for the key exchange, two bytes (RFC 8446 §4.2.7).
    pub struct NamedGroup(u16) shown as "{:#06x}" {
        /// The curve P-256.
        SECP256R1 = 0x0017, "secp256r1";
        /// The curve P-384.
        SECP384R1 = 0x0018, "secp384r1";
        /// The curve P-521; not implemented here.
        SECP521R1 = 0x0019, "secp521r1";
        /// Curve25519 (RFC 7748).
        X25519 = 0x001d, "x25519";
        /// Curve448 (RFC 7748); not implemented here.
        X448 = 0x001e, "x448";
        /// A finite field of 2048 bits (RFC 7919).
        FFDHE2048 = 0x0100, "ffdhe2048";
        /// A finite field of 3072 bits.
        FFDHE3072 = 0x0101, "ffdhe3072";
        /// A finite field of 4096 bits.
        FFDHE4096 = 0x0102, "ffdhe4096";
        /// A finite field of 6144 bits.
        FFDHE6144 = 0x0103, "ffdhe6144";
        /// A finite field of 8192 bits.
        FFDHE8192 = 0x0104, "ffdhe8192";
        /// P-256 together with ML-KEM-768.
        SECP256R1_MLKEM768 = 0x11eb, "SecP256r1MLKEM768";
        /// Curve25519 together with ML-KEM-768: what browsers offer first, against future quantum computers.
        X25519_MLKEM768 = 0x11ec, "X25519MLKEM768";
        /// P-384 together with ML-KEM-1024.
        SECP384R1_MLKEM1024 = 0x11ed, "SecP384r1MLKEM1024";
        /// The draft before [`X25519_MLKEM768`](Self::X25519_MLKEM768).
        X25519_KYBER768_DRAFT00 = 0x6399, "X25519Kyber768Draft00";
    }
}
grease!(NamedGroup);

impl NamedGroup {
    /// Those that are implemented, the preferred one first.
    pub const ALL: [NamedGroup; 3] = [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1];
}
