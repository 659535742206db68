//! Bytes to structures and back: DER, and one structure of RFC 5280 a file. No policy: what is decided about a
//! certificate is decided elsewhere.

mod algorithm;
mod certificate;
mod crl;
pub mod der;
pub mod extension;
mod name;
pub mod oids;
mod pkcs8;
mod pss;
mod public_key;
mod sec1;
mod time;

pub use algorithm::{AlgorithmIdentifier, Parameters};
pub use certificate::{Certificate, Version};
pub use crl::{CertificateList, RevokedCertificate};
pub use extension::{Extension, ExtensionValue};
pub use name::{AttributeTypeAndValue, Name, RelativeDistinguishedName};
pub use pkcs8::{OneAsymmetricKey, PublicKeyField};
pub use pss::{HashAlgorithm, MaskGenAlgorithm, PssParameters};
pub use public_key::SubjectPublicKeyInfo;
pub use sec1::EcPrivateKey;
pub use time::{Time, Validity};
