use std::net::IpAddr;

use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::item::{self, Form};
use super::option::{Options, Owner, cut};
use super::order::Order;
use crate::rules::pcapng as rules;

const IPV4: u16 = 1;
const IPV6: u16 = 2;

/// The longest name: with its zero and an IPv6 address it fills the record's 16 bits of length.
const LONGEST: usize = u16::MAX as usize - 16 - 1;

const SECTION: &str = "pcapng, Name Resolution Block";

const FORM: Form =
    Form { code: "record type", length: "record length", end_has_length: &rules::END_RECORD_WITH_LENGTH };

/// The Name Resolution Block: what addresses are called, so that a reader need not ask anybody.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────┬───────────────────────────────┐
/// │          record type          │         record length         │
/// ├───────────────────────────────┴───────────────────────────────┤
/// │    address, names that end with zeros …    padding            │
/// ├───────────────────────────────────────────────────────────────┤
/// │                         more records …                        │
/// ├───────────────────────────────┬───────────────────────────────┤
/// │        record type = 0        │       record length = 0       │
/// ├───────────────────────────────┴───────────────────────────────┤
/// │                            options …                          │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameResolution<'a> {
    /// The records in their order.
    pub records: Vec<NameRecord<'a>>,
    /// What else it says.
    pub options: Options<'a>,
}

/// One record of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameRecord<'a> {
    /// An address and its names, as [`NameRecord::new`] makes it.
    Ip(NamedAddress<'a>),
    /// A kind of record that is not known here, as it was read.
    Unknown(UnknownRecord<'a>),
}

/// An IP address and its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedAddress<'a> {
    address: IpAddr,
    names: Vec<&'a [u8]>,
}

/// A record of a kind that is not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownRecord<'a> {
    kind: u16,
    value: &'a [u8],
}

impl<'a> NameRecord<'a> {
    /// An address and its name: as much of it as comes before a zero byte and fits into a record.
    pub fn new(address: IpAddr, name: &'a str) -> Self {
        let name = name.split('\0').next().unwrap_or_default();
        NameRecord::Ip(NamedAddress { address, names: vec![cut(name, LONGEST).as_bytes()] })
    }

    fn value_len(&self) -> usize {
        match self {
            NameRecord::Ip(NamedAddress { address, names }) => {
                let address = if address.is_ipv4() { 4 } else { 16 };
                address + names.iter().map(|name| name.len() + 1).sum::<usize>()
            }
            NameRecord::Unknown(record) => record.value.len(),
        }
    }

    fn encode(&self, w: &mut Writer<'_, impl Trace>, order: Order) {
        let kind = match self {
            NameRecord::Ip(named) if named.address.is_ipv4() => IPV4,
            NameRecord::Ip(_) => IPV6,
            NameRecord::Unknown(record) => record.kind,
        };
        FORM.encode(w, order, (kind, self.value_len()), |w| match self {
            NameRecord::Ip(named) => named.encode(w),
            NameRecord::Unknown(record) => w.bytes(record.value, "value"),
        });
    }
}

impl<'a> NamedAddress<'a> {
    /// The address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Its names as they stand there.
    pub fn names(&self) -> &[&'a [u8]] {
        &self.names
    }

    fn decode(r: &mut Reader<'a, impl Trace>, kind: u16) -> Result<Self, WireError> {
        let address = match kind {
            IPV4 => IpAddr::from(*r.array::<4>("address")?),
            _ => IpAddr::from(*r.array::<16>("address")?),
        };
        r.note(|| address.to_string());
        let mut names = Vec::new();
        while !r.remaining().is_empty() {
            let end = r.remaining().iter().position(|&byte| byte == 0);
            let len = end.ok_or_else(|| r.invalid_here("name", &rules::NAME_WITHOUT_END))?;
            names.push(r.text(len, "name")?);
            r.u8("end of name")?;
        }
        Ok(NamedAddress { address, names })
    }

    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        match self.address {
            IpAddr::V4(address) => w.bytes(&address.octets(), "address"),
            IpAddr::V6(address) => w.bytes(&address.octets(), "address"),
        }
        for name in &self.names {
            w.text(name, "name");
            w.u8(0, "end of name");
        }
    }
}

impl<'a> UnknownRecord<'a> {
    /// Its type.
    pub fn kind(&self) -> u16 {
        self.kind
    }

    /// Its bytes without the padding.
    pub fn value(&self) -> &'a [u8] {
        self.value
    }
}

impl<'a> NameResolution<'a> {
    /// The addresses with their names, without records of other kinds.
    pub fn addresses(&self) -> impl Iterator<Item = &NamedAddress<'a>> {
        self.records.iter().filter_map(|record| match record {
            NameRecord::Ip(named) => Some(named),
            NameRecord::Unknown(_) => None,
        })
    }

    pub(crate) fn decode_body(r: &mut Reader<'a, impl Trace>, order: Order) -> Result<Self, WireError> {
        let mut records = Vec::new();
        while let Some(record) = r.group("record", SECTION, |r| decode_record(r, order))? {
            records.push(record);
        }
        let options = Options::decode(r, order, Owner::Names)?;
        Ok(NameResolution { records, options })
    }

    pub(crate) fn body_len(&self) -> usize {
        let lens = self.records.iter().map(NameRecord::value_len);
        let records = lens.map(item::encoded_len).sum::<usize>() + item::encoded_len(0);
        records + self.options.encoded_len()
    }

    pub(crate) fn encode_body(&self, w: &mut Writer<'_, impl Trace>, order: Order) {
        for record in &self.records {
            w.group("record", SECTION, |w| record.encode(w, order));
        }
        w.group("record", SECTION, |w| FORM.encode_end(w, order));
        self.options.encode(w, order, Owner::Names);
    }
}

/// `None` for the record that ends the list.
fn decode_record<'a>(
    r: &mut Reader<'a, impl Trace>,
    order: Order,
) -> Result<Option<NameRecord<'a>>, WireError> {
    let name = |kind| ["the end", "IPv4", "IPv6"].get(usize::from(kind)).copied().or(Some("unknown"));
    FORM.decode(r, order, name, |r, kind, len| {
        Ok(match kind {
            IPV4 | IPV6 => NameRecord::Ip(r.block(len, "named address", |r| NamedAddress::decode(r, kind))?),
            _ => NameRecord::Unknown(UnknownRecord { kind, value: r.bytes(len, "value")? }),
        })
    })
}
