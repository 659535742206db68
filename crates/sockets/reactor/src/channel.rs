use std::io;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::sync::Arc;

use bytes::BytesMut;
use wirelab_socket::TcpStream;

use crate::driver::Driver;
use crate::link::Link;
use crate::reactor::check;
use crate::{Interest, Reactor, Token, Trigger};

/// A connection whose reads and writes go through a [`Reactor`].
///
/// A readiness back end (epoll, `poll`) makes the system call at once. A ring queues it, and makes those of all
/// channels together when it waits. To the program all look like an edge-triggered, non-blocking socket: go on until
/// `WouldBlock` or a short count, and an event will tell when there is more.
///
/// What a ring cannot hide:
///
/// * A write that was taken has reached the reactor, and the socket only with the next [`poll`](Reactor::poll). An
///   error of it comes with an event, and then from the next call.
/// * One buffer of received bytes (16 KiB) may be with the reactor. Until the program has read it, and also behind the
///   end of the peer's side, the reactor does not look further, and learns of a reset only by a write.
/// * Bytes that it has received and the program has not read do not make `close` an RST, as they do in the kernel.
///
/// Dropping it is the same as [`close`](Reactor::close), in the next turn.
#[derive(Debug)]
pub struct Channel {
    stream: Arc<TcpStream>,
    /// Where the mechanism keeps something about it; epoll does not.
    link: Option<Link>,
}

impl Channel {
    /// The socket, to ask about and to set options of. Reading and writing on it directly would overtake the reactor.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// The same, for other threads to ask about. [Downgrade](Arc::downgrade) what is to be kept, or the descriptor stays
    /// open as long as it is.
    pub fn shared(&self) -> &Arc<TcpStream> {
        &self.stream
    }
}

impl<K> Reactor<K> {
    /// Watches a connection for both directions, edge-triggered, for as long as it lives. The stream is made
    /// non-blocking.
    ///
    /// No event says that there is room to write until a write has found none. (Epoll says it once, at first.) For a
    /// connection that is still being made, see [`open_connecting`](Self::open_connecting).
    ///
    /// # Errors
    /// Those of [`register`](Self::register).
    pub fn open(&mut self, stream: TcpStream, token: Token) -> io::Result<Channel> {
        check(token)?;
        stream.set_nonblocking(true)?;
        let stream = Arc::new(stream);
        let link = match &mut self.driver {
            Driver::Epoll(epoll) => {
                epoll.register(stream.as_fd(), token, Interest::BOTH, Trigger::Edge)?;
                None
            }
            Driver::Poll(set) => Some(set.open(stream.as_fd(), token)),
            Driver::Uring(ring) => Some(ring.open(stream.clone(), token)),
        };
        Ok(Channel { stream, link })
    }

    /// Watches a connection that [`TcpStream::start_connect`] has begun. Its first event is writable, and
    /// [`TcpStream::take_error`] then says how the handshake ended.
    ///
    /// # Errors
    /// Those of [`register`](Self::register).
    pub fn open_connecting(&mut self, stream: TcpStream, token: Token) -> io::Result<Channel> {
        check(token)?;
        stream.set_nonblocking(true)?;
        let stream = Arc::new(stream);
        let link = match &mut self.driver {
            Driver::Epoll(epoll) => {
                epoll.register(stream.as_fd(), token, Interest::BOTH, Trigger::Edge)?;
                None
            }
            Driver::Poll(set) => {
                let link = set.open(stream.as_fd(), token);
                set.want(Some(&link), Interest::WRITABLE);
                Some(link)
            }
            Driver::Uring(ring) => Some(ring.open_connecting(stream.clone(), token)),
        };
        Ok(Channel { stream, link })
    }

