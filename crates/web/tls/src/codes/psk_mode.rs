use super::code;

code! {
    /// How a pre-shared key may be used (RFC 8446 §4.2.9).
    pub struct PskKeyExchangeMode(u8) shown as "{}" {
        /// The key alone: no forward secrecy.
        PSK_KE = 0, "psk_ke";
        /// The key together with an (EC)DHE exchange.
        PSK_DHE_KE = 1, "psk_dhe_ke";
    }
}

impl PskKeyExchangeMode {
    /// Whether this is one of the eight values of one byte that mean nothing (RFC 8701 §2): `0x0b`, and each 31 above.
    pub fn is_grease(self) -> bool {
        self.0 % 31 == 0x0b && self.0 <= 0xe4
    }
}
