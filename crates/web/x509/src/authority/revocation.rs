use ring::rand::SecureRandom;
use wirelab_wire::{Trace, Writer};

use super::build::{authority_key_identifier, signed, write_extensions};
use super::{Authority, RawExtension};
use crate::error::{Error, Misuse};
use crate::wire::der::{DerWriter, Tag, to_vec, unsigned};
use crate::wire::{AlgorithmIdentifier, Certificate, Time, oids};

impl Authority {
    /// A list of revoked certificates, as DER: the value bytes of their serial numbers
    /// ([`Integer::as_bytes`](crate::wire::der::Integer::as_bytes)), all revoked at `this_update`. Lists of one authority have
    /// rising numbers (RFC 5280 §5.2.3).
    ///
    /// # Errors
    /// The random source fails, or a serial number has no bytes.
    pub fn crl(
        &self,
        number: u64,
        revoked: &[&[u8]],
        this_update: Time,
        next_update: Time,
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, Error> {
        if revoked.iter().any(|serial| serial.is_empty()) {
            return Err(Misuse::Profile("the serial number has no bytes").into());
        }
        let own = Certificate::from_der(self.certificate())?;
        let algorithm = self.key.algorithms().first().ok_or(Misuse::KeyHasOtherAlgorithms)?;
        let identifier = algorithm.identifier();
        let extensions = extensions(number, &own);
        let tbs = to_vec(|w| {
            w.sequence("tbsCertList", |w| {
                w.primitive(Tag::INTEGER, &[1], "version");
                write_list(w, &own, &identifier, revoked, [this_update, next_update]);
                write_extensions(w, 0, &extensions);
            });
        });
        let signature = self.key.sign(*algorithm, &tbs, rng)?;
        Ok(signed(&tbs, "tbsCertList", &identifier, &signature))
    }
}

fn write_list(
    w: &mut Writer<'_, impl Trace>,
    own: &Certificate<'_>,
    algorithm: &AlgorithmIdentifier<'_>,
    revoked: &[&[u8]],
    [this_update, next_update]: [Time; 2],
) {
    algorithm.write(w, "signature");
    own.subject.write(w, "issuer");
    this_update.write(w, "thisUpdate");
    next_update.write(w, "nextUpdate");
    // RFC 5280 §5.1.2.6: absent, not empty.
    if revoked.is_empty() {
        return;
    }
    w.sequence("revokedCertificates", |w| {
        for serial in revoked {
            w.sequence("revokedCertificate", |w| {
                w.primitive(Tag::INTEGER, serial, "userCertificate");
                this_update.write(w, "revocationDate");
            });
        }
    });
}

fn extensions(number: u64, own: &Certificate<'_>) -> Vec<RawExtension> {
    let number = unsigned(&number.to_be_bytes());
    let value = to_vec(|w| w.primitive(Tag::INTEGER, &number, "cRLNumber"));
    let mut list = vec![RawExtension { id: oids::CRL_NUMBER, critical: false, value }];
    if let Some(value) = authority_key_identifier(Some(own)) {
        list.push(RawExtension { id: oids::AUTHORITY_KEY_IDENTIFIER, critical: false, value });
    }
    list
}
