use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::memory::SocketMemory;
use super::nlattr::{self, cut};

/// The attributes of `struct unix_diag_msg`; one that is not known here survives as [`Other`](Self::Other).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnixAttribute<'a> {
    /// `UNIX_DIAG_NAME`: the path that it is bound to (with the zero that ends it, if the program gave one), or, behind a
    /// zero, a name of the abstract kind, which is no file.
    Name(&'a [u8]),
    /// `UNIX_DIAG_VFS`: the file that it is bound to.
    File {
        /// Its inode.
        inode: u32,
        /// The device that it is on.
        device: u32,
    },
    /// `UNIX_DIAG_PEER`: the inode of the other end.
    Peer(u32),
    /// `UNIX_DIAG_RQLEN`: its queues.
    Queues {
        /// Bytes that wait to be read. On a listener: connections that wait for `accept`.
        receive: u32,
        /// Bytes of memory that what it sent still holds. On a listener: the limit of the accept queue.
        send: u32,
    },
    /// `UNIX_DIAG_MEMINFO`: its memory.
    Memory(SocketMemory),
    /// `UNIX_DIAG_SHUTDOWN`: which directions are shut down; 1: no more is received, 2: no more is sent.
    Shutdown(u8),
    /// `UNIX_DIAG_UID`: the user that made it.
    Uid(u32),
    /// Any other: its type and its value.
    Other {
        /// `nla_type`.
        kind: u16,
        /// What it holds.
        value: &'a [u8],
    },
}

impl<'a> UnixAttribute<'a> {
    /// Its number in `linux/unix_diag.h`.
    pub fn kind(&self) -> u16 {
        match self {
            UnixAttribute::Name(_) => 0,
            UnixAttribute::File { .. } => 1,
            UnixAttribute::Peer(_) => 2,
            UnixAttribute::Queues { .. } => 4,
            UnixAttribute::Memory(_) => 5,
            UnixAttribute::Shutdown(_) => 6,
            UnixAttribute::Uid(_) => 7,
            UnixAttribute::Other { kind, .. } => *kind,
        }
    }

    fn decode_value(kind: u16, r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        Ok(match kind {
            0 => UnixAttribute::Name(r.text(r.remaining().len(), "sun_path")?),
            1 => {
                UnixAttribute::File { inode: r.u32_le("udiag_vfs_ino")?, device: r.u32_le("udiag_vfs_dev")? }
            }
            2 => UnixAttribute::Peer(r.u32_le("inode of the peer")?),
            4 => {
                UnixAttribute::Queues { receive: r.u32_le("udiag_rqueue")?, send: r.u32_le("udiag_wqueue")? }
            }
            5 => UnixAttribute::Memory(r.message()?),
            6 => UnixAttribute::Shutdown(r.u8("sk_shutdown")?),
            7 => UnixAttribute::Uid(r.u32_le("uid")?),
            _ => UnixAttribute::Other { kind, value: r.rest("value") },
        })
    }

    fn encode_value(&self, w: &mut Writer<'_, impl Trace>) {
        match self {
            UnixAttribute::Name(name) => w.text(cut(name), "sun_path"),
            UnixAttribute::File { inode, device } => {
                w.u32_le(*inode, "udiag_vfs_ino");
                w.u32_le(*device, "udiag_vfs_dev");
            }
            UnixAttribute::Peer(inode) => w.u32_le(*inode, "inode of the peer"),
            UnixAttribute::Queues { receive, send } => {
                w.u32_le(*receive, "udiag_rqueue");
                w.u32_le(*send, "udiag_wqueue");
            }
            UnixAttribute::Memory(memory) => memory.encode(w),
            UnixAttribute::Shutdown(directions) => w.u8(*directions, "sk_shutdown"),
            UnixAttribute::Uid(uid) => w.u32_le(*uid, "uid"),
            UnixAttribute::Other { value, .. } => w.bytes(cut(value), "value"),
        }
    }

    fn value_length(&self) -> usize {
        match self {
            UnixAttribute::Name(value) | UnixAttribute::Other { value, .. } => cut(value).len(),
            UnixAttribute::File { .. } | UnixAttribute::Queues { .. } => 8,
            UnixAttribute::Peer(_) | UnixAttribute::Uid(_) => 4,
            UnixAttribute::Memory(_) => SocketMemory::LENGTH,
            UnixAttribute::Shutdown(_) => 1,
        }
    }

    pub(super) fn written_length(&self) -> usize {
        nlattr::written_length(self.value_length())
    }
}

impl<'a> Decode<'a> for UnixAttribute<'a> {
    const NAME: &'static str = "attribute";
    const SECTION: &'static str = "linux/netlink.h, struct nlattr";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        nlattr::decode(r, name, UnixAttribute::decode_value)
    }
}

impl Encode for UnixAttribute<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        nlattr::encode(w, self.kind(), self.value_length(), |w| self.encode_value(w));
    }
}

/// The name of an attribute in `linux/unix_diag.h`.
fn name(kind: u16) -> &'static str {
    match kind {
        0 => "UNIX_DIAG_NAME",
        1 => "UNIX_DIAG_VFS",
        2 => "UNIX_DIAG_PEER",
        3 => "UNIX_DIAG_ICONS",
        4 => "UNIX_DIAG_RQLEN",
        5 => "UNIX_DIAG_MEMINFO",
        6 => "UNIX_DIAG_SHUTDOWN",
        7 => "UNIX_DIAG_UID",
        _ => "unknown attribute",
    }
}
