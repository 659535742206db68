use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::time::{self, Duration};

use bytes::{Bytes, BytesMut};
use wirelab_sansio::{Instant, PacketProtocol};
use wirelab_sim::Link;

use crate::way::Way;
use crate::{Carried, Fates, Impairments, Tun};

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the kernel to the protocol.
    In,
    /// From the protocol to the kernel.
    Out,
}

/// Sees each packet that the protocol gets or sends.
type Tap = Box<dyn FnMut(Instant, Direction, &[u8]) -> io::Result<()>>;

/// How many packets are read before timers and the application get their turn: a sender that never pauses shall not
/// keep them waiting.
const BATCH: usize = 64;

/// How long the application is not asked when nothing happens. It may wait for another thread, of which no packet tells.
const IDLE: Duration = Duration::from_millis(10);

/// The loop that runs a protocol on a device.
///
/// ```text
///              ┌──────────────────────────── turn ◀───────────────────────────────┐
///              │ read ─▶ impair, link ─▶ receive   handle_timeout  (application)  │
///              │ poll_transmit ─▶ impair, link ─▶ write    wait: packet, timer    │
///              └──────────────────────────────────────────────────────────────────┘
/// ```
///
/// Time is what has passed since the driver was made, on the clock that never goes back (CLOCK_MONOTONIC).
pub struct Driver<P> {
    tun: Tun,
    protocol: P,
    began: time::Instant,
    incoming: Way,
    outgoing: Way,
    tap: Option<Tap>,
    /// For one packet from the device.
    room: Box<[u8]>,
    /// For one packet from the protocol.
    packet: BytesMut,
    /// What has come through a line and has to go on.
    arrived: Vec<Bytes>,
    refused: u64,
}

impl<P: PacketProtocol> Driver<P> {
    /// Runs `protocol` on `tun`. Time begins now.
    pub fn new(tun: Tun, protocol: P) -> Self {
        Driver {
            room: vec![0; usize::from(u16::MAX)].into(),
            tun,
            protocol,
            began: time::Instant::now(),
            incoming: Way::new(),
            outgoing: Way::new(),
            tap: None,
            packet: BytesMut::new(),
            arrived: Vec::new(),
            refused: 0,
        }
    }

    /// What happens to packets of this direction from now on. Those that are held back are lost.
    #[must_use]
    pub fn impair(mut self, direction: Direction, impairments: Impairments) -> Self {
        self.way(direction).impair(impairments);
        self
    }

    /// What packets of this direction go through from now on, behind the impairments: a queue, a rate, a delay. Those that are
    /// in it are lost. `seed` says which packets the link itself loses, if it does, and its jitter. See [`Channel`](crate::Channel)
    /// for what of a link holds here.
    #[must_use]
    pub fn link(mut self, direction: Direction, link: Link, seed: u64) -> Self {
        self.way(direction).link(link, seed);
        self
    }

    /// Shows every packet to `tap` as the protocol sees it: what comes in behind impairments and link, what goes out before them. An error
    /// of the tap ends the run. [`capture_into`](crate::capture_into) is a tap.
    #[must_use]
    pub fn tap(mut self, tap: impl FnMut(Instant, Direction, &[u8]) -> io::Result<()> + 'static) -> Self {
        self.tap = Some(Box::new(tap));
        self
    }

    /// How long ago this driver was made.
    pub fn now(&self) -> Instant {
        Instant::ZERO + self.began.elapsed()
    }

    /// The protocol, to look at.
    pub fn protocol(&self) -> &P {
        &self.protocol
    }

    /// The protocol, to give it commands. What they lead to is sent in the next turn.
    pub fn protocol_mut(&mut self) -> &mut P {
        &mut self.protocol
    }

    /// The device.
    pub fn tun(&self) -> &Tun {
        &self.tun
    }

    /// What has happened to packets of this direction so far.
    pub fn fates(&self, direction: Direction) -> Fates {
        match direction {
            Direction::In => self.incoming.fates(),
            Direction::Out => self.outgoing.fates(),
        }
    }

    /// What the link of this direction has carried so far; zeroes if there is none.
    pub fn carried(&self, direction: Direction) -> Carried {
        match direction {
            Direction::In => self.incoming.carried(),
            Direction::Out => self.outgoing.carried(),
        }
    }

    /// How many packets the kernel had no room for.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Takes turns until `application` breaks, and says then `true`; or until `deadline`, and then `false`. The application
    /// is asked after every packet or timer, and every 10 ms when there is neither. What is ready to be sent is sent in
    /// either case.
    ///
    /// # Errors
    /// Those of [`turn`](Self::turn).
    pub fn run(
        &mut self,
        deadline: Instant,
        mut application: impl FnMut(&mut P, Instant) -> ControlFlow<()>,
    ) -> io::Result<bool> {
        loop {
            let now = self.now();
            let ended = application(&mut self.protocol, now).is_break();
            self.transmit(now)?;
            if ended || now >= deadline {
                return Ok(ended);
            }
            self.turn(deadline.min(now + IDLE))?;
        }
    }

    /// One turn: sends what is ready, waits for a packet or a timer, but not beyond `deadline`, and deals with either.
    ///
    /// # Errors
    /// The device was set down or removed, or the tap failed.
    pub fn turn(&mut self, deadline: Instant) -> io::Result<()> {
        self.transmit(self.now())?;
        let timeout = self.protocol.poll_timeout().map(|(at, _)| at);
        let held = [self.incoming.next(), self.outgoing.next()];
        let until = held.into_iter().chain([timeout]).flatten().fold(deadline, Instant::min);
        self.tun.wait(Some(until - self.now()))?;
        self.receive()?;
        let now = self.now();
        if self.protocol.poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.protocol.handle_timeout(now);
        }
        self.transmit(now)
    }

    /// Hands to the protocol what the device has and what was held back until now.
    fn receive(&mut self) -> io::Result<()> {
        for _ in 0..BATCH {
            let Some(length) = self.tun.receive(&mut self.room)? else { break };
            let packet = Bytes::copy_from_slice(self.room.get(..length).unwrap_or_default());
            self.incoming.pass(self.now(), packet, &mut self.arrived);
        }
        let now = self.now();
        self.incoming.release(now, &mut self.arrived);
        for packet in self.arrived.drain(..) {
            if let Some(tap) = &mut self.tap {
                tap(now, Direction::In, &packet)?;
            }
            self.protocol.receive(now, &packet);
        }
        Ok(())
    }

    /// Gives to the device what the protocol has to send and what was held back until now.
    fn transmit(&mut self, now: Instant) -> io::Result<()> {
        while self.protocol.poll_transmit(now, &mut self.packet) {
            let packet = self.packet.split().freeze();
            if let Some(tap) = &mut self.tap {
                tap(now, Direction::Out, &packet)?;
            }
            self.outgoing.pass(now, packet, &mut self.arrived);
        }
        self.outgoing.release(now, &mut self.arrived);
        for packet in self.arrived.drain(..) {
            self.refused += u64::from(!self.tun.send(&packet)?);
        }
        Ok(())
    }

    fn way(&mut self, direction: Direction) -> &mut Way {
        match direction {
            Direction::In => &mut self.incoming,
            Direction::Out => &mut self.outgoing,
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for Driver<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("tun", &self.tun)
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}
