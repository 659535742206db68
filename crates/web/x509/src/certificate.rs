//! What one asks of a certificate once it is read.

use wirelab_wire::{Decode, Reader};

use crate::config::Config;
use crate::error::{Error, Violation};
use crate::public_key::PublicKey;
use crate::wire::der::{Elements, Oid};
use crate::wire::extension::{
    AuthorityKeyIdentifier, BasicConstraints, GeneralNames, KeyPurpose, KeyUsage, NameConstraints,
};
use crate::wire::{Certificate, Extension, ExtensionValue};

/// `fn name() -> Option<T>`: the value of the one extension of that kind.
macro_rules! extension_getters {
    ($($(#[$doc:meta])* $name:ident -> $variant:ident($type:ty))*) => {
        $($(#[$doc])*
        pub fn $name(&self) -> Option<$type> {
            self.extensions.iter().find_map(|extension| match extension.value {
                ExtensionValue::$variant(value) => Some(value),
                _ => None,
            })
        })*
    };
}

impl<'a> Certificate<'a> {
    /// Reads a certificate, with the default limits.
    ///
    /// # Errors
    /// The bytes are not one certificate in DER, or one beyond the limits of [`Config`].
    pub fn from_der(der: &'a [u8]) -> Result<Self, Error> {
        Certificate::from_der_with(der, &Config::default())
    }

    /// Reads a certificate, with these limits.
    ///
    /// # Errors
    /// As [`from_der`](Self::from_der).
    pub fn from_der_with(der: &'a [u8], config: &Config) -> Result<Self, Error> {
        config.check_size(der.len())?;
        let mut r = Reader::whole(der);
        let certificate = Certificate::decode(&mut r)?;
        r.finish()?;
        config.check_counts(&certificate)?;
        Ok(certificate)
    }

    /// The subject's key, if its kind is known here.
    ///
    /// # Errors
    /// [`Violation::UnsupportedKey`].
    pub fn public_key(&self) -> Result<PublicKey<'a>, Error> {
        PublicKey::from_info(&self.subject_public_key_info)
    }

    /// Checks that the owner of this key signed the certificate. It says nothing about whether he might.
    ///
    /// # Errors
    /// The signature is not by that key over this certificate, or its algorithm is not known here.
    pub fn verify_signed_by(&self, issuer_key: &PublicKey<'_>) -> Result<(), Error> {
        let algorithm = issuer_key.signature_algorithm(&self.signature_algorithm)?;
        // RFC 5280 §4.1.1.3 takes whole bytes: no algorithm makes others.
        let signature = self.signature_value.whole_bytes().ok_or(Violation::BadSignature)?;
        issuer_key.verify(algorithm, self.tbs_certificate(), signature)
    }

    /// Whether subject and issuer are the same name, and not empty.
    pub fn is_self_issued(&self) -> bool {
        self.subject.matches(&self.issuer)
    }

    /// The extension of this kind.
    pub fn extension(&self, id: Oid<'_>) -> Option<&Extension<'a>> {
        self.extensions.iter().find(|extension| extension.id == id)
    }

    extension_getters! {
        /// Whether the subject issues certificates (RFC 5280 §4.2.1.9).
        basic_constraints -> BasicConstraints(BasicConstraints)
        /// What the key may do (RFC 5280 §4.2.1.3).
        key_usage -> KeyUsage(KeyUsage)
        /// For which protocols (RFC 5280 §4.2.1.12).
        extended_key_usage -> ExtendedKeyUsage(Elements<'a, KeyPurpose<'a>>)
        /// The subject's names (RFC 5280 §4.2.1.6).
        subject_alt_name -> SubjectAltName(GeneralNames<'a>)
        /// For which names the subject may issue (RFC 5280 §4.2.1.10).
        name_constraints -> NameConstraints(NameConstraints<'a>)
        /// Which key of the issuer signed (RFC 5280 §4.2.1.1).
        authority_key_identifier -> AuthorityKeyIdentifier(AuthorityKeyIdentifier<'a>)
        /// A name for the subject's key (RFC 5280 §4.2.1.2).
        subject_key_identifier -> SubjectKeyIdentifier(&'a [u8])
    }
}
