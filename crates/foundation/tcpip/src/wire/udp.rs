use std::fmt;

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::checksum::{ChecksumError, PseudoHeader};
use crate::rules::udp as rules;

/// How many bytes come before the payload.
const HEADER: u16 = 8;

/// A UDP datagram, its payload borrowed.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────┬───────────────────────────────┐
/// │          source port          │       destination port        │
/// ├───────────────────────────────┼───────────────────────────────┤
/// │            length             │           checksum            │
/// ├───────────────────────────────┴───────────────────────────────┤
/// │                            payload …                          │
/// └───────────────────────────────────────────────────────────────┘
/// ```
///
/// The fields are private because the payload has to fit into the length's 16 bits: a `Datagram` can always be written.
///
/// ```
/// use wirelab_tcpip::Datagram;
/// use wirelab_wire::{Decode, Reader};
///
/// let bytes = [0xc0, 0x00, 0x00, 0x35, 0x00, 0x0a, 0x00, 0x00, b'h', b'i'];
/// let datagram = Datagram::decode(&mut Reader::whole(&bytes))?;
/// assert_eq!((datagram.source(), datagram.destination()), (49152, 53));
/// assert_eq!(datagram.payload(), b"hi");
/// # Ok::<(), wirelab_wire::WireError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    source: u16,
    destination: u16,
    length: u16,
    checksum: u16,
    payload: &'a [u8],
}

impl<'a> Datagram<'a> {
    /// A datagram between two ports, without a checksum.
    ///
    /// # Errors
    /// The payload is longer than the 65 527 bytes that the length field leaves it.
    pub fn new(source: u16, destination: u16, payload: &'a [u8]) -> Result<Self, PayloadTooLong> {
        let length = u16::try_from(payload.len()).ok().and_then(|len| len.checked_add(HEADER));
        let length = length.ok_or(PayloadTooLong { len: payload.len() })?;
        Ok(Datagram { source, destination, length, checksum: 0, payload })
    }

    /// The same datagram with the checksum that it has between these addresses.
    #[must_use]
    pub fn with_checksum(self, addresses: &PseudoHeader) -> Self {
        let checksum = self.checksum_between(addresses);
        Datagram { checksum, ..self }
    }

    /// The sender's port; 0 if it expects no answer.
    pub fn source(&self) -> u16 {
        self.source
    }

    /// The receiver's port.
    pub fn destination(&self) -> u16 {
        self.destination
    }

    /// The length of header and payload, in bytes: 8 to 65 535.
    pub fn length(&self) -> u16 {
        self.length
    }

    /// The checksum as it was sent; 0 if the sender computed none.
    pub fn checksum(&self) -> u16 {
        self.checksum
    }

    /// The bytes that UDP carries.
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Whether the datagram arrived as it was sent, and at the address that it was sent to.
    ///
    /// # Errors
    /// The checksum is another one, or is missing where IPv6 demands it.
    pub fn check(&self, addresses: &PseudoHeader) -> Result<(), ChecksumError> {
        match (self.checksum, addresses) {
            (0, PseudoHeader::V4 { .. }) => Ok(()),
            // RFC 8200 §8.1: the IPv6 header has no checksum of its own, so this one is not optional.
            (0, PseudoHeader::V6 { .. }) => Err(ChecksumError::Missing),
            (carried, _) => match self.checksum_between(addresses) {
                computed if computed == carried => Ok(()),
                computed => Err(ChecksumError::Wrong { carried, computed }),
            },
        }
    }

    fn checksum_between(&self, addresses: &PseudoHeader) -> u16 {
        let header = [self.source, self.destination, self.length];
        addresses.udp_checksum(self.length, &header, self.payload)
    }
}

impl<'a> Decode<'a> for Datagram<'a> {
    const NAME: &'static str = "UDP datagram";
    const SECTION: &'static str = "RFC 768";

    #[inline]
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let source = r.u16("source port")?;
        if source == 0 {
            r.note(|| "no answer expected".to_owned());
        }
        let destination = r.u16("destination port")?;
        let length = r.u16("length")?;
        if length < HEADER {
            return Err(r.invalid("length", &rules::UDP_LENGTH_BELOW_HEADER));
        }
        r.note(|| format!("{HEADER} of header, {} of payload", length - HEADER));
        let checksum = r.u16("checksum")?;
        if checksum == 0 {
            r.note(|| "the sender computed none".to_owned());
        }
        let payload = r.bytes(usize::from(length) - usize::from(HEADER), "payload")?;
        Ok(Datagram { source, destination, length, checksum, payload })
    }
}

impl Encode for Datagram<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u16(self.source, "source port");
        w.u16(self.destination, "destination port");
        w.u16(self.length, "length");
        w.u16(self.checksum, "checksum");
        w.bytes(self.payload, "payload");
    }
}

/// A payload does not fit into a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadTooLong {
    /// Its length in bytes; 65 527 would fit.
    pub len: usize,
}

impl fmt::Display for PayloadTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a payload of {} bytes is longer than the {} that UDP can carry",
            self.len,
            u16::MAX - HEADER
        )
    }
}

impl std::error::Error for PayloadTooLong {}
