use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::algorithm::AlgorithmIdentifier;
use super::der::{BitString, DerReader, DerWriter, Integer, Tag};
use super::extension::{self, Extension};
use super::name::Name;
use super::public_key::SubjectPublicKeyInfo;
use super::time::Validity;
use crate::rules;

/// A certificate (RFC 5280 §4.1), borrowed from its DER. Only the list of extensions is memory of its own.
///
/// ```text
/// Certificate ┬ tbsCertificate ┬ version · serialNumber · signature (which algorithm signs)
///             │                ├ issuer · validity · subject · subjectPublicKeyInfo
///             │                └ issuerUniqueID? · subjectUniqueID? · extensions?
///             ├ signatureAlgorithm (the same once more, outside of what is signed)
///             └ signatureValue     (over the bytes of tbsCertificate)
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate<'a> {
    tbs_certificate: &'a [u8],
    /// Which fields it may have.
    pub version: Version,
    /// The number that its issuer gave it. RFC 5280 §4.1.2.2 wants it positive; not all are.
    pub serial_number: Integer<'a>,
    /// Who signed it.
    pub issuer: Name<'a>,
    /// When it holds.
    pub validity: Validity,
    /// Whose key it is. For servers the names in the extension `subjectAltName` count instead.
    pub subject: Name<'a>,
    /// The key.
    pub subject_public_key_info: SubjectPublicKeyInfo<'a>,
    /// Never used in practice.
    pub issuer_unique_id: Option<BitString<'a>>,
    /// Never used in practice.
    pub subject_unique_id: Option<BitString<'a>>,
    /// Everything else. No two of one kind.
    pub extensions: Vec<Extension<'a>>,
    /// The algorithm of the signature. The signed copy, `signature`, was found to be the same.
    pub signature_algorithm: AlgorithmIdentifier<'a>,
    /// The signature.
    pub signature_value: BitString<'a>,
}

/// The version of a certificate (RFC 5280 §4.1.2.1), as it is written: one less than its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(
    /// The number as written.
    pub u8,
);

impl Version {
    /// Not written at all.
    pub const V1: Version = Version(0);
    /// Has unique identifiers.
    pub const V2: Version = Version(1);
    /// Has extensions.
    pub const V3: Version = Version(2);

    fn read(r: &mut Reader<'_, impl Trace>) -> Result<Self, WireError> {
        let tag = Tag::context_constructed(0);
        let written = r.optional(tag, |r| {
            r.constructed(tag, "version", |r| {
                let number = Integer::read(r, Tag::INTEGER, "version")?;
                match number.to_u64() {
                    Some(0) => Err(r.invalid("version", &rules::DEFAULT_WRITTEN)),
                    Some(number @ 1..=2) => {
                        r.note(|| format!("v{}", number + 1));
                        Ok(Version(number as u8))
                    }
                    _ => Err(r.invalid("version", &rules::VERSION)),
                }
            })
        })?;
        Ok(written.unwrap_or(Version::V1))
    }

    fn write(self, w: &mut Writer<'_, impl Trace>) {
        if self != Version::V1 {
            w.constructed(Tag::context_constructed(0), "version", |w| {
                w.primitive(Tag::INTEGER, &[self.0], "version");
            });
        }
    }
}

