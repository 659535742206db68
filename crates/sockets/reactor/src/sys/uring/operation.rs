use std::os::fd::OwnedFd;

use super::buffers::Received;

/// Names one operation among those of its kind: the place of its owner in a table, and how many had the place before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) index: u32,
    /// 24 bits of it come back with a completion.
    pub(crate) generation: u32,
}

/// What an operation is, in the highest byte of its user data.
///
/// ```text
///   63        56 55                          32 31                           0
///  +------------+------------------------------+------------------------------+
///  |    kind    |          generation          |            index             |
///  +------------+------------------------------+------------------------------+
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Receive = 1,
    Send,
    Accept,
    /// Readiness of a registered source.
    Source,
    /// Readiness of a channel to be written to.
    Room,
    Cancel,
}

/// An operation has come to something.
#[derive(Debug)]
pub(crate) enum Completion {
    /// Bytes, or (without them) the end of the stream, or an error.
    Received(Key, Result<Option<Received>, i32>),
    /// So many bytes were sent, or all (`usize::MAX`); here is the memory again.
    Sent(Key, Result<usize, i32>, Vec<u8>),
    /// A connection; and whether the operation goes on to accept more.
    Accepted(Key, Result<OwnedFd, i32>, bool),
    /// What a source is ready for; and whether the operation goes on to watch it.
    Ready(Key, Result<u32, i32>, bool),
    /// A channel has room to be written to, or has failed.
    Room(Key, Result<u32, i32>),
}

pub(super) fn user_data(kind: Kind, key: Key) -> u64 {
    (kind as u64) << 56 | u64::from(key.generation & 0xff_ffff) << 32 | u64::from(key.index)
}

pub(super) fn from_user_data(user_data: u64) -> Option<(Kind, Key)> {
    let kinds = [Kind::Receive, Kind::Send, Kind::Accept, Kind::Source, Kind::Room, Kind::Cancel];
    let kind = kinds.into_iter().find(|&kind| kind as u64 == user_data >> 56)?;
    Some((kind, Key { index: user_data as u32, generation: (user_data >> 32) as u32 & 0xff_ffff }))
}
