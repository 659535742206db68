use crate::error::{Error, Violation};
use crate::wire::{Certificate, ExtensionValue, Name};

/// How much a certificate may hold. Nesting needs no limit: no structure that is read here contains itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The longest certificate, in bytes: 64 KiB.
    pub max_size: usize,
    /// The most extensions: 64. More than 256 are never read.
    pub max_extensions: usize,
    /// The most attributes of a distinguished name: 32.
    pub max_rdns: usize,
    /// The most names in `subjectAltName`, and the most subtrees in each half of `nameConstraints`: 1024.
    pub max_names: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { max_size: 64 * 1024, max_extensions: 64, max_rdns: 32, max_names: 1024 }
    }
}

impl Config {
    /// Before anything is read: time and memory are proportional to the size.
    pub(crate) fn check_size(&self, len: usize) -> Result<(), Violation> {
        match len <= self.max_size {
            true => Ok(()),
            false => Err(Violation::TooLong { len, limit: self.max_size }),
        }
    }

    /// Afterwards: what validating a path multiplies with each other.
    pub(crate) fn check_counts(&self, certificate: &Certificate<'_>) -> Result<(), Error> {
        if certificate.extensions.len() > self.max_extensions {
            return Err(Violation::TooManyExtensions { limit: self.max_extensions }.into());
        }
        self.check_name(&certificate.issuer)?;
        self.check_name(&certificate.subject)?;
        certificate.extensions.iter().try_for_each(|extension| self.check_names(&extension.value))
    }

    fn check_name(&self, name: &Name<'_>) -> Result<(), Error> {
        // Counted one by one: the attributes of one part are compared each with each.
        let attributes = name.rdns().iter().map(|rdn| rdn.attributes.count()).sum::<usize>();
        match attributes <= self.max_rdns {
            true => Ok(()),
            false => Err(Violation::TooManyRdns { limit: self.max_rdns }.into()),
        }
    }

    fn check_names(&self, value: &ExtensionValue<'_>) -> Result<(), Error> {
        let most = match value {
            ExtensionValue::SubjectAltName(names) => names.count(),
            ExtensionValue::NameConstraints(constraints) => {
                let permitted = constraints.permitted_subtrees.map_or(0, |subtrees| subtrees.count());
                let excluded = constraints.excluded_subtrees.map_or(0, |subtrees| subtrees.count());
                permitted.max(excluded)
            }
            _ => 0,
        };
        match most <= self.max_names {
            true => Ok(()),
            false => Err(Violation::TooManyNames { limit: self.max_names }.into()),
        }
    }
}
