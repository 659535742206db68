use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::driver::Driver;
use crate::{Backend, Interest, Token, Trigger, sys};

/// Wakes a loop from another thread.
///
/// A thread that waits in the kernel sees no queue and no condition variable, only descriptors. An eventfd is
/// the smallest of those: a counter in the kernel, readable when it is not zero. Put the message where the loop
/// will look for it first (a channel), then call [`wake`](Self::wake).
///
/// Wakes that come before the loop has seen the first are one: they cost an atomic swap and no system call. On epoll
/// and io_uring the counter is never read, since the eventfd is edge-triggered and each write is an edge; it would
/// overflow after 2^64 wakes. `poll` knows no edges: there each wake is read.
#[derive(Clone, Debug)]
pub struct Waker {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    eventfd: OwnedFd,
    /// A wake is on its way, and the loop has not seen it.
    pending: AtomicBool,
}

impl Waker {
    /// A waker whose wakes `driver` reports as `token`.
    pub(crate) fn new(driver: &mut Driver, token: Token) -> io::Result<Self> {
        let eventfd = sys::eventfd()?;
        let trigger = if driver.backend() == Backend::Poll { Trigger::Level } else { Trigger::Edge };
        driver.register(eventfd.as_fd(), token, Interest::READABLE, trigger)?;
        Ok(Waker { shared: Arc::new(Shared { eventfd, pending: AtomicBool::new(false) }) })
    }

    /// Makes the loop's wait end, the present one or else the next.
    ///
    /// # Errors
    /// None are known.
    pub fn wake(&self) -> io::Result<()> {
        // Release, so that who acknowledges sees the message that was queued before; on the skipped call too.
        if self.shared.pending.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        sys::eventfd_add(self.shared.eventfd.as_fd(), 1)
    }

    /// The loop has seen the event, and **then** looks for messages: in the other order, a message that came
    /// between would find the wake still pending and go unheard.
    ///
    /// The counter goes to zero before: a wake in between finds the old one pending, adds nothing, and is heard with
    /// it. The other way round, its count would be taken away and it would stay pending for ever.
    pub(crate) fn acknowledge(&self, drain: bool) -> io::Result<()> {
        if drain {
            sys::eventfd_drain(self.shared.eventfd.as_fd())?;
        }
        self.shared.pending.swap(false, Ordering::AcqRel);
        Ok(())
    }
}
