use std::os::fd::RawFd;

pub(crate) const POLL_ADD: u8 = 6;
pub(crate) const ACCEPT: u8 = 13;
pub(crate) const ASYNC_CANCEL: u8 = 14;
pub(crate) const SEND: u8 = 26;
pub(crate) const RECV: u8 = 27;

/// The buffer is taken from a group when bytes have arrived, and not before.
pub(crate) const FLAG_BUFFER_SELECT: u8 = 1 << 5;
/// No completion if it succeeds.
pub(crate) const FLAG_SKIP_SUCCESS: u8 = 1 << 6;

/// Wait for readiness first: a try would be in vain.
pub(crate) const RECV_POLL_FIRST: u16 = 1 << 0;
pub(crate) const ACCEPT_MULTISHOT: u16 = 1 << 0;
pub(crate) const POLL_MULTISHOT: u32 = 1 << 0;
/// Each match, whatever its number.
pub(crate) const CANCEL_ALL: u32 = 1 << 0;
/// Every operation matches.
pub(crate) const CANCEL_ANY: u32 = 1 << 2;

/// A submission queue entry, `struct io_uring_sqe`: one operation.
///
/// ```text
///   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///  +---------------+---------------+-------------------------------+
///  |    opcode     |     flags     |            ioprio             |   ioprio: flags of the operation, for sockets
///  +---------------+---------------+-------------------------------+
///  |                              fd                               |
///  +---------------------------------------------------------------+
///  |                            offset                             |
///  |                                                               |
///  +---------------------------------------------------------------+
///  |                            address                            |   of the bytes; of a cancel, whom it means
///  |                                                               |
///  +---------------------------------------------------------------+
///  |                            length                             |
///  +---------------------------------------------------------------+
///  |                        operation flags                        |   MSG_…, SOCK_…, POLL…
///  +---------------------------------------------------------------+
///  |                           user data                           |   comes back with the completion
///  |                                                               |
///  +-------------------------------+-------------------------------+
///  |         buffer group          |          personality          |
///  +-------------------------------+-------------------------------+
///  |                           file index                          |
///  +---------------------------------------------------------------+
///  |                        16 bytes, zero                         |
///  +---------------------------------------------------------------+
/// ```
/// All in the byte order of the machine.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SubmissionEntry {
    pub(crate) opcode: u8,
    pub(crate) flags: u8,
    pub(crate) ioprio: u16,
    pub(crate) fd: RawFd,
    pub(crate) offset: u64,
    pub(crate) address: u64,
    pub(crate) length: u32,
    pub(crate) operation_flags: u32,
    pub(crate) user_data: u64,
    pub(crate) buffer_group: u16,
    pub(crate) personality: u16,
    pub(crate) file_index: u32,
    pub(crate) rest: [u64; 2],
}

/// A completion queue entry, `struct io_uring_cqe`: the result of one operation.
///
/// ```text
///   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///  +---------------------------------------------------------------+
///  |                           user data                           |
///  |                                                               |
///  +---------------------------------------------------------------+
///  |                            result                             |   what the call would return, or minus its error
///  +-------------------------------+---------------------------+-+-+
///  |       buffer (if B)           |                           |M|B|   M: more completions of this one will come
///  +-------------------------------+---------------------------+-+-+
/// ```
/// The flags are drawn with their highest bit on the left.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CompletionEntry {
    pub(crate) user_data: u64,
    pub(crate) result: i32,
    pub(crate) flags: u32,
}

impl CompletionEntry {
    /// The buffer of the group that was filled.
    pub(crate) fn buffer(&self) -> Option<u16> {
        const BUFFER: u32 = 1 << 0;
        (self.flags & BUFFER != 0).then_some((self.flags >> 16) as u16)
    }

    /// The operation goes on, and will complete again.
    pub(crate) fn has_more(&self) -> bool {
        self.flags & 1 << 1 != 0
    }

    /// More bytes wait in the socket.
    pub(crate) fn is_socket_nonempty(&self) -> bool {
        self.flags & 1 << 2 != 0
    }
}

const _: () = assert!(size_of::<SubmissionEntry>() == 64 && size_of::<CompletionEntry>() == 16);
