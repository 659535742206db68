//! What comes to a loop from other threads, and what goes to them.

use wirelab_reactor::Token;

use super::EventLoop;
use crate::Service;

impl<S: Service> EventLoop<'_, S> {
    /// Takes the connections that the accepting thread has left.
    pub(super) fn take_connections(&mut self) {
        let Some(inbox) = self.inbox else { return };
        for (stream, peer) in inbox.take() {
            self.admit(stream, peer);
        }
    }

    /// Gives the connection's request to the pool, if it has one. If the queue is full, it stays with the connection,
    /// which is not read meanwhile; and later requests of others stand behind it.
    pub(super) fn hand_over(&mut self, token: Token) {
        let (Some(pool), Some(link)) = (self.pool, self.links.get_mut(token)) else { return };
        if link.is_unasked {
            return; // its turn to be asked will come
        }
        let Some(request) = link.connection.take_request() else { return };
        let refused = match self.unasked.is_empty() {
            true => pool.push(token, request).err(),
            false => Some(request),
        };
        if let Some(request) = refused {
            self.worker.turn.counters.note("queue-full");
            link.connection.give_back(request);
            link.is_unasked = true;
            self.unasked.push_back(token);
        }
    }

    /// Gives the sessions their answers; the queue then has room for requests that had to wait.
    pub(super) fn take_answers(&mut self) {
        let Some(pool) = self.pool else { return };
        for (token, answer) in pool.take_answers() {
            // A connection that has ended meanwhile is not found, and its answer is nobody's.
            self.drive(token, |connection, io, worker| connection.on_answer(answer, io, worker));
        }
        while let Some(&token) = self.unasked.front() {
            if let Some(link) = self.links.get_mut(token)
                && let Some(request) = link.connection.take_request()
            {
                if let Err(request) = pool.push(token, request) {
                    return link.connection.give_back(request);
                }
                link.is_unasked = false;
            }
            self.unasked.pop_front();
        }
    }
}
