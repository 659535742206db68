use wirelab_sansio::Instant;

use crate::world::{World, earliest};
use crate::{End, Ladder, Line, Link, Log, Random, Side};

/// Two ends and what joins them: what is the same for a [`Pair`](crate::Pair) and a [`DatagramPair`](crate::DatagramPair).
///
/// When a test panics while a network is alive, the ladder of the conversation is printed to standard error.
pub struct Network<C, S, D: Direction> {
    /// The client's end. Command it before and between runs.
    pub client: End<C>,
    /// The server's end.
    pub server: End<S>,
    pub(crate) up: D,
    pub(crate) down: D,
    pub(crate) world: World<D::Transit>,
}

/// One direction of a network: a line, and what carries a protocol's bytes over it.
pub trait Direction {
    /// What is under way on it.
    type Transit;

    /// The direction away from this end.
    fn new(from: Side, line: Line) -> Self;

    /// What the bytes travel on.
    fn line(&mut self) -> &mut Line;

    /// The link as this direction uses it.
    fn adapt(link: Link) -> Link {
        link
    }
}

impl<C, S, D: Direction> Network<C, S, D> {
    /// The two ends, over [`Link::default`] in both directions, with seed 0.
    pub fn new(client: C, server: S) -> Self {
        let direction = |from| D::new(from, Line::new(D::adapt(Link::default()), Random::new(0)));
        let network = Network {
            client: End::new(Side::Client, client),
            server: End::new(Side::Server, server),
            up: direction(Side::Client),
            down: direction(Side::Server),
            world: World::new(),
        };
        network.seed(0)
    }

    /// The link in both directions.
    #[must_use]
    pub fn link(self, link: Link) -> Self {
        self.uplink(link.clone()).downlink(link)
    }

    /// The link from the client to the server.
    #[must_use]
    pub fn uplink(mut self, link: Link) -> Self {
        self.up.line().set_link(D::adapt(link));
        self
    }

    /// The link from the server to the client.
    #[must_use]
    pub fn downlink(mut self, link: Link) -> Self {
        self.down.line().set_link(D::adapt(link));
        self
    }

    /// What losses and jitter are drawn from. The same seed gives the same run.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        let mut parent = Random::new(seed);
        for direction in [&mut self.up, &mut self.down] {
            direction.line().set_random(Random::new(parent.next_u64()));
        }
        self
    }

    /// What the ends are called in the log and its pictures.
    #[must_use]
    pub fn names(mut self, client: impl Into<String>, server: impl Into<String>) -> Self {
        self.world.log_mut().rename(client.into(), server.into());
        self
    }

    /// How a segment or datagram is called in the log, by its sender and its bytes: [`byte_count`](crate::byte_count) if
    /// not set; [`first_line`](crate::first_line) suits HTTP/1.
    #[must_use]
    pub fn label(mut self, label: impl Fn(Side, &[u8]) -> String + 'static) -> Self {
        self.world.label = Box::new(label);
        self
    }

    /// After how many steps (arrivals, events, actions, timeouts) a run ends with
    /// [`RunError::TooManySteps`](crate::RunError::TooManySteps): 250 000 if not set. It counts over the network's whole life.
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

    /// When the next thing arrives, or the next action is due.
    pub(crate) fn next_planned(&self) -> Option<Instant> {
        let due = [self.world.under_way.next_time(), self.client.next_action(), self.server.next_action()];
        earliest(self.world.now, due)
    }

    pub(crate) fn advance(&mut self, now: Instant) {
        self.world.now = now;
        self.client.set_now(now);
        self.server.set_now(now);
    }
}
