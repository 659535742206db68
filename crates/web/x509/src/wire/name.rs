use std::borrow::Cow;
use std::fmt;

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::der::{DerReader, DerWriter, Elements, Oid, Tag};
use super::oids;
use crate::rules;

/// A distinguished name: who issued a certificate, and for whom (RFC 5280 §4.1.2.4). It may be empty.
///
/// `==` compares the bytes; [`matches`](Self::matches) compares as RFC 5280 §7.1 does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    rdns: Elements<'a, RelativeDistinguishedName<'a>>,
}

impl<'a> Name<'a> {
    /// Whether it has no parts.
    pub fn is_empty(&self) -> bool {
        self.rdns.as_bytes().is_empty()
    }

    /// Its parts, the most general first.
    pub fn rdns(&self) -> Elements<'a, RelativeDistinguishedName<'a>> {
        self.rdns
    }

    /// The DER of the parts, without the SEQUENCE around them.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.rdns.as_bytes()
    }

    /// The values of all attributes of this type, in order.
    pub fn attributes(&self, kind: Oid<'static>) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let attributes = self.rdns.iter().flat_map(|rdn| rdn.attributes.iter());
        attributes.filter(move |attribute| attribute.kind == kind).map(|attribute| attribute.text())
    }

    /// The last commonName, if there is one. It is for showing: it is not where a host's name stands (RFC 6125 §6.4.4).
    pub fn common_name(&self) -> Option<Cow<'a, str>> {
        self.attributes(oids::COMMON_NAME).last()
    }

    /// Whether both are the same name: as many parts, in the same order, each with the same attributes (RFC 5280 §7.1).
    pub fn matches(&self, other: &Name<'_>) -> bool {
        // Names of one issuer mostly have the same bytes.
        self.as_bytes() == other.as_bytes()
            || (self.rdns.count() == other.rdns.count() && self.is_within(other))
    }

    /// Whether it begins with all parts of `base`: lies in that subtree of directory names (RFC 5280 §7.1).
    pub fn is_within(&self, base: &Name<'_>) -> bool {
        let mut own = self.rdns.iter();
        base.rdns.iter().all(|part| own.next().is_some_and(|rdn| rdn.matches(&part)))
    }
}

impl<'a> Name<'a> {
    /// Reads one that the structure around it calls `name`.
    pub fn read(r: &mut Reader<'a, impl Trace>, name: &'static str) -> Result<Self, WireError> {
        let name = r.sequence(name, |r| {
            let bytes = r.remaining();
            while !r.remaining().is_empty() {
                RelativeDistinguishedName::decode(r)?;
            }
            Ok(Name { rdns: Elements::checked(bytes) })
        })?;
        r.note(|| name.to_string());
        Ok(name)
    }

    /// Writes it under the name that it has in the structure around it.
    pub fn write(&self, w: &mut Writer<'_, impl Trace>, name: &'static str) {
        w.elements(Tag::SEQUENCE, name, &self.rdns);
    }
}

impl<'a> Decode<'a> for Name<'a> {
    const NAME: &'static str = "Name";
    const SECTION: &'static str = "RFC 5280 §4.1.2.4";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        Name::read(r, "rdnSequence")
    }
}

impl Encode for Name<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        self.write(w, "rdnSequence");
    }
}

/// The parts in the order in which they stand: `C=AT, O=Example, CN=example.org`, with the attributes' full names.
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, attribute) in self.rdns.iter().flat_map(|rdn| rdn.attributes.iter()).enumerate() {
            let separator = if i > 0 { ", " } else { "" };
            match attribute.kind.name() {
                Some(kind) => write!(f, "{separator}{kind}={}", attribute.text())?,
                None => write!(f, "{separator}{}={}", attribute.kind, attribute.text())?,
            }
        }
        Ok(())
    }
}

/// One part of a name: mostly one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelativeDistinguishedName<'a> {
    /// The attributes.
    pub attributes: Elements<'a, AttributeTypeAndValue<'a>>,
}

impl RelativeDistinguishedName<'_> {
    /// Whether both have the same attributes, in any order (RFC 5280 §7.1).
    pub fn matches(&self, other: &RelativeDistinguishedName<'_>) -> bool {
        self.attributes.count() == other.attributes.count()
            && self.attributes.iter().all(|one| other.attributes.iter().any(|two| one.matches(&two)))
    }
}

