use std::time::Duration;

use wirelab_sansio::{Instant, StreamProtocol};

use crate::pipe::{Pipe, Transit};
use crate::pump::{Wires, pump};
use crate::world::{World, earliest, lines, seeded};
use crate::{End, Ladder, Link, Log, Queue, RunError, Side};

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
/// The connection is open at time zero. Bytes travel in segments of at most [`mss`](Self::mss) bytes, each a packet on its
/// [`Link`], and the receiver gets them in order: what overtook (jitter) or follows a lost segment waits, which is TCP's
/// head-of-line blocking. A lost segment is sent again after [`rto`](Self::rto), twice as long each time. There are no
/// acknowledgements, no congestion window and no fast retransmission, so a link's [`Queue`] limit does not apply: the
/// sender lines its segments up without a bound but the [`window`](Self::window), and learns at once how much the receiver
/// has read. Numbers that hang on congestion control need a real TCP instead.
///
/// An end's direction is shut down (`FIN`) when its protocol [wants to](StreamProtocol::wants_shutdown), and after an
/// error; what arrives at an end that failed is discarded.
///
/// When a test panics while a pair is alive, the ladder of the conversation is printed to standard error.
pub struct Pair<C, S> {
    /// The client's end. Command it before and between runs.
    pub client: End<C>,
    /// The server's end.
    pub server: End<S>,
    up: Pipe,
    down: Pipe,
    world: World<Transit>,
}

impl<C, S> Pair<C, S> {
    /// The two ends, over [`Link::default`] in both directions, with seed 0.
    pub fn new(client: C, server: S) -> Self {
        let (up, down) = lines(&Link::default().queue(Queue::Unlimited));
        Pair {
            client: End::new(Side::Client, client),
            server: End::new(Side::Server, server),
            up: Pipe::new(Side::Client, up),
            down: Pipe::new(Side::Server, down),
            world: World::new(),
        }
    }

    /// The link in both directions.
    #[must_use]
    pub fn link(self, link: Link) -> Self {
        self.uplink(link.clone()).downlink(link)
    }

    /// The link from the client to the server.
    #[must_use]
    pub fn uplink(mut self, link: Link) -> Self {
        self.up.line.set_link(link.queue(Queue::Unlimited));
        self
    }

    /// The link from the server to the client.
    #[must_use]
    pub fn downlink(mut self, link: Link) -> Self {
        self.down.line.set_link(link.queue(Queue::Unlimited));
        self
    }

    /// What losses and jitter are drawn from. The same seed gives the same run.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        let (up, down) = seeded(seed);
        self.up.line.set_random(up);
        self.down.line.set_random(down);
        self
    }

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

    /// What the ends are called in the log and its pictures.
    #[must_use]
    pub fn names(mut self, client: impl Into<String>, server: impl Into<String>) -> Self {
        self.world.log_mut().rename(client.into(), server.into());
        self
    }

    /// How a segment is called in the log, by its sender and its bytes: [`byte_count`](crate::byte_count) if not
    /// set; [`first_line`](crate::first_line) suits HTTP/1.
    #[must_use]
    pub fn label(mut self, label: impl Fn(Side, &[u8]) -> String + 'static) -> Self {
        self.world.label = Box::new(label);
        self
    }

    /// After how many steps (events, segments, actions) a run ends with [`RunError::TooManySteps`]: 250 000 if not set. It
    /// counts over the pair's whole life.
    #[must_use]
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.world.max_steps = steps;
        self
    }

    /// The time in the simulation.
    pub fn now(&self) -> Instant {
        self.world.now
    }

    /// All that happened so far.
    pub fn log(&self) -> &Log {
        self.world.log()
    }

    /// The picture of it.
    pub fn ladder(&self) -> Ladder {
        Ladder::new(self.log())
    }

    fn next_time(&self) -> Option<Instant> {
        let due = [self.world.under_way.next_time(), self.client.next_action(), self.server.next_action()];
        earliest(self.world.now, due)
    }

    fn advance(&mut self, now: Instant) {
        self.world.now = now;
        self.client.set_now(now);
        self.server.set_now(now);
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
        while self.next_time().is_some_and(|next| next <= deadline) {
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
        let Some(next) = self.next_time() else { return Ok(false) };
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
        let Pair { client, server, up, down, world } = self;
        loop {
            let client_moved = pump(client, Wires { incoming: down, outgoing: up, world }, on_client)?;
            let server_moved = pump(server, Wires { incoming: up, outgoing: down, world }, on_server)?;
            if !client_moved && !server_moved {
                return Ok(());
            }
        }
    }
}
