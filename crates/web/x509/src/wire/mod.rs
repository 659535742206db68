//! Bytes to structures and back: DER, and one structure of RFC 5280 a file. No policy: what is decided about a
//! certificate is decided elsewhere.

mod algorithm;
mod certificate;
pub mod der;
pub mod extension;
mod name;
pub mod oids;
mod pss;
mod public_key;
mod time;

pub use algorithm::{AlgorithmIdentifier, Parameters};
pub use certificate::{Certificate, Version};
pub use extension::{Extension, ExtensionValue};
pub use name::{AttributeTypeAndValue, Name, RelativeDistinguishedName};
pub use pss::{HashAlgorithm, MaskGenAlgorithm, PssParameters};
pub use public_key::SubjectPublicKeyInfo;
pub use time::{Time, Validity};
