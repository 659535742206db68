use std::time::Instant;

use bytes::BytesMut;

use crate::Tally;

/// A buffer that is used again for all connections is let go when one of them has stretched it beyond this.
const KEPT: usize = 512 * 1024;

/// What a worker lends to the session that has its turn.
#[derive(Debug)]
pub struct Turn<'a, L> {
    /// The time of this turn of the loop.
    pub now: Instant,
    /// When the server was told to stop.
    pub stopping: Option<Instant>,
    /// What the session has to say. Empty when it begins.
    pub out: BytesMut,
    /// What the worker's sessions share.
    pub local: L,
    /// What the worker has done so far. Requests, responses and incidents are the session's to count.
    pub counters: &'a Tally,
}

impl<L> Turn<'_, L> {
    /// Makes the buffer ready for the next connection.
    pub(crate) fn clear_out(&mut self) {
        self.out.clear();
        if self.out.capacity() > KEPT {
            self.out = BytesMut::new();
        }
    }
}
