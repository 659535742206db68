use std::mem;

use bytes::BytesMut;

use crate::channel::make_room;
use crate::sys::uring::{Received, Ring};

/// The receiving half of a connection.
///
/// ```text
///                  submit             bytes           read to its end
///  Wanted ───────────────▶ InFlight ────────▶ Held ──────────────────▶ Wanted
///    ▲                        │ 0, error        │ the pool is needed
///    │ handshake over         ▼                 ▼
///  Connecting               Ended             Moved ─────────────────▶ Wanted
/// ```
///
/// One receive is asked for at a time, and no other before the program has read what the last one brought: a slow reader
/// holds one buffer, and its peer feels the closed window as it should. A multishot receive would save the entry for each
/// message, and would fill the whole pool for one connection that does not read.
#[derive(Debug)]
pub(super) enum Receiving {
    /// The handshake is not over. A receive would take its error from whoever asks for it.
    Connecting,
    /// To be submitted; after waiting for readiness, if the socket is known to be empty.
    Wanted {
        wait_first: bool,
    },
    InFlight,
    Held(Received),
    /// As `Held`, in memory of its own.
    Moved {
        bytes: Vec<u8>,
        start: usize,
        more: bool,
    },
    Ended,
}

impl Receiving {
    /// Bytes into the program's buffer; `None`: there are none now.
    pub(super) fn take(&mut self, ring: &mut Ring, buffer: &mut BytesMut) -> Option<usize> {
        let room = make_room(buffer);
        // `more` is about the socket: told when all that was held is read.
        let (count, more) = match self {
            Receiving::Held(received) => {
                let count = received.len().min(room);
                buffer.extend_from_slice(&ring.bytes(received)[..count]);
                received.advance(count);
                (count, (received.len() == 0).then_some(received.more))
            }
            Receiving::Moved { bytes, start, more } => {
                let count = (bytes.len() - *start).min(room);
                buffer.extend_from_slice(&bytes[*start..*start + count]);
                *start += count;
                (count, (*start == bytes.len()).then_some(*more))
            }
            _ => return None,
        };
        if let Some(more) = more {
            self.replace(ring, Receiving::Wanted { wait_first: !more });
        }
        Some(count)
    }

    /// The next state. A buffer that the former one held goes back to the pool.
    pub(super) fn replace(&mut self, ring: &mut Ring, next: Receiving) {
        if let Receiving::Held(received) = mem::replace(self, next) {
            ring.give_back(received);
        }
    }

    /// The pool needs the buffer.
    pub(super) fn move_out(&mut self, ring: &mut Ring) {
        if let Receiving::Held(received) = self {
            let (bytes, more) = (ring.bytes(received).to_vec(), received.more);
            self.replace(ring, Receiving::Moved { bytes, start: 0, more });
        }
    }
}
