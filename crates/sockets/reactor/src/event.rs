use std::ops::BitOr;

/// The number that a source is registered with and that its events carry: an index into the program's
/// connections, say.
///
/// A connection that is closed while a batch of events is being handled may still be named by a later event of
/// the same batch. Whoever gives indices to new connections again should count the uses in the upper half of
/// the number, and drop events whose count is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u64);

/// What a source is watched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interest {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

impl Interest {
    /// There is something to read, or to accept, or the peer has ended its side.
    pub const READABLE: Interest = Interest { readable: true, writable: false };
    /// There is room in the send buffer, or a connection attempt has ended.
    pub const WRITABLE: Interest = Interest { readable: false, writable: true };
    /// Both: with [`Trigger::Edge`] the one registration that a connection needs in its life.
    pub const BOTH: Interest = Interest { readable: true, writable: true };
}

impl BitOr for Interest {
    type Output = Interest;
    fn bitor(self, other: Interest) -> Interest {
        Interest { readable: self.readable | other.readable, writable: self.writable | other.writable }
    }
}

/// When a source that is ready is reported.
///
/// ```text
///  bytes in the buffer   0  100  100  40  140  140   0
///                           ▲         ▲   ▲
///                        arrive    read  arrive
///  Level reports            ●    ●    ●   ●    ●           in each turn while there is something
///  Edge reports             ●             ●                only when something new has arrived
///  OneShot reports          ●                              once, and then not until it is registered again
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// Each time, as long as it is ready. Nothing can be missed; but whoever does not want to read or write now
    /// must change the registration, or the loop spins.
    Level,
    /// Once when it becomes ready, and again when more arrives. No registration is ever changed; but whoever is
    /// told must go on until `WouldBlock` or a short read or write, or remember that there is more, as nothing
    /// will tell again.
    ///
    /// `poll` keeps no memory between two calls, and cannot tell a new arrival from an old one: there, only channels
    /// have edges, since the reactor sees their reads and writes.
    Edge,
    /// Once, and then nothing until [`Reactor::reregister`](crate::Reactor::reregister): for a source that is handed
    /// to another thread, which arms it again when it is done, or for something that happens once, as the end of a
    /// connection attempt does.
    OneShot,
}

/// A source is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub(crate) token: Token,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) read_closed: bool,
    pub(crate) hangup: bool,
    pub(crate) error: bool,
}

impl Event {
    /// The bits of `poll`, which epoll and io_uring share.
    pub(crate) fn from_bits(token: Token, bits: u32) -> Self {
        let has = |bit: i32| bits & bit as u32 != 0;
        Event {
            token,
            readable: has(libc::EPOLLIN),
            writable: has(libc::EPOLLOUT),
            read_closed: has(libc::EPOLLRDHUP),
            hangup: has(libc::EPOLLHUP),
            error: has(libc::EPOLLERR),
        }
    }

    /// What the source was registered with.
    pub fn token(&self) -> Token {
        self.token
    }

    /// A read will not wait: there are bytes, the end of the stream, or an error. A program that reads then
    /// hears of all three from its read, and need not ask the methods below.
    pub fn is_readable(&self) -> bool {
        self.readable || self.read_closed || self.hangup || self.error
    }

    /// A write will not wait: there is room in the send buffer, or an error to be told.
    pub fn is_writable(&self) -> bool {
        self.writable || self.hangup || self.error
    }

    /// The peer has ended its side (FIN), perhaps behind bytes that are still to be read. On an edge-triggered
    /// source a short read is then not the last: read on until 0, as no further event will come.
    ///
    /// Only epoll knows it beforehand. `poll` and a ring report the end as one more readable event behind that of
    /// the last bytes, whose read returns 0.
    pub fn is_read_closed(&self) -> bool {
        self.read_closed || self.hangup
    }

    /// Both directions are closed.
    pub fn is_hangup(&self) -> bool {
        self.hangup
    }

    /// The source has failed; the next call on it, or `SO_ERROR`, tells why.
    pub fn is_error(&self) -> bool {
        self.error
    }
}
