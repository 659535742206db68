use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::codes::{Flags, MessageType};

/// `struct nlmsghdr`: what every netlink message begins with.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────────────────────────────────────┐
/// │                           nlmsg_len                           │
/// ├───────────────────────────────┬───────────────────────────────┤
/// │          nlmsg_type           │          nlmsg_flags          │
/// ├───────────────────────────────┴───────────────────────────────┤
/// │                           nlmsg_seq                           │
/// ├───────────────────────────────────────────────────────────────┤
/// │                           nlmsg_pid                           │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The length of the message in bytes, these 16 included, the padding behind it not.
    pub length: u32,
    /// What the message is.
    pub kind: MessageType,
    /// How it is meant.
    pub flags: Flags,
    /// The number that an answer has from its request.
    pub sequence: u32,
    /// The port of the netlink socket that asked. (Its name in C is older than threads: it is no process id.)
    pub port: u32,
}

impl Header {
    /// How long it is, in bytes.
    pub const LENGTH: u32 = 16;
}

impl<'a> Decode<'a> for Header {
    const NAME: &'static str = "netlink header";
    const SECTION: &'static str = "netlink(7), struct nlmsghdr";

    #[inline]
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let length = r.u32_le("nlmsg_len")?;
        if length < Header::LENGTH {
            return Err(r.invalid("nlmsg_len", &super::rules::LENGTH_BELOW_HEADER));
        }
        let kind = MessageType(r.u16_le("nlmsg_type")?);
        r.note(|| kind.name().unwrap_or("unknown").to_owned());
        let flags = Flags(r.u16_le("nlmsg_flags")?);
        r.note(|| flags.to_string());
        let sequence = r.u32_le("nlmsg_seq")?;
        let port = r.u32_le("nlmsg_pid")?;
        if port == 0 {
            r.note(|| "the kernel".to_owned());
        }
        Ok(Header { length, kind, flags, sequence, port })
    }
}

impl Encode for Header {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u32_le(self.length, "nlmsg_len");
        w.u16_le(self.kind.0, "nlmsg_type");
        w.u16_le(self.flags.0, "nlmsg_flags");
        w.u32_le(self.sequence, "nlmsg_seq");
        w.u32_le(self.port, "nlmsg_pid");
    }
}
