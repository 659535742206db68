use std::net::SocketAddr;

use bytes::BytesMut;
use wirelab_sansio::{DatagramProtocol, Instant};

use crate::route::{Datagram, Route};
use crate::world::{World, earliest};
use crate::{End, Network, RunError, Side};

/// Two [`DatagramProtocol`]s, joined by links that may lose and reorder, in virtual time.
///
/// Timeouts are jumped to, never waited for, and stand in the ladder as notes with their reason. The client's address is
/// `192.0.2.1:50000` and the server's `198.51.100.1:443`, unless [changed](DatagramPair::addresses); a datagram to any other
/// address is dropped as [`Reason::NoRoute`](crate::Reason::NoRoute).
///
/// The links, the seed, the names and the pictures are those of every [`Network`].
pub type DatagramPair<C, S> = Network<C, S, Route>;

impl<C, S> DatagramPair<C, S> {
    /// The addresses of the two ends.
    #[must_use]
    pub fn addresses(mut self, client: SocketAddr, server: SocketAddr) -> Self {
        (self.up.source, self.up.destination) = (client, server);
        (self.down.source, self.down.destination) = (server, client);
        self
    }
}

impl<C: DatagramProtocol, S: DatagramProtocol> DatagramPair<C, S> {
    /// Runs until nothing is left to happen: no datagram is under way, no timeout set, no action planned. A protocol that
    /// always has a timer (to keep a connection alive, for one) needs [`run_until`](Self::run_until). Each closure is its
    /// end's application: it gets that end's events, one at a time, and can answer at once, or [later](End::after).
    ///
    /// # Errors
    /// [`RunError::TooManySteps`].
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
    /// [`RunError::TooManySteps`].
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
        Ok(())
    }

    /// Lets the next thing happen (an arrival, an action or a timeout) and both ends react to it. `false` when there is
    /// none.
    ///
    /// # Errors
    /// [`RunError::TooManySteps`].
    pub fn step(
        &mut self,
        mut on_client: impl FnMut(&mut End<C>, C::Event),
        mut on_server: impl FnMut(&mut End<S>, S::Event),
    ) -> Result<bool, RunError> {
        self.settle(&mut on_client, &mut on_server)?;
        let Some(next) = self.next_time() else { return Ok(false) };
        self.advance(next);
        self.happen()?;
        self.settle(&mut on_client, &mut on_server)?;
        Ok(true)
    }

    fn next_time(&self) -> Option<Instant> {
        let timeout = |timeout: Option<(Instant, &str)>| timeout.map(|(when, _)| when);
        let client = timeout(self.client.protocol.poll_timeout());
        let server = timeout(self.server.protocol.poll_timeout());
        earliest(self.world.now, [self.next_planned(), client, server])
    }

    /// Of what is due now: a datagram first, then actions, and timeouts only when nothing else is. A datagram that arrives at
    /// the very moment of the timeout is still in time.
    fn happen(&mut self) -> Result<(), RunError> {
        self.world.count()?;
        if let Some(datagram) = self.world.under_way.take_due(self.world.now) {
            self.deliver(datagram);
            return Ok(());
        }
        let client_acted = self.client.act(&mut self.world)?;
        let server_acted = self.server.act(&mut self.world)?;
        if !client_acted && !server_acted {
            expire(&mut self.client, &mut self.world);
            expire(&mut self.server, &mut self.world);
        }
        Ok(())
    }

    fn deliver(&mut self, mut datagram: Datagram) {
        let (now, source) = (self.world.now, datagram.source);
        self.world.log_mut().arrived(now, datagram.packet);
        match datagram.from {
            Side::Client => self.server.protocol.receive(now, source, &mut datagram.payload),
            Side::Server => self.client.protocol.receive(now, source, &mut datagram.payload),
        }
    }

    /// Lets both ends do all that they can do at this moment.
    fn settle(
        &mut self,
        on_client: &mut impl FnMut(&mut End<C>, C::Event),
        on_server: &mut impl FnMut(&mut End<S>, S::Event),
    ) -> Result<(), RunError> {
        loop {
            let client_moved = pump(&mut self.client, &mut self.up, &mut self.world, on_client)?;
            let server_moved = pump(&mut self.server, &mut self.down, &mut self.world, on_server)?;
            if !client_moved && !server_moved {
                return Ok(());
            }
        }
    }
}

fn expire<P: DatagramProtocol>(end: &mut End<P>, world: &mut World<Datagram>) {
    if let Some((when, why)) = end.protocol.poll_timeout()
        && when <= world.now
    {
        world.log_mut().note(end.now(), end.side, format!("timeout: {why}"));
        end.protocol.handle_timeout(world.now);
    }
}

/// Polls events, then datagrams, until neither comes; `true` if any did.
fn pump<P: DatagramProtocol>(
    end: &mut End<P>,
    route: &mut Route,
    world: &mut World<Datagram>,
    on_event: &mut impl FnMut(&mut End<P>, P::Event),
) -> Result<bool, RunError> {
    end.write_notes(world);
    let mut moved = false;
    loop {
        let mut idle = true;
        while let Some(event) = end.protocol.poll_event() {
            world.count()?;
            on_event(end, event);
            end.write_notes(world);
            idle = false;
        }
        let mut out = BytesMut::new();
        while let Some(transmit) = end.protocol.poll_transmit(world.now, &mut out) {
            world.count()?;
            let bytes = out.split_to(transmit.len.min(out.len()));
            route.send_all(bytes, transmit.to, transmit.segment_size, world);
            idle = false;
        }
        if idle {
            return Ok(moved);
        }
        moved = true;
    }
}
