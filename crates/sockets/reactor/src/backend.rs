use std::fmt;
use std::io;
use std::str::FromStr;

use crate::sys;

/// By which of the kernel's mechanisms a [`Reactor`](crate::Reactor) waits.
///
/// | | told of the sources | a turn costs | reads and writes |
/// | --- | --- | --- | --- |
/// | [`Epoll`](Self::Epoll) | once | what is ready | one call each, by the program |
/// | [`Poll`](Self::Poll) | in each call | every source, ready or not | one call each, by the program |
/// | [`Uring`](Self::Uring) | once | what is ready | queued, and made by the kernel in the call that waits |
///
/// ```
/// use wirelab_reactor::{Backend, Reactor};
///
/// # fn main() -> std::io::Result<()> {
/// let wanted: Backend = "io_uring".parse().unwrap();
/// let (backend, reason) = wanted.or_epoll();
/// if let Some(reason) = reason {
///     println!("on {backend}, since {reason}");
/// }
/// let reactor = Reactor::<()>::with_backend(backend)?;
/// assert_eq!(reactor.backend(), backend);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Backend {
    /// epoll (Linux 2.6): the kernel keeps the set, and each source puts itself on the list of those that are ready.
    #[default]
    Epoll,
    /// `poll` (POSIX): an array of all descriptors goes to the kernel and back in each turn. It is everywhere, and
    /// its cost grows with the connections that do nothing.
    Poll,
    /// io_uring (Linux 5.19, and better from 6.1 on): two rings in memory that is shared with the kernel, operations in
    /// one and their results in the other, and one system call a turn.
    Uring,
}

impl Backend {
    /// Each of them.
    pub const ALL: [Backend; 3] = [Backend::Epoll, Backend::Poll, Backend::Uring];

    /// `epoll`, `poll` or `io_uring`.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Epoll => "epoll",
            Backend::Poll => "poll",
            Backend::Uring => "io_uring",
        }
    }

    /// Whether it works here: tried, not guessed from the kernel's version. A ring is made and asked for what is
    /// needed of it, since administrators and container runtimes forbid io_uring more often than not.
    ///
    /// It is tried in a thread of its own. The kernel takes a ring apart some time after it was closed, and interrupts
    /// the thread that made it to do so: a call of that thread that waits may return `EINTR` then, though there was no
    /// signal. (The calls of this workspace are repeated; those of other code may not be.)
    ///
    /// # Errors
    /// `PermissionDenied`: forbidden, by `kernel.io_uring_disabled` or a seccomp filter. `Unsupported`: this kernel
    /// lacks it, or the feature that the error's sentence names.
    pub fn is_available(self) -> io::Result<()> {
        match self {
            Backend::Epoll => sys::epoll_create().map(drop),
            Backend::Poll => Ok(()),
            Backend::Uring => crate::uring::probe(),
        }
    }

    /// This one if it works here, else epoll and the reason: for a program that wants to run in any case, and to say
    /// on what.
    pub fn or_epoll(self) -> (Backend, Option<io::Error>) {
        match self.is_available() {
            Ok(()) => (self, None),
            Err(reason) => (Backend::Epoll, Some(reason)),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is none of `epoll`, `poll` and `io_uring`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownBackend(String);

impl fmt::Display for UnknownBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is none of epoll, poll and io_uring", self.0)
    }
}

impl std::error::Error for UnknownBackend {}

/// The [`name`](Backend::name), or `uring`.
impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Self, UnknownBackend> {
        let found = Backend::ALL.into_iter().find(|backend| backend.name() == name);
        found.or((name == "uring").then_some(Backend::Uring)).ok_or_else(|| UnknownBackend(name.to_owned()))
    }
}
