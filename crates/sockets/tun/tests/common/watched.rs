//! A host of ours as the kernel's neighbour, and every TCP segment between the two.

use std::cell::RefCell;
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;

use wirelab_sansio::Instant;
use wirelab_tcpip::host::{self, Host};
use wirelab_tcpip::{Flags, Protocol, Segment, Seq, ip};
use wirelab_tun::{self as tun, Direction, Driver, Tun};
use wirelab_wire::{Decode, Reader};

pub(crate) fn ours() -> SocketAddr {
    ([10, 77, 0, 2], 80).into()
}

pub(crate) fn kernels() -> SocketAddr {
    ([10, 77, 0, 1], 80).into()
}

/// A segment as it went by. The window is the field, unscaled: only whether it is 0 matters here.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) when: Instant,
    pub(crate) direction: Direction,
    pub(crate) flags: Flags,
    pub(crate) sequence: Seq,
    pub(crate) acknowledgment: Seq,
    pub(crate) window: u16,
    pub(crate) length: usize,
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { direction, flags, sequence, acknowledgment, window, length, .. } = self;
        let seconds = self.when.as_nanos() as f64 / 1e9;
        write!(
            f,
            "{seconds:.3} {direction:?} {flags} {sequence:?} {acknowledgment:?} win {window} len {length}"
        )
    }
}

fn seen(when: Instant, direction: Direction, packet: &[u8]) -> Option<Seen> {
    let packet = ip::Packet::parse(packet).ok().filter(|packet| packet.protocol == Protocol::TCP)?;
    let segment = Segment::decode(&mut Reader::whole(packet.payload)).ok()?;
    Some(Seen {
        when,
        direction,
        flags: segment.flags,
        sequence: segment.sequence,
        acknowledgment: segment.acknowledgment,
        window: segment.window,
        length: segment.payload.len(),
    })
}

/// All segments so far, in their order.
pub(crate) type Watched = Rc<RefCell<Vec<Seen>>>;

pub(crate) fn driver() -> (Driver<Host>, Watched) {
    let tun = Tun::open(&tun::Config { ipv6: None, ..tun::Config::default() }).unwrap();
    let mut host = Host::new(host::Config::default(), [7; 32]);
    host.add_address(ours().ip());
    let watched = Watched::default();
    let segments = Rc::clone(&watched);
    let driver = Driver::new(tun, host).tap(move |when, direction, packet| {
        segments.borrow_mut().extend(seen(when, direction, packet));
        Ok(())
    });
    (driver, watched)
}

/// The segments that one end has sent with a number that the other has acknowledged long ago: Linux's probes of a closed window, and
/// everybody's keep-alive (RFC 9293 §3.8.4). Each with its place among all.
pub(crate) fn old_numbers(segments: &[Seen], by: Direction) -> Vec<(usize, Seen)> {
    let mut expected = None;
    let mut found = Vec::new();
    for (place, segment) in segments.iter().enumerate() {
        if segment.direction != by {
            expected = Some(segment.acknowledgment);
        } else if expected == Some(segment.sequence + 1) && segment.length == 0 {
            found.push((place, *segment));
        }
    }
    found
}

/// Whether the other end has sent something between this place and the next segment of the one that probes.
pub(crate) fn is_answered(segments: &[Seen], (place, probe): (usize, Seen)) -> bool {
    segments.get(place + 1).is_some_and(|next| next.direction != probe.direction)
}
