//! How much the kernel keeps, and when it says so.

use std::io;
use std::os::fd::AsFd;

use super::{methods, options};
use crate::{SocketMemory, TcpInfo, sys};

options! {
    [Socket, TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream, UnixDatagram]
    {
        /// `SO_RCVBUF`: asks for a receive buffer of so many bytes, of which the window that TCP offers its
        /// peer is made.
        ///
        /// The kernel caps it at `net.core.rmem_max`, then **doubles** it for its own bookkeeping, which is
        /// what the getter shows. It also ends the kernel's own tuning of the buffer, which up to the third
        /// number of `net.ipv4.tcp_rmem` does better than most guesses. A listener's accepted sockets inherit
        /// it, in time for their handshake's window scale. By default the second number of `tcp_rmem` (131,072)
        /// for TCP.
        ///
        /// # Errors
        /// None are known: a value out of range is brought into it.
        set_receive_buffer, receive_buffer: usize as Size = RECEIVE_BUFFER;

        /// `SO_SNDBUF`: asks for a send buffer of so many bytes, which holds what was written until the peer
        /// acknowledges it. Capped at `net.core.wmem_max`, doubled, and ends the kernel's own tuning. By
        /// default the second number of `net.ipv4.tcp_wmem` (16,384) for TCP, and grows.
        ///
        /// # Errors
        /// None are known: a value out of range is brought into it.
        set_send_buffer, send_buffer: usize as Size = SEND_BUFFER;

        /// `SO_RCVLOWAT`: the socket counts as readable, and a blocking read returns, only when so many bytes
        /// wait (or the end, or an error). Saves wake-ups where the length of a message is known. The kernel
        /// lowers it to what the receive buffer can hold, and 0 to 1, which is the default. Without effect on
        /// UDP.
        ///
        /// # Errors
        /// None are known.
        set_receive_low_water, receive_low_water: usize as Size = RECEIVE_LOW_WATER;
    }
}

options! {
    [Socket, TcpListener, TcpStream]
    {
        /// `TCP_NOTSENT_LOWAT`: the stream counts as writable only while fewer than so many bytes wait that
        /// were not yet sent. What is still in the program can be changed or given another priority; what is in
        /// the send buffer cannot. 0, the default, means as `net.ipv4.tcp_notsent_lowat` says: no such limit.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        set_not_sent_low_water, not_sent_low_water: usize as Size = NOT_SENT_LOW_WATER;

        /// `TCP_WINDOW_CLAMP`: the window that is offered to the peer is never wider than so many bytes,
        /// however large the receive buffer is. The kernel raises it to half of the smallest receive buffer. By
        /// default 0 on a socket without a connection (no limit of its own), and then what the receive buffer
        /// comes to.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        set_window_clamp, window_clamp: usize as Size = WINDOW_CLAMP;
    }
}

methods! {
    [TcpStream]
    {
        /// `FIONREAD`: the bytes that wait in the receive buffer.
        ///
        /// # Errors
        /// None are known for a connected socket.
        pub fn unread_bytes(&self) -> io::Result<usize> {
            sys::unread(self.as_fd())
        }

        /// `SIOCOUTQ`: the bytes in the send buffer that the peer has not acknowledged, sent or not.
        ///
        /// # Errors
        /// None are known for a connected socket.
        pub fn unacknowledged_bytes(&self) -> io::Result<usize> {
            sys::unacknowledged(self.as_fd())
        }
    }
}

methods! {
    [TcpListener, TcpStream]
    {
        /// `TCP_INFO`: what the kernel knows of the connection (or of the listener's queue) at this moment.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        pub fn tcp_info(&self) -> io::Result<TcpInfo> {
            TcpInfo::read(self.as_fd())
        }
    }
}

methods! {
    [Socket, TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream, UnixDatagram, PacketSocket]
    {
        /// `SO_MEMINFO`: the memory that the socket occupies at this moment, and its limits.
        ///
        /// # Errors
        /// None are known.
        pub fn memory(&self) -> io::Result<SocketMemory> {
            SocketMemory::read(self.as_fd())
        }
    }
}
