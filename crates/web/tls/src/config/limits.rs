/// What a peer may use up. The defaults let every peer pass that means well; each stops an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest handshake message, in bytes, header included. A length field of 24 bits could ask for 16 MiB of buffer
    /// before anything is authenticated. 64 KiB.
    pub max_handshake_message: usize,
    /// Certificates in a chain. Each costs a signature check. 10.
    pub max_certificates: usize,
    /// Pre-shared keys that a server looks at in one ClientHello; each costs an attempt to open a ticket. 8.
    pub max_identities: usize,
    /// Tickets that a client keeps of one connection. A server could send them for ever. 8.
    pub max_tickets: usize,
    /// KeyUpdates in a row with no application data between them; each costs a derivation, and asks for an answer. 32.
    pub max_key_updates: usize,
    /// Records in a row that carry nothing: empty application data, and padding alone. Each costs an authentication. 32.
    pub max_empty_records: usize,
    /// `change_cipher_spec` records during a handshake, where one is expected and any number means nothing. 4.
    pub max_change_cipher_specs: usize,
    /// Bytes of early data that a server skips after it has rejected them, if it has no limit of its own from a ticket. 64 KiB.
    pub max_skipped_early_data: usize,
    /// Bytes that were received and not asked for yet; above this (and a whole record),
    /// [`wants_read`](wirelab_sansio::StreamProtocol::wants_read) says no. 128 KiB.
    pub max_unread: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_handshake_message: 64 * 1024,
            max_certificates: 10,
            max_identities: 8,
            max_tickets: 8,
            max_key_updates: 32,
            max_empty_records: 32,
            max_change_cipher_specs: 4,
            max_skipped_early_data: 64 * 1024,
            max_unread: 128 * 1024,
        }
    }
}

/// How much the length of a record tells: encryption hides what is said, and not how much (RFC 8446 §5.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// No padding: the length of the content is seen.
    #[default]
    None,
    /// Zeros up to the next multiple of so many bytes.
    ToMultipleOf(u16),
    /// Each record has the greatest length.
    Full,
}
