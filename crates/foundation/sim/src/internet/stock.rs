//! The middleboxes that are met most often.

use bytes::{Bytes, BytesMut};
use wirelab_tcpip::{Flags, Segment, Seq};

use super::packet::{replace, set_ecn};
use super::segments::segment_of;
use super::{Header, Middlebox, Verdict, build};

const END_OF_LIST: u8 = 0;
const NO_OPERATION: u8 = 1;
const MAXIMUM_SEGMENT_SIZE: u8 = 2;

/// Overwrites every TCP option of this kind with no-operations, so that the ends believe that the other one does not know it.
pub fn strip_option(kind: u8) -> Middlebox {
    Middlebox::new(move |_, _, packet| {
        Verdict::Pass(change_options(packet, |options| {
            for (at, found, len) in list(options) {
                if found == kind
                    && let Some(option) = options.get_mut(at..at + len)
                {
                    option.fill(NO_OPERATION);
                }
            }
        }))
    })
}

/// Lowers the maximum segment size that a SYN announces: what routers before a tunnel do, lest packets be too big for it.
pub fn clamp_mss(most: u16) -> Middlebox {
    Middlebox::new(move |_, _, packet| {
        Verdict::Pass(change_options(packet, |options| {
            for (at, kind, len) in list(options) {
                let value = options.get_mut(at + 2..at + len).and_then(|value| value.first_chunk_mut::<2>());
                if let (MAXIMUM_SEGMENT_SIZE, Some(value)) = (kind, value) {
                    *value = u16::from_be_bytes(*value).min(most).to_be_bytes();
                }
            }
        }))
    })
}

/// Drops every SYN that has an option whose kind is not among `known`, as a firewall that is older than the option.
pub fn drop_unknown_syn_options(known: &'static [u8]) -> Middlebox {
    Middlebox::new(move |_, _, packet| {
        let unknown = |segment: &Segment<'_>| {
            let mut kinds = list(segment.options.bytes()).into_iter().map(|(_, kind, _)| kind);
            segment.flags.contains(Flags::SYN) && kinds.any(|kind| !known.contains(&kind))
        };
        match segment_of(&packet) {
            Some((_, segment)) if unknown(&segment) => Verdict::Drop("a SYN with an unknown option"),
            _ => Verdict::Pass(packet),
        }
    })
}

/// Clears the ECN bits of every packet, so that no congestion can be marked.
pub fn clear_ecn() -> Middlebox {
    Middlebox::new(|_, _, packet| match Header::read(&packet) {
        Some(header) if header.ecn != 0 => {
            let mut packet = BytesMut::from(packet);
            set_ecn(&mut packet, 0);
            Verdict::Pass(packet.freeze())
        }
        _ => Verdict::Pass(packet),
    })
}

/// Ends a connection in both directions with forged resets when a segment's payload holds these bytes, as censors do; the
/// segment itself is passed on.
pub fn reset_on(forbidden: impl Into<Vec<u8>>) -> Middlebox {
    let forbidden = forbidden.into();
    Middlebox::new(move |_, heading, packet| {
        let hit = |payload: &[u8]| {
            !forbidden.is_empty() && payload.windows(forbidden.len()).any(|part| part == forbidden)
        };
        match segment_of(&packet) {
            Some((header, segment)) if hit(segment.payload) => {
                let (onward, back) = resets(&header, &segment);
                Verdict::Replace(vec![(heading, packet.clone()), (heading, onward), (heading.back(), back)])
            }
            _ => Verdict::Pass(packet),
        }
    })
}

/// A reset to each end, with the number that makes it credible there: exactly the next one expected (RFC 5961 §3.2).
fn resets(header: &Header, segment: &Segment<'_>) -> (Bytes, Bytes) {
    let reset = |source, destination, sequence: Seq| Segment {
        source,
        destination,
        sequence,
        flags: Flags::RST,
        ..Segment::default()
    };
    let onward = reset(segment.source, segment.destination, segment.end());
    let back = reset(segment.destination, segment.source, segment.acknowledgment);
    (
        build::tcp(header.source, header.destination, &onward),
        build::tcp(header.destination, header.source, &back),
    )
}

/// Changes a segment's options in place and brings its checksum up to date. Other packets pass as they are.
fn change_options(packet: Bytes, change: impl FnOnce(&mut [u8])) -> Bytes {
    let Some((header, segment)) = segment_of(&packet) else { return packet };
    let options = header.header_len + 20..header.header_len + segment.header_len();
    let mut changed = packet.get(options.clone()).unwrap_or_default().to_vec();
    change(&mut changed);
    if packet.get(options.clone()) == Some(&changed[..]) {
        return packet;
    }
    let mut packet = BytesMut::from(packet);
    replace(&mut packet, options.start, &changed, &[header.header_len + 16]);
    packet.freeze()
}

/// Where each option begins, its kind and its length, up to one that is broken (RFC 9293 §3.1).
fn list(options: &[u8]) -> Vec<(usize, u8, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&kind) = options.get(at) {
        let len = match kind {
            END_OF_LIST => break,
            NO_OPERATION => 1,
            _ => options.get(at + 1).map_or(0, |&len| usize::from(len)),
        };
        if len == 0 || at + len > options.len() || (kind != NO_OPERATION && len < 2) {
            break;
        }
        if kind != NO_OPERATION {
            found.push((at, kind, len));
        }
        at += len;
    }
    found
}
