//! `every_split` for segments: a stream is the same however it was cut, and in whatever order the pieces come.

use bytes::BytesMut;
use wirelab_tcpip::tcp::{Config, Event, State};
use wirelab_tcpip::{Flags, Seq};

use crate::script::{Scripted, THEIRS, plain};

/// So many bytes are read before the stream that is cut: the numbers go round in the middle of it.
const BEFORE: usize = 1900;

/// What an application is told, and what it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Outcome {
    bytes: BytesMut,
    /// Without neighbours that are equal: who reads more often is told more often.
    events: Vec<Event>,
}

/// When the application reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    AfterEachSegment,
    AtTheEnd,
}

/// A receiver of a stream, and what has come of it so far.
struct Receiver {
    script: Scripted,
    begin: Seq,
    outcome: Outcome,
}

impl Receiver {
    fn new() -> Receiver {
        let mut script = Scripted::established(Config { reassembly_gaps: 1000, ..plain() });
        script.get(script.data(&[0; BEFORE]));
        assert_eq!(script.end.read(BEFORE).len(), BEFORE);
        while script.end.poll_event().is_some() {}
        let begin = script.end.expects();
        assert_eq!(begin, THEIRS + 1 + BEFORE as u32);
        Receiver { script, begin, outcome: Outcome::default() }
    }

    fn read(&mut self) {
        self.script.end.receive_into(&mut self.outcome.bytes);
    }

    fn poll(&mut self) {
        while let Some(event) = self.script.end.poll_event() {
            if self.outcome.events.last() != Some(&event) {
                self.outcome.events.push(event);
            }
        }
    }

    /// A part of the stream as a segment. The FIN is in the one that has the last byte.
    fn get(&mut self, stream: &[u8], (from, to): (usize, usize), reads: Reads) {
        let fin = if to == stream.len() { Flags::FIN } else { Flags::default() };
        let mut segment = self.script.data(&stream[from..to]);
        (segment.sequence, segment.flags) = (self.begin + from as u32, Flags::ACK | fin);
        self.script.get(segment);
        self.poll();
        if reads == Reads::AfterEachSegment {
            self.read();
        }
    }
}

/// Gives the receiver these parts, in this order, and then looks at what it has.
fn feed(stream: &[u8], parts: &[(usize, usize)], reads: Reads) -> Outcome {
    let mut receiver = Receiver::new();
    for &part in parts {
        receiver.get(stream, part, reads);
    }
    receiver.read();
    let Receiver { script, begin, outcome } = receiver;
    let behind_fin = begin + stream.len() as u32 + 1;
    assert_eq!((script.end.state(), script.end.expects()), (State::CloseWait, behind_fin), "{}", script.log);
    outcome
}

/// The stream comes out, and is told, as if it had come in one piece.
#[track_caller]
fn same_as_whole(stream: &[u8], parts: &[(usize, usize)]) {
    let expected =
        Outcome { bytes: BytesMut::from(stream), events: vec![Event::Readable, Event::EndOfStream] };
    for reads in [Reads::AfterEachSegment, Reads::AtTheEnd] {
        let outcome = feed(stream, parts, reads);
        assert_eq!(outcome, expected, "{reads:?}, in parts: {parts:?}");
    }
}

fn stream(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

fn every_byte(len: usize) -> Vec<(usize, usize)> {
    (0..len).map(|at| (at, at + 1)).collect()
}

#[test]
fn a_stream_cut_into_two_anywhere_is_the_same_in_and_out_of_order() {
    let stream = stream(300);
    let end = stream.len();
    assert!(THEIRS.0.checked_add((BEFORE + end) as u32).is_none(), "the numbers go round");
    same_as_whole(&stream, &[(0, end)]);
    for cut in 1..end {
        same_as_whole(&stream, &[(0, cut), (cut, end)]);
        same_as_whole(&stream, &[(cut, end), (0, cut)]);
    }
}

#[test]
fn a_stream_byte_by_byte_is_the_same_forwards_backwards_and_every_other_first() {
    let stream = stream(300);
    let mut bytes = every_byte(stream.len());
    same_as_whole(&stream, &bytes);
    bytes.reverse();
    same_as_whole(&stream, &bytes);
    let (odd, even): (Vec<_>, Vec<_>) = bytes.iter().partition(|(from, _)| from % 2 == 1);
    same_as_whole(&stream, &[odd, even].concat());
}

/// RFC 9293 §3.10.7.4: what a segment says again is trimmed off.
#[test]
fn s3_10_7_4_parts_that_overlap_or_come_twice_are_the_same() {
    let stream = stream(120);
    let end = stream.len();
    for cut in 1..end {
        for overlap in [1, 7, 50] {
            let (back, on) = (cut.saturating_sub(overlap), (cut + overlap).min(end));
            same_as_whole(&stream, &[(0, cut), (back, end)]);
            same_as_whole(&stream, &[(back, end), (0, cut)]);
            same_as_whole(&stream, &[(cut, end), (0, on), (0, cut)]);
            same_as_whole(&stream, &[(cut, end), (cut, end), (0, cut), (0, end)]);
        }
    }
}

/// Every order of five parts.
#[test]
fn five_parts_are_the_same_in_each_of_their_120_orders() {
    let stream = stream(250);
    let parts = [(0, 1), (1, 100), (100, 101), (101, 200), (200, 250)];
    let mut orders = vec![vec![]];
    for _ in parts {
        let longer = |order: &Vec<(usize, usize)>| {
            let rest = parts.into_iter().filter(|part| !order.contains(part));
            rest.map(|part| [&order[..], &[part]].concat()).collect::<Vec<_>>()
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    assert_eq!(orders.len(), 120);
    for order in orders {
        same_as_whole(&stream, &order);
    }
}
