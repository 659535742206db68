use std::collections::HashMap;

use crate::error::Error;
use crate::pem;
use crate::wire::{Certificate, Name};

/// The roots: whom one trusts without being shown a reason (trust anchors, RFC 5280 §6.1.1 (d)).
///
/// They are kept as certificates. The signature of a root by itself proves nothing and is not checked; everything else
/// that it says of itself holds for the paths that end at it, as RFC 5937 has it: dates, path length, name constraints.
#[derive(Clone, Debug, Default)]
pub struct RootStore {
    ders: Vec<Vec<u8>>,
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
}

impl RootStore {
    /// An empty one.
    pub fn new() -> Self {
        RootStore::default()
    }

    /// The certificates of a PEM text.
    ///
    /// # Errors
    /// A block is damaged, or its content is no certificate.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let mut store = RootStore::new();
        pem::certificates(text)?.iter().try_for_each(|der| store.add_der(der))?;
        Ok(store)
    }

    /// Adds one root.
    ///
    /// # Errors
    /// The bytes are not one certificate in DER.
    pub fn add_der(&mut self, der: &[u8]) -> Result<(), Error> {
        let key = key_of(&Certificate::from_der(der)?.subject);
        self.by_subject.entry(key).or_default().push(self.ders.len());
        self.ders.push(der.to_vec());
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ders.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ders.is_empty()
    }

    /// The roots of this name, with their places.
    pub(super) fn named<'s>(&'s self, name: &Name<'_>) -> impl Iterator<Item = (usize, &'s [u8])> + use<'s> {
        let places = self.by_subject.get(&key_of(name)).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|&place| Some((place, self.ders.get(place)?.as_slice())))
    }
}

/// Equal for names that [`Name::matches`]; the other way round is not needed, since matches are compared again.
fn key_of(name: &Name<'_>) -> Vec<u8> {
    let mut key = Vec::new();
    for rdn in &name.rdns() {
        let mut attributes: Vec<_> = rdn
            .attributes
            .iter()
            .map(|attribute| {
                let words: Vec<_> = attribute.text().split_whitespace().map(str::to_lowercase).collect();
                (attribute.kind.as_bytes(), words.join(" "))
            })
            .collect();
        attributes.sort();
        for (kind, text) in attributes {
            key.extend_from_slice(kind);
            key.push(0);
            key.extend_from_slice(text.as_bytes());
            key.push(0);
        }
    }
    key
}
