use std::collections::VecDeque;
use std::io;
use std::ops::AddAssign;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::address::RawAddress;
use crate::connect::milliseconds;
use crate::options::kinds::Flag;
use crate::sys::{self, OptionName};
use crate::{TcpStream, error_queue, options};

/// A stream that sends without copying: `SO_ZEROCOPY`, `MSG_ZEROCOPY` and its completions.
///
/// An ordinary `send` copies the bytes into the send buffer, so that the program may reuse its memory when the
/// call returns. With `MSG_ZEROCOPY` the send buffer refers to the program's own pages, and they must not
/// change until the kernel says so: it must still send them, and perhaps again.
///
/// ```text
///   send(&bytes)      pages pinned; number 0  ──▶ segments ──▶ peer
///   send(&bytes)      pages pinned; number 1  ──▶ segments ──▶ peer
///                                                     ◀── ACK of all of them
///   completions()     "0 to 1 are done, and were not copied": the clones of `bytes` are dropped
/// ```
///
/// # When it pays
///
/// Pinning pages and reading completions costs more than copying some ten kilobytes. And where the packet ends
/// in the same kernel (loopback, a container's `veth`), or the network card cannot gather pages, the kernel
/// copies after all and says so: see [`Completions::copied`]. On loopback it always does, since the receiver
/// could otherwise keep the sender's memory for ever.
///
/// # Why this is safe
///
/// What the kernel reads after the call is memory that nobody frees or changes in the meantime. Each
/// [`send`](Self::send) keeps a [`Bytes`] of exactly the memory that it handed over. As long as one `Bytes` of
/// a buffer lives, the buffer is neither freed nor mutable (`Bytes::try_into_mut` wants to be the only one),
/// wherever this value moves. It is let go only when the kernel has said that this number is done.
///
/// Dropping this value while something is in flight **aborts the connection** (the peer gets an RST), as the
/// kernel would otherwise go on sending pages whose memory is somebody else's by then. [`finish`](Self::finish)
/// waits first. What a network card still holds after that is leaked, not freed; a leak is safe. Forgetting
/// this value leaks too.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use bytes::Bytes;
/// use wirelab_socket::{TcpListener, TcpStream, ZeroCopy};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let mut sender = ZeroCopy::new(TcpStream::connect(listener.local_addr()?)?, 1 << 20)?;
/// let body = Bytes::from(vec![7; 100_000]);
/// let sent = sender.send(&body)?;
/// let (reader, _) = listener.accept_blocking()?;
/// let mut received = 0;
/// while received < sent {
///     received += reader.read(&mut [0; 65_536])?;
/// }
/// let done = sender.finish(Duration::from_secs(5))?;
/// assert_eq!((done.sends, done.bytes), (1, sent));
/// assert_eq!(done.copied, 1);                                    // this is loopback
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct ZeroCopy {
    stream: TcpStream,
    /// What was sent and is not known to be done, in the order of the numbers; `None` where a later one was
    /// done earlier.
    kept: VecDeque<Option<Bytes>>,
    /// The number of the first of `kept`. The kernel counts calls that sent something, from 0, and wraps.
    first: u32,
    in_flight: usize,
    limit: usize,
}

/// What the kernel has finished with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// Calls of [`ZeroCopy::send`] that are done.
    pub sends: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Calls of them whose bytes the kernel copied after all. If that is most of them, ordinary sends are
    /// cheaper.
    pub copied: usize,
}

impl AddAssign for Completions {
    fn add_assign(&mut self, more: Completions) {
        self.sends += more.sends;
        self.bytes += more.bytes;
        self.copied += more.copied;
    }
}

/// `SO_EE_ORIGIN_ZEROCOPY` of `linux/errqueue.h`.
const ORIGIN_ZERO_COPY: u8 = 5;
/// `SO_EE_CODE_ZEROCOPY_COPIED`.
const COPIED: u8 = 1;

impl ZeroCopy {
    /// `SO_ZEROCOPY`: prepares a stream. No more than `limit` bytes will be in flight.
    ///
    /// # Errors
    /// `InvalidInput`: it has been done before for this socket, whose numbers therefore do not begin at 0.
    /// `EOPNOTSUPP` or `ENOPROTOOPT`: the kernel cannot do it.
    pub fn new(stream: TcpStream, limit: usize) -> io::Result<Self> {
        if options::get::<Flag>(stream.as_fd(), OptionName::ZERO_COPY)? {
            return Err(options::invalid("somebody counts the sends of this socket already"));
        }
        options::set::<Flag>(stream.as_fd(), OptionName::ZERO_COPY, true)?;
        Ok(ZeroCopy { stream, kept: VecDeque::new(), first: 0, in_flight: 0, limit })
    }

    /// `send(MSG_ZEROCOPY)`: gives the kernel the pages of `bytes`, and returns how many bytes it took. They
    /// are kept until [`completions`](Self::completions) hears of them.
    ///
    /// A small part of a large buffer keeps all of the buffer.
    ///
    /// # Errors
    /// `WouldBlock`: the limit is reached, or the kernel has no room for another notification
    /// (`net.core.optmem_max`): take completions, [waiting](Self::wait) for them if need be. Or the send buffer
    /// of a non-blocking stream is full. Those of [`TcpStream::write`].
    pub fn send(&mut self, bytes: &Bytes) -> io::Result<usize> {
        let room = self.limit.saturating_sub(self.in_flight);
        let part = bytes.slice(..bytes.len().min(room));
        if part.is_empty() {
            return if bytes.is_empty() { Ok(0) } else { Err(io::ErrorKind::WouldBlock.into()) };
        }
        let flags = libc::MSG_ZEROCOPY | libc::MSG_NOSIGNAL;
        let count = match sys::retry(|| sys::send(self.stream.as_fd(), &part, flags)) {
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) && self.in_flight > 0 => {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            result => result?,
        };
        if count > 0 {
            self.kept.push_back(Some(part.slice(..count)));
            self.in_flight += count;
        }
        Ok(count)
    }

