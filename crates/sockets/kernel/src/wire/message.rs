use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::codes::{Family, Flags, MessageType};
use super::header::Header;
use super::inet::{InetRequest, InetSocket};
use super::unix::{UnixRequest, UnixSocket};

/// A netlink message: the header, and what it carries, padded to a multiple of four bytes.
///
/// ```
/// use wirelab_kernel::wire::{Extensions, Family, Flags, InetRequest, Message, Payload, Protocol, SocketId};
/// use wirelab_wire::Encode;
///
/// let all_listeners = InetRequest {
///     family: Family::INET,
///     protocol: Protocol::TCP,
///     extensions: Extensions::default(),
///     states: 1 << 10,
///     id: SocketId::ANY,
/// };
/// let message = Message::new(Flags::DUMP, 1, 0, Payload::InetRequest(all_listeners));
/// assert_eq!(message.to_bytes()[..8], [72, 0, 0, 0, 20, 0, 0x01, 0x03]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    flags: Flags,
    sequence: u32,
    port: u32,
    payload: Payload<'a>,
}

/// What a [`Message`] carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// `NLMSG_ERROR`: a request failed, or (error 0) was done.
    Error {
        /// The number of the error, negative as the kernel writes it; 0 is none.
        error: i32,
        /// The header of the request.
        request: Header,
        /// The rest of the request, if it failed.
        rest: &'a [u8],
    },
    /// `NLMSG_DONE`: the end of a dump.
    Done {
        /// 0, or the number of the error that ended it, negative.
        error: i32,
    },
    /// A request for TCP or UDP sockets.
    InetRequest(InetRequest),
    /// One TCP or UDP socket.
    InetSocket(InetSocket<'a>),
    /// A request for Unix sockets.
    UnixRequest(UnixRequest),
    /// One Unix socket.
    UnixSocket(UnixSocket<'a>),
    /// Any other message.
    Other {
        /// What it is.
        kind: MessageType,
        /// What it carries.
        bytes: &'a [u8],
    },
}

impl<'a> Message<'a> {
    /// A message with these flags; `NLM_F_REQUEST` is set if the payload is a request and unset if it is an answer.
    pub fn new(flags: Flags, sequence: u32, port: u32, payload: Payload<'a>) -> Self {
        let flags = match payload {
            Payload::InetRequest(_) | Payload::UnixRequest(_) => flags.with(Flags::REQUEST),
            Payload::InetSocket(_) | Payload::UnixSocket(_) => flags.without(Flags::REQUEST),
            _ => flags,
        };
        Message { flags, sequence, port, payload }
    }

    /// Its flags.
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// The number that an answer has from its request.
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    /// The port of the netlink socket that asked; the kernel fills it in.
    pub fn port(&self) -> u32 {
        self.port
    }

    /// What it carries.
    pub fn payload(&self) -> &Payload<'a> {
        &self.payload
    }

    /// What it carries, alone.
    pub fn into_payload(self) -> Payload<'a> {
        self.payload
    }

    fn header(&self) -> Header {
        Header {
            length: Header::LENGTH + self.payload.written_length() as u32,
            kind: self.payload.kind(),
            flags: self.flags,
            sequence: self.sequence,
            port: self.port,
        }
    }
}

impl<'a> Payload<'a> {
    fn kind(&self) -> MessageType {
        match self {
            Payload::Error { .. } => MessageType::ERROR,
            Payload::Done { .. } => MessageType::DONE,
            Payload::Other { kind, .. } => *kind,
            _ => MessageType::SOCK_DIAG_BY_FAMILY,
        }
    }

    /// What carries a type of its own says so; of sockets, the family and the direction tell.
    fn decode(header: &Header, r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let family = r.peek().map(Family);
        match (header.kind, header.flags.contains(Flags::REQUEST), family) {
            (MessageType::ERROR, ..) => {
                let error = error_number(r, "error")?;
                let request = r.message()?;
                Ok(Payload::Error { error, request, rest: r.rest("request") })
            }
            (MessageType::DONE, ..) => Ok(Payload::Done { error: error_number(r, "error")? }),
            (MessageType::SOCK_DIAG_BY_FAMILY, true, Some(Family::INET | Family::INET6)) => {
                r.message().map(Payload::InetRequest)
            }
            (MessageType::SOCK_DIAG_BY_FAMILY, false, Some(Family::INET | Family::INET6)) => {
                r.message().map(Payload::InetSocket)
            }
            (MessageType::SOCK_DIAG_BY_FAMILY, true, Some(Family::UNIX)) => {
                r.message().map(Payload::UnixRequest)
            }
            (MessageType::SOCK_DIAG_BY_FAMILY, false, Some(Family::UNIX)) => {
                r.message().map(Payload::UnixSocket)
            }
            (kind, ..) => Ok(Payload::Other { kind, bytes: r.rest("payload") }),
        }
    }

    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        match self {
            Payload::Error { error, request, rest } => {
                w.u32_le(*error as u32, "error");
                request.encode(w);
                w.bytes(rest, "request");
            }
            Payload::Done { error } => w.u32_le(*error as u32, "error"),
            Payload::InetRequest(request) => request.encode(w),
            Payload::InetSocket(socket) => socket.encode(w),
            Payload::UnixRequest(request) => request.encode(w),
            Payload::UnixSocket(socket) => socket.encode(w),
            Payload::Other { bytes, .. } => w.bytes(bytes, "payload"),
        }
    }

    fn written_length(&self) -> usize {
        match self {
            Payload::Error { rest, .. } => 4 + Header::LENGTH as usize + rest.len(),
            Payload::Done { .. } => 4,
            Payload::InetRequest(_) => InetRequest::LENGTH,
            Payload::InetSocket(socket) => socket.written_length(),
            Payload::UnixRequest(_) => UnixRequest::LENGTH,
            Payload::UnixSocket(socket) => socket.written_length(),
            Payload::Other { bytes, .. } => bytes.len(),
        }
    }
}

/// A number as the kernel returns it: 0, or an error's negative.
fn error_number(r: &mut Reader<'_, impl Trace>, name: &'static str) -> Result<i32, WireError> {
    let error = r.u32_le(name)? as i32;
    if error < 0 {
        r.note(|| std::io::Error::from_raw_os_error(error.saturating_neg()).to_string());
    }
    Ok(error)
}

impl<'a> Decode<'a> for Message<'a> {
    const NAME: &'static str = "netlink message";
    const SECTION: &'static str = "netlink(7)";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let header: Header = r.message()?;
        let length = (header.length - Header::LENGTH) as usize;
        let payload = r.block(length, "payload", |r| Payload::decode(&header, r))?;
        let padding = length.next_multiple_of(4) - length;
        if padding > 0 {
            r.bytes(padding, "padding")?;
        }
        let Header { flags, sequence, port, .. } = header;
        Ok(Message { flags, sequence, port, payload })
    }
}

impl Encode for Message<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        let header = self.header();
        header.encode(w);
        self.payload.encode(w);
        let length = header.length as usize;
        let padding = length.next_multiple_of(4) - length;
        if padding > 0 {
            w.bytes(&[0; 3][..padding], "padding");
        }
    }
}
