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
    BIND_ADDRESS_NO_PORT = IPPROTO_IP IP_BIND_ADDRESS_NO_PORT;
    BUSY_POLL = SOL_SOCKET SO_BUSY_POLL;
    CONGESTION_CONTROL = IPPROTO_TCP TCP_CONGESTION;
    COOKIE = SOL_SOCKET SO_COOKIE;
    CORK = IPPROTO_TCP TCP_CORK;
    DEFER_ACCEPT = IPPROTO_TCP TCP_DEFER_ACCEPT;
    DOMAIN = SOL_SOCKET SO_DOMAIN;
    ERROR = SOL_SOCKET SO_ERROR;
    FAST_OPEN = IPPROTO_TCP TCP_FASTOPEN;
    FAST_OPEN_CONNECT = IPPROTO_TCP TCP_FASTOPEN_CONNECT;
    FIN_WAIT_2_TIMEOUT = IPPROTO_TCP TCP_LINGER2;
    INCOMING_CPU = SOL_SOCKET SO_INCOMING_CPU;
    INFO = IPPROTO_TCP TCP_INFO;
    KEEP_ALIVE = SOL_SOCKET SO_KEEPALIVE;
    KEEP_COUNT = IPPROTO_TCP TCP_KEEPCNT;
    KEEP_IDLE = IPPROTO_TCP TCP_KEEPIDLE;
    KEEP_INTERVAL = IPPROTO_TCP TCP_KEEPINTVL;
    LINGER = SOL_SOCKET SO_LINGER;
    LISTENING = SOL_SOCKET SO_ACCEPTCONN;
    LOCAL_PORT_RANGE = IPPROTO_IP IP_LOCAL_PORT_RANGE;
    MAX_SEGMENT = IPPROTO_TCP TCP_MAXSEG;
    MEMORY = SOL_SOCKET SO_MEMINFO;
    NOT_SENT_LOW_WATER = IPPROTO_TCP TCP_NOTSENT_LOWAT;
    NO_DELAY = IPPROTO_TCP TCP_NODELAY;
    ONLY_V6 = IPPROTO_IPV6 IPV6_V6ONLY;
    PACKET_STATISTICS = SOL_PACKET PACKET_STATISTICS;
    PEER_CREDENTIALS = SOL_SOCKET SO_PEERCRED;
    PRIORITY = SOL_SOCKET SO_PRIORITY;
    PROTOCOL = SOL_SOCKET SO_PROTOCOL;
    QUICK_ACK = IPPROTO_TCP TCP_QUICKACK;
    RECEIVE_BUFFER = SOL_SOCKET SO_RCVBUF;
    RECEIVE_BUFFER_FORCED = SOL_SOCKET SO_RCVBUFFORCE;
    RECEIVE_LOW_WATER = SOL_SOCKET SO_RCVLOWAT;
    RECEIVE_TIMEOUT = SOL_SOCKET SO_RCVTIMEO;
    REUSE_ADDRESS = SOL_SOCKET SO_REUSEADDR;
    REUSE_PORT = SOL_SOCKET SO_REUSEPORT;
    SEND_BUFFER = SOL_SOCKET SO_SNDBUF;
    SEND_TIMEOUT = SOL_SOCKET SO_SNDTIMEO;
    SYN_RETRIES = IPPROTO_TCP TCP_SYNCNT;
    TIMESTAMP_NS = SOL_SOCKET SO_TIMESTAMPNS;
    TRAFFIC_CLASS = IPPROTO_IPV6 IPV6_TCLASS;
    TYPE = SOL_SOCKET SO_TYPE;
    TYPE_OF_SERVICE = IPPROTO_IP IP_TOS;
    UDP_GENERIC_RECEIVE_OFFLOAD = IPPROTO_UDP UDP_GRO;
    USER_TIMEOUT = IPPROTO_TCP TCP_USER_TIMEOUT;
    WINDOW_CLAMP = IPPROTO_TCP TCP_WINDOW_CLAMP;
    ZERO_COPY = SOL_SOCKET SO_ZEROCOPY;
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
            ("SO_PEERCRED", Some(process), Some(user), _, _) => {
                let group = integers(8).unwrap_or(0);
                format!("{{pid={process}, uid={user}, gid={group}}}")
            }
            ("TCP_CONGESTION", ..) => Text(value).to_string(),
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
            libc::SOL_PACKET => "SOL_PACKET",
            _ => "SOL_SOCKET",
        };
        write!(f, "{level}, {}", self.name)
    }
}
