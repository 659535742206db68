use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use wirelab_sansio::Instant;

use crate::checksum::{internet_checksum, patch_u16};
use crate::ip::{Fragment, Packet};
use crate::wire::{Ecn, FragmentHeader, Ipv6Packet, Protocol};

/// What a fragment costs beside its bytes: its place in the map, and the count of its buffer.
const OVERHEAD: usize = 64;

/// The limits of a [`Reassembly`]. Fragments are memory that any stranger can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReassemblyConfig {
    /// How many bytes may wait in all, with 64 more for each fragment. The oldest packet makes room for a new one.
    pub bytes: usize,
    /// How many packets may wait for fragments.
    pub packets: usize,
    /// How many fragments a packet may have.
    pub fragments: usize,
    /// How long an IPv4 packet waits for its last fragment (RFC 1122 §3.3.2 says 60 to 120 seconds, Linux and this
    /// default 30: identifications come round too soon on fast links, RFC 4963).
    pub timeout_v4: Duration,
    /// The same for IPv6 (RFC 8200 §4.5: 60 seconds).
    pub timeout_v6: Duration,
}

impl Default for ReassemblyConfig {
    fn default() -> Self {
        ReassemblyConfig {
            bytes: 1 << 20,
            packets: 256,
            fragments: 64,
            timeout_v4: Duration::from_secs(30),
            timeout_v6: Duration::from_secs(60),
        }
    }
}

/// Puts fragments together again (RFC 791 §3.2, RFC 8200 §4.5).
///
/// RFC 815 keeps a list of holes. Here overlaps are refused, so that a packet is complete as soon as its fragments add up to
/// its length, and nothing else needs to be kept.
///
/// Fragments that overlap have been used to show a firewall one packet and the host another (RFC 1858, RFC 5722): a packet in
/// which two do is given up, whichever the version, and the rest of it is refused as it arrives.
#[derive(Clone, Debug)]
pub struct Reassembly {
    config: ReassemblyConfig,
    waiting: BTreeMap<Key, Waiting>,
    held: usize,
}

/// What became of a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reassembled {
    /// It was the last one that was missing: the packet, for [`Packet::parse`].
    Whole(Bytes),
    /// Others are missing still.
    Waiting,
    /// It was not taken.
    Dropped(WhyDropped),
}

/// Why a fragment was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhyDropped {
    /// It is no fragment.
    NotAFragment,
    /// It is there already.
    Duplicate,
    /// It lies over another one, or behind the end of the packet, or says that there are two ends.
    Overlap,
    /// Another one did so before.
    GivenUp,
    /// It is not the last, and not a multiple of eight bytes.
    NotAMultipleOfEight,
    /// It is empty, or would leave the flags of TCP to the second fragment (RFC 1858 §3).
    Tiny,
    /// It reaches beyond the 65 535 bytes that a packet can have.
    Oversized,
    /// There are more fragments than are allowed, or they do not fit into the memory for them.
    TooMuch,
    /// Some say that there is no sender who knows marks, and others are marked (RFC 3168 §5.3).
    Marks,
}

/// A packet whose fragments did not all come in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// Its first fragment as a packet, if it came: the "time exceeded" that is due then needs it.
    pub first: Option<Bytes>,
}

/// RFC 791 §3.2 tells packets apart by addresses, protocol and identification; RFC 8200 §4.5 without the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    protocol: Option<Protocol>,
}

#[derive(Clone, Debug)]
struct Waiting {
    deadline: Instant,
    /// The payloads, by where they belong.
    parts: BTreeMap<usize, Bytes>,
    /// What stands in front of the first part's payload.
    header: Option<Bytes>,
    /// How long the payload is, once the last part has come.
    len: Option<usize>,
    /// How many bytes of it are there.
    have: usize,
    /// What it counts in [`Reassembly::held`].
    cost: usize,
    marked: bool,
    not_capable: bool,
    given_up: bool,
}

impl Reassembly {
    /// Nothing waits.
    pub fn new(config: ReassemblyConfig) -> Self {
        Reassembly { config, waiting: BTreeMap::new(), held: 0 }
    }

    /// How many bytes wait, with their overhead: at most [`ReassemblyConfig::bytes`].
    pub fn held(&self) -> usize {
        self.held
    }

    /// How many packets wait.
    pub fn packets(&self) -> usize {
        self.waiting.len()
    }

