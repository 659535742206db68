use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::{UnixAddress, UnixStream};
use crate::address::RawAddress;
use crate::sys::{self, Descriptor};

/// A Unix socket that listens: a name and an accept queue.
///
/// ```
/// use wirelab_socket::{UnixAddress, UnixListener, UnixStream};
///
/// # fn main() -> std::io::Result<()> {
/// let name = UnixAddress::in_the_abstract(format!("wirelab-doc-{}", std::process::id()));
/// let listener = UnixListener::bind(&name)?;
/// let client = UnixStream::connect(&name)?;
/// let server = listener.accept()?;
/// client.write(b"hello")?;
/// assert_eq!(server.read(&mut [0; 16])?, 5);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct UnixListener {
    fd: Descriptor,
}

impl UnixListener {
    /// `socket`, `bind`, `listen`: makes the file of the name (or takes the abstract name) and listens.
    /// Accepting waits. The backlog is 4096, capped at `net.core.somaxconn`.
    ///
    /// Closing the listener leaves the file; `std::fs::remove_file` removes it. Its permissions are those that
    /// the process's umask leaves of 0777: whoever may write to it may connect.
    ///
    /// # Errors
    /// `AddrInUse`: the file exists (even if nobody listens any more), or the abstract name is taken.
    /// `NotFound`, `PermissionDenied`: the file cannot be made. `InvalidInput`: the name is too long.
    pub fn bind(address: &UnixAddress) -> io::Result<Self> {
        let address = address.encode()?;
        let fd = sys::socket(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC)?;
        sys::bind(fd.as_fd(), &address)?;
        sys::listen(fd.as_fd(), 4096)?;
        Ok(UnixListener { fd })
    }

    /// `accept4(SOCK_CLOEXEC)`: takes the oldest connection from the accept queue. The stream waits in its
    /// calls.
    ///
    /// # Errors
    /// [`AcceptFailure::of`](crate::AcceptFailure::of) sorts them by what to do.
    pub fn accept(&self) -> io::Result<UnixStream> {
        let accept = || sys::accept4(self.as_fd(), libc::SOCK_CLOEXEC, RawAddress::for_unix());
        sys::retry(accept).map(|(fd, _unnamed)| UnixStream::new(fd))
    }

    /// `getsockname`: the name.
    ///
    /// # Errors
    /// None are known.
    pub fn local_address(&self) -> io::Result<UnixAddress> {
        UnixAddress::decode(&sys::local_address(self.as_fd(), RawAddress::for_unix())?)
    }
}

impl AsFd for UnixListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The descriptor must be of a listening Unix socket; on another one the methods return errors.
impl From<OwnedFd> for UnixListener {
    fn from(fd: OwnedFd) -> Self {
        UnixListener { fd: fd.into() }
    }
}

impl From<UnixListener> for OwnedFd {
    fn from(listener: UnixListener) -> OwnedFd {
        listener.fd.into()
    }
}
