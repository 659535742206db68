use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;

use crate::{Socket, sys};

/// A network namespace: a network of one's own inside the kernel, with its own devices, addresses, routes,
/// ports, queues, counters (`/proc/net/…`) and most of the settings under `/proc/sys/net`.
///
/// What an experiment does in it (fill queues, use up the ports, change settings) nobody outside notices.
///
/// # What the kernel does
///
/// A namespace belongs to threads, not to processes. A new thread begins in the namespace of the thread that
/// starts it; threads that ran before stay where they were. A socket keeps the namespace in which it was made,
/// whichever thread uses it later. `/proc/net` and `/proc/sys/net` show the namespace of the thread that opens
/// a file there (`/proc/net` by way of `/proc/self`, which is the *main* thread: other threads read
/// `/proc/thread-self/net`).
///
/// The namespace ends when the last thread, socket and descriptor of it is gone; this value is such a
/// descriptor.
///
/// ```no_run
/// use wirelab_socket::{Namespace, TcpListener};
///
/// # fn main() -> std::io::Result<()> {
/// let _own = Namespace::enter_new()?;                                // before any thread is started
/// TcpListener::bind("127.0.0.1:80".parse().unwrap())?;               // port 80 of our own network: it is free
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Namespace {
    descriptor: File,
}

impl Namespace {
    /// `unshare(CLONE_NEWNET)`: makes a network namespace and moves the calling thread into it, with the
    /// loopback device up (127.0.0.1 and ::1 work; there is no other device, and no way out).
    ///
    /// That needs `CAP_SYS_ADMIN`. Without it, a user namespace is made together with it (`CLONE_NEWUSER |
    /// CLONE_NEWNET`), in which the process is root over what it made, and the ids of its user and group are
    /// mapped to 0. It holds for the calling thread and for threads that it starts later: call it first in
    /// `main`.
    ///
    /// # Errors
    /// `InvalidInput`: a user namespace is needed, and the process has several threads already, for which the
    /// kernel refuses it. `PermissionDenied`: the system forbids user namespaces
    /// (`kernel.unprivileged_userns_clone`, `user.max_user_namespaces`, AppArmor, or a container's seccomp
    /// filter).
    pub fn enter_new() -> io::Result<Self> {
        match sys::unshare(libc::CLONE_NEWNET) {
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => enter_as_its_root()?,
            result => result?,
        }
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        sys::raise_loopback(Socket::udp_for(&any)?.as_fd())?;
        Self::current()
    }

    /// The namespace that the calling thread is in.
    ///
    /// # Errors
    /// `/proc` is not mounted.
    pub fn current() -> io::Result<Self> {
        Ok(Namespace { descriptor: File::open("/proc/thread-self/ns/net")? })
    }

    /// `setns`: moves the calling thread into this namespace.
    ///
    /// # Errors
    /// `PermissionDenied`: the thread lacks `CAP_SYS_ADMIN` in the user namespace that owns this one.
    pub fn enter(&self) -> io::Result<()> {
        sys::enter_network_namespace(self.descriptor.as_fd())
    }

    /// The kernel's number of the namespace, as `/proc/self/ns/net` shows it: `net:[4026531840]`.
    ///
    /// # Errors
    /// None are known.
    pub fn id(&self) -> io::Result<u64> {
        Ok(self.descriptor.metadata()?.ino())
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Makes a user namespace with the network namespace. Until its ids are mapped, the process is nobody in it.
///
/// `setgroups` is denied first: a process that could leave a group might gain what the group is kept from, so
/// that the kernel takes a group map of the unprivileged only after that (`user_namespaces(7)`).
fn enter_as_its_root() -> io::Result<()> {
    let (user, group) = sys::effective_ids();
    sys::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET).map_err(|error| match error.raw_os_error() {
        Some(libc::EINVAL) => io::Error::new(
            io::ErrorKind::InvalidInput,
            "a user namespace can be made only while the process has one thread: do it first in main",
        ),
        _ => error,
    })?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))
}
