//! The network in which congestion controls are compared, in virtual time: with a host of ours in the kernel's place.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::BytesMut;
use wirelab_sansio::{Instant, PacketProtocol};
use wirelab_sim::{Link, Queue, jain};
use wirelab_tcpip::host::{Config, Host, SocketId};
use wirelab_tcpip::tcp::{self, Listen, State};
use wirelab_tun::Dumbbell;

/// Bytes a second: 10 Mbit/s.
const RATE: u64 = 1_250_000;
const DELAY: Duration = Duration::from_millis(20);
const WARM_UP: Instant = Instant::from_nanos(5_000_000_000);
const END: Instant = Instant::from_nanos(25_000_000_000);

fn address(last: u8) -> IpAddr {
    [10, 77, 0, last].into()
}

fn host(last: u8) -> Host {
    let mut host = Host::new(Config::default(), [last; 32]);
    host.add_address(address(last));
    host
}

fn fill(host: &mut Host, socket: SocketId) {
    let ready = host.socket(socket).is_some_and(|connection| connection.state() == State::Established);
    while ready && host.send(socket, &[0; 16 * 1024]).unwrap() > 0 {}
}

/// One host outside and one inside send to the receiver for as long as they can.
struct World {
    network: Dumbbell<Host>,
    outside: Host,
    sending: [SocketId; 2],
    /// What the receiver has got from the outside and from the inside, after the warm-up.
    received: [u64; 2],
}

impl World {
    fn new() -> (World, wirelab_tcpip::host::ListenerId) {
        let target = SocketAddr::new(address(2), 9);
        let (mut outside, mut sender, mut receiver) = (host(1), host(3), host(2));
        let listener = receiver.listen(target, Listen::default()).unwrap();
        let sending = [&mut outside, &mut sender]
            .map(|host| host.connect(Instant::ZERO, target, tcp::Config::default()).unwrap());
        let link = Link::new(DELAY).rate(RATE).queue(Queue::Packets(33));
        let network = Dumbbell::new((address(3), sender), (address(2), receiver), link, Link::new(DELAY));
        (World { network, outside, sending, received: [0; 2] }, listener)
    }

    /// Moves packets between the outside and the network until neither has any.
    fn settle(&mut self, now: Instant) {
        let mut packet = BytesMut::new();
        loop {
            let mut moved = false;
            while self.outside.poll_transmit(now, &mut packet) {
                self.network.receive(now, &packet.split());
                moved = true;
            }
            while self.network.poll_transmit(now, &mut packet) {
                self.outside.receive(now, &packet.split());
                moved = true;
            }
            if !moved {
                break;
            }
        }
    }

    fn next(&self) -> Instant {
        let timers = [self.outside.poll_timeout(), self.network.poll_timeout()];
        timers.into_iter().flatten().map(|(at, _)| at).min().expect("somebody always waits for something")
    }

    fn run(&mut self, listener: wirelab_tcpip::host::ListenerId) {
        let (mut now, mut open, mut room) = (Instant::ZERO, Vec::new(), BytesMut::new());
        while now < END {
            fill(&mut self.outside, self.sending[0]);
            fill(self.network.sender_mut(), self.sending[1]);
            let receiver = self.network.receiver_mut();
            open.extend(std::iter::from_fn(|| receiver.accept(listener)));
            for &socket in &open {
                let from = receiver.socket(socket).unwrap().endpoints().remote.ip();
                receiver.receive_into(socket, &mut room);
                let counts = if now >= WARM_UP { room.len() as u64 } else { 0 };
                self.received[usize::from(from == address(3))] += counts;
                room.clear();
            }
            self.settle(now);
            now = now.max(self.next());
            self.outside.handle_timeout(now);
            self.network.handle_timeout(now);
        }
    }
}

#[test]
fn two_senders_share_the_link_and_leave_nothing_of_it_unused() {
    let (mut world, listener) = World::new();
    world.run(listener);
    let rates = world.received.map(|bytes| bytes as f64 * 8e-6 / 20.0);
    let [outside, inside] = rates;
    assert!((9.4..=9.66).contains(&(outside + inside)), "{rates:?} Mbit/s of 10, headers included");
    assert!(jain(&rates) >= 0.9, "{rates:?}");
    let there = world.network.there().carried();
    assert!(there.turned_away > 0, "the queue was full at times: {there:?}");
    assert_eq!((there.latest, there.lost), (Duration::ZERO, 0), "virtual time is never late: {there:?}");
}

#[test]
fn what_is_for_nobody_here_does_not_use_the_link() {
    let (mut world, _) = World::new();
    let mut stranger = host(1);
    stranger.ping(Instant::ZERO, address(9), 1, 1, b"").unwrap();
    let mut packet = BytesMut::new();
    assert!(stranger.poll_transmit(Instant::ZERO, &mut packet));
    world.network.receive(Instant::ZERO, &packet);
    assert_eq!(world.network.there().carried().packets, 0);
}
