//! A busy connection does not keep the others waiting.

use std::collections::HashSet;

use bytes::BytesMut;
use wirelab_reactor::Token;

use crate::pairs::{connected, reactor, turn};
use crate::support::on_each;

/// A flood on one connection, and a byte on one other in each turn: the byte is there in the same turn or the next.
#[test]
fn whoever_has_something_is_served_whatever_the_others_do() {
    on_each(|backend| {
        let mut reactor = reactor(backend);
        let pairs: Vec<_> = (0..8).map(|_| connected()).collect();
        let (clients, streams): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let channels: Vec<_> = streams
            .into_iter()
            .zip(0..)
            .map(|(stream, token)| reactor.open(stream, Token(token)).unwrap())
            .collect();
        turn(&mut reactor);
        clients[0].set_nonblocking(true).unwrap();
        let flood = vec![0; 1 << 20];
        let mut buffer = BytesMut::with_capacity(4096);
        let mut flooded = 0;
        for round in 0..200usize {
            let quiet = 1 + round % 7;
            let _ = clients[0].write(&flood); // as much as fits
            clients[quiet].write(b"x").unwrap();
            let mut heard = HashSet::new();
            for _ in 0..2 {
                for event in turn(&mut reactor) {
                    let index = event.token().0 as usize;
                    buffer.clear();
                    // One read a turn, as fairness asks; the flood's rest is read when its turn comes again.
                    if event.is_readable() && reactor.read(&channels[index], &mut buffer).is_ok() {
                        heard.insert(index);
                        flooded += usize::from(index == 0) * buffer.len();
                    }
                }
                // What a program must remember of an edge: it did not read to the end.
                buffer.clear();
                if reactor.read(&channels[0], &mut buffer).is_ok() {
                    flooded += buffer.len();
                }
            }
            assert!(heard.contains(&quiet), "round {round}: {heard:?}");
        }
        assert!(flooded > 200 * 4096, "the flood went on too: {flooded} bytes");
    });
}