    /// `recvmsg(MSG_ERRQUEUE)` until the queue is empty: what the kernel has finished with since the last call.
    /// Does not wait.
    ///
    /// A poller reports the arrival of completions as an error condition (`EPOLLERR`), although none has
    /// happened.
    ///
    /// # Errors
    /// `InvalidData`: the kernel speaks of what was never sent. That of the stream is not reported here.
    pub fn completions(&mut self) -> io::Result<Completions> {
        let mut done = Completions::default();
        while let Some(entry) = error_queue::next(self.stream.as_fd())? {
            if entry.origin == ORIGIN_ZERO_COPY {
                let one = self.release(entry.info, entry.data)?;
                done.sends += one.sends;
                done.bytes += one.bytes;
                done.copied += if entry.code & COPIED != 0 { one.sends } else { 0 };
            }
        }
        Ok(done)
    }

    /// Lets go of what the numbers `low` to `high` (inclusive, and the count wraps) have kept.
    fn release(&mut self, low: u32, high: u32) -> io::Result<Completions> {
        let (start, end) = (low.wrapping_sub(self.first) as usize, high.wrapping_sub(self.first) as usize);
        if start > end || end >= self.kept.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a completion of what was never sent"));
        }
        let mut done = Completions::default();
        for bytes in self.kept.range_mut(start..=end).filter_map(Option::take) {
            done.sends += 1;
            done.bytes += bytes.len();
        }
        self.in_flight -= done.bytes;
        while let Some(None) = self.kept.front() {
            self.kept.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        Ok(done)
    }

    /// `poll`: waits until a completion (or an error of the stream) is there, and takes it; nothing is done if
    /// `limit` passes first.
    ///
    /// # Errors
    /// Those of [`completions`](Self::completions).
    pub fn wait(&mut self, limit: Duration) -> io::Result<Completions> {
        if self.in_flight > 0 {
            // Errors are reported without being asked for.
            sys::retry(|| sys::poll_one(self.stream.as_fd(), 0, milliseconds(Some(limit))))?;
        }
        self.completions()
    }

    /// Waits until nothing is in flight, and returns all that was completed meanwhile.
    ///
    /// # Errors
    /// `TimedOut`: the peer has not acknowledged everything in the time given; the rest stays in flight. Those
    /// of [`completions`](Self::completions).
    pub fn finish(&mut self, limit: Duration) -> io::Result<Completions> {
        let deadline = Instant::now().checked_add(limit);
        let mut all = self.completions()?;
        while self.in_flight > 0 {
            let left = deadline.map_or(limit, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "not everything was acknowledged in time",
                ));
            }
            let done = self.wait(left)?;
            if done.sends == 0 {
                // A broken stream ends each wait at once, while a network card may still hold pages.
                std::thread::sleep(Duration::from_millis(1));
            }
            all += done;
        }
        Ok(all)
    }

    /// The bytes that the kernel may still read.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The stream, for reading and for its options. What is written to it directly is copied and not counted.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}

/// `connect` to no address takes the connection down for every descriptor of it, which `close` does only with
/// the last. The kernel then forgets what it had to send, and says so in the error queue.
impl Drop for ZeroCopy {
    fn drop(&mut self) {
        // Errors leave things in flight, and what is in flight is not freed.
        drop(self.completions());
        if self.in_flight > 0 {
            drop(sys::connect(self.stream.as_fd(), &RawAddress::none()));
            drop(self.completions());
        }
        if self.in_flight > 0 {
            std::mem::forget(std::mem::take(&mut self.kept));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TcpListener;

    /// A sender that believes to have sent three times ten bytes, the first with the number `first`.
    fn sender(first: u32) -> ZeroCopy {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut sender = ZeroCopy::new(stream, 100).unwrap();
        sender.kept = (0..3).map(|_| Some(Bytes::from_static(b"0123456789"))).collect();
        (sender.first, sender.in_flight) = (first, 30);
        sender
    }

    #[test]
    fn numbers_wrap_and_may_be_done_in_any_order() {
        let mut sender = sender(u32::MAX);
        assert_eq!(sender.release(0, 1).unwrap().bytes, 20);
        assert_eq!((sender.in_flight, sender.kept.len(), sender.first), (10, 3, u32::MAX));
        assert_eq!(sender.release(u32::MAX, u32::MAX).unwrap().sends, 1);
        assert_eq!((sender.in_flight, sender.kept.len(), sender.first), (0, 0, 2));
    }

    #[test]
    fn a_completion_of_what_was_never_sent_is_an_error_and_releases_nothing() {
        let mut sender = sender(5);
        for (low, high) in [(4, 5), (5, 8), (8, 8), (7, 6), (0, u32::MAX)] {
            assert_eq!(
                sender.release(low, high).unwrap_err().kind(),
                io::ErrorKind::InvalidData,
                "{low} to {high}"
            );
        }
        assert_eq!(sender.in_flight, 30);
        assert_eq!(sender.release(6, 6).unwrap().sends, 1);
        assert_eq!(sender.release(6, 6).unwrap().sends, 0, "once only");
        assert_eq!(sender.release(5, 7).unwrap().sends, 2);
    }
}
