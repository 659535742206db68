//! How `strace` writes numbers that have names, and bytes.

use std::fmt::{self, Write as _};

use libc::c_int;

/// A list of numbers and the names that `<sys/….h>` gives them.
macro_rules! names {
    ($($prefix:ident: $($name:ident)*;)*) => {
        $(pub(crate) const $prefix: &[(c_int, &str)] = &[$((libc::$name as c_int, stringify!($name)),)*];)*
    };
}

names! {
    FAMILY: AF_UNIX AF_INET AF_INET6 AF_PACKET;
    SOCKET_TYPE: SOCK_STREAM SOCK_DGRAM SOCK_SEQPACKET;
    SOCKET_FLAG: SOCK_CLOEXEC SOCK_NONBLOCK;
    MESSAGE_FLAG: MSG_PEEK MSG_CTRUNC MSG_TRUNC MSG_DONTWAIT MSG_ERRQUEUE MSG_NOSIGNAL MSG_MORE MSG_WAITFORONE
        MSG_ZEROCOPY MSG_FASTOPEN MSG_CMSG_CLOEXEC;
    SHUTDOWN: SHUT_RD SHUT_WR SHUT_RDWR;
    POLL: POLLIN POLLOUT POLLERR POLLHUP;
    STATUS_FLAG: O_APPEND O_NONBLOCK O_DIRECT O_LARGEFILE;
    SPLICE_FLAG: SPLICE_F_MOVE SPLICE_F_NONBLOCK SPLICE_F_MORE;
    ERROR: E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNABORTED ECONNREFUSED
        ECONNRESET EDESTADDRREQ EEXIST EFAULT EHOSTUNREACH EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR ELOOP
        EMFILE EMSGSIZE ENAMETOOLONG ENETDOWN ENETUNREACH ENFILE ENOBUFS ENODEV ENOENT ENOMEM ENOPROTOOPT ENOSPC
        ENOTCONN ENOTDIR ENOTSOCK EOPNOTSUPP EPERM EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE ESPIPE
        ETIMEDOUT ETOOMANYREFS EUSERS;
}

/// One name, or the number.
pub(crate) struct Name(pub(crate) &'static [(c_int, &'static str)], pub(crate) c_int);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.iter().find(|&&(number, _)| number == self.1) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "{:#x}", self.1),
        }
    }
}

/// Names of single bits, joined by `|`; 0 where there are none.
pub(crate) struct Flags(pub(crate) &'static [(c_int, &'static str)], pub(crate) c_int);

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Flags(names, mut rest) = *self;
        if rest == 0 {
            return f.write_char('0');
        }
        let mut between = "";
        for &(bit, name) in names {
            if bit != 0 && rest & bit == bit {
                write!(f, "{between}{name}")?;
                (rest, between) = (rest & !bit, "|");
            }
        }
        if rest == 0 { Ok(()) } else { write!(f, "{between}{rest:#x}") }
    }
}

/// The name of an error number.
pub(crate) struct Errno(pub(crate) i32);

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Name(ERROR, self.0).fmt(f)
    }
}

/// `SOCK_STREAM|SOCK_CLOEXEC`: the type is a number in the low bits, not a bit.
pub(crate) fn socket_type(kind: c_int) -> String {
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    match kind & flags {
        0 => Name(SOCKET_TYPE, kind).to_string(),
        set => format!("{}|{}", Name(SOCKET_TYPE, kind & !flags), Flags(SOCKET_FLAG, set)),
    }
}

/// `O_RDWR|O_NONBLOCK`: the access mode is a number in the low bits, not a bit.
pub(crate) fn status_flags(flags: c_int) -> String {
    let mode = match flags & libc::O_ACCMODE {
        libc::O_RDONLY => "O_RDONLY",
        libc::O_WRONLY => "O_WRONLY",
        _ => "O_RDWR",
    };
    match flags & !libc::O_ACCMODE {
        0 => mode.to_owned(),
        rest => format!("{mode}|{}", Flags(STATUS_FLAG, rest)),
    }
}

/// The first 32 bytes in quotes, with C's escapes, and `...` behind them if there are more.
pub(crate) struct Text<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(32)];
        f.write_char('"')?;
        for (at, &byte) in shown.iter().enumerate() {
            match byte {
                b'"' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                b'\t' => f.write_str("\\t")?,
                b'\n' => f.write_str("\\n")?,
                0x0b => f.write_str("\\v")?,
                0x0c => f.write_str("\\f")?,
                b'\r' => f.write_str("\\r")?,
                b' '..=b'~' => f.write_char(char::from(byte))?,
                // Octal, in three digits only where a digit follows that would be read as part of it.
                _ if shown.get(at + 1).is_some_and(|next| matches!(next, b'0'..=b'7')) => {
                    write!(f, "\\{byte:03o}")?
                }
                _ => write!(f, "\\{byte:o}")?,
            }
        }
        f.write_str(if shown.len() < self.0.len() { "\"..." } else { "\"" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_escaped_as_in_c_and_cut_after_32() {
        assert_eq!(Text(b"GET / HTTP/1.1\r\n").to_string(), r#""GET / HTTP/1.1\r\n""#);
        assert_eq!(Text(b"\0\x001\"\\\x7f\xff").to_string(), r#""\0\0001\"\\\177\377""#);
        assert_eq!(Text(&[b'a'; 33]).to_string(), format!("\"{}\"...", "a".repeat(32)));
        assert_eq!(Text(&[b'a'; 32]).to_string(), format!("\"{}\"", "a".repeat(32)));
    }

    #[test]
    fn what_has_no_name_is_shown_by_its_number() {
        assert_eq!(Flags(MESSAGE_FLAG, 0).to_string(), "0");
        assert_eq!(
            Flags(MESSAGE_FLAG, libc::MSG_NOSIGNAL | 1 << 30).to_string(),
            "MSG_NOSIGNAL|MSG_CMSG_CLOEXEC"
        );
        assert_eq!(Flags(SOCKET_FLAG, 1 | libc::SOCK_CLOEXEC).to_string(), "SOCK_CLOEXEC|0x1");
        assert_eq!(Name(FAMILY, 77).to_string(), "0x4d");
        assert_eq!(Errno(libc::EADDRINUSE).to_string(), "EADDRINUSE");
        assert_eq!(status_flags(libc::O_RDWR | libc::O_NONBLOCK), "O_RDWR|O_NONBLOCK");
        assert_eq!(socket_type(libc::SOCK_DGRAM), "SOCK_DGRAM");
    }
}
