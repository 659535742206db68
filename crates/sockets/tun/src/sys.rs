//! The ioctls that make and set up a network device, `ppoll` and `setpriority`: every `unsafe` block of this crate.
//!
//! An ioctl is given a struct by its address, and the kernel knows from the number alone which one. What makes each
//! call safe is therefore that the struct is the one that the number stands for, as the header of the kernel that is
//! cited says, and that it lives until the call returns.

use std::ffi::c_char;
use std::io;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use libc::{c_int, c_short, ifreq, in6_ifreq};
use wirelab_socket::Socket;

/// A request about the device `name`, with all else zero; `None` if the name does not fit with a zero behind it.
fn request(name: &str) -> Option<ifreq> {
    // SAFETY: `ifreq` is an array of bytes and a union of integers, addresses and pointers, for which all zeroes is a value.
    let mut request: ifreq = unsafe { MaybeUninit::zeroed().assume_init() };
    let (_terminator, room) = request.ifr_name.split_last_mut()?;
    if name.len() > room.len() {
        return None;
    }
    room.iter_mut().zip(name.bytes()).for_each(|(place, byte)| *place = byte as c_char);
    Some(request)
}

/// [`request`] for names that the kernel has accepted already.
fn known(name: &str) -> io::Result<ifreq> {
    request(name).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

fn returned(result: c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// TUNSETIFF (`linux/if_tun.h`): makes `tun`, an open `/dev/net/tun`, the other end of the device `name`, and returns the
/// name that the device got (`%d` in it becomes a number).
pub(crate) fn attach(tun: BorrowedFd<'_>, name: &str) -> io::Result<String> {
    let mut request = known(name)?;
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as c_short;
    // SAFETY: TUNSETIFF reads an `ifreq` (name and flags) and writes the name and the flags back, all inside `request`.
    returned(unsafe { libc::ioctl(tun.as_raw_fd(), libc::TUNSETIFF as _, &mut request) })?;
    let bytes = request.ifr_name.iter().map(|&byte| byte as u8).take_while(|&byte| byte != 0);
    Ok(bytes.map(char::from).collect())
}

/// SIOCSIFMTU (`netdevice(7)`): the longest packet that the device takes.
pub(crate) fn set_mtu(socket: BorrowedFd<'_>, name: &str, mtu: u16) -> io::Result<()> {
    let mut request = known(name)?;
    request.ifr_ifru.ifru_mtu = mtu.into();
    // SAFETY: SIOCSIFMTU reads the name and an integer inside `request`.
    returned(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFMTU as _, &request) })
}

/// SIOCGIFFLAGS, SIOCSIFFLAGS (`netdevice(7)`): sets IFF_UP among the device's flags.
pub(crate) fn raise(socket: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    let mut request = known(name)?;
    // SAFETY: SIOCGIFFLAGS reads the name and writes the flags, both inside `request`.
    returned(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFFLAGS as _, &mut request) })?;
    // SAFETY: the flags are the part of the union that the call before has written.
    unsafe { request.ifr_ifru.ifru_flags |= libc::IFF_UP as c_short };
    // SAFETY: SIOCSIFFLAGS reads the name and the flags inside `request`.
    returned(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &request) })
}

/// SIOCSIFADDR, then SIOCSIFNETMASK (`netdevice(7)`): the kernel's own address on the device, and which addresses are
/// reached through it. The mask of the first call is that of the address's old class, so that the second must follow.
pub(crate) fn set_ipv4(socket: BorrowedFd<'_>, name: &str, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
    for (number, address) in [(libc::SIOCSIFADDR, address), (libc::SIOCSIFNETMASK, Ipv4Addr::from_bits(mask))]
    {
        let mut request = known(name)?;
        request.ifr_ifru.ifru_addr = sockaddr(address);
        // SAFETY: both read the name and a `sockaddr` of the family AF_INET inside `request`.
        returned(unsafe { libc::ioctl(socket.as_raw_fd(), number as _, &request) })?;
    }
    Ok(())
}

/// A `sockaddr_in` without a port as the `sockaddr` that an `ifreq` has room for: two bytes of port, then the address
/// (`ip(7)`).
fn sockaddr(address: Ipv4Addr) -> libc::sockaddr {
    let mut data = [0; 14];
    data[2..6].iter_mut().zip(address.octets()).for_each(|(place, octet)| *place = octet as c_char);
    libc::sockaddr { sa_family: libc::AF_INET as libc::sa_family_t, sa_data: data }
}

/// SIOCSIFADDR of a socket of the family AF_INET6 (`linux/ipv6.h`): one more address on the device.
pub(crate) fn add_ipv6(name: &str, address: Ipv6Addr, prefix: u8) -> io::Result<()> {
    let socket = Socket::udp_for(&(Ipv6Addr::UNSPECIFIED, 0).into())?;
    let request = in6_ifreq {
        ifr6_addr: libc::in6_addr { s6_addr: address.octets() },
        ifr6_prefixlen: prefix.into(),
        ifr6_ifindex: index(socket.as_fd(), name)?,
    };
    // SAFETY: of a socket of AF_INET6, SIOCSIFADDR reads an `in6_ifreq`. Of another family it would read an `ifreq`, which is
    // longer: `socket` is made here for that reason.
    returned(unsafe { libc::ioctl(socket.as_fd().as_raw_fd(), libc::SIOCSIFADDR as _, &request) })
}

/// SIOCGIFINDEX (`netdevice(7)`): the device's number.
fn index(socket: BorrowedFd<'_>, name: &str) -> io::Result<c_int> {
    let mut request = known(name)?;
    // SAFETY: SIOCGIFINDEX reads the name and writes an integer, both inside `request`.
    returned(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFINDEX as _, &mut request) })?;
    // SAFETY: the number is the part of the union that the call has written.
    Ok(unsafe { request.ifr_ifru.ifru_ifindex })
}

/// Waits until there is something to read, or a signal comes, or the time is over (`None`: for ever). It is `ppoll`, the
/// `poll` that counts nanoseconds: a protocol's timers are finer than milliseconds.
pub(crate) fn wait_readable(fd: BorrowedFd<'_>, time: Option<Duration>) -> io::Result<()> {
    let mut entry = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let time = time.map(|time| libc::timespec {
        tv_sec: time.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: time.subsec_nanos().into(),
    });
    let pointer = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the kernel reads and writes the one entry that it is told of, and reads the time, if there is one; both live
    // until the call returns. No signal mask is given.
    let result = unsafe { libc::ppoll(&mut entry, 1, pointer, std::ptr::null()) };
    match returned(result) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
        result => result,
    }
}

/// `setpriority(2)` with PRIO_PROCESS and 0: on Linux the calling thread alone, and those that it starts later.
pub(crate) fn set_nice(nice: c_int) -> io::Result<()> {
    // SAFETY: the call has three integers and touches no memory.
    returned(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, nice) })
}
