use wirelab_socket::TcpState;
use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::attribute::Attribute;
use super::codes::{Extensions, Family, Protocol, Timer};
use super::socket_id::SocketId;

/// `struct inet_diag_req_v2`: asks for TCP or UDP sockets. With `NLM_F_DUMP`, for all of the family in one of the
/// states whose ports are those of `id` (0: any port); without, for the one that `id` names in full.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────┬───────────────┬───────────────┬───────────────┐
/// │ sdiag_family  │ sdiag_protocol│   idiag_ext   │      pad      │
/// ├───────────────┴───────────────┴───────────────┴───────────────┤
/// │                          idiag_states                         │
/// ├───────────────────────────────────────────────────────────────┤
/// │                    id: inet_diag_sockid, 48 bytes             │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InetRequest {
    /// [`Family::INET`] or [`Family::INET6`].
    pub family: Family,
    /// The protocol.
    pub protocol: Protocol,
    /// The attributes that answers shall have. They are a wish: answers have others too, and not always these.
    pub extensions: Extensions,
    /// A bit for each state that is wanted: that of the state `n` is `1 << n`.
    pub states: u32,
    /// Which sockets.
    pub id: SocketId,
}

impl InetRequest {
    /// How many bytes it is written as.
    pub const LENGTH: usize = 56;
}

impl<'a> Decode<'a> for InetRequest {
    const NAME: &'static str = "inet_diag_req_v2";
    const SECTION: &'static str = "sock_diag(7), struct inet_diag_req_v2";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let family = Family(r.u8("sdiag_family")?);
        r.note(|| family.name().unwrap_or("unknown").to_owned());
        let protocol = Protocol(r.u8("sdiag_protocol")?);
        r.note(|| protocol.name().unwrap_or("unknown").to_owned());
        let extensions = Extensions(r.u8("idiag_ext")?);
        r.note(|| extensions.to_string());
        r.u8("pad")?;
        let states = r.u32_le("idiag_states")?;
        r.note(|| state_names(states));
        let id = SocketId::decode(r, family)?;
        Ok(InetRequest { family, protocol, extensions, states, id })
    }
}

impl Encode for InetRequest {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u8(self.family.0, "sdiag_family");
        w.u8(self.protocol.0, "sdiag_protocol");
        w.u8(self.extensions.0, "idiag_ext");
        w.u8(0, "pad");
        w.u32_le(self.states, "idiag_states");
        self.id.encode(w);
    }
}

/// `struct inet_diag_msg`: what the kernel answers of one TCP or UDP socket, and the attributes behind it.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────┬───────────────┬───────────────┬───────────────┐
/// │ idiag_family  │  idiag_state  │  idiag_timer  │ idiag_retrans │
/// ├───────────────┴───────────────┴───────────────┴───────────────┤
/// │                    id: inet_diag_sockid, 48 bytes             │
/// ├───────────────────────────────────────────────────────────────┤
/// │                         idiag_expires                         │
/// ├───────────────────────────────────────────────────────────────┤
/// │                          idiag_rqueue                         │
/// ├───────────────────────────────────────────────────────────────┤
/// │                          idiag_wqueue                         │
/// ├───────────────────────────────────────────────────────────────┤
/// │                           idiag_uid                           │
/// ├───────────────────────────────────────────────────────────────┤
/// │                          idiag_inode                          │
/// ├───────────────────────────────────────────────────────────────┤
/// │                          attributes …                         │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InetSocket<'a> {
    /// [`Family::INET`] or [`Family::INET6`].
    pub family: Family,
    /// The state. UDP has but ESTABLISHED (connected) and CLOSED (not).
    pub state: TcpState,
    /// Which timer runs.
    pub timer: Timer,
    /// Retransmissions or probes without an answer so far.
    pub retransmits: u8,
    /// Addresses and ports.
    pub id: SocketId,
    /// When the timer expires, in milliseconds.
    pub expires: u32,
    /// Bytes that wait to be read. On a listener: connections that wait for `accept`.
    pub receive_queue: u32,
    /// Bytes that the peer has not acknowledged. On a listener: the limit of the accept queue.
    pub send_queue: u32,
    /// The user that made the socket.
    pub uid: u32,
    /// The inode of the socket, as `/proc/PID/fd` shows it; 0 when no descriptor is left, or none is yet.
    pub inode: u32,
    /// What else it told.
    pub attributes: Vec<Attribute<'a>>,
}

impl InetSocket<'_> {
    pub(super) fn written_length(&self) -> usize {
        72 + self.attributes.iter().map(Attribute::written_length).sum::<usize>()
    }
}

impl<'a> Decode<'a> for InetSocket<'a> {
    const NAME: &'static str = "inet_diag_msg";
    const SECTION: &'static str = "sock_diag(7), struct inet_diag_msg";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let family = Family(r.u8("idiag_family")?);
        r.note(|| family.name().unwrap_or("unknown").to_owned());
        let state = TcpState(r.u8("idiag_state")?);
        r.note(|| state.to_string());
        let timer = Timer(r.u8("idiag_timer")?);
        r.note(|| timer.to_string());
        let mut socket = InetSocket {
            family,
            state,
            timer,
            retransmits: r.u8("idiag_retrans")?,
            id: SocketId::decode(r, family)?,
            expires: r.u32_le("idiag_expires")?,
            receive_queue: r.u32_le("idiag_rqueue")?,
            send_queue: r.u32_le("idiag_wqueue")?,
            uid: r.u32_le("idiag_uid")?,
            inode: r.u32_le("idiag_inode")?,
            attributes: Vec::new(),
        };
        while !r.remaining().is_empty() {
            socket.attributes.push(r.message()?);
        }
        Ok(socket)
    }
}

impl Encode for InetSocket<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u8(self.family.0, "idiag_family");
        w.u8(self.state.0, "idiag_state");
        w.u8(self.timer.0, "idiag_timer");
        w.u8(self.retransmits, "idiag_retrans");
        self.id.encode(w);
        w.u32_le(self.expires, "idiag_expires");
        w.u32_le(self.receive_queue, "idiag_rqueue");
        w.u32_le(self.send_queue, "idiag_wqueue");
        w.u32_le(self.uid, "idiag_uid");
        w.u32_le(self.inode, "idiag_inode");
        for attribute in &self.attributes {
            attribute.encode(w);
        }
    }
}

/// The names of the states whose bits are set.
fn state_names(states: u32) -> String {
    let set = (0..32).filter(|number| states >> number & 1 == 1).map(|number| TcpState(number).to_string());
    set.collect::<Vec<_>>().join(", ")
}
