//! Options: the closed list of those that are used, and the two calls.

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{c_int, c_void, socklen_t};

use super::returned;
use crate::record::strace::Text;

/// A socket option: the protocol level that owns it, and its number there.
///
/// The fields are private and the list is closed, because some options that are not in it hold pointers, which
/// a function that takes plain bytes could not pass on safely.
#[derive(Clone, Copy)]
pub(crate) struct OptionName {
    level: c_int,
    number: c_int,
    name: &'static str,
}

/// What `libc` lacks, from `linux/in.h`.
const IP_LOCAL_PORT_RANGE: c_int = 51;

macro_rules! options {
    ($($constant:ident = $level:ident $option:ident;)*) => {
        impl OptionName {
            $(pub(crate) const $constant: Self = {
                #[allow(unused_imports, reason = "a constant of this file comes before that of the crate")]
                use libc::*;
                OptionName { level: libc::$level, number: $option, name: stringify!($option) }
            };)*
        }
    };
}

options! {
    REUSE_ADDRESS = SOL_SOCKET SO_REUSEADDR;
    REUSE_PORT = SOL_SOCKET SO_REUSEPORT;
    ERROR = SOL_SOCKET SO_ERROR;
    LINGER = SOL_SOCKET SO_LINGER;
    KEEP_ALIVE = SOL_SOCKET SO_KEEPALIVE;
    RECEIVE_BUFFER = SOL_SOCKET SO_RCVBUF;
    SEND_BUFFER = SOL_SOCKET SO_SNDBUF;
    RECEIVE_TIMEOUT = SOL_SOCKET SO_RCVTIMEO;
    SEND_TIMEOUT = SOL_SOCKET SO_SNDTIMEO;
    ONLY_V6 = IPPROTO_IPV6 IPV6_V6ONLY;
    NO_DELAY = IPPROTO_TCP TCP_NODELAY;
    KEEP_IDLE = IPPROTO_TCP TCP_KEEPIDLE;
    KEEP_INTERVAL = IPPROTO_TCP TCP_KEEPINTVL;
    KEEP_COUNT = IPPROTO_TCP TCP_KEEPCNT;
    USER_TIMEOUT = IPPROTO_TCP TCP_USER_TIMEOUT;
    NOT_SENT_LOW_WATER = IPPROTO_TCP TCP_NOTSENT_LOWAT;
    QUICK_ACK = IPPROTO_TCP TCP_QUICKACK;
    CORK = IPPROTO_TCP TCP_CORK;
    DEFER_ACCEPT = IPPROTO_TCP TCP_DEFER_ACCEPT;
    LOCAL_PORT_RANGE = IPPROTO_IP IP_LOCAL_PORT_RANGE;
    INFO = IPPROTO_TCP TCP_INFO;
}

pub(crate) fn set_option(fd: BorrowedFd<'_>, option: OptionName, value: &[u8]) -> io::Result<()> {
    let OptionName { level, number, .. } = option;
    let length = value.len() as socklen_t;
    // SAFETY: `value` is readable for its length; the kernel copies it and follows no pointer in it (see
    // `OptionName`).
    let result = unsafe { libc::setsockopt(fd.as_raw_fd(), level, number, value.as_ptr().cast(), length) };
    returned("setsockopt", result, |_| {
        format!("{}, {option}, {}, {length}", fd.as_raw_fd(), option.shown(value))
    })
    .map(drop)
}

/// Returns how many bytes of `value` the kernel filled.
pub(crate) fn get_option(fd: BorrowedFd<'_>, option: OptionName, value: &mut [u8]) -> io::Result<usize> {
    let OptionName { level, number, .. } = option;
    let mut length = value.len() as socklen_t;
    let start: *mut c_void = value.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `length` bytes to `start`, and follows no pointer in them (see
    // `OptionName`).
    let result = unsafe { libc::getsockopt(fd.as_raw_fd(), level, number, start, &mut length) };
    let filled = (length as usize).min(value.len());
    returned("getsockopt", result, |count| {
        let room = value.len();
        let lengths = if filled == room { format!("[{room}]") } else { format!("[{room} => {filled}]") };
        let shown = count.map_or("...".to_owned(), |_| option.shown(&value[..filled]));
        format!("{}, {option}, {shown}, {lengths}", fd.as_raw_fd())
    })?;
    Ok(filled)
}

impl OptionName {
    /// The value as `strace` writes it: an integer in brackets, a struct with the names of its fields; what is
    /// neither as bytes.
    fn shown(self, value: &[u8]) -> String {
        let integers = |at: usize| value.get(at..at + 4)?.try_into().ok().map(i32::from_ne_bytes);
        let longs = |at: usize| value.get(at..at + 8)?.try_into().ok().map(i64::from_ne_bytes);
        match (self.name, integers(0), integers(4), longs(0), longs(8)) {
            ("SO_LINGER", Some(on), Some(time), ..) => format!("{{l_onoff={on}, l_linger={time}}}"),
            ("SO_RCVTIMEO" | "SO_SNDTIMEO", _, _, Some(seconds), Some(micros)) => {
                format!("{{tv_sec={seconds}, tv_usec={micros}}}")
            }
            (_, Some(number), ..) if value.len() == 4 => format!("[{number}]"),
            ("TCP_INFO", ..) => "{...}".to_owned(),
            _ => Text(value).to_string(),
        }
    }
}

/// `SOL_TCP, TCP_NODELAY`.
impl fmt::Display for OptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            libc::IPPROTO_IP => "SOL_IP",
            libc::IPPROTO_IPV6 => "SOL_IPV6",
            libc::IPPROTO_TCP => "SOL_TCP",
            libc::IPPROTO_UDP => "SOL_UDP",
            _ => "SOL_SOCKET",
        };
        write!(f, "{level}, {}", self.name)
    }
}
