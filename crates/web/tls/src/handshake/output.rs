use bytes::Bytes;

use crate::key_schedule::Secret;
use crate::{Suite, Summary};

/// Which keys a message travels under (QUIC: its encryption level, RFC 9001 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Epoch {
    /// None: ClientHello, HelloRetryRequest, ServerHello.
    Initial,
    /// Those of the resumed session: early data, EndOfEarlyData.
    EarlyData,
    /// Those of the key exchange: the rest of the handshake.
    Handshake,
    /// Those of the whole handshake: application data, tickets, key updates.
    Application,
}

/// A direction, seen from this end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// What the peer sends.
    Read,
    /// What this end sends.
    Write,
}

/// What has become of early data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyData {
    /// Client: it may be sent now, at most so many bytes. Keys to write it with came before.
    Offered {
        /// The server's limit in bytes.
        max: u32,
    },
    /// Client: the server has taken it. Server: it is taken, at most so many bytes; keys to read it came before.
    Accepted {
        /// The server's limit in bytes.
        max: u32,
    },
    /// Client: the server has not taken it; it is to be sent again after the handshake, if at all. Server: what comes is to be
    /// skipped (RFC 8446 §4.2.10), at most so many bytes.
    Rejected {
        /// How much a server skips, in bytes; 0 for a client.
        max: u32,
    },
}

/// What a handshake asks of whoever carries its messages. The order matters: keys take effect for what follows them.
#[derive(Debug)]
pub enum Output {
    /// Send this handshake message, header included.
    Send {
        /// Under these keys, which came before.
        epoch: Epoch,
        /// The message.
        message: Bytes,
    },
    /// From here on, this direction is protected with keys from this secret.
    Keys {
        /// Which direction.
        direction: Direction,
        /// What it belongs to.
        epoch: Epoch,
        /// The cipher and hash.
        suite: Suite,
        /// The traffic secret.
        secret: Secret,
    },
    /// For middle-boxes: send a record of `change_cipher_spec` here (RFC 8446 §D.4). QUIC leaves it out.
    ChangeCipherSpec,
    /// Early data.
    EarlyData(EarlyData),
    /// The peer is authenticated, and all keys are there.
    Complete(Box<Summary>),
    /// A client has put a ticket into its store.
    Ticket,
}
