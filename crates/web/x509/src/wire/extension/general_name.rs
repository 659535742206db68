use std::fmt;
use std::net::IpAddr;

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::rules;
use crate::wire::Name;
use crate::wire::der::{DerReader, DerWriter, Elements, Oid, Tag};

/// A list of at least one name.
pub type GeneralNames<'a> = Elements<'a, GeneralName<'a>>;

/// A name of one of nine kinds (RFC 5280 §4.2.1.6). Text is ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneralName<'a> {
    /// `[0]` Of some other kind: the DER of its parts.
    OtherName(&'a [u8]),
    /// `[1]` A mail address.
    Rfc822Name(&'a str),
    /// `[2]` A host's name, perhaps with `*` as its first label.
    DnsName(&'a str),
    /// `[3]` X.400: the DER of its parts.
    X400Address(&'a [u8]),
    /// `[4]` A distinguished name.
    DirectoryName(Name<'a>),
    /// `[5]` EDI: the DER of its parts.
    EdiPartyName(&'a [u8]),
    /// `[6]` A URI.
    UniformResourceIdentifier(&'a str),
    /// `[7]` An IPv4 or IPv6 address in network byte order; in name constraints with its mask behind it.
    IpAddress(&'a [u8]),
    /// `[8]` An object identifier.
    RegisteredId(Oid<'a>),
}

impl GeneralName<'_> {
    /// The address, if it is one (and not one with a mask).
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            GeneralName::IpAddress(bytes) => match bytes.len() {
                4 => <[u8; 4]>::try_from(*bytes).ok().map(IpAddr::from),
                16 => <[u8; 16]>::try_from(*bytes).ok().map(IpAddr::from),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Reads `subjectAltName` or `issuerAltName`, whose addresses have no masks.
pub(super) fn read_alt_names<'a>(
    r: &mut Reader<'a, impl Trace>,
    name: &'static str,
) -> Result<GeneralNames<'a>, WireError> {
    let names: GeneralNames<'a> = r.elements(Tag::SEQUENCE, name)?;
    let strange = |name: &GeneralName<'_>| matches!(name, GeneralName::IpAddress(_)) && name.ip().is_none();
    match names.iter().any(|name| strange(&name)) {
        true => Err(r.invalid("iPAddress", &rules::ADDRESS_LENGTH)),
        false => Ok(names),
    }
}

fn ascii<'a>(r: &mut Reader<'a, impl Trace>, tag: Tag, name: &'static str) -> Result<&'a str, WireError> {
    let bytes = r.characters(tag, name)?;
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Ok(text),
        _ => Err(r.invalid(name, &rules::IA5)),
    }
}

impl<'a> Decode<'a> for GeneralName<'a> {
    const NAME: &'static str = "GeneralName";
    const SECTION: &'static str = "RFC 5280 §4.2.1.6";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let tag = Tag(r.peek_for("tag")?);
        Ok(match tag.0 {
            0xa0 => GeneralName::OtherName(r.primitive(tag, "otherName")?),
            0x81 => GeneralName::Rfc822Name(ascii(r, tag, "rfc822Name")?),
            0x82 => GeneralName::DnsName(ascii(r, tag, "dNSName")?),
            0xa3 => GeneralName::X400Address(r.primitive(tag, "x400Address")?),
            0xa4 => GeneralName::DirectoryName(r.constructed(tag, "directoryName", Name::decode)?),
            0xa5 => GeneralName::EdiPartyName(r.primitive(tag, "ediPartyName")?),
            0x86 => GeneralName::UniformResourceIdentifier(ascii(r, tag, "uniformResourceIdentifier")?),
            0x87 => address(r, tag)?,
            0x88 => GeneralName::RegisteredId(Oid::read(r, tag, "registeredID")?),
            _ => return Err(r.invalid_here("generalName", &rules::GENERAL_NAME)),
        })
    }
}

fn address<'a>(r: &mut Reader<'a, impl Trace>, tag: Tag) -> Result<GeneralName<'a>, WireError> {
    let name = GeneralName::IpAddress(r.primitive(tag, "iPAddress")?);
    r.note(|| name.to_string());
    Ok(name)
}

impl Encode for GeneralName<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        match self {
            GeneralName::OtherName(der) => w.primitive(Tag(0xa0), der, "otherName"),
            GeneralName::Rfc822Name(text) => w.characters(Tag(0x81), text.as_bytes(), "rfc822Name"),
            GeneralName::DnsName(text) => w.characters(Tag(0x82), text.as_bytes(), "dNSName"),
            GeneralName::X400Address(der) => w.primitive(Tag(0xa3), der, "x400Address"),
            GeneralName::DirectoryName(name) => w.elements(Tag(0xa4), "directoryName", name),
            GeneralName::EdiPartyName(der) => w.primitive(Tag(0xa5), der, "ediPartyName"),
            GeneralName::UniformResourceIdentifier(uri) => {
                w.characters(Tag(0x86), uri.as_bytes(), "uniformResourceIdentifier");
            }
            GeneralName::IpAddress(bytes) => w.primitive(Tag(0x87), bytes, "iPAddress"),
            GeneralName::RegisteredId(oid) => oid.write(w, Tag(0x88), "registeredID"),
        }
    }
}

impl fmt::Display for GeneralName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GeneralName::OtherName(_) => f.write_str("otherName"),
            GeneralName::X400Address(_) => f.write_str("x400Address"),
            GeneralName::EdiPartyName(_) => f.write_str("ediPartyName"),
            GeneralName::Rfc822Name(text)
            | GeneralName::DnsName(text)
            | GeneralName::UniformResourceIdentifier(text) => f.write_str(text),
            GeneralName::DirectoryName(name) => name.fmt(f),
            GeneralName::RegisteredId(oid) => oid.fmt(f),
            GeneralName::IpAddress(bytes) => match (self.ip(), bytes.split_at(bytes.len() / 2)) {
                (Some(ip), _) => ip.fmt(f),
                (None, (address, mask)) => {
                    let part = |bytes| GeneralName::IpAddress(bytes).ip();
                    match (part(address), part(mask)) {
                        (Some(address), Some(mask)) => write!(f, "{address}, mask {mask}"),
                        _ => write!(f, "{} bytes", bytes.len()),
                    }
                }
            },
        }
    }
}
