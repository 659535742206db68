use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, OwnedFd};

use wirelab_wire::{Encode, Reader};

use crate::error::Error;
use crate::sys;
use crate::wire::{Flags, InetSocket, Message, MessageType, Payload, messages};

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
        Ok(Netlink { socket: sys::netlink_socket()?, sequence: 0, room: vec![0; ROOM] })
    }

    /// Sends a request, and gives each socket of the answer to `take`.
    pub(crate) fn ask(
        &mut self,
        flags: Flags,
        request: Payload<'_>,
        mut take: impl FnMut(InetSocket<'_>) -> io::Result<()>,
    ) -> io::Result<Outcome> {
        self.sequence = self.sequence.wrapping_add(1);
        let request = Message::new(flags, self.sequence, 0, request);
        sys::send(self.socket.as_fd(), &request.to_bytes())?;
        let mut outcome = Outcome::Complete;
        loop {
            let datagram = receive(&self.socket, &mut self.room)?;
            let answer = messages(&mut Reader::whole(datagram)).map_err(Error::from)?;
            // What has another number answers a request whose answer nobody waited for.
            for message in answer.into_iter().filter(|message| message.sequence() == self.sequence) {
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
    take: &mut impl FnMut(InetSocket<'_>) -> io::Result<()>,
) -> io::Result<ControlFlow<()>> {
    let more_follow = message.flags().contains(Flags::MULTI);
    match message.into_payload() {
        Payload::Error { error, .. } | Payload::Done { error } if error < 0 => {
            Err(io::Error::from_raw_os_error(error.saturating_neg()))
        }
        Payload::Error { .. } | Payload::Done { .. } => Ok(ControlFlow::Break(())),
        Payload::InetSocket(socket) => {
            take(socket)?;
            Ok(if more_follow { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        }
        Payload::Other { kind: MessageType::OVERRUN, .. } => Err(Error::Overrun.into()),
        Payload::Other { .. } | Payload::InetRequest(_) => Ok(ControlFlow::Continue(())),
    }
}
