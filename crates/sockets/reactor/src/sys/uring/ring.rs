use std::io;
use std::mem::{self, ManuallyDrop};
use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use libc::{MSG_DONTWAIT, MSG_NOSIGNAL, MSG_WAITALL, SOCK_CLOEXEC, SOCK_NONBLOCK};

use super::buffers::{BufferRing, GROUP, Received};
use super::calls::{self, Timespec};
use super::entry::{self, CompletionEntry, SubmissionEntry};
use super::operation::{Completion, Key, Kind, from_user_data, user_data};
use super::queues::Queues;

/// How long [`Ring::enter`] waits for a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    Now,
    After(Duration),
    Forever,
}

/// A ring, and all the memory that its operations use.
///
/// # Why no operation outlives its memory
///
/// An operation that was submitted is carried out by the kernel at some time before its completion, with the address
/// that it was given, whatever becomes of the Rust value behind it. A buffer that is borrowed can therefore not be lent
/// to it: the borrow may end first. So every byte that the kernel may touch is owned **here**, and given out by value:
///
/// * what a send reads is a `Vec` that [`send`](Self::send) takes from the caller and puts into `sends`. A `Vec`'s bytes
///   do not move when the `Vec` does, and no one can change them, as nobody can reach them. It comes out again when the
///   kernel is done with it: with its completion, or, if its success is silent, when the kernel has taken the entry.
///   That is enough, since a send with `MSG_DONTWAIT` is carried out while the entry is taken: it copies what it can into
///   the socket, and where another send would wait for room and copy later, it fails with `EAGAIN`.
/// * what a receive writes to is a buffer of the pool; see [`BufferRing`].
/// * the queues are mapped by the kernel itself, which keeps them for as long as it needs them.
///
/// `Drop` takes care of what is in flight when the ring goes.
#[derive(Debug)]
pub(crate) struct Ring {
    queues: Queues,
    pool: ManuallyDrop<BufferRing>,
    /// What is being sent, by the index of the operation's key.
    sends: Vec<Option<Vec<u8>>>,
    /// Sends without a completion, in the queue.
    queued_sends: Vec<Key>,
    /// Those that the kernel has taken.
    taken_sends: Vec<Key>,
    /// Receives that have not completed.
    in_flight: usize,
    /// How often the kernel was entered.
    pub(crate) entered: u64,
    enabled: bool,
    fd: OwnedFd,
}

