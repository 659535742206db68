use wirelab_socket::TcpInfo;
use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::memory::{BufferMemory, SocketMemory};
use super::nlattr::{self, cut};

/// The attributes of `struct inet_diag_msg`; one that is not known here survives as [`Other`](Self::Other).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute<'a> {
    /// `INET_DIAG_MEMINFO`: the older four numbers of memory.
    BufferMemory(BufferMemory),
    /// `INET_DIAG_INFO`: the bytes of `struct tcp_info`, for `TcpInfo::from_bytes` of the crate `socket`.
    TcpInfo(&'a [u8]),
    /// `INET_DIAG_CONG`: the name of the congestion control, with the zero that ends it.
    Congestion(&'a [u8]),
    /// `INET_DIAG_TOS`: IPv4's type of service.
    TypeOfService(u8),
    /// `INET_DIAG_TCLASS`: IPv6's traffic class.
    TrafficClass(u8),
    /// `INET_DIAG_SKMEMINFO`: the memory of the socket.
    SocketMemory(SocketMemory),
    /// `INET_DIAG_SHUTDOWN`: which directions are shut down; 1: no more is received, 2: no more is sent.
    Shutdown(u8),
    /// `INET_DIAG_PROTOCOL`: the protocol, when it is not the one of the request's field.
    Protocol(u8),
    /// `INET_DIAG_SKV6ONLY`: whether an IPv6 socket refuses IPv4 peers.
    V6Only(u8),
    /// `INET_DIAG_CGROUP_ID`: the control group, by its inode.
    ControlGroup(u64),
    /// Any other: its type and its value.
    Other {
        /// `nla_type`.
        kind: u16,
        /// What it holds.
        value: &'a [u8],
    },
}

impl<'a> Attribute<'a> {
    /// Its number in `linux/inet_diag.h`.
    pub fn kind(&self) -> u16 {
        match self {
            Attribute::BufferMemory(_) => 1,
            Attribute::TcpInfo(_) => 2,
            Attribute::Congestion(_) => 4,
            Attribute::TypeOfService(_) => 5,
            Attribute::TrafficClass(_) => 6,
            Attribute::SocketMemory(_) => 7,
            Attribute::Shutdown(_) => 8,
            Attribute::Protocol(_) => 10,
            Attribute::V6Only(_) => 11,
            Attribute::ControlGroup(_) => 21,
            Attribute::Other { kind, .. } => *kind,
        }
    }

    fn decode_value(kind: u16, r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        Ok(match kind {
            1 => Attribute::BufferMemory(r.message()?),
            2 => {
                let bytes = r.rest("tcp_info");
                r.note(|| summary(&TcpInfo::from_bytes(bytes)));
                Attribute::TcpInfo(bytes)
            }
            4 => Attribute::Congestion(r.text(r.remaining().len(), "name")?),
            5 => Attribute::TypeOfService(r.u8("tos")?),
            6 => Attribute::TrafficClass(r.u8("tclass")?),
            7 => Attribute::SocketMemory(r.message()?),
            8 => Attribute::Shutdown(r.u8("sk_shutdown")?),
            10 => Attribute::Protocol(r.u8("sk_protocol")?),
            11 => Attribute::V6Only(r.u8("v6only")?),
            21 => Attribute::ControlGroup(r.u64_le("cgroup_id")?),
            _ => Attribute::Other { kind, value: r.rest("value") },
        })
    }

    fn encode_value(&self, w: &mut Writer<'_, impl Trace>) {
        match self {
            Attribute::BufferMemory(memory) => memory.encode(w),
            Attribute::TcpInfo(bytes) => w.bytes(cut(bytes), "tcp_info"),
            Attribute::Congestion(name) => w.text(cut(name), "name"),
            Attribute::TypeOfService(tos) => w.u8(*tos, "tos"),
            Attribute::TrafficClass(class) => w.u8(*class, "tclass"),
            Attribute::SocketMemory(memory) => memory.encode(w),
            Attribute::Shutdown(directions) => w.u8(*directions, "sk_shutdown"),
            Attribute::Protocol(protocol) => w.u8(*protocol, "sk_protocol"),
            Attribute::V6Only(only) => w.u8(*only, "v6only"),
            Attribute::ControlGroup(id) => w.u64_le(*id, "cgroup_id"),
            Attribute::Other { value, .. } => w.bytes(cut(value), "value"),
        }
    }

    fn value_length(&self) -> usize {
        match self {
            Attribute::BufferMemory(_) => BufferMemory::LENGTH,
            Attribute::SocketMemory(_) => SocketMemory::LENGTH,
            Attribute::ControlGroup(_) => 8,
            Attribute::TcpInfo(value) | Attribute::Congestion(value) | Attribute::Other { value, .. } => {
                cut(value).len()
            }
            _ => 1,
        }
    }

    pub(super) fn written_length(&self) -> usize {
        nlattr::written_length(self.value_length())
    }
}

impl<'a> Decode<'a> for Attribute<'a> {
    const NAME: &'static str = "attribute";
    const SECTION: &'static str = "linux/netlink.h, struct nlattr";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        nlattr::decode(r, name, Attribute::decode_value)
    }
}

impl Encode for Attribute<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        nlattr::encode(w, self.kind(), self.value_length(), |w| self.encode_value(w));
    }
}

/// The struct has more than fifty fields: three that everybody looks for.
fn summary(info: &TcpInfo) -> String {
    format!("{}, tcpi_rtt {:?}, tcpi_snd_cwnd {}", info.state, info.rtt, info.snd_cwnd)
}

/// The name of an attribute in `linux/inet_diag.h`.
fn name(kind: u16) -> &'static str {
    const NAMES: [&str; 24] = [
        "INET_DIAG_NONE",
        "INET_DIAG_MEMINFO",
        "INET_DIAG_INFO",
        "INET_DIAG_VEGASINFO",
        "INET_DIAG_CONG",
        "INET_DIAG_TOS",
        "INET_DIAG_TCLASS",
        "INET_DIAG_SKMEMINFO",
        "INET_DIAG_SHUTDOWN",
        "INET_DIAG_DCTCPINFO",
        "INET_DIAG_PROTOCOL",
        "INET_DIAG_SKV6ONLY",
        "INET_DIAG_LOCALS",
        "INET_DIAG_PEERS",
        "INET_DIAG_PAD",
        "INET_DIAG_MARK",
        "INET_DIAG_BBRINFO",
        "INET_DIAG_CLASS_ID",
        "INET_DIAG_MD5SIG",
        "INET_DIAG_ULP_INFO",
        "INET_DIAG_SK_BPF_STORAGES",
        "INET_DIAG_CGROUP_ID",
        "INET_DIAG_SOCKOPT",
        "unknown attribute",
    ];
    NAMES[usize::from(kind).min(NAMES.len() - 1)]
}
