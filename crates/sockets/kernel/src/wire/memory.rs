use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

/// `struct inet_diag_meminfo`: four numbers of a socket's memory, in bytes. [`SocketMemory`] has them and more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BufferMemory {
    /// Held by segments that wait to be read.
    pub receive: u32,
    /// Held by segments that wait to be sent or acknowledged.
    pub queued: u32,
    /// Set aside for the socket and not used.
    pub forward: u32,
    /// Held by packets on their way down, up to the device.
    pub transmit: u32,
}

impl BufferMemory {
    /// How many bytes it is written as.
    pub const LENGTH: usize = 16;
}

impl<'a> Decode<'a> for BufferMemory {
    const NAME: &'static str = "inet_diag_meminfo";
    const SECTION: &'static str = "sock_diag(7), struct inet_diag_meminfo";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        Ok(BufferMemory {
            receive: r.u32_le("idiag_rmem")?,
            queued: r.u32_le("idiag_wmem")?,
            forward: r.u32_le("idiag_fmem")?,
            transmit: r.u32_le("idiag_tmem")?,
        })
    }
}

impl Encode for BufferMemory {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u32_le(self.receive, "idiag_rmem");
        w.u32_le(self.queued, "idiag_wmem");
        w.u32_le(self.forward, "idiag_fmem");
        w.u32_le(self.transmit, "idiag_tmem");
    }
}

/// The memory of a socket (`SK_MEMINFO_…`): what it holds and what it may hold, in bytes.
///
/// The kernel counts whole buffers, with their own bookkeeping: a segment of 1000 bytes was charged with 1832 (Linux 6.18, on
/// loopback), and an empty one, a FIN, with 832.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketMemory {
    /// Held by what waits to be read.
    pub receive_allocated: u32,
    /// The limit of it: `SO_RCVBUF`.
    pub receive_limit: u32,
    /// Held by packets on their way down, up to the device.
    pub transmit_allocated: u32,
    /// The limit of what waits to be sent or acknowledged: `SO_SNDBUF`.
    pub send_limit: u32,
    /// Set aside for the socket from the memory of the protocol (`tcp_mem`), and not used.
    pub forward_allocated: u32,
    /// Held by what waits to be sent or acknowledged.
    pub send_queued: u32,
    /// Held by options and filters.
    pub option_memory: u32,
    /// Held by packets that came while a program was inside a call on the socket.
    pub backlog: u32,
    /// Packets that were dropped since their memory would have been too much (a count, not bytes).
    pub drops: u32,
}

impl SocketMemory {
    /// How many bytes it is written as.
    pub const LENGTH: usize = 36;
}

impl<'a> Decode<'a> for SocketMemory {
    const NAME: &'static str = "memory of the socket";
    const SECTION: &'static str = "sock_diag(7), INET_DIAG_SKMEMINFO";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let memory = SocketMemory {
            receive_allocated: r.u32_le("SK_MEMINFO_RMEM_ALLOC")?,
            receive_limit: r.u32_le("SK_MEMINFO_RCVBUF")?,
            transmit_allocated: r.u32_le("SK_MEMINFO_WMEM_ALLOC")?,
            send_limit: r.u32_le("SK_MEMINFO_SNDBUF")?,
            forward_allocated: r.u32_le("SK_MEMINFO_FWD_ALLOC")?,
            send_queued: r.u32_le("SK_MEMINFO_WMEM_QUEUED")?,
            option_memory: r.u32_le("SK_MEMINFO_OPTMEM")?,
            backlog: r.u32_le("SK_MEMINFO_BACKLOG")?,
            drops: r.u32_le("SK_MEMINFO_DROPS")?,
        };
        if !r.remaining().is_empty() {
            // A later kernel's numbers: the list has grown before.
            r.rest("more");
        }
        Ok(memory)
    }
}

impl Encode for SocketMemory {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u32_le(self.receive_allocated, "SK_MEMINFO_RMEM_ALLOC");
        w.u32_le(self.receive_limit, "SK_MEMINFO_RCVBUF");
        w.u32_le(self.transmit_allocated, "SK_MEMINFO_WMEM_ALLOC");
        w.u32_le(self.send_limit, "SK_MEMINFO_SNDBUF");
        w.u32_le(self.forward_allocated, "SK_MEMINFO_FWD_ALLOC");
        w.u32_le(self.send_queued, "SK_MEMINFO_WMEM_QUEUED");
        w.u32_le(self.option_memory, "SK_MEMINFO_OPTMEM");
        w.u32_le(self.backlog, "SK_MEMINFO_BACKLOG");
        w.u32_le(self.drops, "SK_MEMINFO_DROPS");
    }
}
