use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use libc::sigset_t;

use crate::sys;

/// A signal's number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signal(pub i32);

impl Signal {
    /// Asks the program to end: what `kill`, service managers and container runtimes send first.
    pub const TERM: Signal = Signal(libc::SIGTERM);
    /// Ctrl-C at the terminal.
    pub const INT: Signal = Signal(libc::SIGINT);
    /// The terminal has gone; for servers by custom: read the configuration again.
    pub const HUP: Signal = Signal(libc::SIGHUP);
    /// Ctrl-\ at the terminal.
    pub const QUIT: Signal = Signal(libc::SIGQUIT);
    /// Free for the program's own use.
    pub const USR1: Signal = Signal(libc::SIGUSR1);
    /// Free for the program's own use.
    pub const USR2: Signal = Signal(libc::SIGUSR2);
    /// A child process has ended.
    pub const CHLD: Signal = Signal(libc::SIGCHLD);
    /// Ends the process at once. It cannot be caught: the kernel closes its descriptors, and nothing else is finished.
    pub const KILL: Signal = Signal(libc::SIGKILL);

    /// Sends the signal to the calling thread: how a program tries its own orderly end.
    ///
    /// # Errors
    /// `InvalidInput`: there is no such signal.
    pub fn raise(self) -> io::Result<()> {
        sys::raise(self.0)
    }

    /// Sends the signal to one process, as `kill` does at the terminal.
    ///
    /// ```
    /// use wirelab_reactor::Signal;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let mut child = std::process::Command::new("sleep").arg("60").spawn()?;
    /// Signal::KILL.send(child.id())?;
    /// assert!(!child.wait()?.success());
    /// assert!(Signal::KILL.send(0).is_err(), "to the kernel, 0 is every process of the group");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidInput`: there is no such signal, or the number is none of a single process. `PermissionDenied`: the process
    /// is another user's. An error with `ESRCH`: there is no such process.
    pub fn send(self, process: u32) -> io::Result<()> {
        match i32::try_from(process) {
            Ok(process) if process > 0 => sys::kill(process, self.0),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "this is the number of no process")),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Signal::TERM => f.write_str("SIGTERM"),
            Signal::INT => f.write_str("SIGINT"),
            Signal::HUP => f.write_str("SIGHUP"),
            Signal::QUIT => f.write_str("SIGQUIT"),
            Signal::USR1 => f.write_str("SIGUSR1"),
            Signal::USR2 => f.write_str("SIGUSR2"),
            Signal::CHLD => f.write_str("SIGCHLD"),
            Signal::KILL => f.write_str("SIGKILL"),
            Signal(number) => write!(f, "signal {number}"),
        }
    }
}

/// Signals as something to read: a source that a loop watches like a socket.
///
/// A signal handler runs between any two instructions of the program and may call almost nothing. Here the
/// signals are blocked instead, so that they stay pending in the kernel, and `signalfd` makes them readable.
///
/// **Make it before the program starts threads.** Blocking concerns the calling thread and those that it starts
/// afterwards; a signal to the process goes to any thread that does not block it, and there it does what it
/// does by default: ends the process. And watch it in the thread that made it, as the kernel looks at the
/// signals of the thread that asks: hence it is not [`Send`].
///
/// Child processes inherit the mask too, over `exec` as well: one started meanwhile does not hear the signals
/// until it unblocks them.
///
/// Dropping it gives the thread its former mask. Signals that are pending then and were not read are thrown
/// away, as they would otherwise strike at that moment.
///
/// ```
/// use wirelab_reactor::{Interest, Reactor, Signal, Signals, Token, Trigger};
///
/// # fn main() -> std::io::Result<()> {
/// const SIGNALS: Token = Token(0);
/// let signals = Signals::new(&[Signal::TERM, Signal::INT])?;
/// let mut reactor = Reactor::<()>::new()?;
/// reactor.register(&signals, SIGNALS, Interest::READABLE, Trigger::Level)?;
///
/// Signal::TERM.raise()?;                                     // as `kill` would
/// reactor.poll(None)?;
/// assert_eq!(reactor.next_event().unwrap().token(), SIGNALS);
/// assert_eq!(signals.read()?, Some(Signal::TERM));           // now stop accepting, finish, and end
/// assert_eq!(signals.read()?, None);
/// # Ok(()) }
/// ```
pub struct Signals {
    signalfd: OwnedFd,
    former_mask: sigset_t,
    /// The mask belongs to the thread.
    not_send: PhantomData<*const ()>,
}

impl Signals {
    /// Blocks `signals` in the calling thread and collects them.
    ///
    /// # Errors
    /// `InvalidInput`: one of them is no signal. `EMFILE`, `ENFILE`: no descriptor is free. The mask is then as
    /// before.
    pub fn new(signals: &[Signal]) -> io::Result<Self> {
        let set = sys::signal_set(signals.iter().map(|signal| signal.0))?;
        let signalfd = sys::signalfd(&set)?;
        let former_mask = sys::change_mask(libc::SIG_BLOCK, &set)?;
        Ok(Signals { signalfd, former_mask, not_send: PhantomData })
    }

    /// Takes one pending signal; `None` if there is none. Several of one kind that came before the read are
    /// one.
    ///
    /// # Errors
    /// None are known.
    pub fn read(&self) -> io::Result<Option<Signal>> {
        match sys::signalfd_take(self.signalfd.as_fd()) {
            Ok(number) => Ok(Some(Signal(number))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        while let Ok(Some(_unread)) = self.read() {}
        // There is nobody to tell of an error; the set came from the kernel, which takes it back.
        let _former = sys::change_mask(libc::SIG_SETMASK, &self.former_mask);
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signalfd.as_fd()
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals").field("signalfd", &self.signalfd).finish_non_exhaustive()
    }
}
