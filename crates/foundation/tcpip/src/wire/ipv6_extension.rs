use wirelab_wire::{Reader, Rule, Trace, WireError};

use crate::rules::ip as rules;
use crate::wire::Protocol;

/// How many extension headers a packet may have. RFC 8200 §4.1 recommends each kind once (destination options twice): five.
pub const MOST_EXTENSION_HEADERS: usize = 8;

/// What is behind the extension headers of an IPv6 packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upper<'a> {
    /// What the payload is; in a fragment, what the whole packet's payload begins with.
    pub protocol: Protocol,
    /// Where the byte lies that says so, from the first byte of the packet: what a Parameter Problem points at.
    pub protocol_at: usize,
    /// The payload behind the extension headers; in a fragment, its part of the packet.
    pub payload: &'a [u8],
    /// The fragment header, if there is one and it is not that of a packet in one piece (RFC 6946).
    pub fragment: Option<FragmentHeader>,
    /// How many bytes of extension headers come before the fragment header, or before the payload if there is none.
    pub unfragmentable_len: usize,
}

/// Which part of a packet this is (RFC 8200 §4.5).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────┬───────────────┬─────────────────────────┬───┬─┐
/// │  next header  │   reserved    │     fragment offset     │ 0 │M│
/// ├───────────────┴───────────────┴─────────────────────────┴───┴─┤
/// │                        identification                         │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FragmentHeader {
    /// What the whole packet's fragmentable part begins with.
    pub next_header: Protocol,
    /// Where this part belongs, in units of eight bytes: thirteen bits.
    pub offset: u16,
    /// M: this part is not the last.
    pub more: bool,
    /// The same number in all fragments of one packet.
    pub identification: u32,
}

impl FragmentHeader {
    /// The bytes of the header.
    pub const LEN: usize = 8;

    /// The bytes as they are sent.
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let [high, low] = (self.offset << 3 | u16::from(self.more)).to_be_bytes();
        let [a, b, c, d] = self.identification.to_be_bytes();
        [self.next_header.0, 0, high, low, a, b, c, d]
    }
}

/// Whether this next header is one of the extension headers that are read here.
pub(crate) fn is_extension(protocol: Protocol) -> bool {
    matches!(
        protocol,
        Protocol::HOP_BY_HOP | Protocol::ROUTING | Protocol::FRAGMENT | Protocol::DESTINATION_OPTIONS
    )
}

/// Reads extension headers up to the first thing that is none, or that is behind the header of a fragment.
pub(crate) fn walk<'a>(r: &mut Reader<'a, impl Trace>, first: Protocol) -> Result<Upper<'a>, WireError> {
    let mut protocol = first;
    // The next header field of the fixed header.
    let mut protocol_at = 6;
    for count in 0.. {
        if !is_extension(protocol) {
            break;
        }
        if count == MOST_EXTENSION_HEADERS {
            return Err(r.invalid_here("extension headers", &rules::IPV6_EXTENSION_COUNT));
        }
        // RFC 8200 §4.1: hop-by-hop options come immediately after the IPv6 header.
        if protocol == Protocol::HOP_BY_HOP && count > 0 {
            // RFC 8200 §4: the mistake is in the field that named them.
            let error = r.invalid_here("next header", &rules::IPV6_HOP_BY_HOP_FIRST);
            return Err(WireError { at: protocol_at - 40, ..error });
        }
        let start = r.position();
        protocol = match protocol {
            Protocol::FRAGMENT => {
                let header = r.group("fragment header", "RFC 8200 §4.5", fragment_header)?;
                // RFC 6946 §4: a packet that is a "fragment" in one piece is a whole packet.
                if header.more || header.offset > 0 {
                    return Ok(Upper {
                        protocol: header.next_header,
                        protocol_at: start + 40,
                        payload: r.rest("payload"),
                        fragment: Some(header),
                        unfragmentable_len: start,
                    });
                }
                header.next_header
            }
            Protocol::ROUTING => r.group("routing header", "RFC 8200 §4.4", routing_header)?,
            Protocol::HOP_BY_HOP => r.group("hop-by-hop options", "RFC 8200 §4.3", options_header)?,
            _ => r.group("destination options", "RFC 8200 §4.6", options_header)?,
        };
        protocol_at = start + 40;
    }
    let unfragmentable_len = r.position();
    let payload = r.rest("payload");
    Ok(Upper { protocol, protocol_at, payload, fragment: None, unfragmentable_len })
}

fn fragment_header(r: &mut Reader<'_, impl Trace>) -> Result<FragmentHeader, WireError> {
    let next_header = next_header(r)?;
    r.u8("reserved")?;
    let offset = r.bits::<13>("fragment offset")? as u16;
    r.note(|| format!("in units of eight: from byte {}", u32::from(offset) * 8));
    r.bits::<2>("reserved")?;
    let more = r.flag("more fragments")?;
    let identification = r.u32("identification")?;
    Ok(FragmentHeader { next_header, offset, more, identification })
}

/// No kind of routing is done here. With no segments left the header has done its work; otherwise the packet would have
/// to be sent on, which RFC 8200 §4.4 forbids where the type is unknown, and RFC 5095 for type 0.
fn routing_header(r: &mut Reader<'_, impl Trace>) -> Result<Protocol, WireError> {
    let next_header = next_header(r)?;
    let len = length(r)?;
    r.u8("routing type")?;
    if r.u8("segments left")? != 0 {
        return Err(r.invalid("segments left", &rules::IPV6_SEGMENTS_LEFT));
    }
    r.bytes(len - 4, "data")?;
    Ok(next_header)
}

fn options_header(r: &mut Reader<'_, impl Trace>) -> Result<Protocol, WireError> {
    let next_header = next_header(r)?;
    let len = length(r)?;
    r.block(len - 2, "options", |r| {
        while let Some(kind) = r.peek() {
            option(r, kind)?;
        }
        Ok(())
    })?;
    Ok(next_header)
}

/// One option (RFC 8200 §4.2). The two highest bits of its kind say what is to become of the packet if it is unknown, and
/// here all are but the padding.
fn option(r: &mut Reader<'_, impl Trace>, kind: u8) -> Result<(), WireError> {
    match kind {
        0 => {
            r.u8("Pad1")?;
            return Ok(());
        }
        1 => return r.group("PadN", "RFC 8200 §4.2", option_data),
        _ => {}
    }
    let refused: Option<&'static Rule> = match kind >> 6 {
        0 => None,
        1 => Some(&rules::IPV6_OPTION_DISCARD),
        2 => Some(&rules::IPV6_OPTION_REPORT),
        _ => Some(&rules::IPV6_OPTION_REPORT_TO_UNICAST),
    };
    match refused {
        Some(rule) => Err(r.invalid_here("option kind", rule)),
        None => r.group("unknown option", "RFC 8200 §4.2", option_data),
    }
}

fn option_data(r: &mut Reader<'_, impl Trace>) -> Result<(), WireError> {
    r.u8("option kind")?;
    let len = r.u8("option length")?;
    if len > 0 {
        r.bytes(len.into(), "option data")?;
    }
    Ok(())
}

fn next_header(r: &mut Reader<'_, impl Trace>) -> Result<Protocol, WireError> {
    let next_header = Protocol(r.u8("next header")?);
    r.note(|| next_header.to_string());
    Ok(next_header)
}

/// The length of the whole extension header: at least eight bytes.
fn length(r: &mut Reader<'_, impl Trace>) -> Result<usize, WireError> {
    let len = (usize::from(r.u8("header length")?) + 1) * 8;
    r.note(|| format!("in units of eight behind the first: {len} bytes"));
    Ok(len)
}
