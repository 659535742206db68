use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::server_hello::{Choice, HELLO_RETRY_REQUEST_RANDOM};
use crate::codes::{CipherSuite, ProtocolVersion, Within};
use crate::rules::RETRY_RANDOM;
use crate::wire::extension::Extensions;

/// A HelloRetryRequest (RFC 8446 §4.1.4): the server asks for another ClientHello, with a key share of another group, or
/// with its cookie. On the wire it is a ServerHello with a random value of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelloRetryRequest<'a> {
    /// 0x0303.
    pub legacy_version: ProtocolVersion,
    /// What the client sent as its session id, 0 to 32 bytes.
    pub legacy_session_id_echo: &'a [u8],
    /// The suite, which the ServerHello has to repeat.
    pub cipher_suite: CipherSuite,
    /// The extensions.
    pub extensions: Extensions<'a>,
}

impl<'a> Decode<'a> for HelloRetryRequest<'a> {
    const NAME: &'static str = "HelloRetryRequest";
    const SECTION: &'static str = "RFC 8446 §4.1.4";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let legacy_version = ProtocolVersion(r.u16("legacy_version")?);
        r.note(|| legacy_version.to_string());
        if r.array::<32>("random")? != &HELLO_RETRY_REQUEST_RANDOM {
            return Err(r.invalid("random", &RETRY_RANDOM));
        }
        r.note(|| "the SHA-256 of \"HelloRetryRequest\"".to_owned());
        let choice = Choice::read(r, Within::HelloRetryRequest)?;
        let Choice { legacy_session_id_echo, cipher_suite, extensions } = choice;
        Ok(HelloRetryRequest { legacy_version, legacy_session_id_echo, cipher_suite, extensions })
    }
}

impl Encode for HelloRetryRequest<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u16(self.legacy_version.0, "legacy_version");
        w.bytes(&HELLO_RETRY_REQUEST_RANDOM, "random");
        Choice::write(w, self.legacy_session_id_echo, self.cipher_suite, &self.extensions);
    }
}
