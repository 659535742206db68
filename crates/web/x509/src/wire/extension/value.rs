use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::general_name::{self, GeneralNames};
use super::{
    AccessDescription, AuthorityKeyIdentifier, BasicConstraints, DistributionPoint, KeyUsage,
    NameConstraints, PolicyInformation, TlsFeature,
};
use crate::wire::der::{DerReader, DerWriter, Elements, Integer, Oid, Tag};
use crate::wire::oids;

/// What an extension says, by its identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionValue<'a> {
    /// Whether the subject issues certificates (§4.2.1.9).
    BasicConstraints(BasicConstraints),
    /// What the key may do (§4.2.1.3).
    KeyUsage(KeyUsage),
    /// For which protocols it may do that (§4.2.1.12).
    ExtendedKeyUsage(Elements<'a, KeyPurpose<'a>>),
    /// The names of the subject (§4.2.1.6).
    SubjectAltName(GeneralNames<'a>),
    /// Further names of the issuer (§4.2.1.7).
    IssuerAltName(GeneralNames<'a>),
    /// For which names the subject may issue certificates (§4.2.1.10).
    NameConstraints(NameConstraints<'a>),
    /// Which of the issuer's keys signed this (§4.2.1.1).
    AuthorityKeyIdentifier(AuthorityKeyIdentifier<'a>),
    /// A name for the subject's key (§4.2.1.2).
    SubjectKeyIdentifier(&'a [u8]),
    /// Where lists of revoked certificates are (§4.2.1.13).
    CrlDistributionPoints(Elements<'a, DistributionPoint<'a>>),
    /// Under which terms it was issued (§4.2.1.4). Kept and shown, not processed.
    CertificatePolicies(Elements<'a, PolicyInformation<'a>>),
    /// Where more is known about the issuer (§4.2.2.1).
    AuthorityInfoAccess(Elements<'a, AccessDescription<'a>>),
    /// TLS extensions that the server must use (RFC 7633).
    TlsFeature(Elements<'a, TlsFeature>),
    /// The number of a revocation list (§5.2.3).
    CrlNumber(Integer<'a>),
    /// Anything else: the bytes of `extnValue`.
    Unknown(&'a [u8]),
}

impl<'a> ExtensionValue<'a> {
    /// Reads the value of the extension `id`, which must be all that is left of the block.
    pub fn read(r: &mut Reader<'a, impl Trace>, id: Oid<'a>) -> Result<Self, WireError> {
        use ExtensionValue::*;
        Ok(match id {
            oids::BASIC_CONSTRAINTS => BasicConstraints(super::BasicConstraints::decode(r)?),
            oids::KEY_USAGE => KeyUsage(super::KeyUsage::decode(r)?),
            oids::EXTENDED_KEY_USAGE => ExtendedKeyUsage(r.elements(Tag::SEQUENCE, "extKeyUsage")?),
            oids::SUBJECT_ALT_NAME => SubjectAltName(general_name::read_alt_names(r, "subjectAltName")?),
            oids::ISSUER_ALT_NAME => IssuerAltName(general_name::read_alt_names(r, "issuerAltName")?),
            oids::NAME_CONSTRAINTS => NameConstraints(super::NameConstraints::decode(r)?),
            oids::AUTHORITY_KEY_IDENTIFIER => {
                AuthorityKeyIdentifier(super::AuthorityKeyIdentifier::decode(r)?)
            }
            oids::SUBJECT_KEY_IDENTIFIER => {
                SubjectKeyIdentifier(r.primitive(Tag::OCTET_STRING, "subjectKeyIdentifier")?)
            }
            oids::CRL_DISTRIBUTION_POINTS => {
                CrlDistributionPoints(r.elements(Tag::SEQUENCE, "cRLDistributionPoints")?)
            }
            oids::CERTIFICATE_POLICIES => {
                CertificatePolicies(r.elements(Tag::SEQUENCE, "certificatePolicies")?)
            }
            oids::AUTHORITY_INFO_ACCESS => {
                AuthorityInfoAccess(r.elements(Tag::SEQUENCE, "authorityInfoAccess")?)
            }
            oids::TLS_FEATURE => TlsFeature(r.elements(Tag::SEQUENCE, "features")?),
            oids::CRL_NUMBER => CrlNumber(Integer::read(r, Tag::INTEGER, "cRLNumber")?),
            _ => Unknown(r.rest("value")),
        })
    }
}

impl Encode for ExtensionValue<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        use ExtensionValue::*;
        match self {
            BasicConstraints(value) => value.encode(w),
            KeyUsage(value) => value.encode(w),
            ExtendedKeyUsage(purposes) => w.elements(Tag::SEQUENCE, "extKeyUsage", purposes),
            SubjectAltName(names) => w.elements(Tag::SEQUENCE, "subjectAltName", names),
            IssuerAltName(names) => w.elements(Tag::SEQUENCE, "issuerAltName", names),
            NameConstraints(value) => value.encode(w),
            AuthorityKeyIdentifier(value) => value.encode(w),
            SubjectKeyIdentifier(id) => w.primitive(Tag::OCTET_STRING, id, "subjectKeyIdentifier"),
            CrlDistributionPoints(points) => w.elements(Tag::SEQUENCE, "cRLDistributionPoints", points),
            CertificatePolicies(policies) => w.elements(Tag::SEQUENCE, "certificatePolicies", policies),
            AuthorityInfoAccess(list) => w.elements(Tag::SEQUENCE, "authorityInfoAccess", list),
            TlsFeature(features) => w.elements(Tag::SEQUENCE, "features", features),
            CrlNumber(number) => number.write(w, Tag::INTEGER, "cRLNumber"),
            Unknown(bytes) => w.bytes(bytes, "value"),
        }
    }
}

/// A protocol that a key may be used for: `serverAuth` and so on (RFC 5280 §4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPurpose<'a>(
    /// Its identifier.
    pub Oid<'a>,
);

impl<'a> Decode<'a> for KeyPurpose<'a> {
    const NAME: &'static str = "KeyPurposeId";
    const SECTION: &'static str = "RFC 5280 §4.2.1.12";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        Oid::read(r, Tag::OBJECT_IDENTIFIER, "keyPurposeId").map(KeyPurpose)
    }
}

impl Encode for KeyPurpose<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        self.0.write(w, Tag::OBJECT_IDENTIFIER, "keyPurposeId");
    }
}
