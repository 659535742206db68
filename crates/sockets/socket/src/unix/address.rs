use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::address::RawAddress;
use crate::options::invalid;

/// The name of a Unix socket.
///
/// ```
/// use wirelab_socket::UnixAddress;
///
/// assert_eq!(UnixAddress::path("/run/app.sock").to_string(), "/run/app.sock");
/// assert_eq!(UnixAddress::in_the_abstract("app").to_string(), "@app");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnixAddress {
    /// None: the sockets of a pair, and clients that did not bind.
    Unnamed,
    /// A file, at most 107 bytes. `bind` makes it and nobody removes it: a server that starts again finds the
    /// old one (`AddrInUse`). Who may write to the file may connect.
    Path(PathBuf),
    /// A name without a file, at most 107 bytes of any value, shown with `@` in front. It is gone with its
    /// socket. Everybody in the network namespace may connect: ask for
    /// [credentials](crate::UnixStream::peer_credentials).
    Abstract(Vec<u8>),
}

/// `sun_path`, which ends with a zero (a path) or begins with one (an abstract name).
const NAME_LIMIT: usize = 108;

impl UnixAddress {
    /// The name of a file.
    pub fn path(path: impl AsRef<Path>) -> Self {
        UnixAddress::Path(path.as_ref().to_owned())
    }

    /// A name without a file.
    pub fn in_the_abstract(name: impl AsRef<[u8]>) -> Self {
        UnixAddress::Abstract(name.as_ref().to_owned())
    }

    /// Two bytes of family, then the name. The length says where an abstract name ends; a path ends with a
    /// zero.
    pub(crate) fn encode(&self) -> io::Result<RawAddress> {
        let (lead, name, trail): (&[u8], &[u8], &[u8]) = match self {
            UnixAddress::Unnamed => (b"", b"", b""),
            UnixAddress::Path(path) => (b"", path.as_os_str().as_bytes(), b"\0"),
            UnixAddress::Abstract(name) => (b"\0", name, b""),
        };
        if matches!(self, UnixAddress::Path(_)) && (name.is_empty() || name.contains(&0)) {
            return Err(invalid("the path of a Unix socket is not empty and contains no zero"));
        }
        if lead.len() + name.len() + trail.len() > NAME_LIMIT {
            return Err(invalid("the name of a Unix socket has at most 107 bytes"));
        }
        let family = (libc::AF_UNIX as u16).to_ne_bytes();
        Ok(RawAddress::from_parts(&[&family, lead, name, trail]))
    }

    pub(crate) fn decode(raw: &RawAddress) -> io::Result<Self> {
        let Some(([f0, f1], name)) = raw.used().split_first_chunk() else { return Ok(UnixAddress::Unnamed) };
        if i32::from(u16::from_ne_bytes([*f0, *f1])) != libc::AF_UNIX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the address is not of a Unix socket"));
        }
        Ok(match name.split_first() {
            None => UnixAddress::Unnamed,
            Some((0, name)) => UnixAddress::Abstract(name.to_owned()),
            Some(_) => {
                let path = name.split(|&byte| byte == 0).next().unwrap_or_default();
                UnixAddress::Path(PathBuf::from(OsStr::from_bytes(path)))
            }
        })
    }
}

/// A path as it is, an abstract name with `@` in front.
impl fmt::Display for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnixAddress::Unnamed => f.write_str("(unnamed)"),
            UnixAddress::Path(path) => write!(f, "{}", path.display()),
            UnixAddress::Abstract(name) => write!(f, "@{}", name.escape_ascii()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_the_round_trip_up_to_their_limit() {
        let longest = "x".repeat(107);
        for address in [
            UnixAddress::Unnamed,
            UnixAddress::path("/tmp/a"),
            UnixAddress::path(&longest),
            UnixAddress::in_the_abstract(b""),
            UnixAddress::in_the_abstract(b"with\0zero\xff"),
            UnixAddress::in_the_abstract(&longest),
        ] {
            let raw = address.encode().unwrap();
            assert!(raw.length as usize <= size_of::<libc::sockaddr_un>());
            assert_eq!(UnixAddress::decode(&raw).unwrap(), address);
        }
        let too_long = "x".repeat(108);
        for wrong in [
            UnixAddress::path(""),
            UnixAddress::path("a\0b"),
            UnixAddress::path(&too_long),
            UnixAddress::in_the_abstract(&too_long),
        ] {
            assert_eq!(wrong.encode().err().map(|error| error.kind()), Some(io::ErrorKind::InvalidInput));
        }
    }

    #[test]
    fn another_family_is_an_error() {
        let raw = RawAddress::from(std::net::SocketAddr::from(([127, 0, 0, 1], 1)));
        assert_eq!(UnixAddress::decode(&raw).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
