use std::time::Duration;

use wirelab_sansio::{Instant, StreamProtocol};

use crate::pipe::{Pipe, Transit};
use crate::pump::{Wires, pump};
use crate::{End, Network, RunError, Side};

/// Two [`StreamProtocol`]s, joined by a byte stream in virtual time.
///
/// ```text
///   application ◀─event─ ┌────────┐ ═══ uplink ════▶ ┌────────┐ ─event─▶ application
///    (a closure) ──────▶ │ client │                  │ server │ ◀──────  (a closure)
///                command └────────┘ ◀═══ downlink ══ └────────┘ command
/// ```
///
/// # The model of the stream
///
/// The connection is open at time zero. Bytes travel in segments of at most [`mss`](Pair::mss) bytes, each a packet on its
/// [`Link`](crate::Link), and the receiver gets them in order: what overtook (jitter) or follows a lost segment waits, which
/// is TCP's head-of-line blocking. A lost segment is sent again after [`rto`](Pair::rto), twice as long each time. There are
/// no acknowledgements, no congestion window and no fast retransmission, so a link's [`Queue`](crate::Queue) limit does not
/// apply: the sender lines its segments up without a bound but the [`window`](Pair::window), and learns at once how much the
/// receiver has read. Numbers that hang on congestion control need a real TCP instead.
///
/// An end's direction is shut down (`FIN`) when its protocol [wants to](StreamProtocol::wants_shutdown), and after an
/// error; what arrives at an end that failed is discarded.
///
/// The links, the seed, the names and the pictures are those of every [`Network`].
pub type Pair<C, S> = Network<C, S, Pipe>;

impl<C, S> Pair<C, S> {
    /// The most payload in a segment, in bytes: 1460 if not set (Ethernet's 1500 without the headers of IPv4 and TCP).
    #[must_use]
    pub fn mss(mut self, bytes: usize) -> Self {
        (self.up.mss, self.down.mss) = (bytes.max(1), bytes.max(1));
        self
    }

    /// How long a sender waits before it sends a lost segment again: 1 s if not set (RFC 6298 §2.1).
    #[must_use]
    pub fn rto(mut self, rto: Duration) -> Self {
        (self.up.rto, self.down.rto) = (rto, rto);
        self
    }

    /// How many bytes may be under way and unread before a sender stops asking its protocol for more: 1 MiB if not set.
    #[must_use]
    pub fn window(mut self, bytes: usize) -> Self {
        (self.up.window, self.down.window) = (bytes.max(1), bytes.max(1));
        self
    }

    /// The earlier of the two ends' failures.
    fn failure(&self) -> Result<(), RunError> {
        let of =
            |side, failed: &Option<(Instant, String)>| failed.clone().map(|(at, error)| (at, side, error));
        let failures = [of(Side::Client, &self.client.failed), of(Side::Server, &self.server.failed)];
        match failures.into_iter().flatten().min() {
            Some((at, side, error)) => Err(RunError::Failed { side, at, error }),
            None => Ok(()),
        }
    }
}

impl<C: StreamProtocol, S: StreamProtocol> Pair<C, S> {
    /// Runs until nothing is left to happen. Each closure is its end's application: it gets that end's events, one at a
    /// time, and can answer at once, or [later](End::after).
    ///
    /// # Errors
    /// [`RunError`]: the run does not come to rest, a segment was lost too often, or an end failed.
    pub fn run(
        &mut self,
        on_client: impl FnMut(&mut End<C>, C::Event),
        on_server: impl FnMut(&mut End<S>, S::Event),
    ) -> Result<(), RunError> {
        self.run_until(Instant::from_nanos(u64::MAX), on_client, on_server)
    }

    /// Like [`run`](Self::run), but stops before anything later than `deadline`. The time is then that of the last thing
    /// that happened.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn run_until(
        &mut self,
        deadline: Instant,
        mut on_client: impl FnMut(&mut End<C>, C::Event),
        mut on_server: impl FnMut(&mut End<S>, S::Event),
    ) -> Result<(), RunError> {
        self.settle(&mut on_client, &mut on_server)?;
        while self.next_planned().is_some_and(|next| next <= deadline) {
            self.step(&mut on_client, &mut on_server)?;
        }
        self.failure()
    }

    /// Lets the next thing happen (an arrival or an action) and both ends react to it. `false` when there is none.
    ///
    /// # Errors
    /// [`RunError::TooManySteps`] and [`RunError::GaveUp`].
    pub fn step(
        &mut self,
        mut on_client: impl FnMut(&mut End<C>, C::Event),
        mut on_server: impl FnMut(&mut End<S>, S::Event),
    ) -> Result<bool, RunError> {
        self.settle(&mut on_client, &mut on_server)?;
        let Some(next) = self.next_planned() else { return Ok(false) };
        self.advance(next);
        match self.world.under_way.take_due(next) {
            Some(transit) => self.transit(transit)?,
            None => {
                self.client.act(&mut self.world)?;
                self.server.act(&mut self.world)?;
            }
        }
        self.settle(&mut on_client, &mut on_server)?;
        Ok(true)
    }

    fn transit(&mut self, transit: Transit) -> Result<(), RunError> {
        self.world.count()?;
        let (Transit::Arrival(from, ..) | Transit::Retransmission(from, ..)) = &transit;
        let pipe = match from {
            Side::Client => &mut self.up,
            Side::Server => &mut self.down,
        };
        match transit {
            Transit::Arrival(_, segment, packet) => {
                let now = self.world.now;
                self.world.log_mut().arrived(now, packet);
                pipe.arrive(segment);
                Ok(())
            }
            Transit::Retransmission(_, segment) => pipe.transmit(segment, &mut self.world),
        }
    }

    /// Lets both ends do all that they can do at this moment.
    fn settle(
        &mut self,
        on_client: &mut impl FnMut(&mut End<C>, C::Event),
        on_server: &mut impl FnMut(&mut End<S>, S::Event),
    ) -> Result<(), RunError> {
        let Network { client, server, up, down, world } = self;
        loop {
            let client_moved = pump(client, Wires { incoming: down, outgoing: up, world }, on_client)?;
            let server_moved = pump(server, Wires { incoming: up, outgoing: down, world }, on_server)?;
            if !client_moved && !server_moved {
                return Ok(());
            }
        }
    }
}