impl<'a> Decode<'a> for RelativeDistinguishedName<'a> {
    const NAME: &'static str = "RelativeDistinguishedName";
    const SECTION: &'static str = "RFC 5280 §4.1.2.4";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        Ok(RelativeDistinguishedName { attributes: r.elements(Tag::SET, "relativeDistinguishedName")? })
    }
}

impl Encode for RelativeDistinguishedName<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.elements(Tag::SET, "relativeDistinguishedName", &self.attributes);
    }
}

/// An attribute: what kind, and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeTypeAndValue<'a> {
    /// What kind (`type` in the RFC).
    pub kind: Oid<'a>,
    /// The type of the value, mostly one of the string types.
    pub tag: Tag,
    value: &'a [u8],
}

impl<'a> AttributeTypeAndValue<'a> {
    /// The bytes of the value.
    pub fn value(&self) -> &'a [u8] {
        self.value
    }

    /// The value as text. What is not a character becomes U+FFFD, and a value that is no string is shown in hexadecimal.
    pub fn text(&self) -> Cow<'a, str> {
        let wide = |width: usize| {
            let units =
                self.value.chunks(width).map(|unit| unit.iter().fold(0, |all, &b| all << 8 | u32::from(b)));
            Cow::Owned(
                units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
            )
        };
        match self.tag {
            Tag::TELETEX_STRING => Cow::Owned(self.value.iter().copied().map(char::from).collect()),
            Tag::BMP_STRING => wide(2),
            Tag::UNIVERSAL_STRING => wide(4),
            _ if self.is_string() => String::from_utf8_lossy(self.value),
            _ => Cow::Owned(self.value.iter().map(|byte| format!("{byte:02x}")).collect()),
        }
    }

    fn is_string(&self) -> bool {
        matches!(
            self.tag,
            Tag::UTF8_STRING
                | Tag::PRINTABLE_STRING
                | Tag::TELETEX_STRING
                | Tag::BMP_STRING
                | Tag::UNIVERSAL_STRING
                | Tag::IA5_STRING
                | Tag::NUMERIC_STRING
                | Tag::VISIBLE_STRING
        )
    }

    /// Whether both say the same: strings without regard to case, to blanks at the ends and to how many blanks stand
    /// between words (RFC 5280 §7.1, by RFC 4518); other values byte by byte.
    pub fn matches(&self, other: &AttributeTypeAndValue<'_>) -> bool {
        if self.kind != other.kind {
            return false;
        }
        match self.is_string() && other.is_string() {
            true => prepared(&self.text()).eq(prepared(&other.text())),
            false => self.tag == other.tag && self.value == other.value,
        }
    }
}

/// The characters that count in a comparison.
fn prepared(text: &str) -> impl Iterator<Item = char> {
    let words = text.split_whitespace().enumerate();
    words.flat_map(|(i, word)| {
        let blank = (i > 0).then_some(' ');
        blank.into_iter().chain(word.chars().flat_map(char::to_lowercase))
    })
}

impl<'a> Decode<'a> for AttributeTypeAndValue<'a> {
    const NAME: &'static str = "AttributeTypeAndValue";
    const SECTION: &'static str = "RFC 5280 §4.1.2.4";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("attributeTypeAndValue", |r| {
            let kind = Oid::read(r, Tag::OBJECT_IDENTIFIER, "type")?;
            let tag = Tag(r.peek_for("tag")?);
            if tag.is_long() {
                return Err(r.invalid_here("value", &rules::TAG_NUMBER));
            }
            let value = r.characters(tag, "value")?;
            if tag == Tag::UTF8_STRING && std::str::from_utf8(value).is_err() {
                return Err(r.invalid("value", &rules::UTF8));
            }
            Ok(AttributeTypeAndValue { kind, tag, value })
        })
    }
}

impl Encode for AttributeTypeAndValue<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("attributeTypeAndValue", |w| {
            self.kind.write(w, Tag::OBJECT_IDENTIFIER, "type");
            w.characters(self.tag, self.value, "value");
        });
    }
}
