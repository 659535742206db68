//! What holds on every link.

use std::convert::Infallible;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use wirelab_sansio::{Instant, StreamProtocol};
use wirelab_sim::{Fate, Kind, Line, Link, Pair, Queue, Random};

/// Sends what it is given in pieces of a fixed size, and reports whatever comes.
struct Pieces {
    input: BytesMut,
    output: Bytes,
    piece: usize,
    ended: bool,
}

#[derive(Debug, PartialEq)]
enum Came {
    Data(Bytes),
    End,
}

impl Pieces {
    fn new(output: &[u8], piece: usize) -> Self {
        Pieces { input: BytesMut::new(), output: Bytes::copy_from_slice(output), piece, ended: false }
    }
}

impl StreamProtocol for Pieces {
    type Event = Came;
    type Error = Infallible;
    fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }
    fn receive_eof(&mut self) {
        self.ended = true;
    }
    fn poll_event(&mut self) -> Result<Option<Came>, Infallible> {
        if self.input.is_empty() {
            return Ok(std::mem::take(&mut self.ended).then_some(Came::End));
        }
        Ok(Some(Came::Data(self.input.split().freeze())))
    }
    fn poll_transmit(&mut self, out: &mut BytesMut) -> usize {
        let piece = self.output.split_to(self.piece.min(self.output.len()));
        out.extend_from_slice(&piece);
        piece.len()
    }
    fn wants_read(&self) -> bool {
        true
    }
    fn wants_shutdown(&self) -> bool {
        self.output.is_empty()
    }
}

fn links() -> impl Strategy<Value = Link> {
    let queue = prop_oneof![Just(Queue::Unlimited), (0_usize..5).prop_map(Queue::Packets)];
    (0_u64..100, 0_u64..50, prop::option::of(1_u64..1_000_000), 0.0..0.3, queue).prop_map(
        |(delay, jitter, rate, loss, queue)| {
            let link = Link::new(Duration::from_millis(delay)).jitter(Duration::from_millis(jitter));
            let link = link.loss(loss).queue(queue);
            if let Some(rate) = rate { link.rate(rate) } else { link }
        },
    )
}

proptest! {
    #[test]
    fn no_link_reorders_loses_or_repeats_bytes_of_a_stream(
        link in links(), seed: u64, bytes in prop::collection::vec(any::<u8>(), 0..5000),
        piece in 1_usize..700, mss in 1_usize..2000, window in 1_usize..4000,
    ) {
        let mut pair = Pair::new(Pieces::new(&bytes, piece), Pieces::new(&[], 1));
        pair = pair.link(link).seed(seed).mss(mss).window(window);
        let (mut received, mut ends) = (Vec::new(), 0);
        pair.run(|_, _| {}, |_, came| match came {
            Came::Data(data) => received.extend_from_slice(&data),
            Came::End => ends += 1,
        }).map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(received, bytes);
        prop_assert_eq!(ends, 1);
    }

    #[test]
    fn the_log_is_in_the_order_of_time_and_every_packet_arrives_or_is_dropped_once(
        link in links(), seed: u64, bytes in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        let mut pair = Pair::new(Pieces::new(&bytes, 100), Pieces::new(&bytes, 100)).link(link).seed(seed).mss(100);
        pair.run(|_, _| {}, |_, _| {}).map_err(|error| TestCaseError::fail(format!("{error}")))?;
        let entries = pair.log().entries();
        prop_assert!(entries.is_sorted_by_key(|entry| entry.time), "{}", pair.log());
        let mut sent = Vec::new();
        let mut over = Vec::new();
        for entry in entries {
            match entry.kind {
                Kind::Sent(packet) => sent.push(packet),
                Kind::Arrived(packet) | Kind::Dropped(packet, _) => over.push(packet),
                Kind::Note => {}
            }
        }
        over.sort();
        prop_assert_eq!(sent, over);
    }

    #[test]
    fn a_line_without_jitter_keeps_order_and_never_exceeds_its_rate(
        rate in 1_u64..10_000_000, sizes in prop::collection::vec(0_usize..3000, 1..100),
    ) {
        let mut line = Line::new(Link::new(Duration::ZERO).rate(rate).queue(Queue::Unlimited), Random::new(0));
        let (mut last, mut total) = (Instant::ZERO, 0_u128);
        for size in sizes {
            total += size as u128;
            let Fate::Arrives(at) = line.send(Instant::ZERO, size) else { panic!("nothing is lost here") };
            prop_assert!(at >= last);
            prop_assert_eq!(u128::from(at.as_nanos()), total * 1_000_000_000 / u128::from(rate));
            last = at;
        }
    }
}