    /// Takes a fragment in.
    pub fn receive(&mut self, now: Instant, packet: &Packet<'_>) -> Reassembled {
        let Some(fragment) = packet.fragment else { return Reassembled::Dropped(WhyDropped::NotAFragment) };
        if let Err(why) = sound(packet, &fragment) {
            return Reassembled::Dropped(why);
        }
        let key = Key {
            source: packet.source,
            destination: packet.destination,
            identification: fragment.identification,
            protocol: (!packet.is_v6()).then_some(packet.protocol),
        };
        if !self.make_room(key, packet.bytes.len() + 2 * OVERHEAD) {
            return Reassembled::Dropped(WhyDropped::TooMuch);
        }
        let timeout = if packet.is_v6() { self.config.timeout_v6 } else { self.config.timeout_v4 };
        let before = self.waiting.get(&key).map_or(0, |waiting| waiting.cost);
        let waiting = self.waiting.entry(key).or_insert_with(|| Waiting::until(now + timeout));
        let taken = waiting.take(packet, &fragment, self.config.fragments);
        self.held = self.held + waiting.cost - before;
        match taken {
            Err(why) => Reassembled::Dropped(why),
            Ok(()) if waiting.len == Some(waiting.have) => self.complete(key),
            Ok(()) => Reassembled::Waiting,
        }
    }

    /// When the first packet is given up.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let deadline = self.waiting.values().map(|waiting| waiting.deadline).min()?;
        Some((deadline, "fragments are missing"))
    }

    /// Gives up what has waited too long, and says what.
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<Expired> {
        let mut expired = Vec::new();
        while let Some((key, deadline)) = self.oldest(None)
            && deadline <= now
            && let Some(waiting) = self.remove(key)
        {
            expired.push(Expired { first: waiting.first_fragment() });
        }
        expired
    }

    /// Lets the oldest packets go until there is room; not the one that the room is for.
    fn make_room(&mut self, key: Key, cost: usize) -> bool {
        let new = usize::from(!self.waiting.contains_key(&key));
        while self.held + cost > self.config.bytes || self.waiting.len() + new > self.config.packets {
            let Some((oldest, _)) = self.oldest(Some(key)) else { return false };
            self.remove(oldest);
        }
        true
    }

    fn oldest(&self, but: Option<Key>) -> Option<(Key, Instant)> {
        let others = self.waiting.iter().filter(|(key, _)| Some(**key) != but);
        let oldest = others.min_by_key(|(_, waiting)| waiting.deadline);
        oldest.map(|(key, waiting)| (*key, waiting.deadline))
    }

    fn remove(&mut self, key: Key) -> Option<Waiting> {
        let waiting = self.waiting.remove(&key)?;
        self.held -= waiting.cost;
        Some(waiting)
    }

    fn complete(&mut self, key: Key) -> Reassembled {
        let Some(waiting) = self.remove(key) else { return Reassembled::Waiting };
        if waiting.marked && waiting.not_capable {
            return Reassembled::Dropped(WhyDropped::Marks);
        }
        let whole = match key.source {
            IpAddr::V4(_) => waiting.whole_v4(),
            IpAddr::V6(_) => waiting.whole_v6(),
        };
        // With all bytes there, the first fragment is, and with it the header.
        whole.map_or(Reassembled::Dropped(WhyDropped::Oversized), Reassembled::Whole)
    }
}

/// What can be said of a fragment without the others.
fn sound(packet: &Packet<'_>, fragment: &Fragment) -> Result<(), WhyDropped> {
    let len = packet.payload.len();
    // RFC 791 §3.2, RFC 8200 §4.5: offsets count eights, so only the last part can end elsewhere.
    if fragment.more && !len.is_multiple_of(8) {
        return Err(WhyDropped::NotAMultipleOfEight);
    }
    // The longest packet, less what stands in front of the payload. IPv6 does not count its forty bytes.
    let front = if packet.is_v6() { Ipv6Packet::HEADER_LEN + FragmentHeader::LEN } else { 0 };
    if fragment.offset + packet.bytes.len() - front > usize::from(u16::MAX) {
        return Err(WhyDropped::Oversized);
    }
    // RFC 1858 §3: the flags of TCP begin at byte 13, and must not hide in the second fragment, nor be written over by one
    // that begins at byte 8.
    let tcp = packet.protocol == Protocol::TCP;
    let tiny = match fragment.offset {
        0 if tcp => len < 16,
        8 if tcp => true,
        _ => len == 0,
    };
    if tiny { Err(WhyDropped::Tiny) } else { Ok(()) }
}

impl Waiting {
    fn until(deadline: Instant) -> Self {
        Waiting {
            deadline,
            parts: BTreeMap::new(),
            header: None,
            len: None,
            have: 0,
            cost: OVERHEAD,
            marked: false,
            not_capable: false,
            given_up: false,
        }
    }

