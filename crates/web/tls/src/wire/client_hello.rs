use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::codes::{CipherSuite, ProtocolVersion, Within};
use crate::rules::{COMPRESSION, VECTOR_LENGTH};
use crate::wire::extension::Extensions;
use crate::wire::vector::{self, Names, Prefix::U8, Prefix::U16};

pub(super) const SUITES: Names = ("cipher_suites length", "cipher_suites");
const COMPRESSIONS: Names = ("legacy_compression_methods length", "legacy_compression_methods");

/// A ClientHello (RFC 8446 §4.1.2): all that the client offers. One of TLS 1.2 can be read as well, so that it can be
/// refused for its version.
///
/// ```text
/// legacy_version │ random │ legacy_session_id │ cipher_suites │ legacy_compression_methods │ extensions
///        2       │   32   │     1 + 0…32      │     2 + 2n    │          1 + 1…            │   2 + …
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// 0x0303; the true versions are in `supported_versions`.
    pub legacy_version: ProtocolVersion,
    /// 32 bytes from a secure generator.
    pub random: &'a [u8; 32],
    /// 0 to 32 bytes, which the server echoes (compatibility mode, appendix D.4).
    pub legacy_session_id: &'a [u8],
    /// The suites, at least one, the preferred one first.
    pub cipher_suites: Vec<CipherSuite>,
    /// One byte, 0, in TLS 1.3; 1 to 255 bytes before.
    pub legacy_compression_methods: &'a [u8],
    /// The extensions; `pre_shared_key` is the last, if it is there.
    pub extensions: Extensions<'a>,
}

impl ClientHello<'_> {
    /// What the compression field says in TLS 1.3.
    pub const NO_COMPRESSION: &'static [u8] = &[0];

    /// Whether TLS 1.3 is among the versions that are offered.
    pub fn offers_tls13(&self) -> bool {
        let versions = self.extensions.supported_versions();
        versions.is_some_and(|versions| versions.contains(&ProtocolVersion::TLS1_3))
    }

    /// How many bytes at the end of the message are the binders of its pre-shared keys, with their length; 0 if it offers
    /// none. The binders themselves are computed over the message without these bytes (§4.2.11.2).
    pub fn binders_len(&self) -> usize {
        self.extensions.pre_shared_key().map_or(0, |psks| psks.binders_len())
    }
}

impl<'a> Decode<'a> for ClientHello<'a> {
    const NAME: &'static str = "ClientHello";
    const SECTION: &'static str = "RFC 8446 §4.1.2";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let legacy_version = ProtocolVersion(r.u16("legacy_version")?);
        r.note(|| format!("{legacy_version}; the true ones are in supported_versions"));
        let random = r.array::<32>("random")?;
        let legacy_session_id = session_id(r, ("legacy_session_id length", "legacy_session_id"))?;
        let cipher_suites = vector::list(r, U16, SUITES, 2, |r| {
            let suite = CipherSuite(r.u16("cipher_suite")?);
            r.note(|| suite.note());
            Ok(suite)
        })?;
        let legacy_compression_methods = vector::opaque(r, U8, COMPRESSIONS, 1)?;
        let no_compression = legacy_compression_methods == ClientHello::NO_COMPRESSION;
        let compression = r.invalid("legacy_compression_methods", &COMPRESSION);
        let extensions = Extensions::read_if_there(r, Within::ClientHello)?;
        let hello = ClientHello {
            legacy_version,
            random,
            legacy_session_id,
            cipher_suites,
            legacy_compression_methods,
            extensions,
        };
        // RFC 8446 §4.1.2: "For every TLS 1.3 ClientHello, this vector MUST contain exactly one byte, set to zero".
        if hello.offers_tls13() && !no_compression {
            return Err(compression);
        }
        Ok(hello)
    }
}

/// `opaque legacy_session_id<0..32>`.
pub(super) fn session_id<'a>(r: &mut Reader<'a, impl Trace>, names: Names) -> Result<&'a [u8], WireError> {
    let len = r.u8(names.0)?;
    if len > 32 {
        return Err(r.invalid(names.0, &VECTOR_LENGTH));
    }
    r.bytes(len.into(), names.1)
}

impl Encode for ClientHello<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u16(self.legacy_version.0, "legacy_version");
        w.bytes(self.random, "random");
        vector::write_opaque(
            w,
            U8,
            ("legacy_session_id length", "legacy_session_id"),
            self.legacy_session_id,
        );
        vector::write_block(w, U16, SUITES, |w| {
            for suite in &self.cipher_suites {
                w.u16(suite.0, "cipher_suite");
            }
        });
        vector::write_opaque(w, U8, COMPRESSIONS, self.legacy_compression_methods);
        self.extensions.write(w);
    }
}
