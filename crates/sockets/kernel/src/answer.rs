use std::io;
use std::ops::ControlFlow;

use wirelab_wire::{Decode, Reader};

use crate::error::Error;
use crate::wire::{Datagram, Flags, Message, MessageType, Payload};

/// The answer to one request, a datagram at a time. It does no input or output.
///
/// ```text
/// dump:    socket, NLM_F_MULTI · socket, NLM_F_MULTI · … · NLMSG_DONE
/// lookup:  socket                                        without NLM_F_MULTI
/// failure: NLMSG_ERROR                                   in place of either
/// ```
#[derive(Debug)]
pub(crate) struct Answer {
    sequence: u32,
    outcome: Outcome,
}

/// How an answer ended that was no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All was told.
    Complete,
    /// All was told, but the kernel's table changed meanwhile.
    Interrupted,
}

impl Answer {
    /// The answer to the request with this number.
    pub(crate) fn to(sequence: u32) -> Self {
        Answer { sequence, outcome: Outcome::Complete }
    }

    /// Gives the sockets of a datagram to `take`. `Break` when it was the last datagram.
    pub(crate) fn datagram(
        &mut self,
        bytes: &[u8],
        take: &mut impl FnMut(Payload<'_>) -> io::Result<()>,
    ) -> io::Result<ControlFlow<Outcome>> {
        let datagram = Datagram::decode(&mut Reader::whole(bytes)).map_err(Error::from)?;
        // What has another number answers a request whose answer nobody waited for.
        for message in datagram.messages.into_iter().filter(|message| message.sequence() == self.sequence) {
            if message.flags().contains(Flags::DUMP_INTERRUPTED) {
                self.outcome = Outcome::Interrupted;
            }
            if one(message, take)?.is_break() {
                return Ok(ControlFlow::Break(self.outcome));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

// ANCHOR: one
/// Takes one message, and says whether it is the last.
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
// ANCHOR_END: one

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Header, UnixKind, UnixSocket};
    use wirelab_wire::Encode;

    fn socket(inode: u32) -> Payload<'static> {
        let (kind, state, cookie, attributes) = (UnixKind::STREAM, 1, 1, Vec::new());
        Payload::UnixSocket(UnixSocket { kind, state, inode, cookie, attributes })
    }

    fn failure(error: i32) -> Payload<'static> {
        let (kind, flags) = (MessageType::SOCK_DIAG_BY_FAMILY, Flags::REQUEST);
        let request = Header { length: 16, kind, flags, sequence: 7, port: 0 };
        Payload::Error { error, request, rest: &[] }
    }

    type Parts<'p> = Vec<(Flags, u32, Payload<'p>)>;

    /// What the answer to request 7 comes to, and the sockets that it told of.
    fn told(datagrams: Vec<Parts<'_>>) -> (io::Result<ControlFlow<Outcome>>, Vec<u32>) {
        let mut inodes = Vec::new();
        let mut take = |payload: Payload<'_>| {
            if let Payload::UnixSocket(socket) = payload {
                inodes.push(socket.inode);
            }
            Ok(())
        };
        let mut answer = Answer::to(7);
        let mut end = Ok(ControlFlow::Continue(()));
        for parts in datagrams {
            assert!(matches!(end, Ok(ControlFlow::Continue(()))), "an answer behind its end: {end:?}");
            let messages =
                parts.into_iter().map(|(flags, sequence, payload)| Message::new(flags, sequence, 1, payload));
            end = answer.datagram(&Datagram { messages: messages.collect() }.to_bytes(), &mut take);
        }
        (end, inodes)
    }

    const ONE: Flags = Flags(0);
    const PART: Flags = Flags::MULTI;

    #[test]
    fn a_dump_ends_with_done_and_a_lookup_with_its_socket() {
        let done = Payload::Done { error: 0 };
        let (end, inodes) = told(vec![
            vec![(PART, 7, socket(1)), (PART, 7, socket(2))],
            vec![(PART, 7, socket(3)), (PART, 7, done)],
        ]);
        assert_eq!((end.unwrap(), inodes), (ControlFlow::Break(Outcome::Complete), vec![1, 2, 3]));
        let (end, inodes) = told(vec![vec![(ONE, 7, socket(1))]]);
        assert_eq!((end.unwrap(), inodes), (ControlFlow::Break(Outcome::Complete), vec![1]));
        let (end, _) = told(vec![vec![(PART, 7, socket(1))]]);
        assert_eq!(end.unwrap(), ControlFlow::Continue(()));
    }

    #[test]
    fn the_answer_to_another_request_is_passed_over() {
        let foreign =
            vec![(PART, 6, socket(1)), (PART, 6, Payload::Done { error: 0 }), (ONE, 8, failure(-1))];
        let (end, inodes) = told(vec![foreign, vec![(ONE, 7, socket(2))]]);
        assert_eq!((end.unwrap(), inodes), (ControlFlow::Break(Outcome::Complete), vec![2]));
    }

    #[test]
    fn the_kernels_error_is_the_error_whether_a_message_or_a_dump_brings_it() {
        for payload in [failure(-libc::ENOENT), Payload::Done { error: -libc::ENOENT }] {
            let (end, _) = told(vec![vec![(ONE, 7, payload)]]);
            assert_eq!(end.unwrap_err().raw_os_error(), Some(libc::ENOENT));
        }
        let (end, _) = told(vec![vec![(ONE, 7, failure(i32::MIN))]]);
        assert_eq!(end.unwrap_err().raw_os_error(), Some(i32::MAX));
        let (end, _) = told(vec![vec![(ONE, 7, failure(0))]]);
        assert_eq!(end.unwrap(), ControlFlow::Break(Outcome::Complete), "0 is no error");
    }

    #[test]
    fn a_dump_that_was_interrupted_in_any_part_is_told_at_its_end() {
        let interrupted = PART.with(Flags::DUMP_INTERRUPTED);
        let parts =
            vec![(interrupted, 7, socket(1)), (PART, 7, socket(2)), (PART, 7, Payload::Done { error: 0 })];
        assert_eq!(told(vec![parts]).0.unwrap(), ControlFlow::Break(Outcome::Interrupted));
    }

    #[test]
    fn lost_messages_are_an_error_and_empty_ones_are_nothing() {
        let other = |kind| Payload::Other { kind, bytes: &[] };
        let (end, inodes) = told(vec![vec![(ONE, 7, other(MessageType::NOOP)), (ONE, 7, socket(1))]]);
        assert_eq!((end.unwrap(), inodes), (ControlFlow::Break(Outcome::Complete), vec![1]));
        let (end, _) = told(vec![vec![(ONE, 7, other(MessageType::OVERRUN))]]);
        assert!(end.unwrap_err().to_string().contains("NLMSG_OVERRUN"));
    }

    #[test]
    fn what_is_no_netlink_message_is_named_by_its_byte_and_field() {
        let error = Answer::to(7).datagram(&[1, 2, 3], &mut |_| Ok(())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(error.to_string().contains("byte 0, field `nlmsg_len`"), "{error}");
    }
}
