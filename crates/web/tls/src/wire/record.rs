use wirelab_wire::{Decode, Encode, Reader, Rule, Trace, WireError, Writer};

use crate::codes::{ContentType, ProtocolVersion};
use crate::rules::{CIPHERTEXT_TOO_LONG, CONTENT_TYPE_UNKNOWN, RECORD_EMPTY, RECORD_TOO_LONG};

/// The length of a record's header, in bytes.
pub const RECORD_HEADER: usize = 5;
/// The longest plaintext of a record, in bytes (RFC 8446 §5.1).
pub const MAX_PLAINTEXT: usize = 1 << 14;
/// The longest encrypted record behind its header, in bytes (RFC 8446 §5.2).
pub const MAX_CIPHERTEXT: usize = MAX_PLAINTEXT + 256;

/// The five bytes before each record (RFC 8446 §5.1). In an encrypted one they are also the additional data of the AEAD.
///
/// ```text
///  0               1               2               3               4
/// ┌───────────────┬───────────────────────────────┬───────────────────────────────┐
/// │     type      │     legacy_record_version     │            length             │
/// └───────────────┴───────────────────────────────┴───────────────────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// What it carries; `application_data` if that is encrypted.
    pub content_type: ContentType,
    /// 0x0303, or 0x0301 in a first ClientHello; to be ignored.
    pub legacy_record_version: ProtocolVersion,
    /// How many bytes follow.
    pub length: u16,
}

impl RecordHeader {
    /// The header as it is sent.
    pub fn to_array(self) -> [u8; RECORD_HEADER] {
        let [version_high, version_low] = self.legacy_record_version.0.to_be_bytes();
        let [length_high, length_low] = self.length.to_be_bytes();
        [self.content_type.0, version_high, version_low, length_high, length_low]
    }
}

impl<'a> Decode<'a> for RecordHeader {
    const NAME: &'static str = "record header";
    const SECTION: &'static str = "RFC 8446 §5.1";

    #[inline]
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let content_type = ContentType(r.u8("type")?);
        r.note(|| content_type.to_string());
        // RFC 8446 §5: "If a TLS implementation receives an unexpected record type, it MUST terminate the connection".
        if content_type.name().is_none() || content_type == ContentType::INVALID {
            return Err(r.invalid("type", &CONTENT_TYPE_UNKNOWN));
        }
        let legacy_record_version = ProtocolVersion(r.u16("legacy_record_version")?);
        r.note(|| format!("{legacy_record_version}; to be ignored"));
        let length = r.u16("length")?;
        check_length(content_type, length.into()).map_err(|rule| r.invalid("length", rule))?;
        Ok(RecordHeader { content_type, legacy_record_version, length })
    }
}

/// The longer limit is that of encrypted records, whose type is always `application_data`. Of the others none is empty.
fn check_length(content_type: ContentType, length: usize) -> Result<(), &'static Rule> {
    match (content_type, length) {
        (ContentType::APPLICATION_DATA, length) if length > MAX_CIPHERTEXT => Err(&CIPHERTEXT_TOO_LONG),
        (ContentType::APPLICATION_DATA, _) => Ok(()),
        (_, 0) => Err(&RECORD_EMPTY),
        (_, length) if length > MAX_PLAINTEXT => Err(&RECORD_TOO_LONG),
        _ => Ok(()),
    }
}

impl Encode for RecordHeader {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u8(self.content_type.0, "type");
        w.u16(self.legacy_record_version.0, "legacy_record_version");
        w.u16(self.length, "length");
    }
}

/// A record as it is on the wire, its fragment not looked into (RFC 8446 §5.1, §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The header.
    pub header: RecordHeader,
    /// What follows: [`RecordHeader::length`] bytes.
    pub fragment: &'a [u8],
}

impl<'a> Decode<'a> for Record<'a> {
    const NAME: &'static str = "TLS record";
    const SECTION: &'static str = "RFC 8446 §5.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let header = RecordHeader::decode(r)?;
        let fragment = r.bytes(header.length.into(), "fragment")?;
        Ok(Record { header, fragment })
    }
}

impl Encode for Record<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        self.header.encode(w);
        w.bytes(self.fragment, "fragment");
    }
}
