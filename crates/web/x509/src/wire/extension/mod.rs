//! Extensions (RFC 5280 §4.2): an identifier, whether one must understand it, and a value that is DER inside of an OCTET
//! STRING. Those that are known here are read with the certificate; a known one that does not parse makes it unreadable.

mod access;
mod authority_key_identifier;
mod basic_constraints;
mod crl_distribution_points;
mod general_name;
mod key_usage;
mod list;
mod name_constraints;
mod policies;
mod tls_feature;
mod value;

pub use access::AccessDescription;
pub use authority_key_identifier::AuthorityKeyIdentifier;
pub use basic_constraints::BasicConstraints;
pub use crl_distribution_points::{DistributionPoint, DistributionPointName};
pub use general_name::{GeneralName, GeneralNames};
pub use key_usage::KeyUsage;
pub(crate) use list::{read_list, write_list};
pub use name_constraints::{GeneralSubtree, NameConstraints};
pub use policies::PolicyInformation;
pub use tls_feature::TlsFeature;
pub use value::{ExtensionValue, KeyPurpose};

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::der::{DerReader, DerWriter, Oid, Tag};

/// One extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// What it is (`extnID`).
    pub id: Oid<'a>,
    /// Whether whoever does not understand it has to refuse the certificate.
    pub critical: bool,
    /// What it says (`extnValue`).
    pub value: ExtensionValue<'a>,
}

impl<'a> Decode<'a> for Extension<'a> {
    const NAME: &'static str = "Extension";
    const SECTION: &'static str = "RFC 5280 §4.2";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let extension = r.sequence("extension", |r| {
            let id = Oid::read(r, Tag::OBJECT_IDENTIFIER, "extnID")?;
            let critical = r.boolean_default_false("critical")?;
            let value = r.constructed(Tag::OCTET_STRING, "extnValue", |r| ExtensionValue::read(r, id))?;
            Ok(Extension { id, critical, value })
        })?;
        if let Some(known) = extension.id.name() {
            r.note(|| known.to_owned());
        }
        Ok(extension)
    }
}

impl Encode for Extension<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("extension", |w| {
            self.id.write(w, Tag::OBJECT_IDENTIFIER, "extnID");
            w.boolean_default_false(self.critical, "critical");
            w.elements(Tag::OCTET_STRING, "extnValue", &self.value);
        });
    }
}
