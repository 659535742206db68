use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, OwnedFd};

use wirelab_wire::{Decode, Encode, Reader};

use crate::error::Error;
use crate::sys;
use crate::wire::{Datagram, Flags, Message, MessageType, Payload};

/// As long as the kernel makes a datagram of a dump at most, given a reader with room for it.
const ROOM: usize = 32 * 1024;

/// A netlink socket: datagrams to and from the kernel.
///
/// ```text
/// ask    socket   ──────── request, NLM_F_DUMP, sequence 1 ────────▶  kernel
///        recvfrom ◀─ socket, NLM_F_MULTI · socket · … ─────────────   as many as fit into a datagram
///        recvfrom ◀─ socket · … · NLMSG_DONE ──────────────────────
/// ```
///
/// Nothing waits in the kernel for long: the first datagram is made by `send`, each further one by `recvfrom`.
#[derive(Debug)]
pub(crate) struct Netlink {
    socket: OwnedFd,
    sequence: u32,
    room: Vec<u8>,
    transcript: Option<Transcript>,
}

/// The bytes of a conversation, to be explained.
///
/// ```
/// use wirelab_kernel::{Query, wire::Datagram};
/// use wirelab_socket::TcpListener;
/// use wirelab_wire::{explain, render};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let transcript = Query::tcp().listening().local_port(listener.local_addr()?.port()).transcript()?;
/// let (_, explanation) = explain::<Datagram<'_>>(&transcript.answers[0]);
/// let text = render::terminal(&explanation, render::Style::PLAIN);
/// assert!(text.contains("idiag_wqueue"), "{text}");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The datagram that was sent.
    pub request: Vec<u8>,
    /// The first of the datagrams that came, [`LONGEST`](Self::LONGEST) at most.
    pub answers: Vec<Vec<u8>>,
}

impl Transcript {
    /// How many answers are kept.
    pub const LONGEST: usize = 8;
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All was told.
    Complete,
    /// All was told, but the kernel's table changed meanwhile.
    Interrupted,
}

impl Netlink {
    /// A socket in the network namespace of the calling thread.
    pub(crate) fn open() -> io::Result<Self> {
        Ok(Netlink { socket: sys::netlink_socket()?, sequence: 0, room: vec![0; ROOM], transcript: None })
    }

    /// From now on, keeps the bytes of the last conversation.
    pub(crate) fn keep_transcript(&mut self) {
        self.transcript = Some(Transcript::default());
    }

    pub(crate) fn into_transcript(self) -> Transcript {
        self.transcript.unwrap_or_default()
    }

    /// Sends a request, and gives each socket of the answer to `take`.
    pub(crate) fn ask(
        &mut self,
        flags: Flags,
        request: Payload<'_>,
        mut take: impl FnMut(Payload<'_>) -> io::Result<()>,
    ) -> io::Result<Outcome> {
        self.sequence = self.sequence.wrapping_add(1);
        let request = Message::new(flags, self.sequence, 0, request);
        let request = request.to_bytes();
        sys::send(self.socket.as_fd(), &request)?;
        if let Some(transcript) = &mut self.transcript {
            *transcript = Transcript { request: request.to_vec(), answers: Vec::new() };
        }
        let mut outcome = Outcome::Complete;
        loop {
            let datagram = receive(&self.socket, &mut self.room)?;
            if let Some(transcript) = &mut self.transcript
                && transcript.answers.len() < Transcript::LONGEST
            {
                transcript.answers.push(datagram.to_vec());
            }
            let answer = Datagram::decode(&mut Reader::whole(datagram)).map_err(Error::from)?;
            // What has another number answers a request whose answer nobody waited for.
            for message in answer.messages.into_iter().filter(|message| message.sequence() == self.sequence) {
                if message.flags().contains(Flags::DUMP_INTERRUPTED) {
                    outcome = Outcome::Interrupted;
                }
                if let ControlFlow::Break(()) = one(message, &mut take)? {
                    return Ok(outcome);
                }
            }
        }
    }
}

/// The next datagram that is the kernel's own: any process may send one to the socket.
fn receive<'r>(socket: &OwnedFd, room: &'r mut [u8]) -> io::Result<&'r [u8]> {
    let length = loop {
        match sys::receive(socket.as_fd(), room) {
            Ok((length, 0)) => break length,
            Ok((_, _other_process)) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    };
    let truncated = Error::Truncated { length, room: room.len() };
    Ok(room.get(..length).ok_or(truncated)?)
}

/// Takes one message of the answer, and says whether it is the last.
fn one(
    message: Message<'_>,
    take: &mut impl FnMut(Payload<'_>) -> io::Result<()>,
) -> io::Result<ControlFlow<()>> {
    let more_follow = message.flags().contains(Flags::MULTI);
    match message.into_payload() {
        Payload::Error { error, .. } | Payload::Done { error } if error < 0 => {
            Err(io::Error::from_raw_os_error(error.saturating_neg()))
        }
        Payload::Error { .. } | Payload::Done { .. } => Ok(ControlFlow::Break(())),
        socket @ (Payload::InetSocket(_) | Payload::UnixSocket(_)) => {
            take(socket)?;
            Ok(if more_follow { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        }
        Payload::Other { kind: MessageType::OVERRUN, .. } => Err(Error::Overrun.into()),
        _ => Ok(ControlFlow::Continue(())),
    }
}
