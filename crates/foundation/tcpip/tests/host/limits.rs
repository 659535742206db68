//! What is refused, and where there is room for no more.

use std::net::SocketAddr;

use wirelab_tcpip::host::{self, Misuse};
use wirelab_tcpip::tcp::{self, Cookies, Listen};

use crate::wire::{SERVER, Wire, stranger, syn};

#[test]
fn when_all_ephemeral_ports_are_used_for_a_peer_another_peer_can_still_be_called() {
    let config =
        host::Config { first_ephemeral_port: 40_000, last_ephemeral_port: 40_099, ..host::Config::default() };
    let mut wire = Wire::with(config, host::Config::default());
    for _ in 0..100 {
        wire.connect(80);
    }
    let to = SocketAddr::from((SERVER, 80));
    let refused = wire.client.connect(wire.now, to, tcp::Config::default());
    assert_eq!(refused, Err(Misuse::PortsExhausted(to)));
    let other = SocketAddr::from((SERVER, 81));
    assert!(wire.client.connect(wire.now, other, tcp::Config::default()).is_ok());
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let mut wire = Wire::new();
    let elsewhere = SocketAddr::from(([203, 0, 113, 1], 80));
    assert_eq!(wire.server.listen(elsewhere, Listen::default()), Err(Misuse::NotOurs(elsewhere.ip())));
    let local = SocketAddr::from((SERVER, 80));
    wire.listen(Listen::default());
    assert_eq!(wire.server.listen(local, Listen::default()), Err(Misuse::Taken(local)));
    let many = SocketAddr::from(([224, 0, 0, 1], 80));
    let refused = wire.client.connect(wire.now, many, tcp::Config::default());
    assert_eq!(refused, Err(Misuse::NotADestination(many)));
}

#[test]
fn the_limit_of_connections_holds_for_both_directions() {
    let config = host::Config { connections: 5, ..host::Config::default() };
    let mut wire = Wire::with(config.clone(), config);
    wire.listen(Listen { cookies: Cookies::Never, ..Listen::default() });
    for number in 0..100 {
        wire.forge(stranger(number), syn(number));
    }
    assert_eq!(wire.server.connections().0, 5);
    let to = SocketAddr::from((SERVER, 80));
    for _ in 0..5 {
        wire.connect(80);
    }
    assert_eq!(wire.client.connect(wire.now, to, tcp::Config::default()), Err(Misuse::TooManyConnections(5)));
}
