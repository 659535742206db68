use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::GeneralNames;
use crate::rules;
use crate::wire::der::{DerReader, DerWriter, Integer, Tag};

const KEY: Tag = Tag::context(0);
const ISSUER: Tag = Tag::context_constructed(1);
const SERIAL: Tag = Tag::context(2);

/// Which key of the issuer made the signature (RFC 5280 §4.2.1.1): a hint for finding the issuer's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuthorityKeyIdentifier<'a> {
    /// The `subjectKeyIdentifier` of the issuer's certificate.
    pub key_identifier: Option<&'a [u8]>,
    /// Who issued the issuer's certificate.
    pub authority_cert_issuer: Option<GeneralNames<'a>>,
    /// The serial number of the issuer's certificate.
    pub authority_cert_serial_number: Option<Integer<'a>>,
}

impl<'a> Decode<'a> for AuthorityKeyIdentifier<'a> {
    const NAME: &'static str = "AuthorityKeyIdentifier";
    const SECTION: &'static str = "RFC 5280 §4.2.1.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("authorityKeyIdentifier", |r| {
            let id = AuthorityKeyIdentifier {
                key_identifier: r.optional(KEY, |r| r.primitive(KEY, "keyIdentifier"))?,
                authority_cert_issuer: r.optional(ISSUER, |r| r.elements(ISSUER, "authorityCertIssuer"))?,
                authority_cert_serial_number: r
                    .optional(SERIAL, |r| Integer::read(r, SERIAL, "authorityCertSerialNumber"))?,
            };
            match id.authority_cert_issuer.is_some() == id.authority_cert_serial_number.is_some() {
                true => Ok(id),
                false => Err(r.invalid("authorityKeyIdentifier", &rules::AUTHORITY_ISSUER_SERIAL)),
            }
        })
    }
}

impl Encode for AuthorityKeyIdentifier<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("authorityKeyIdentifier", |w| {
            if let Some(key) = self.key_identifier {
                w.primitive(KEY, key, "keyIdentifier");
            }
            if let Some(issuer) = &self.authority_cert_issuer {
                w.elements(ISSUER, "authorityCertIssuer", issuer);
            }
            if let Some(serial) = self.authority_cert_serial_number {
                serial.write(w, SERIAL, "authorityCertSerialNumber");
            }
        });
    }
}
