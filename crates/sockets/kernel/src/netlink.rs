use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, OwnedFd};

use wirelab_wire::Encode;

use crate::answer::{Answer, Outcome};
use crate::error::Error;
use crate::sys;
use crate::wire::{Flags, Message, Payload};

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
        let request = Message::new(flags, self.sequence, 0, request).to_bytes();
        sys::send(self.socket.as_fd(), &request)?;
        if let Some(transcript) = &mut self.transcript {
            *transcript = Transcript { request: request.to_vec(), answers: Vec::new() };
        }
        let mut answer = Answer::to(self.sequence);
        loop {
            let datagram = receive(&self.socket, &mut self.room)?;
            if let Some(transcript) = &mut self.transcript
                && transcript.answers.len() < Transcript::LONGEST
            {
                transcript.answers.push(datagram.to_vec());
            }
            if let ControlFlow::Break(outcome) = answer.datagram(datagram, &mut take)? {
                return Ok(outcome);
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