impl Ring {
    pub(crate) fn new(fd: OwnedFd, queues: Queues, buffers: u16, buffer_size: u32) -> io::Result<Self> {
        let pool = ManuallyDrop::new(BufferRing::new(fd.as_fd(), buffers, buffer_size)?);
        let (sends, queued_sends, taken_sends) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Ring {
            queues,
            pool,
            sends,
            queued_sends,
            taken_sends,
            in_flight: 0,
            entered: 0,
            enabled: false,
            fd,
        })
    }

    /// `recv` of what comes, into a buffer of the pool. `wait_first`: the socket is known to be empty.
    pub(crate) fn receive(&mut self, key: Key, fd: RawFd, wait_first: bool) -> io::Result<()> {
        self.push(SubmissionEntry {
            opcode: entry::RECV,
            flags: entry::FLAG_BUFFER_SELECT,
            ioprio: if wait_first { entry::RECV_POLL_FIRST } else { 0 },
            fd,
            buffer_group: GROUP,
            user_data: user_data(Kind::Receive, key),
            ..Default::default()
        })?;
        self.in_flight += 1;
        Ok(())
    }

    /// `send` of the bytes from `from` on, as many as the socket takes now: a part of them, or `EAGAIN`, is told by a
    /// completion, which is there when [`enter`](Self::enter) returns. One key has one send at a time.
    ///
    /// `heard`: so is the success. Otherwise it is silent, as it is of most sends that nobody waits for it, and a
    /// completion would wake whoever waits for something else. [`complete`](Self::complete) brings it with the others.
    pub(crate) fn send(
        &mut self,
        key: Key,
        fd: RawFd,
        bytes: &mut Vec<u8>,
        from: usize,
        heard: bool,
    ) -> io::Result<()> {
        let index = key.index as usize;
        if self.sends.len() <= index {
            self.sends.resize_with(index + 1, || None);
        }
        let rest = bytes.get(from..).unwrap_or_default();
        if self.sends[index].is_some() || rest.is_empty() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let entry = SubmissionEntry {
            opcode: entry::SEND,
            flags: if heard { 0 } else { entry::FLAG_SKIP_SUCCESS },
            fd,
            address: rest.as_ptr() as u64,
            length: u32::try_from(rest.len()).unwrap_or(u32::MAX),
            // WAITALL: less than all is a failure, and so not silent.
            operation_flags: (MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL) as u32,
            user_data: user_data(Kind::Send, key),
            ..Default::default()
        };
        self.push(entry)?;
        self.sends[index] = Some(mem::take(bytes));
        if !heard {
            self.queued_sends.push(key);
        }
        Ok(())
    }

    /// `accept4(SOCK_NONBLOCK | SOCK_CLOEXEC)`, again and again.
    pub(crate) fn accept(&mut self, key: Key, listener: RawFd) -> io::Result<()> {
        self.push(SubmissionEntry {
            opcode: entry::ACCEPT,
            ioprio: entry::ACCEPT_MULTISHOT,
            fd: listener,
            operation_flags: (SOCK_NONBLOCK | SOCK_CLOEXEC) as u32,
            user_data: user_data(Kind::Accept, key),
            ..Default::default()
        })
    }

    /// `poll` of one descriptor: once, or at each change.
    pub(crate) fn watch(&mut self, key: Key, fd: RawFd, events: u32, again: bool) -> io::Result<()> {
        self.push(SubmissionEntry {
            opcode: entry::POLL_ADD,
            fd,
            length: if again { entry::POLL_MULTISHOT } else { 0 },
            operation_flags: poll_events(events),
            user_data: user_data(Kind::Source, key),
            ..Default::default()
        })
    }

    /// Waits once until a channel has room to be written to.
    pub(crate) fn await_room(&mut self, key: Key, fd: RawFd) -> io::Result<()> {
        self.push(SubmissionEntry {
            opcode: entry::POLL_ADD,
            fd,
            operation_flags: poll_events(libc::POLLOUT as u32),
            user_data: user_data(Kind::Room, key),
            ..Default::default()
        })
    }

    pub(crate) fn cancel_receive(&mut self, key: Key) -> io::Result<()> {
        self.cancel(user_data(Kind::Receive, key))
    }

    pub(crate) fn cancel_accept(&mut self, key: Key) -> io::Result<()> {
        self.cancel(user_data(Kind::Accept, key))
    }

    pub(crate) fn cancel_watch(&mut self, key: Key) -> io::Result<()> {
        self.cancel(user_data(Kind::Source, key))
    }

    pub(crate) fn cancel_room(&mut self, key: Key) -> io::Result<()> {
        self.cancel(user_data(Kind::Room, key))
    }

    /// Cancels everything.
    pub(crate) fn cancel_all(&mut self) -> io::Result<()> {
        self.push(SubmissionEntry {
            opcode: entry::ASYNC_CANCEL,
            fd: -1,
            operation_flags: entry::CANCEL_ALL | entry::CANCEL_ANY,
            user_data: user_data(Kind::Cancel, Key { index: 0, generation: 0 }),
            ..Default::default()
        })
    }

    /// The operation completes with `ECANCELED`, or as it would have, if it was faster.
    fn cancel(&mut self, whom: u64) -> io::Result<()> {
        self.push(SubmissionEntry {
            opcode: entry::ASYNC_CANCEL,
            flags: entry::FLAG_SKIP_SUCCESS,
            fd: -1,
            address: whom,
            user_data: user_data(Kind::Cancel, Key { index: 0, generation: 0 }),
            ..Default::default()
        })
    }

    fn push(&mut self, entry: SubmissionEntry) -> io::Result<()> {
        if self.queues.push(entry) {
            return Ok(());
        }
        self.enter(Until::Now)?; // the queue is full: the kernel takes what is in it
        if self.queues.push(entry) { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
    }

    /// The one system call of a turn: submits what was queued, finishes operations, and waits for a completion, until time
    /// or a signal handler ends the wait.
    pub(crate) fn enter(&mut self, until: Until) -> io::Result<()> {
        if !self.enabled {
            calls::enable(self.fd.as_fd())?;
            self.enabled = true;
        }
        let timeout = match until {
            Until::After(limit) => Some(timespec(limit)),
            Until::Now | Until::Forever => None,
        };
        let wait_for = u32::from(until != Until::Now);
        self.entered += 1;
        match calls::enter(self.fd.as_fd(), self.queues.unsubmitted(), wait_for, timeout.as_ref()) {
            Ok(_taken) => {}
            Err(error) => match error.raw_os_error() {
                Some(libc::ETIME | libc::EINTR) => {}
                // The kernel holds completions that do not fit into the queue, or is short of memory: take some first.
                Some(libc::EBUSY | libc::EAGAIN) => {}
                _ => return Err(error),
            },
        }
        // What was not taken stays in the queue, for the next time.
        if self.queues.unsubmitted() == 0 {
            self.taken_sends.append(&mut self.queued_sends);
        }
        Ok(())
    }

    /// The next completion that says anything.
    pub(crate) fn complete(&mut self) -> Option<Completion> {
        while let Some(completed) = self.queues.pop() {
            if let Some(completion) = self.interpret(completed) {
                return Some(completion);
            }
        }
        self.complete_silent()
    }

    /// A send that the kernel has taken, and of which no completion is there, has succeeded: its failure would have been
    /// in the queue, which is empty.
    fn complete_silent(&mut self) -> Option<Completion> {
        while !self.queues.has_overflowed()
            && let Some(key) = self.taken_sends.pop()
        {
            if let Some(bytes) = self.sends[key.index as usize].take() {
                return Some(Completion::Sent(key, Ok(usize::MAX), bytes));
            }
        }
        None
    }

    fn interpret(&mut self, completed: CompletionEntry) -> Option<Completion> {
        let (kind, key) = from_user_data(completed.user_data)?;
        let result = u32::try_from(completed.result).map_err(|_negative| -completed.result);
        match kind {
            Kind::Receive => {
                self.in_flight -= 1;
                let more = completed.is_socket_nonempty();
                let buffer = completed.buffer();
                let received = buffer.map(|buffer| self.pool.received(buffer, result.unwrap_or(0), more));
                let received = match received {
                    // The end of the stream, or an error, may have taken a buffer with it.
                    Some(received) if received.len() == 0 => {
                        self.pool.give_back(received);
                        None
                    }
                    received => received,
                };
                Some(Completion::Received(key, result.map(|_length| received)))
            }
            Kind::Send => {
                let bytes = self.sends.get_mut(key.index as usize)?.take()?;
                Some(Completion::Sent(key, result.map(|count| count as usize), bytes))
            }
            Kind::Accept => {
                let accepted = result.map(|fd| {
                    // SAFETY: a completion of kind `Accept` comes from an accept operation, whose result is a descriptor
                    // that the kernel has just made; it completes once with it, so that nobody else owns it.
                    unsafe { OwnedFd::from_raw_fd(fd as RawFd) }
                });
                Some(Completion::Accepted(key, accepted, completed.has_more()))
            }
            Kind::Source => Some(Completion::Ready(key, result, completed.has_more())),
            Kind::Room => Some(Completion::Room(key, result)),
            Kind::Cancel => None,
        }
    }

    /// Whether completions are in the queue.
    pub(crate) fn has_completions(&self) -> bool {
        self.queues.has_completions()
    }

    /// Whether sends have succeeded in silence, and [`complete`](Self::complete) has not brought them.
    pub(crate) fn has_silent(&self) -> bool {
        !self.taken_sends.is_empty()
    }

    /// Receives that have not completed.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The bytes that are left of what was received.
    pub(crate) fn bytes(&self, received: &Received) -> &[u8] {
        self.pool.bytes(received)
    }

    /// The buffer is for others again.
    pub(crate) fn give_back(&mut self, received: Received) {
        self.pool.give_back(received);
    }

    /// How many buffers are not in the pool.
    #[cfg(test)]
    pub(crate) fn buffers_out(&self) -> u16 {
        self.pool.out()
    }

    /// Whether most buffers are held by those who have not read them.
    pub(crate) fn is_pool_low(&self) -> bool {
        self.pool.is_low()
    }
}

/// Whoever drops a ring should cancel first, and wait until nothing is [in flight](Ring::in_flight); the reactor does.
/// If that was impossible (another thread drops it than the one that may enter), closing the descriptor cancels too, but
/// the kernel does it when it gets to it. The memory is then given up: a leak is safe, and a buffer that the kernel
/// writes to after it has been freed is not.
impl Drop for Ring {
    fn drop(&mut self) {
        if self.in_flight > 0 || self.sends.iter().any(Option::is_some) {
            mem::take(&mut self.sends).into_iter().flatten().for_each(mem::forget);
        } else {
            // SAFETY: the value is not used again, as `self` ends here.
            unsafe { ManuallyDrop::drop(&mut self.pool) };
        }
    }
}

/// The kernel wants the two halves swapped where the higher byte comes first.
fn poll_events(events: u32) -> u32 {
    if cfg!(target_endian = "big") { events.rotate_left(16) } else { events }
}

fn timespec(limit: Duration) -> Timespec {
    Timespec {
        seconds: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        nanoseconds: i64::from(limit.subsec_nanos()),
    }
}
