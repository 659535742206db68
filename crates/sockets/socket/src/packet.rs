//! Packets as an interface sees them: what `tcpdump` reads (`packet(7)`).

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, SystemTime};

mod filter;

use crate::address::RawAddress;
use crate::control;
use crate::sys::{self, Descriptor, OptionName};
pub(crate) use filter::Instruction;
pub use filter::PacketFilter;

/// A socket that is given a copy of the IP packets that pass an interface, whoever they belong to.
///
/// The packets begin with their IP header: the kernel takes the link's header away (`SOCK_DGRAM`), so that
/// packets of all kinds of interfaces look alike. The socket listens only; the packets take their way as if it
/// were not there.
///
/// # What the kernel does
///
/// A packet passes the socket's filter on its way into an interface and out of it. On the loopback device it
/// goes out and comes in, and would be seen twice: the filter keeps the second. What is kept waits in the receive
/// buffer until the program reads it; when that is full, packets are lost to this socket, which
/// [`statistics`](Self::statistics) tells.
///
/// **Checksums on loopback are not finished.** The sender's TCP writes the sum of the pseudo-header only and
/// leaves the rest to the network card, which adds up what it sends anyway (`CHECKSUM_PARTIAL`). The loopback
/// device has no wire on which a bit could change, and nobody ever adds it up. On other interfaces that is so
/// for outgoing packets, which may also be longer than the MTU: the card cuts them.
///
/// ```no_run
/// use wirelab_socket::{PacketFilter, PacketSocket, UdpSocket};
///
/// # fn main() -> std::io::Result<()> {
/// let receiver = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// let port = receiver.local_addr()?.port();
/// let packets = PacketSocket::open(Some("lo"), &PacketFilter::all().port(port))?;     // CAP_NET_RAW
/// receiver.send_to(b"to myself", receiver.local_addr()?)?;
///
/// let mut buffer = [0; 2048];
/// let packet = packets.recv(&mut buffer)?;
/// assert_eq!(packet.bytes.len(), 20 + 8 + 9);                   // IPv4, UDP, the text
/// assert_eq!(packets.statistics()?.dropped, 0);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct PacketSocket {
    fd: Descriptor,
}

/// A packet that an interface has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenPacket<'a> {
    /// The packet from its IP header on, as far as there was room for it.
    pub bytes: &'a [u8],
    /// The length of the whole packet in bytes.
    pub length: usize,
    /// When the interface saw it, by the system's clock.
    pub time: SystemTime,
    /// The number of the interface; [`PacketSocket::interface_name`] tells its name.
    pub interface: u32,
    /// Which way it went.
    pub way: PacketWay,
}

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketWay {
    /// Over the loopback device, from this host to itself.
    Loopback,
    /// Into this host.
    In,
    /// Out of it.
    Out,
    /// From others to others: the card hands on what is not for it (`PACKET_OTHERHOST`).
    Past,
}

/// What became of the packets that the filter has kept, since the counters were read last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketStatistics {
    /// Packets that the filter has kept, those that were dropped among them.
    pub kept: u32,
    /// Of these, packets that found the receive buffer full.
    pub dropped: u32,
}

impl PacketSocket {
    /// Listens at the interface of this name, or at all of them, in the network namespace of the calling thread.
    ///
    /// The socket is made without a protocol, with which it receives nothing, then given its filter, and bound
    /// last: so no packet comes in that the filter has not seen.
    ///
    /// # Errors
    /// `PermissionDenied`: `CAP_NET_RAW` is needed, which root has; in a [`Namespace`](crate::Namespace) of its
    /// own a process has it, too. `ENODEV`: there is no such interface. `InvalidInput`: the filter has too many
    /// ports.
    pub fn open(interface: Option<&str>, filter: &PacketFilter) -> io::Result<Self> {
        let program = filter.program()?;
        let fd = sys::socket(libc::AF_PACKET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC).map_err(needs_right)?;
        let socket = PacketSocket { fd };
        sys::attach_filter(socket.as_fd(), &program)?;
        socket.set_timestamps(true)?;
        let index = match interface {
            Some(name) => sys::interface_index(socket.as_fd(), name)?,
            None => 0,
        };
        sys::bind(socket.as_fd(), &RawAddress::of_interface(index, libc::ETH_P_ALL as u16))?;
        Ok(socket)
    }

