use std::time::Duration;

use wirelab_reactor::Token;

use crate::link::Link;
use crate::report::Of;

/// One of the connections that a load may have, and what it is doing.
#[derive(Default)]
pub(crate) struct Slot {
    pub(crate) link: Option<Link>,
    pub(crate) place: Place,
    /// The number of its last request.
    pub(crate) number: u64,
    /// How many connections it has had: events of an earlier one do not concern the present one.
    uses: u32,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Place {
    /// Its connection is being made before the clock starts.
    Opening,
    /// It waits for a request, with a connection or without.
    #[default]
    Idle,
    /// It waits for an answer.
    Busy(Asked),
    /// It has its answer, and waits for the server to end the connection.
    Parting,
    /// It has failed, and waits a little before it asks again.
    Resting,
}

/// A request that was sent. Times count from the beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) of: Of,
    pub(crate) sent: Duration,
}

impl Slot {
    /// The token for a new connection of the slot at this index.
    pub(crate) fn next_token(&mut self, index: usize) -> Token {
        self.uses = self.uses.wrapping_add(1);
        Token(u64::from(self.uses) << 32 | index as u64)
    }

    /// The index of the slot that the token is for.
    pub(crate) fn index(token: Token) -> usize {
        (token.0 & u64::from(u32::MAX)) as usize
    }

    /// Whether the token is that of the present connection.
    pub(crate) fn is_of(&self, token: Token) -> bool {
        token.0 >> 32 == u64::from(self.uses)
    }

    /// Whether the request of this number still holds up the slot.
    pub(crate) fn waits_for(&self, number: u64) -> bool {
        self.number == number && matches!(self.place, Place::Busy(_) | Place::Parting)
    }
}
