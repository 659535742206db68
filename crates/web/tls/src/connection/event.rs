use bytes::Bytes;

use crate::Summary;

/// What a connection tells the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Server: data that came before the handshake was complete. Whoever is between can send it once more, to this server or
    /// to another one (RFC 8446 §8): only what may happen twice should be done on it.
    EarlyData(Bytes),
    /// Client: the server has not taken the early data. It is to be written again once the handshake is complete, if at all.
    EarlyDataRejected,
    /// The peer is who it should be, and [`write`](crate::Connection::write) is possible.
    HandshakeComplete(Box<Summary>),
    /// Data of the application, decrypted where it arrived; at most 2^14 bytes.
    Data(Bytes),
    /// Client: a ticket has been put into the store of sessions.
    Ticket,
    /// What the peer sends from here on is under new keys (RFC 8446 §4.6.3).
    KeyUpdated,
    /// The peer sends nothing more (`close_notify`, RFC 8446 §6.1). This side may still write, until it closes as well.
    Closed,
}
