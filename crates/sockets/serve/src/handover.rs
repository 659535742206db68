//! A server's successor: a new process takes over the listeners of an old one, and no connection is lost.
//!
//! ```text
//!   old process                         new process
//!   hand_over_at(path)
//!   serves                              take_over(path): connects
//!     ── the listeners (SCM_RIGHTS) ──▶ both have the same sockets, and the same accept queues
//!                                       run: its loops are made
//!     ◀────────── "ready" ───────────── serves
//!   stops: leaves the queues, finishes
//!   what it has accepted, and ends
//! ```
//!
//! At no moment does nobody listen: the socket is the same, and the kernel does not know that its owner has changed. A
//! connection that waits in the queue is accepted by the one or the other. If the new process fails before it is ready,
//! the old one goes on, and waits for another.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use wirelab_reactor::{Interest, Reactor, Token, Trigger};
use wirelab_socket::{MAX_DESCRIPTORS, TcpListener, UnixAddress, UnixListener, UnixStream};

use crate::control::Control;
use crate::sys;

/// What the old server says with the listeners, and the new one when it is ready.
const LISTENERS: &[u8] = b"L";
const READY: &[u8] = b"R";

/// The token of an offer, in whichever loop it is.
pub(crate) const HANDOVER: Token = Token(u64::MAX - 3);

/// The old side: an open door, and at most one who has come in.
pub(crate) struct Offer {
    listener: UnixListener,
    successor: Option<UnixStream>,
}

impl Offer {
    /// Listens at `path`. A socket that is there already is replaced: it is a predecessor's.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::FileTypeExt;
        if path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket()) {
            std::fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(&UnixAddress::path(path))?;
        listener.set_nonblocking(true)?;
        Ok(Offer { listener, successor: None })
    }

    pub(crate) fn register<K>(&self, reactor: &mut Reactor<K>) -> io::Result<()> {
        reactor.register(&self.listener, HANDOVER, Interest::READABLE, Trigger::Level)
    }

    /// Somebody has come, or has said something. What fails is the successor's attempt, and not this server.
    pub(crate) fn on_event<K>(&mut self, reactor: &mut Reactor<K>, control: &Control) {
        if self.talk(reactor, control).is_err() {
            self.successor = None;
        }
    }

    fn talk<K>(&mut self, reactor: &mut Reactor<K>, control: &Control) -> io::Result<()> {
        if let Some(successor) = &self.successor {
            match successor.read(&mut [0; 1]) {
                Ok(1) => control.hand_over(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // It has ended, and never served: back to the door.
                _ => {}
            }
            reactor.deregister(successor)?;
            self.successor = None;
        }
        self.let_in(reactor, control)
    }

    fn let_in<K>(&mut self, reactor: &mut Reactor<K>, control: &Control) -> io::Result<()> {
        let stream = match self.listener.accept() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            result => result?,
        };
        // Who has the listeners has the port: it must be the same user, whatever the file's permissions say.
        if stream.peer_credentials()?.user != sys::effective_user() {
            return Ok(());
        }
        stream.set_nonblocking(true)?;
        control.with_listeners(|listeners| {
            let descriptors: Vec<BorrowedFd<'_>> = listeners.iter().map(AsFd::as_fd).collect();
            stream.send_descriptors(LISTENERS, &descriptors)
        })?;
        reactor.register(&stream, HANDOVER, Interest::READABLE, Trigger::Level)?;
        self.successor = Some(stream);
        Ok(())
    }
}

/// The new side: what was taken over, and whom to tell.
pub(crate) struct Predecessor {
    stream: UnixStream,
}

impl Predecessor {
    /// Asks the server at `path` for its listeners, and waits for them.
    pub(crate) fn ask(path: &Path) -> io::Result<(Self, Vec<TcpListener>)> {
        let stream = UnixStream::connect(&UnixAddress::path(path))?;
        let (count, descriptors) = stream.receive_descriptors(&mut [0; 1], MAX_DESCRIPTORS)?;
        if count == 0 || descriptors.is_empty() {
            let text = "the other process has no listener to give: it is stopping, or another has come first";
            return Err(io::Error::new(io::ErrorKind::ConnectionRefused, text));
        }
        let listeners = descriptors.into_iter().map(checked).collect::<io::Result<_>>()?;
        Ok((Predecessor { stream }, listeners))
    }

    /// The new server serves.
    pub(crate) fn tell_ready(self) -> io::Result<()> {
        self.stream.write(READY).map(drop)
    }
}

fn checked(descriptor: OwnedFd) -> io::Result<TcpListener> {
    let listener = TcpListener::from(descriptor);
    match listener.is_listening() {
        Ok(true) => Ok(listener),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "what came is no listening socket")),
    }
}
