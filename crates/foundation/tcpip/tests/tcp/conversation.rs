//! The life of a connection, segment by segment.

use wirelab_tcpip::tcp::{Config, Event, State};

use crate::wire::{CLIENT, SERVER, Wire};

#[test]
fn three_segments_open_a_connection() {
    let mut wire = Wire::new(Config::default(), Config::default());
    wire.connect();
    assert_eq!(wire.events, [vec![Event::Established], vec![Event::Established]]);
    assert_eq!(wire.log.matches("-->").count() + wire.log.matches("<--").count(), 3, "{}", wire.log);
}

#[test]
fn a_closed_half_lets_the_other_half_go_on() {
    let mut wire = Wire::new(Config::default(), Config::default());
    wire.connect();
    wire.client().close();
    wire.run_until(|wire| wire.events[SERVER].contains(&Event::EndOfStream));
    assert_eq!(wire.server().state(), State::CloseWait);
    wire.server().send(b"still here").expect("open");
    wire.run_until(|wire| wire.events[CLIENT].contains(&Event::Readable));
    assert_eq!(wire.client().read(100), "still here");
    assert_eq!(wire.client().state(), State::FinWait2);
}
