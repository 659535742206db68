//! A connection that another protocol has taken over.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use wirelab_serve::Next;

use super::{BATCH, Ended, Mode, Session, Turn};
use crate::{Takeover, Tunnel};

/// What is known of the other protocol.
pub(super) struct State {
    takeover: Box<dyn Takeover>,
    pub(super) input: BytesMut,
    /// How much of the input it has seen already.
    seen: usize,
    /// It was told that the peer has ended its side.
    told_end: bool,
    /// When it wants to be called in any case.
    pub(super) until: Option<Instant>,
    /// It has nothing more to say by itself.
    called: bool,
}

impl State {
    pub(super) fn wants_read(&self) -> bool {
        self.input.len() < 16 * BATCH
    }

    fn has_news(&self, ended: bool, now: Instant) -> bool {
        let due = self.until.is_some_and(|until| until <= now);
        self.input.len() > self.seen || ended != self.told_end || due || !self.called
    }
}

impl Session {
    pub(super) fn begin_tunnel(&mut self, takeover: Box<dyn Takeover>) {
        let input = self.http.take_leftover();
        let state = State { takeover, input, seen: 0, told_end: false, until: None, called: false };
        self.mode = Mode::Tunnel(state);
    }

    /// Calls the other protocol, if there is news for it.
    pub(super) fn tunnel(&mut self, turn: &mut Turn<'_>) -> Result<Next<()>, Ended> {
        self.give_back(turn); // the protocol of before has said its last
        let Mode::Tunnel(state) = &mut self.mode else { return Ok(Next::Wait) };
        if !state.has_news(self.peer_ended, turn.now) {
            return Ok(Next::Wait);
        }
        (state.called, state.told_end) = (true, self.peer_ended);
        let before = turn.out.len();
        match state.takeover.run(&mut state.input, self.peer_ended, &mut turn.out) {
            Tunnel::Open => state.until = None,
            // At least a little, as for a source.
            Tunnel::Wait(time) => state.until = Some(turn.now + time.max(Duration::from_millis(1))),
            Tunnel::Close => {
                self.mode = Mode::Ending;
                return Ok(Next::Shutdown);
            }
        }
        state.seen = state.input.len();
        // A protocol that has said much may have more to say once that is sent.
        if turn.out.len() - before >= BATCH {
            state.called = false;
            return Ok(Next::More);
        }
        Ok(Next::Wait)
    }
}
