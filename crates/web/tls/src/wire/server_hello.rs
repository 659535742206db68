use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::client_hello::session_id;
use crate::codes::{CipherSuite, ProtocolVersion, Within};
use crate::rules::{COMPRESSION_CHOSEN, EXTENSION_MISPLACED, RETRY_RANDOM};
use crate::wire::extension::Extensions;
use crate::wire::vector::{self, Names, Prefix::U8};

/// The random value that makes a ServerHello a HelloRetryRequest: the SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3).
pub const HELLO_RETRY_REQUEST_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];
/// The end of the random value of a server that knows TLS 1.3 and was talked down to TLS 1.2 (RFC 8446 §4.1.3).
pub const DOWNGRADE_TLS1_2: [u8; 8] = *b"DOWNGRD\x01";
/// The same, down to TLS 1.1 or below.
pub const DOWNGRADE_TLS1_1: [u8; 8] = *b"DOWNGRD\x00";

const SESSION_ID: Names = ("legacy_session_id_echo length", "legacy_session_id_echo");

/// A ServerHello (RFC 8446 §4.1.3): what the server chose, up to where the keys are agreed on. One of TLS 1.2 can be read
/// as well: it has no `selected_version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// 0x0303.
    pub legacy_version: ProtocolVersion,
    /// 32 bytes from a secure generator; not [`HELLO_RETRY_REQUEST_RANDOM`].
    pub random: &'a [u8; 32],
    /// What the client sent as its session id, 0 to 32 bytes.
    pub legacy_session_id_echo: &'a [u8],
    /// The suite.
    pub cipher_suite: CipherSuite,
    /// The extensions.
    pub extensions: Extensions<'a>,
}

impl ServerHello<'_> {
    /// Whether the random value says that the server would have spoken a newer version (RFC 8446 §4.1.3).
    pub fn has_downgrade_sentinel(&self) -> bool {
        self.random.ends_with(&DOWNGRADE_TLS1_2) || self.random.ends_with(&DOWNGRADE_TLS1_1)
    }
}

/// The fields behind the random value, which ServerHello and HelloRetryRequest share.
pub(super) struct Choice<'a> {
    pub(super) legacy_session_id_echo: &'a [u8],
    pub(super) cipher_suite: CipherSuite,
    pub(super) extensions: Extensions<'a>,
}

impl<'a> Choice<'a> {
    pub(super) fn read(r: &mut Reader<'a, impl Trace>, within: Within) -> Result<Self, WireError> {
        let legacy_session_id_echo = session_id(r, SESSION_ID)?;
        let cipher_suite = CipherSuite(r.u16("cipher_suite")?);
        r.note(|| cipher_suite.note());
        // RFC 8446 §4.1.3: "A single byte which MUST have the value 0."
        if r.u8("legacy_compression_method")? != 0 {
            return Err(r.invalid("legacy_compression_method", &COMPRESSION_CHOSEN));
        }
        let extensions = Extensions::read_if_there(r, within)?;
        Ok(Choice { legacy_session_id_echo, cipher_suite, extensions })
    }

    pub(super) fn write(
        w: &mut Writer<'_, impl Trace>,
        legacy_session_id_echo: &[u8],
        cipher_suite: CipherSuite,
        extensions: &Extensions<'_>,
    ) {
        vector::write_opaque(w, U8, SESSION_ID, legacy_session_id_echo);
        w.u16(cipher_suite.0, "cipher_suite");
        w.u8(0, "legacy_compression_method");
        extensions.write(w);
    }
}

impl<'a> Decode<'a> for ServerHello<'a> {
    const NAME: &'static str = "ServerHello";
    const SECTION: &'static str = "RFC 8446 §4.1.3";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let legacy_version = ProtocolVersion(r.u16("legacy_version")?);
        r.note(|| format!("{legacy_version}; the true one is in supported_versions"));
        let random = r.array::<32>("random")?;
        if random == &HELLO_RETRY_REQUEST_RANDOM {
            return Err(r.invalid("random", &RETRY_RANDOM));
        }
        let choice = Choice::read(r, Within::ServerHello)?;
        let Choice { legacy_session_id_echo, cipher_suite, extensions } = choice;
        if extensions.selected_version().is_some() && extensions.has_misplaced(Within::ServerHello) {
            return Err(r.invalid("extensions", &EXTENSION_MISPLACED));
        }
        Ok(ServerHello { legacy_version, random, legacy_session_id_echo, cipher_suite, extensions })
    }
}

impl Encode for ServerHello<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u16(self.legacy_version.0, "legacy_version");
        w.bytes(self.random, "random");
        Choice::write(w, self.legacy_session_id_echo, self.cipher_suite, &self.extensions);
    }
}
