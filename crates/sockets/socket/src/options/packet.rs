//! Packets of an interface: how many may wait, and their times.

use std::io;
use std::os::fd::AsFd;

use super::kinds::Size;
use super::{methods, options};
use crate::sys::OptionName;

options! {
    [PacketSocket]
    {
        /// `SO_TIMESTAMPNS`: the kernel notes of each packet when it came, and hands it out with the packet. On
        /// from the beginning on a packet socket; without it, a packet's time is that of its reading.
        ///
        /// The kernel takes the time of packets only while somebody wants to know it, and begins a moment after
        /// the first has asked: packets of that moment have the time of their reading.
        ///
        /// # Errors
        /// None are known.
        set_timestamps, timestamps: bool as Flag = TIMESTAMP_NS;

        /// `SO_RCVBUF`: how many bytes of packets may wait, with what the kernel needs beside each (a packet of
        /// 60 bytes takes about 800). Capped at `net.core.rmem_max`, and doubled.
        ///
        /// # Errors
        /// None are known: a value out of range is brought into it.
        set_receive_buffer, receive_buffer: usize as Size = RECEIVE_BUFFER;
    }
}

methods! {
    [PacketSocket]
    {
        /// `SO_RCVBUFFORCE`: [`set_receive_buffer`](Self::set_receive_buffer) beyond `net.core.rmem_max`.
        ///
        /// # Errors
        /// `PermissionDenied`: that takes `CAP_NET_ADMIN` in the first user namespace.
        pub fn force_receive_buffer(&self, bytes: usize) -> io::Result<()> {
            super::set::<Size>(self.as_fd(), OptionName::RECEIVE_BUFFER_FORCED, bytes)
        }
    }
}
