//! What one asks of a revocation list once it is read.

use wirelab_wire::{Decode, Reader};

use crate::error::{Error, Violation};
use crate::public_key::PublicKey;
use crate::wire::der::Integer;
use crate::wire::{CertificateList, RevokedCertificate};

impl<'a> CertificateList<'a> {
    /// Reads a list. No list is longer than 16 MiB: that is what three bytes of length can say, and more are refused.
    ///
    /// # Errors
    /// The bytes are not one list in DER.
    pub fn from_der(der: &'a [u8]) -> Result<Self, Error> {
        let mut r = Reader::whole(der);
        let list = CertificateList::decode(&mut r)?;
        r.finish()?;
        Ok(list)
    }

    /// Checks that the owner of this key signed the list.
    ///
    /// # Errors
    /// The signature is not by that key over this list, or its algorithm is not known here.
    pub fn verify_signed_by(&self, issuer_key: &PublicKey<'_>) -> Result<(), Error> {
        let algorithm = issuer_key.signature_algorithm(&self.signature_algorithm)?;
        let signature = self.signature_value.whole_bytes().ok_or(Violation::BadSignature)?;
        issuer_key.verify(algorithm, self.tbs_cert_list(), signature)
    }

    /// The entry of the certificate with this serial number. It reads the list from its beginning.
    pub fn revoked(&self, serial_number: Integer<'_>) -> Option<RevokedCertificate<'a>> {
        let mut entries = self.revoked_certificates?.iter();
        entries.find(|entry| entry.user_certificate == serial_number)
    }
}
