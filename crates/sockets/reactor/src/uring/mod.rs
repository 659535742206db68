//! The ring as a reactor's mechanism: what channels, listeners and sources want, and what becomes of it.
//!
//! ```text
//!    read, write, accept, close          only change what is wanted, and take what has come
//!              │                                        ▲
//!         one `wait`:  entries ──▶ io_uring_enter ──▶ completions ──▶ events
//! ```
//!
//! Reading order: `channels.rs`, `connection.rs` and `receiving.rs` (channels), `accepting.rs` (listeners), `sources.rs`
//! (the rest), `slab.rs`. Beneath it, `sys/uring/` has the memory that is shared with the kernel.

mod accepting;
mod channels;
mod connection;
mod receiving;
mod slab;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::event::Event;
use crate::link::Dropped;
use crate::reactor::BATCH;
use crate::sys::uring::{Completion, Key, Ring, Sizes, Until};
use accepting::Listening;
use connection::Connection;
use slab::Slab;
use sources::Source;

/// How many empty send buffers are kept for the next writes.
const SPARE: usize = 64;

/// The sizes of a ring; [`default`](Self::default) is meant for servers.
///
/// ```
/// use wirelab_reactor::{Backend, Reactor, UringConfig};
///
/// # fn main() -> std::io::Result<()> {
/// let small = UringConfig { buffers: 4, ..UringConfig::default() };
/// # if Backend::Uring.is_available().is_err() { return Ok(()) }
/// let reactor = Reactor::<()>::with_config(Backend::Uring, &small)?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UringConfig {
    /// Room for operations that wait to be submitted. With more of them in one turn, the turn has more than one system
    /// call. 1024 by default.
    pub submissions: u32,
    /// Room for completions, no less than for operations. Those that do not fit are kept by the kernel, which is slower.
    /// 4096 by default.
    pub completions: u32,
    /// Receive buffers, shared by all channels; a power of two up to 32,768, to which other numbers are rounded up. 256
    /// by default.
    pub buffers: u16,
    /// The size of each, in bytes: the most that one receive brings. 16 KiB by default.
    pub buffer_size: u32,
}

impl Default for UringConfig {
    fn default() -> Self {
        UringConfig { submissions: 1024, completions: 4096, buffers: 256, buffer_size: 16 * 1024 }
    }
}

impl UringConfig {
    fn sizes(&self) -> Sizes {
        Sizes {
            submissions: self.submissions.clamp(1, 32 * 1024),
            completions: self.completions.max(self.submissions).clamp(2, 64 * 1024),
            buffers: self.buffers.clamp(1, 32 * 1024).next_power_of_two(),
            buffer_size: self.buffer_size.clamp(64, 1 << 20),
        }
    }
}

/// Makes the smallest ring, and lets it go: in a thread that ends with it, as the kernel will interrupt that thread.
pub(crate) fn probe() -> io::Result<()> {
    let smallest = UringConfig { submissions: 1, completions: 2, buffers: 1, buffer_size: 64 };
    let thread = thread::Builder::new().spawn(move || Ring::with_sizes(smallest.sizes()).map(drop))?;
    thread.join().unwrap_or_else(|_panic| Err(io::ErrorKind::Other.into()))
}

/// A ring, and everybody who has operations on it.
#[derive(Debug)]
pub(crate) struct Uring {
    ring: Ring,
    connections: Slab<Connection>,
    /// Connections that have something to submit.
    queued: Vec<Key>,
    listeners: Slab<Listening>,
    sources: Slab<Source>,
    by_descriptor: HashMap<RawFd, Key>,
    /// Sources whose operation is to be submitted.
    to_watch: Vec<Key>,
    /// Channels and acceptors that are gone.
    dropped: Arc<Dropped>,
    /// Send buffers that nobody uses.
    spare: Vec<Vec<u8>>,
    /// What was found outside of a wait.
    early: Vec<Event>,
}

impl Uring {
    pub(crate) fn new(config: &UringConfig) -> io::Result<Self> {
        Ok(Uring {
            ring: Ring::with_sizes(config.sizes())?,
            connections: Slab::new(),
            queued: Vec::new(),
            listeners: Slab::new(),
            sources: Slab::new(),
            by_descriptor: HashMap::new(),
            to_watch: Vec::new(),
            dropped: Arc::default(),
            spare: Vec::new(),
            early: Vec::new(),
        })
    }

    /// How often the kernel was entered.
    pub(crate) fn entered(&self) -> u64 {
        self.ring.entered
    }

