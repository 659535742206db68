use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use crate::address::RawAddress;
use crate::options::{invalid, options};
use crate::{UdpSocket, control, sys};

options! {
    [UdpSocket]
    {
        /// `UDP_GRO`: datagrams of one sender that arrive close together and have the same length may be
        /// received as one piece; [`Datagram::segments`](crate::Datagram::segments) takes it apart. The other
        /// half of [`send_segments`](UdpSocket::send_segments). Off by default.
        ///
        /// With it on, receive by [`recv_many`](UdpSocket::recv_many) into room of 65,536 bytes: the other
        /// calls do not tell where one datagram ends and the next begins.
        ///
        /// # Errors
        /// `ENOPROTOOPT`: the kernel is older than Linux 5.0.
        set_receive_offload, receive_offload: bool as Flag = UDP_GENERIC_RECEIVE_OFFLOAD;
    }
}

impl UdpSocket {
    /// `sendmsg` with `UDP_SEGMENT`: cuts `bytes` into datagrams of `segment` bytes, the last of which may be
    /// shorter, and sends them to `to`, or to the peer of [`connect`](Self::connect). Returns how many bytes
    /// were sent.
    ///
    /// The bytes take the way through the kernel once, as one large packet, and are cut at its end, by the
    /// network card if it can (generic segmentation offload). For protocols that send many datagrams of the
    /// same length to one peer, as QUIC does, it is most of what a system call costs.
    ///
    /// ```
    /// use wirelab_socket::{ReceiveBatch, UdpSocket};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let server = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// let client = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// client.send_segments(&[7; 2500], 1000, Some(server.local_addr()?))?;
    ///
    /// let mut batch = ReceiveBatch::new(8, 1500);
    /// assert_eq!(server.recv_many(&mut batch)?, 3);
    /// let lengths: Vec<_> = batch.datagrams().map(|datagram| datagram.bytes.len()).collect();
    /// assert_eq!(lengths, [1000, 1000, 500]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidInput`: `segment` is 0, or there would be more segments than the kernel cuts at once (128;
    /// before Linux 6.9, 64). `EMSGSIZE`: all together they exceed 65,507 bytes, or one of them exceeds what
    /// the path allows (`EINVAL` on some kernels). Those of [`send_to`](Self::send_to).
    pub fn send_segments(&self, bytes: &[u8], segment: u16, to: Option<SocketAddr>) -> io::Result<usize> {
        if segment == 0 {
            return Err(invalid("a segment has at least one byte"));
        }
        let to = to.map(RawAddress::from);
        let mut control = [0; control::space(2)];
        let length = control::write(&mut control, libc::SOL_UDP, libc::UDP_SEGMENT, &segment.to_ne_bytes());
        sys::retry(|| sys::send_message(self.as_fd(), bytes, to.as_ref(), &control[..length]))
    }
}
