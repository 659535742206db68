use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::thread;
use std::time::{Duration, Instant};

use wirelab_socket::Socket;

use crate::{Error, sys};

/// How long an IPv6 address may stay tentative. A second is what the kernel takes on devices that have neighbours.
const TENTATIVE: Duration = Duration::from_secs(5);

/// What a device is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The device's name; `%d` in it becomes the first free number.
    pub name: String,
    /// The kernel's IPv4 address on it, and how many leading bits of it the addresses share that are reached through the
    /// device.
    pub ipv4: Option<(Ipv4Addr, u8)>,
    /// The same of IPv6. It needs an MTU of at least 1280 (RFC 8200 §5).
    pub ipv6: Option<(Ipv6Addr, u8)>,
    /// The longest packet in bytes, IP header included.
    pub mtu: u16,
}

impl Default for Config {
    /// `tun%d` with 1500 bytes, as on Ethernet; the kernel is 10.77.0.1/24 and fd77::1/64 (private addresses: RFC 1918 §3,
    /// RFC 4193 §3.1).
    fn default() -> Self {
        Config {
            name: "tun%d".to_owned(),
            ipv4: Some((Ipv4Addr::new(10, 77, 0, 1), 24)),
            ipv6: Some((Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 1), 64)),
            mtu: 1500,
        }
    }
}

/// The other end of a network device.
///
/// What the kernel sends through the device is read here, and what is written here arrives at the kernel as if it had
/// come in from a wire. Whoever holds it is the host at the other end of that wire. The device exists for as long
/// as this value.
///
/// # What the kernel does
///
/// `open("/dev/net/tun")` gives a descriptor that is nothing yet; TUNSETIFF attaches it to a new device in the network
/// namespace of the calling thread. IFF_TUN makes that a device of IP packets (IFF_TAP: of Ethernet frames), and
/// IFF_NO_PI leaves out four bytes in front of each that say which protocol it is, as the packet's first four bits do.
/// Each `read` takes exactly one packet and each `write` gives one. About 500 wait for a reader; more are dropped.
///
/// The device computes no checksums and cuts no segments, so that the kernel does both before a packet comes out here: it
/// is complete, as on a wire.
#[derive(Debug)]
pub struct Tun {
    descriptor: File,
    name: String,
    mtu: u16,
}

impl Tun {
    /// Makes a device in the network namespace of the calling thread, gives it its addresses, and sets it up.
    ///
    /// In the machine's own namespace that takes root, and changes the machine's routes. `Namespace::enter_new` of the crate
    /// `socket` is what programs call first, which also raises the loopback device.
    ///
    /// # Errors
    /// Each says what is missing: see [`Error`].
    pub fn open(config: &Config) -> Result<Tun, Error> {
        let descriptor = open_device()?;
        let name = attach(&descriptor, &config.name)?;
        let any = (Ipv4Addr::UNSPECIFIED, 0).into();
        let socket = Socket::udp_for(&any).map_err(Error::of("making a socket"))?;
        let socket = socket.as_fd();
        sys::set_mtu(socket, &name, config.mtu).map_err(Error::of("setting the MTU"))?;
        if let Some((address, prefix)) = config.ipv4 {
            sys::set_ipv4(socket, &name, address, prefix).map_err(Error::of("setting the IPv4 address"))?;
        }
        sys::raise(socket, &name).map_err(Error::of("raising the device"))?;
        if let Some((address, prefix)) = config.ipv6 {
            sys::add_ipv6(&name, address, prefix).map_err(Error::of("setting the IPv6 address"))?;
            until_usable(address).map_err(Error::of("waiting for the IPv6 address"))?;
        }
        Ok(Tun { descriptor, name, mtu: config.mtu })
    }

    /// The device's name, such as `tun0`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The longest packet in bytes.
    pub fn mtu(&self) -> u16 {
        self.mtu
    }

    /// Reads one packet, and says how long it is; `None` if there is none now. What does not fit into `room` is lost.
    ///
    /// # Errors
    /// The device was set down or removed.
    pub fn receive(&self, room: &mut [u8]) -> io::Result<Option<usize>> {
        match (&self.descriptor).read(room) {
            Ok(length) => Ok(Some(length)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes one packet. `false` means that the kernel has no room for it now, and it is lost.
    ///
    /// # Errors
    /// `InvalidInput`: its first four bits are neither 4 nor 6. Others: the device was set down or removed.
    pub fn send(&self, packet: &[u8]) -> io::Result<bool> {
        match (&self.descriptor).write(packet) {
            Ok(written) => Ok(written == packet.len()), // a packet is taken as a whole or not at all
            Err(error) => match error.raw_os_error() {
                Some(libc::EAGAIN | libc::ENOBUFS | libc::ENOMEM) => Ok(false),
                _ => Err(error),
            },
        }
    }

    /// Waits until there is a packet, or this time is over (`None`: for ever), or a signal comes.
    ///
    /// # Errors
    /// None are known.
    pub fn wait(&self, time: Option<Duration>) -> io::Result<()> {
        sys::wait_readable(self.as_fd(), time)
    }
}

impl AsFd for Tun {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

fn open_device() -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_NONBLOCK); // the standard library adds O_CLOEXEC
    options.open("/dev/net/tun").map_err(|error| match error.raw_os_error() {
        // The file is missing, or it is there and nothing in the kernel answers to it.
        Some(libc::ENOENT | libc::ENXIO | libc::ENODEV) => Error::NoTun,
        _ => Error::of("opening /dev/net/tun")(error),
    })
}

fn attach(descriptor: &File, name: &str) -> Result<String, Error> {
    let refused = || Error::Name(name.to_owned());
    // An empty name would be read as `tun%d`, and a name ends at its first zero.
    if name.is_empty() || name.contains('\0') {
        return Err(refused());
    }
    sys::attach(descriptor.as_fd(), name).map_err(|error| match error.raw_os_error() {
        Some(libc::EBUSY) => Error::InUse(name.to_owned()),
        Some(libc::EINVAL) | None => refused(),
        _ => Error::of("making a network device")(error),
    })
}

/// A new IPv6 address is tentative at first (RFC 4862 §5.4), and no socket can be bound to it. On a device without neighbours
/// there is nobody to ask whether the address is taken, but the kernel finds that out in a work queue of its own.
fn until_usable(address: Ipv6Addr) -> io::Result<()> {
    let began = Instant::now();
    loop {
        match UdpSocket::bind((address, 0)) {
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable && began.elapsed() < TENTATIVE => {
                thread::sleep(Duration::from_micros(200));
            }
            bound => return bound.map(drop),
        }
    }
}
