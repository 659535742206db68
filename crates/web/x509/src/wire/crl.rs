use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::algorithm::AlgorithmIdentifier;
use super::der::{BitString, DerReader, DerWriter, Elements, Integer, Tag};
use super::extension::{self, Extension};
use super::name::Name;
use super::time::Time;
use crate::rules;

/// A list of revoked certificates (RFC 5280 §5.1).
///
/// ```text
/// CertificateList ┬ tbsCertList ┬ version? · signature · issuer · thisUpdate · nextUpdate?
///                 │             ├ revokedCertificates? (serial number, date, extensions?)
///                 │             └ crlExtensions?
///                 ├ signatureAlgorithm
///                 └ signatureValue
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateList<'a> {
    tbs_cert_list: &'a [u8],
    /// Whether it is of version 2, which has extensions. Version 1 is not written.
    pub is_v2: bool,
    /// Who signed it.
    pub issuer: Name<'a>,
    /// When it was made.
    pub this_update: Time,
    /// When the next one will have been made.
    pub next_update: Option<Time>,
    /// The revoked certificates; absent if there are none.
    pub revoked_certificates: Option<Elements<'a, RevokedCertificate<'a>>>,
    /// What else is said of the list. No two of one kind.
    pub crl_extensions: Vec<Extension<'a>>,
    /// The algorithm of the signature. The signed copy, `signature`, was found to be the same.
    pub signature_algorithm: AlgorithmIdentifier<'a>,
    /// The signature.
    pub signature_value: BitString<'a>,
}

impl<'a> CertificateList<'a> {
    /// What is signed: the DER of `tbsCertList`, tag and length included.
    pub fn tbs_cert_list(&self) -> &'a [u8] {
        self.tbs_cert_list
    }

    fn decode_tbs(r: &mut Reader<'a, impl Trace>) -> Result<(Self, AlgorithmIdentifier<'a>), WireError> {
        r.sequence("tbsCertList", |r| {
            let version = r.optional(Tag::INTEGER, |r| Integer::read(r, Tag::INTEGER, "version"))?;
            if version.is_some_and(|version| version.to_u64() != Some(1)) {
                return Err(r.invalid("version", &rules::CRL_VERSION));
            }
            let signature = AlgorithmIdentifier::read(r, "signature")?;
            let list = CertificateList {
                tbs_cert_list: &[],
                is_v2: version.is_some(),
                issuer: Name::read(r, "issuer")?,
                this_update: Time::read(r, "thisUpdate")?,
                next_update: match r.next_is(Tag::UTC_TIME) || r.next_is(Tag::GENERALIZED_TIME) {
                    true => Some(Time::read(r, "nextUpdate")?),
                    false => None,
                },
                // RFC 5280 §5.1.2.6: absent, not empty, when there are none.
                revoked_certificates: r
                    .optional(Tag::SEQUENCE, |r| r.elements(Tag::SEQUENCE, "revokedCertificates"))?,
                crl_extensions: list_extensions(r, version.is_some())?,
                signature_algorithm: signature,
                signature_value: BitString::of_bytes(&[]),
            };
            Ok((list, signature))
        })
    }

    fn encode_tbs(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("tbsCertList", |w| {
            if self.is_v2 {
                w.primitive(Tag::INTEGER, &[1], "version");
            }
            self.signature_algorithm.write(w, "signature");
            self.issuer.write(w, "issuer");
            self.this_update.write(w, "thisUpdate");
            if let Some(next) = self.next_update {
                next.write(w, "nextUpdate");
            }
            if let Some(revoked) = &self.revoked_certificates {
                w.elements(Tag::SEQUENCE, "revokedCertificates", revoked);
            }
            if !self.crl_extensions.is_empty() {
                w.constructed(Tag::context_constructed(0), "crlExtensions", |w| {
                    extension::write_list(w, &self.crl_extensions);
                });
            }
        });
    }
}

fn list_extensions<'a>(r: &mut Reader<'a, impl Trace>, is_v2: bool) -> Result<Vec<Extension<'a>>, WireError> {
    let tag = Tag::context_constructed(0);
    // RFC 5280 §5.1.2.7: only in version 2.
    if r.next_is(tag) && !is_v2 {
        return Err(r.invalid_here("crlExtensions", &rules::VERSION_TOO_LOW));
    }
    let list = r.optional(tag, |r| r.constructed(tag, "crlExtensions", extension::read_list))?;
    Ok(list.unwrap_or_default())
}

impl<'a> Decode<'a> for CertificateList<'a> {
    const NAME: &'static str = "CertificateList";
    const SECTION: &'static str = "RFC 5280 §5.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("certificateList", |r| {
            let start = r.position();
            let (list, signature) = CertificateList::decode_tbs(r)?;
            let tbs_cert_list = r.so_far().get(start..).unwrap_or_default();
            let signature_algorithm = AlgorithmIdentifier::read(r, "signatureAlgorithm")?;
            // RFC 5280 §5.1.1.2.
            if signature_algorithm != signature {
                return Err(r.invalid("signatureAlgorithm", &rules::ALGORITHMS_DIFFER));
            }
            let signature_value = BitString::read(r, Tag::BIT_STRING, "signatureValue")?;
            Ok(CertificateList { tbs_cert_list, signature_value, ..list })
        })
    }
}

impl Encode for CertificateList<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("certificateList", |w| {
            self.encode_tbs(w);
            self.signature_algorithm.write(w, "signatureAlgorithm");
            self.signature_value.write(w, Tag::BIT_STRING, "signatureValue");
        });
    }
}

/// A certificate that its issuer has taken back (RFC 5280 §5.1.2.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedCertificate<'a> {
    /// Its serial number.
    pub user_certificate: Integer<'a>,
    /// When.
    pub revocation_date: Time,
    /// Why, and the like.
    pub crl_entry_extensions: Vec<Extension<'a>>,
}

impl<'a> Decode<'a> for RevokedCertificate<'a> {
    const NAME: &'static str = "RevokedCertificate";
    const SECTION: &'static str = "RFC 5280 §5.1.2.6";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("revokedCertificate", |r| {
            Ok(RevokedCertificate {
                user_certificate: Integer::read(r, Tag::INTEGER, "userCertificate")?,
                revocation_date: Time::read(r, "revocationDate")?,
                crl_entry_extensions: r.optional(Tag::SEQUENCE, extension::read_list)?.unwrap_or_default(),
            })
        })
    }
}

impl Encode for RevokedCertificate<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("revokedCertificate", |w| {
            self.user_certificate.write(w, Tag::INTEGER, "userCertificate");
            self.revocation_date.write(w, "revocationDate");
            if !self.crl_entry_extensions.is_empty() {
                extension::write_list(w, &self.crl_entry_extensions);
            }
        });
    }
}