    /// Reads what has arrived into the spare room of `buffer`; 0 is the end of the stream. A count that is smaller than
    /// the room means that nothing more is there now, and that an event will come when there is.
    ///
    /// # Errors
    /// Those of [`TcpStream::read_into`].
    pub fn read(&mut self, channel: &Channel, buffer: &mut BytesMut) -> io::Result<usize> {
        match &mut self.driver {
            Driver::Epoll(_) => {
                self.calls += 1;
                channel.stream.read_into(buffer)
            }
            Driver::Poll(set) => {
                self.calls += 1;
                let room = make_room(buffer);
                let result = channel.stream.read_into(buffer);
                if is_the_last(&result, room) {
                    set.want(channel.link.as_ref(), Interest::READABLE);
                }
                result
            }
            Driver::Uring(ring) => ring.read(channel.link.as_ref(), buffer),
        }
    }

    /// Writes, and returns how many bytes were taken. Fewer than all mean that an event will come when there is room.
    ///
    /// # Errors
    /// Those of [`TcpStream::write`].
    pub fn write(&mut self, channel: &Channel, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.driver {
            Driver::Epoll(_) => {
                self.calls += 1;
                channel.stream.write(bytes)
            }
            Driver::Poll(set) => {
                self.calls += 1;
                let result = channel.stream.write(bytes);
                if is_the_last(&result, bytes.len()) {
                    set.want(channel.link.as_ref(), Interest::WRITABLE);
                }
                result
            }
            Driver::Uring(ring) => ring.write(channel.link.as_ref(), bytes),
        }
    }

    /// Sends a part of a file behind what was written; see [`TcpStream::sendfile`]. On a ring it is that call too, as
    /// io_uring has no such operation.
    ///
    /// # Errors
    /// Those of [`TcpStream::sendfile`]; `WouldBlock` also while earlier writes are on their way.
    pub fn send_file(
        &mut self,
        channel: &Channel,
        file: &impl AsFd,
        offset: u64,
        count: usize,
    ) -> io::Result<usize> {
        let send = || channel.stream.sendfile(file, offset, count);
        self.calls += 1;
        match &mut self.driver {
            Driver::Epoll(_) => send(),
            Driver::Poll(set) => {
                let result = send();
                if is_the_last(&result, count) {
                    set.want(channel.link.as_ref(), Interest::WRITABLE);
                }
                result
            }
            Driver::Uring(ring) => {
                ring.before_file(channel.link.as_ref())?;
                let result = send();
                if is_the_last(&result, count) {
                    ring.want_room(channel.link.as_ref());
                }
                result
            }
        }
    }

    /// Ends this side of the connection behind what was written: FIN.
    ///
    /// # Errors
    /// `NotConnected`: it was reset.
    pub fn shut_down(&mut self, channel: &Channel) -> io::Result<()> {
        match &mut self.driver {
            Driver::Epoll(_) | Driver::Poll(_) => channel.stream.shutdown(Shutdown::Write),
            Driver::Uring(ring) => ring.shut_down(channel.link.as_ref()),
        }
    }

    /// Closes the connection; what was written is still sent, unless `SO_LINGER` says otherwise.
    ///
    /// On a ring the descriptor is free when its operations have ended, which takes a turn; and longer, if bytes are on
    /// their way to a peer that does not take them: after a minute without progress the kernel gives up.
    pub fn close(&mut self, channel: Channel) {
        drop(channel); // the descriptor leaves epoll with its end
        match &mut self.driver {
            Driver::Epoll(_) => {}
            Driver::Poll(set) => set.forget_dropped(),
            Driver::Uring(ring) => ring.forget_dropped(),
        }
    }
}

/// The room that there is to read into; a full buffer gets some, as [`TcpStream::read_into`] gives it.
pub(crate) fn make_room(buffer: &mut BytesMut) -> usize {
    if buffer.len() == buffer.capacity() {
        buffer.reserve(64);
    }
    buffer.capacity() - buffer.len()
}

/// Whether an event must come before the next call: nothing was there, or less than asked for. Behind the end of a
/// stream, or of a file, there is nothing to wait for.
fn is_the_last(result: &io::Result<usize>, wanted: usize) -> bool {
    match result {
        Ok(count) => *count > 0 && *count < wanted,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}
