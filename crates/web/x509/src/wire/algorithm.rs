use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::der::{Any, DerReader, DerWriter, Oid, Tag};
use super::oids;
use super::pss::PssParameters;
use crate::rules;

/// Which algorithm, and with which parameters (RFC 5280 §4.1.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlgorithmIdentifier<'a> {
    /// The algorithm.
    pub algorithm: Oid<'a>,
    /// Its parameters.
    pub parameters: Parameters<'a>,
}

/// The parameters of an algorithm; their form depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters<'a> {
    /// None at all: ECDSA signatures (RFC 5758 §3.2), Ed25519 (RFC 8410 §3).
    Absent,
    /// NULL: RSA (RFC 4055).
    Null,
    /// A curve with a name (RFC 5480 §2.1.1).
    NamedCurve(Oid<'a>),
    /// Those of RSASSA-PSS.
    Pss(PssParameters<'a>),
    /// Anything else, unread.
    Other(Any<'a>),
}

impl AlgorithmIdentifier<'_> {
    /// Writes it under the name that it has in the structure around it.
    pub fn write(&self, w: &mut Writer<'_, impl Trace>, name: &'static str) {
        w.sequence(name, |w| {
            self.algorithm.write(w, Tag::OBJECT_IDENTIFIER, "algorithm");
            match &self.parameters {
                Parameters::Absent => {}
                Parameters::Null => Any::NULL.write(w, "parameters"),
                Parameters::NamedCurve(curve) => curve.write(w, Tag::OBJECT_IDENTIFIER, "namedCurve"),
                Parameters::Pss(pss) => pss.encode(w),
                Parameters::Other(any) => any.write(w, "parameters"),
            }
        });
    }
}

impl<'a> AlgorithmIdentifier<'a> {
    /// Reads one that the structure around it calls `name`.
    pub fn read(r: &mut Reader<'a, impl Trace>, name: &'static str) -> Result<Self, WireError> {
        let identifier = r.sequence(name, |r| {
            let algorithm = Oid::read(r, Tag::OBJECT_IDENTIFIER, "algorithm")?;
            let parameters = match r.peek().map(Tag) {
                None => Parameters::Absent,
                Some(Tag::NULL) => null(r)?,
                Some(Tag::OBJECT_IDENTIFIER) if algorithm == oids::EC_PUBLIC_KEY => {
                    Parameters::NamedCurve(Oid::read(r, Tag::OBJECT_IDENTIFIER, "namedCurve")?)
                }
                Some(Tag::SEQUENCE) if algorithm == oids::RSASSA_PSS => {
                    Parameters::Pss(PssParameters::decode(r)?)
                }
                Some(_) => Parameters::Other(Any::read(r, "parameters")?),
            };
            Ok(AlgorithmIdentifier { algorithm, parameters })
        })?;
        if let Some(known) = identifier.algorithm.name() {
            r.note(|| known.to_owned());
        }
        Ok(identifier)
    }
}

fn null<'a>(r: &mut Reader<'a, impl Trace>) -> Result<Parameters<'a>, WireError> {
    match Any::read(r, "parameters")?.value {
        [] => Ok(Parameters::Null),
        _ => Err(r.invalid("parameters", &rules::NULL)),
    }
}

impl<'a> Decode<'a> for AlgorithmIdentifier<'a> {
    const NAME: &'static str = "AlgorithmIdentifier";
    const SECTION: &'static str = "RFC 5280 §4.1.1.2";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        AlgorithmIdentifier::read(r, "algorithmIdentifier")
    }
}

impl Encode for AlgorithmIdentifier<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        self.write(w, "algorithmIdentifier");
    }
}
