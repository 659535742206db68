use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::codes::{Family, Show, UnixKind};
use super::unix_attribute::UnixAttribute;

/// `struct unix_diag_req`: asks for Unix sockets. With `NLM_F_DUMP`, for all in one of the states; without, for the one
/// with this inode.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────┬───────────────┬───────────────────────────────┐
/// │ sdiag_family  │ sdiag_protocol│              pad              │
/// ├───────────────┴───────────────┴───────────────────────────────┤
/// │                          udiag_states                         │
/// ├───────────────────────────────────────────────────────────────┤
/// │                           udiag_ino                           │
/// ├───────────────────────────────────────────────────────────────┤
/// │                           udiag_show                          │
/// ├───────────────────────────────────────────────────────────────┤
/// │                    udiag_cookie, 2 × 4 bytes                  │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnixRequest {
    /// A bit for each state that is wanted, numbered as TCP's: 1 connected, 7 not connected, 10 listening.
    pub states: u32,
    /// The inode; 0 in a request for all.
    pub inode: u32,
    /// The attributes that answers shall have.
    pub show: Show,
    /// The kernel's own number of the socket; all ones for any.
    pub cookie: u64,
}

impl UnixRequest {
    /// How many bytes it is written as.
    pub const LENGTH: usize = 24;
}

impl<'a> Decode<'a> for UnixRequest {
    const NAME: &'static str = "unix_diag_req";
    const SECTION: &'static str = "sock_diag(7), struct unix_diag_req";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.u8("sdiag_family")?;
        r.note(|| "AF_UNIX".to_owned());
        r.u8("sdiag_protocol")?;
        r.u16_le("pad")?;
        let states = r.u32_le("udiag_states")?;
        let inode = r.u32_le("udiag_ino")?;
        let show = Show(r.u32_le("udiag_show")?);
        r.note(|| show.to_string());
        let cookie = r.u64_le("udiag_cookie")?;
        Ok(UnixRequest { states, inode, show, cookie })
    }
}

impl Encode for UnixRequest {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u8(Family::UNIX.0, "sdiag_family");
        w.u8(0, "sdiag_protocol");
        w.u16_le(0, "pad");
        w.u32_le(self.states, "udiag_states");
        w.u32_le(self.inode, "udiag_ino");
        w.u32_le(self.show.0, "udiag_show");
        w.u64_le(self.cookie, "udiag_cookie");
    }
}

/// `struct unix_diag_msg`: what the kernel answers of one Unix socket, and the attributes behind it.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────┬───────────────┬───────────────┬───────────────┐
/// │ udiag_family  │   udiag_type  │  udiag_state  │      pad      │
/// ├───────────────┴───────────────┴───────────────┴───────────────┤
/// │                           udiag_ino                           │
/// ├───────────────────────────────────────────────────────────────┤
/// │                    udiag_cookie, 2 × 4 bytes                  │
/// ├───────────────────────────────────────────────────────────────┤
/// │                          attributes …                         │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixSocket<'a> {
    /// Stream, datagram or packets in order.
    pub kind: UnixKind,
    /// 1 connected, 7 not connected, 10 listening, as TCP's states.
    pub state: u8,
    /// The inode of the socket, as `/proc/PID/fd` shows it; 0 while it waits for `accept`.
    pub inode: u32,
    /// The kernel's own number of the socket.
    pub cookie: u64,
    /// What else it told.
    pub attributes: Vec<UnixAttribute<'a>>,
}

impl UnixSocket<'_> {
    pub(super) fn written_length(&self) -> usize {
        16 + self.attributes.iter().map(UnixAttribute::written_length).sum::<usize>()
    }
}

impl<'a> Decode<'a> for UnixSocket<'a> {
    const NAME: &'static str = "unix_diag_msg";
    const SECTION: &'static str = "sock_diag(7), struct unix_diag_msg";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.u8("udiag_family")?;
        r.note(|| "AF_UNIX".to_owned());
        let kind = UnixKind(r.u8("udiag_type")?);
        r.note(|| kind.name().unwrap_or("unknown").to_owned());
        let state = r.u8("udiag_state")?;
        r.u8("pad")?;
        let inode = r.u32_le("udiag_ino")?;
        let cookie = r.u64_le("udiag_cookie")?;
        let mut attributes = Vec::new();
        while !r.remaining().is_empty() {
            attributes.push(r.message()?);
        }
        Ok(UnixSocket { kind, state, inode, cookie, attributes })
    }
}

impl Encode for UnixSocket<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u8(Family::UNIX.0, "udiag_family");
        w.u8(self.kind.0, "udiag_type");
        w.u8(self.state, "udiag_state");
        w.u8(0, "pad");
        w.u32_le(self.inode, "udiag_ino");
        w.u64_le(self.cookie, "udiag_cookie");
        for attribute in &self.attributes {
            attribute.encode(w);
        }
    }
}
