use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use bytes::BytesMut;
use wirelab_socket::{TcpListener, TcpStream};

use crate::{Interest, Reactor, Token, Trigger};

/// A connection whose reads and writes go through a [`Reactor`].
///
/// A readiness back end (epoll, `poll`) makes the system call at once. A ring queues it, and makes those of all
/// channels together when it waits. To the program both look like an edge-triggered, non-blocking socket: go on until
/// `WouldBlock` or a short count, and an event will tell when there is more.
#[derive(Debug)]
pub struct Channel {
    stream: TcpStream,
}

impl Channel {
    /// The socket, to ask about and to set options of. Reading and writing on it directly would overtake the reactor.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}

/// A listener whose connections are accepted through a [`Reactor`].
#[derive(Debug)]
pub struct Acceptor {
    listener: TcpListener,
    token: Token,
    /// Whether it is watched.
    active: bool,
}

impl Acceptor {
    /// The listening socket, to ask about.
    pub fn listener(&self) -> &TcpListener {
        &self.listener
    }

    /// Whether it is watched: not [paused](Reactor::pause).
    pub fn is_active(&self) -> bool {
        self.active
    }
}

impl<K> Reactor<K> {
    /// Watches a connection for both directions, edge-triggered, for as long as it lives. The stream is made
    /// non-blocking.
    ///
    /// # Errors
    /// Those of [`register`](Self::register).
    pub fn open(&mut self, stream: TcpStream, token: Token) -> io::Result<Channel> {
        stream.set_nonblocking(true)?;
        self.register(&stream, token, Interest::BOTH, Trigger::Edge)?;
        Ok(Channel { stream })
    }

    /// Reads what has arrived into the spare room of `buffer`; 0 is the end of the stream. A count that is smaller than
    /// the room means that nothing more is there now, and that an event will come when there is.
    ///
    /// # Errors
    /// Those of [`TcpStream::read_into`].
    pub fn read(&mut self, channel: &Channel, buffer: &mut BytesMut) -> io::Result<usize> {
        channel.stream.read_into(buffer)
    }

    /// Writes, and returns how many bytes were taken. Fewer than all mean that an event will come when there is room.
    ///
    /// # Errors
    /// Those of [`TcpStream::write`].
    pub fn write(&mut self, channel: &Channel, bytes: &[u8]) -> io::Result<usize> {
        channel.stream.write(bytes)
    }

    /// Sends a part of a file behind what was written; see [`TcpStream::sendfile`].
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
        channel.stream.sendfile(file, offset, count)
    }

    /// Ends this side of the connection behind what was written: FIN.
    ///
    /// # Errors
    /// `NotConnected`: it was reset.
    pub fn shut_down(&mut self, channel: &Channel) -> io::Result<()> {
        channel.stream.shutdown(std::net::Shutdown::Write)
    }

    /// Closes the connection; what was written is still sent, unless `SO_LINGER` says otherwise.
    pub fn close(&mut self, channel: Channel) {
        drop(channel) // the descriptor leaves epoll with its end
    }

    /// Watches a listener, level-triggered: there is an event in each turn in which connections wait.
    ///
    /// # Errors
    /// Those of [`register`](Self::register).
    pub fn listen(&mut self, listener: TcpListener, token: Token) -> io::Result<Acceptor> {
        listener.set_nonblocking(true)?;
        let mut acceptor = Acceptor { listener, token, active: false };
        self.resume(&mut acceptor)?;
        Ok(acceptor)
    }

    /// Takes the oldest connection that waits, also when the acceptor is paused. The stream is non-blocking.
    ///
    /// # Errors
    /// [`AcceptFailure::of`](wirelab_socket::AcceptFailure::of) sorts them by what to do.
    pub fn accept(&mut self, acceptor: &mut Acceptor) -> io::Result<(TcpStream, SocketAddr)> {
        acceptor.listener.accept()
    }

    /// Lets connections wait in the kernel's queue.
    ///
    /// # Errors
    /// None are known.
    pub fn pause(&mut self, acceptor: &mut Acceptor) -> io::Result<()> {
        if std::mem::take(&mut acceptor.active) {
            self.deregister(&acceptor.listener)?;
        }
        Ok(())
    }

    /// Watches the listener again.
    ///
    /// # Errors
    /// Those of [`register`](Self::register).
    pub fn resume(&mut self, acceptor: &mut Acceptor) -> io::Result<()> {
        if !acceptor.active {
            self.register(&acceptor.listener, acceptor.token, Interest::READABLE, Trigger::Level)?;
            acceptor.active = true;
        }
        Ok(())
    }

    /// Watches it no longer, and gives the listener back.
    pub fn unlisten(&mut self, mut acceptor: Acceptor) -> TcpListener {
        // The only failure would be that it is not registered.
        let _ = self.pause(&mut acceptor);
        acceptor.listener
    }
}