    /// A turn: submits what is wanted, waits, and reports what has come of it. One system call, unless all that came
    /// was of no interest to the program, as the end of a cancelled operation is.
    pub(crate) fn wait(&mut self, ready: &mut Vec<Event>, limit: Option<Duration>) -> io::Result<()> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut left = limit;
        loop {
            ready.append(&mut self.early);
            self.forget_dropped();
            self.submit_wanted()?;
            let until = self.until(left, !ready.is_empty());
            self.ring.enter(until)?;
            // Without any, it was time, or a signal handler, that ended the wait.
            let has_come = self.ring.has_completions();
            self.take_completions(ready)?;
            self.report_listeners(ready);
            left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if !ready.is_empty() || !has_come || left.is_some_and(|left| left.is_zero()) {
                return Ok(());
            }
        }
    }

    fn until(&mut self, left: Option<Duration>, found: bool) -> Until {
        if found || self.ring.has_completions() || self.ring.has_silent() || self.has_accepted() {
            return Until::Now;
        }
        match left {
            Some(Duration::ZERO) => Until::Now,
            Some(left) => Until::After(left),
            None => Until::Forever,
        }
    }

    fn submit_wanted(&mut self) -> io::Result<()> {
        if self.ring.is_pool_low() {
            self.refill_pool();
        }
        self.submit_sources()?;
        self.submit_listeners()?;
        self.submit_connections()
    }

    /// A buffer of the pool is meant to be held for a turn. Whoever has not read it by now keeps its bytes elsewhere, so
    /// that readers who are slow, or do not read at all, take nothing from the others.
    fn refill_pool(&mut self) {
        for connection in self.connections.values_mut() {
            connection.move_out(&mut self.ring);
        }
    }

    /// Submits outside of a turn, and waits for nothing: for what must be done when the caller goes on.
    fn flush(&mut self) -> io::Result<()> {
        self.ring.enter(Until::Now)?;
        let mut early = std::mem::take(&mut self.early);
        let result = self.take_completions(&mut early);
        self.early = early;
        result
    }

    /// No more than [`BATCH`] events; the other completions wait in their queue, in their order.
    fn take_completions(&mut self, ready: &mut Vec<Event>) -> io::Result<()> {
        while ready.len() < BATCH
            && let Some(completion) = self.ring.complete()
        {
            let event = match completion {
                Completion::Received(key, result) => self.on_received(key, result),
                Completion::Sent(key, result, bytes) => self.on_sent(key, result, bytes),
                Completion::Room(key, result) => self.on_room(key, result),
                Completion::Ready(key, result, goes_on) => self.on_ready(key, result, goes_on),
                Completion::Accepted(key, result, goes_on) => {
                    self.on_accepted(key, result, goes_on)?;
                    None // there is one for all of a turn
                }
            };
            ready.extend(event);
        }
        Ok(())
    }

    /// Closes what belongs to channels and acceptors that are gone.
    pub(crate) fn forget_dropped(&mut self) {
        for number in self.dropped.take() {
            if let Some(key) = Owner::Connection.key(number) {
                self.close_connection(key);
            } else if let Some(key) = Owner::Listener.key(number) {
                let _ = self.close_listener(key); // an error of the ring itself comes again in the next wait
            }
        }
    }
}

/// What was written is sent as far as the sockets take it at once; everything else is cancelled. Then nothing of the
/// ring's memory is in use by the kernel; see [`Ring`] for the case that this fails.
impl Drop for Uring {
    fn drop(&mut self) {
        const TRIES: usize = 100;
        self.forget_dropped();
        let mut nobody = Vec::new();
        let _ = self.submit_wanted().and_then(|()| self.ring.enter(Until::Now));
        let _ = self.take_completions(&mut nobody);
        let mut result = self.ring.cancel_all();
        for _ in 0..TRIES {
            if result.is_err() || self.ring.in_flight() == 0 {
                break;
            }
            result = self.ring.enter(Until::After(Duration::from_millis(10)));
            while self.ring.complete().is_some() {}
        }
    }
}

/// Whom the number of a [`Link`](crate::link::Link) means: the highest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Connection = 0,
    Listener = 1,
}

impl Owner {
    fn number(self, key: Key) -> u64 {
        (self as u64) << 63 | u64::from(key.generation) << 32 | u64::from(key.index)
    }

    fn key(self, number: u64) -> Option<Key> {
        let key = Key { index: number as u32, generation: (number >> 32) as u32 & 0xff_ffff };
        (number >> 63 == self as u64).then_some(key)
    }
}
