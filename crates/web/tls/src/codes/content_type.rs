use super::code;

code! {
    /// What a record carries (RFC 8446 §5.1). In TLS 1.3 the outer type of an encrypted record is always
    /// `application_data`; the true one is inside (§5.2).
    ///
    /// ```
    /// use wirelab_tls::ContentType;
    ///
    /// assert_eq!(ContentType(22), ContentType::HANDSHAKE);
    /// assert_eq!(ContentType::HANDSHAKE.to_string(), "handshake");
    /// assert_eq!(ContentType(99).to_string(), "99");
    /// ```
    pub struct ContentType(u8) shown as "{}" {
        /// No type: what padding is made of.
        INVALID = 0, "invalid";
        /// A message of one byte that means nothing in TLS 1.3 (RFC 8446 §5, appendix D.4).
        CHANGE_CIPHER_SPEC = 20, "change_cipher_spec";
        /// An alert (§6).
        ALERT = 21, "alert";
        /// Handshake messages, or parts of them (§4).
        HANDSHAKE = 22, "handshake";
        /// Data of the application; outside of an encrypted record, anything.
        APPLICATION_DATA = 23, "application_data";
    }
}
