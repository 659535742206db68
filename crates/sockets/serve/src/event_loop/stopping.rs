//! The end of a loop.

use std::io;

use wirelab_reactor::{Acceptor, Backend, Signal};

use super::{Common, EventLoop, Timer};
use crate::Service;
use crate::control::Level;

impl<S: Service> EventLoop<'_, S> {
    pub(super) fn take_signals(&mut self) -> io::Result<()> {
        while let Some(signals) = &self.signals
            && let Some(signal) = signals.read()?
        {
            match signal {
                Signal::INT if self.ordered => {}
                Signal::TERM if self.ordered => self.stop()?,
                _ if self.ordered => self.abort(),
                // The others are woken by it, and so is this loop: but it need not wait for that.
                _ if self.common.control.raise() == Level::Stop => self.stop()?,
                _ => self.abort(),
            }
        }
        Ok(())
    }

    /// The orderly end begins.
    pub(super) fn stop(&mut self) -> io::Result<()> {
        if self.worker.turn.stopping.is_some() {
            return Ok(());
        }
        // A worker that is to be replaced leaves the queue to the others.
        if !self.ordered || self.common.table.common().is_told_to_empty_queue() {
            self.empty_queue()?;
        }
        self.offer = None;
        if let Some(acceptor) = self.acceptor.take() {
            drop(self.reactor.unlisten(acceptor));
        }
        self.worker.turn.stopping = Some(self.worker.turn.now);
        self.reactor.set_timer(self.worker.config.grace_time, Timer::GraceOver);
        for token in self.links.tokens() {
            self.drive(token, |connection, io, worker| connection.on_stop(io, worker));
        }
        Ok(())
    }

    /// Who is in the queue has been connected since the handshake, and may have sent a request. Who comes behind as many as
    /// a queue can hold has come later.
    fn empty_queue(&mut self) -> io::Result<()> {
        let Some(acceptor) = &self.acceptor else { return Ok(()) };
        let most = to_empty(acceptor, &self.common)?;
        let accepted = |this: &Self| this.worker.turn.counters.accepted.get();
        let (begin, mut before) = (accepted(self), u64::MAX);
        while accepted(self) != before && accepted(self) - begin < most {
            before = accepted(self);
            self.accept()?;
        }
        Ok(())
    }

    /// The end without order: what is not done now is not done.
    pub(super) fn abort(&mut self) {
        for token in self.links.tokens() {
            self.worker.turn.counters.note("grace-time");
            self.close(token);
        }
        self.aborted = true;
    }
}

/// How many connections a worker that stops takes from the queue at most: as many as can be there, but none if there is a
/// successor who accepts from the same queue. Those that a ring has accepted unasked are its own in any case.
pub(crate) fn to_empty<S>(acceptor: &Acceptor, common: &Common<'_, S>) -> io::Result<u64> {
    match (common.control.is_handed_over(), common.config.backend) {
        (true, Backend::Epoll | Backend::Poll) => Ok(0),
        _ => Ok(u64::from(acceptor.listener().accept_queue()?.limit) + ACCEPTED_BY_RING),
    }
}

/// So many a ring has accepted before it is asked.
const ACCEPTED_BY_RING: u64 = 256;