impl<'a> Certificate<'a> {
    /// What is signed: the DER of `tbsCertificate`, tag and length included.
    pub fn tbs_certificate(&self) -> &'a [u8] {
        self.tbs_certificate
    }

    /// Reads what is signed; the algorithm comes back beside it, to be compared with the outer one.
    fn decode_tbs(r: &mut Reader<'a, impl Trace>) -> Result<(Self, AlgorithmIdentifier<'a>), WireError> {
        r.sequence("tbsCertificate", |r| {
            let version = Version::read(r)?;
            let serial_number = Integer::read(r, Tag::INTEGER, "serialNumber")?;
            // RFC 5280 §4.1.2.2: users must handle values of up to 20 bytes, and issuers must not use longer ones. A
            // zero byte that only keeps the number positive is not counted.
            let bytes = serial_number.as_bytes();
            if bytes.strip_prefix(&[0]).unwrap_or(bytes).len() > 20 {
                return Err(r.invalid("serialNumber", &rules::SERIAL_NUMBER_LENGTH));
            }
            let signature = AlgorithmIdentifier::read(r, "signature")?;
            let certificate = Certificate {
                tbs_certificate: &[],
                version,
                serial_number,
                issuer: Name::read(r, "issuer")?,
                validity: Validity::decode(r)?,
                subject: Name::read(r, "subject")?,
                subject_public_key_info: SubjectPublicKeyInfo::decode(r)?,
                issuer_unique_id: unique_id(r, version, 1, "issuerUniqueID")?,
                subject_unique_id: unique_id(r, version, 2, "subjectUniqueID")?,
                extensions: extensions(r, version)?,
                signature_algorithm: signature,
                signature_value: BitString::of_bytes(&[]),
            };
            Ok((certificate, signature))
        })
    }

    fn encode_tbs(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("tbsCertificate", |w| {
            self.version.write(w);
            self.serial_number.write(w, Tag::INTEGER, "serialNumber");
            self.signature_algorithm.write(w, "signature");
            self.issuer.write(w, "issuer");
            self.validity.encode(w);
            self.subject.write(w, "subject");
            self.subject_public_key_info.encode(w);
            if let Some(id) = self.issuer_unique_id {
                id.write(w, Tag::context(1), "issuerUniqueID");
            }
            if let Some(id) = self.subject_unique_id {
                id.write(w, Tag::context(2), "subjectUniqueID");
            }
            if !self.extensions.is_empty() {
                w.constructed(Tag::context_constructed(3), "extensions", |w| {
                    extension::write_list(w, &self.extensions);
                });
            }
        });
    }
}

fn unique_id<'a>(
    r: &mut Reader<'a, impl Trace>,
    version: Version,
    number: u8,
    name: &'static str,
) -> Result<Option<BitString<'a>>, WireError> {
    let tag = Tag::context(number);
    // RFC 5280 §4.1.2.8: only in version 2 or 3.
    if r.next_is(tag) && version == Version::V1 {
        return Err(r.invalid_here(name, &rules::VERSION_TOO_LOW));
    }
    r.optional(tag, |r| BitString::read(r, tag, name))
}

fn extensions<'a>(r: &mut Reader<'a, impl Trace>, version: Version) -> Result<Vec<Extension<'a>>, WireError> {
    let tag = Tag::context_constructed(3);
    // RFC 5280 §4.1.2.9: only in version 3.
    if r.next_is(tag) && version != Version::V3 {
        return Err(r.invalid_here("extensions", &rules::VERSION_TOO_LOW));
    }
    let list = r.optional(tag, |r| r.constructed(tag, "extensions", extension::read_list))?;
    Ok(list.unwrap_or_default())
}

impl<'a> Decode<'a> for Certificate<'a> {
    const NAME: &'static str = "Certificate";
    const SECTION: &'static str = "RFC 5280 §4.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("certificate", |r| {
            let start = r.position();
            let (certificate, signature) = Certificate::decode_tbs(r)?;
            let tbs_certificate = r.so_far().get(start..).unwrap_or_default();
            let signature_algorithm = AlgorithmIdentifier::read(r, "signatureAlgorithm")?;
            // RFC 5280 §4.1.1.2: or somebody could exchange the unsigned one.
            if signature_algorithm != signature {
                return Err(r.invalid("signatureAlgorithm", &rules::ALGORITHMS_DIFFER));
            }
            let signature_value = BitString::read(r, Tag::BIT_STRING, "signatureValue")?;
            Ok(Certificate { tbs_certificate, signature_value, ..certificate })
        })
    }
}

impl Encode for Certificate<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("certificate", |w| {
            self.encode_tbs(w);
            self.signature_algorithm.write(w, "signatureAlgorithm");
            self.signature_value.write(w, Tag::BIT_STRING, "signatureValue");
        });
    }
}