    /// `recvmsg`: takes the oldest packet, with its time and where it was seen. What does not fit into `buffer`
    /// is lost, and [`SeenPacket::length`] tells that it was there. A packet of loopback may have 65 535 bytes,
    /// and one of IPv6 40 more.
    ///
    /// # Errors
    /// `WouldBlock`: none waits. `ENETDOWN`: the interface went down; told once, and listening goes on when it
    /// is up again.
    pub fn recv<'a>(&self, buffer: &'a mut [u8]) -> io::Result<SeenPacket<'a>> {
        let mut control = [0; control::space(size_of::<libc::timespec>())];
        let received = sys::retry(|| sys::recv_packet(self.as_fd(), buffer, &mut control))?;
        let time = control.get(..received.control).and_then(timestamp).unwrap_or_else(SystemTime::now);
        let (interface, way) = seen_at(&received.from);
        let kept = received.length.min(buffer.len());
        Ok(SeenPacket {
            bytes: buffer.get(..kept).unwrap_or_default(),
            length: received.length,
            time,
            interface,
            way,
        })
    }

    /// `getsockopt(PACKET_STATISTICS)`: the counters since the last call, which sets them back to 0.
    ///
    /// # Errors
    /// None are known.
    pub fn statistics(&self) -> io::Result<PacketStatistics> {
        let mut bytes = [0; 8];
        sys::get_option(self.as_fd(), OptionName::PACKET_STATISTICS, &mut bytes)?;
        let [k0, k1, k2, k3, d0, d1, d2, d3] = bytes;
        let [kept, dropped] = [[k0, k1, k2, k3], [d0, d1, d2, d3]].map(u32::from_ne_bytes);
        Ok(PacketStatistics { kept, dropped })
    }

    /// `SIOCGIFNAME`: what the interface of this number is called now.
    ///
    /// # Errors
    /// `ENODEV`: it is gone.
    pub fn interface_name(&self, index: u32) -> io::Result<String> {
        sys::interface_name(self.as_fd(), index)
    }
}

/// The refusal in words: the kernel's "Operation not permitted" does not say what would be.
fn needs_right(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => io::Error::new(
            io::ErrorKind::PermissionDenied,
            "packets of an interface are shown to processes with CAP_NET_RAW only: run it as root, \
             or in a network namespace of its own",
        ),
        _ => error,
    }
}

/// The control message `SCM_TIMESTAMPNS` holds a `timespec`: seconds and nanoseconds since 1970.
fn timestamp(control: &[u8]) -> Option<SystemTime> {
    let is_time = |message: &control::Message<'_>| {
        (message.level, message.kind) == (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS)
    };
    let data = control::messages(control).find(is_time)?.data;
    let (seconds, nanoseconds) = data.split_at_checked(size_of::<libc::time_t>())?;
    let seconds = libc::time_t::from_ne_bytes(seconds.try_into().ok()?);
    let nanoseconds = libc::c_long::from_ne_bytes(*nanoseconds.first_chunk()?);
    let since = Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanoseconds).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)
}

/// The interface and the direction in a `sockaddr_ll`, whose fields are shown at [`RawAddress`].
fn seen_at(from: &RawAddress) -> (u32, PacketWay) {
    let [_, _, _, _, i0, i1, i2, i3, h0, h1, kind, ..] = from.bytes;
    let way = match kind {
        _ if u16::from_ne_bytes([h0, h1]) == libc::ARPHRD_LOOPBACK => PacketWay::Loopback,
        libc::PACKET_OUTGOING => PacketWay::Out,
        libc::PACKET_OTHERHOST => PacketWay::Past,
        _ => PacketWay::In,
    };
    (u32::from_ne_bytes([i0, i1, i2, i3]), way)
}

impl AsFd for PacketSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<PacketSocket> for OwnedFd {
    fn from(socket: PacketSocket) -> OwnedFd {
        socket.fd.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_read_where_the_kernel_puts_it() {
        let mut control = [0; control::space(size_of::<libc::timespec>())];
        let data = [1_700_000_000_i64.to_ne_bytes(), 999_999_999_i64.to_ne_bytes()].concat();
        control::write(&mut control, libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS, &data);
        let expected = SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 999_999_999);
        assert_eq!(timestamp(&control), Some(expected));
        assert_eq!(timestamp(&[]), None);
        control::write(&mut control, libc::SOL_SOCKET, libc::SCM_RIGHTS, &data);
        assert_eq!(timestamp(&control), None, "another message");
    }

    #[test]
    fn an_address_of_an_interface_has_the_layout_of_sockaddr_ll() {
        let raw = RawAddress::of_interface(7, 3);
        assert_eq!(raw.length as usize, size_of::<libc::sockaddr_ll>());
        assert_eq!(raw.bytes[..4], [libc::AF_PACKET as u8, 0, 0, 3], "the protocol is in network order");
        assert_eq!(seen_at(&raw), (7, PacketWay::In));
        let at = std::mem::offset_of!(libc::sockaddr_ll, sll_pkttype);
        for (kind, way) in
            [(libc::PACKET_OUTGOING, PacketWay::Out), (libc::PACKET_OTHERHOST, PacketWay::Past)]
        {
            let mut raw = RawAddress::of_interface(7, 3);
            raw.bytes[at] = kind;
            assert_eq!(seen_at(&raw), (7, way));
        }
    }

    #[test]
    fn a_refusal_says_which_right_is_missing() {
        let said = needs_right(io::Error::from_raw_os_error(libc::EPERM));
        assert_eq!(said.kind(), io::ErrorKind::PermissionDenied);
        assert!(said.to_string().contains("CAP_NET_RAW"), "{said}");
        assert_eq!(
            needs_right(io::Error::from_raw_os_error(libc::EMFILE)).raw_os_error(),
            Some(libc::EMFILE)
        );
    }
}