    fn take(&mut self, packet: &Packet<'_>, fragment: &Fragment, most: usize) -> Result<(), WhyDropped> {
        if self.given_up {
            return Err(WhyDropped::GivenUp);
        }
        // RFC 8200 §4.5: the network may have duplicated it, which is no attack.
        if self.parts.get(&fragment.offset).is_some_and(|part| part == packet.payload) {
            return Err(WhyDropped::Duplicate);
        }
        if self.overlaps(packet, fragment) {
            self.give_up();
            return Err(WhyDropped::Overlap);
        }
        if self.parts.len() >= most {
            self.give_up();
            return Err(WhyDropped::TooMuch);
        }
        if !fragment.more {
            self.len = Some(fragment.offset + packet.payload.len());
        }
        if fragment.offset == 0 {
            let header = packet.bytes.len() - packet.payload.len();
            self.header = packet.bytes.get(..header).map(Bytes::copy_from_slice);
        }
        self.have += packet.payload.len();
        self.cost += packet.bytes.len() + OVERHEAD;
        self.marked |= packet.ecn == Ecn::Ce;
        self.not_capable |= packet.ecn == Ecn::NotEct;
        self.parts.insert(fragment.offset, Bytes::copy_from_slice(packet.payload));
        Ok(())
    }

    fn overlaps(&self, packet: &Packet<'_>, fragment: &Fragment) -> bool {
        let end = fragment.offset + packet.payload.len();
        let before = self.parts.range(..=fragment.offset).next_back();
        let behind = self.parts.range(fragment.offset..).next();
        let last = self.parts.last_key_value().map_or(0, |(at, part)| at + part.len());
        before.is_some_and(|(at, part)| *at == fragment.offset || at + part.len() > fragment.offset)
            || behind.is_some_and(|(at, _)| *at < end)
            || self.len.is_some_and(|len| end > len || !fragment.more)
            || !fragment.more && last > end
    }

    /// Forgets the parts, and remembers that more of them are not wanted.
    fn give_up(&mut self) {
        *self = Waiting { given_up: true, ..Waiting::until(self.deadline) };
    }

    fn first_fragment(&self) -> Option<Bytes> {
        let (header, part) = (self.header.as_ref()?, self.parts.get(&0)?);
        let mut packet = BytesMut::with_capacity(header.len() + part.len());
        packet.put_slice(header);
        packet.put_slice(part);
        Some(packet.freeze())
    }

    /// `front` and all parts.
    fn joined(&self, front: &[u8]) -> BytesMut {
        let mut packet = BytesMut::with_capacity(front.len() + self.have);
        packet.put_slice(front);
        self.parts.values().for_each(|part| packet.put_slice(part));
        packet
    }

    fn whole_v4(&self) -> Option<Bytes> {
        let header = self.header.as_ref()?;
        let mut packet = self.joined(header);
        let len = u16::try_from(packet.len()).ok()?;
        if let Some(class) = packet.get_mut(1).filter(|_| self.marked) {
            *class |= Ecn::Ce.bits();
        }
        patch_u16(&mut packet, 2, len);
        patch_u16(&mut packet, 6, 0); // no flag, offset 0
        patch_u16(&mut packet, 10, 0);
        let checksum = internet_checksum(packet.get(..header.len())?);
        patch_u16(&mut packet, 10, checksum);
        Some(packet.freeze())
    }

    fn whole_v6(&self) -> Option<Bytes> {
        let header = self.header.as_ref()?;
        let (front, fragment_header) =
            header.split_at_checked(header.len().checked_sub(FragmentHeader::LEN)?)?;
        let mut packet = self.joined(front);
        let len = u16::try_from(packet.len().checked_sub(Ipv6Packet::HEADER_LEN)?).ok()?;
        if let Some(class) = packet.get_mut(1).filter(|_| self.marked) {
            *class |= Ecn::Ce.bits() << 4;
        }
        patch_u16(&mut packet, 4, len);
        // RFC 8200 §4.5: what named the fragment header now names what it named.
        *packet.get_mut(last_next_header(front))? = *fragment_header.first()?;
        Some(packet.freeze())
    }
}

/// Where the last of these headers says what follows.
fn last_next_header(front: &[u8]) -> usize {
    let (mut field, mut end) = (6, Ipv6Packet::HEADER_LEN);
    while end < front.len() {
        field = end;
        end += (front.get(end + 1).map_or(0, |&len| usize::from(len)) + 1) * 8;
    }
    field
}
