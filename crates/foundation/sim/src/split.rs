use std::fmt::{Debug, Write};

use bytes::BytesMut;
use wirelab_sansio::StreamProtocol;

/// What a protocol made of some bytes and the end of the stream after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<E> {
    /// The events, up to the error if there is one.
    pub events: Vec<E>,
    /// The error's text and its debug form.
    pub error: Option<String>,
}

/// Checks that a protocol does not care how the network cuts its bytes, and returns what it made of them.
///
/// A stream has no packets: `GET /` may arrive as one piece or as five. The bytes are fed whole, cut at every place into
/// two, and byte by byte; after each piece all events are polled, and at last the stream ends. Each way must
/// give the same events and the same error, if any, and an error must stay. What the protocol transmits is thrown
/// away, and bytes are fed whether it [wants](StreamProtocol::wants_read) them or not.
///
/// The time this takes grows with the square of the length; up to some kilobytes it is nothing.
///
/// # Panics
/// It is a helper for tests: when two ways differ it panics, and shows the place of the cut and both lists.
#[track_caller]
pub fn every_split<P>(new: impl Fn() -> P, bytes: &[u8]) -> Outcome<P::Event>
where
    P: StreamProtocol,
    P::Event: Debug + PartialEq,
{
    every_split_by(new, bytes, |events| events)
}

/// [`every_split`] for a protocol whose events may carry pieces of a body: `normalise` joins neighbours, so that two pieces
/// of five bytes equal one of ten.
///
/// # Panics
/// As [`every_split`].
#[track_caller]
pub fn every_split_by<P>(
    new: impl Fn() -> P,
    bytes: &[u8],
    normalise: impl Fn(Vec<P::Event>) -> Vec<P::Event>,
) -> Outcome<P::Event>
where
    P: StreamProtocol,
    P::Event: Debug + PartialEq,
{
    every_split_with(new, bytes, |_, _| {}, normalise)
}

/// [`every_split_by`] for a protocol that goes on only when its application does something about an event:
/// `answer` is called with each one.
///
/// # Panics
/// As [`every_split`].
#[track_caller]
pub fn every_split_with<P>(
    new: impl Fn() -> P,
    bytes: &[u8],
    answer: impl Fn(&mut P, &P::Event),
    normalise: impl Fn(Vec<P::Event>) -> Vec<P::Event>,
) -> Outcome<P::Event>
where
    P: StreamProtocol,
    P::Event: Debug + PartialEq,
{
    let outcome_of = |pieces: &[&[u8]]| {
        let outcome = feed(new(), pieces, &answer);
        Outcome { events: normalise(outcome.events), error: outcome.error }
    };
    let whole = outcome_of(&[bytes]);
    for at in 1..bytes.len() {
        let (head, tail) = bytes.split_at(at);
        let split = outcome_of(&[head, tail]);
        assert!(
            split == whole,
            "{}",
            difference(&format!("split at byte {at}"), &[head, tail], &whole, &split)
        );
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    let split = outcome_of(&single);
    assert!(split == whole, "{}", difference("byte by byte", &[bytes], &whole, &split));
    whole
}

/// Runs one protocol on these pieces and the end of the stream.
#[track_caller]
fn feed<P: StreamProtocol>(
    mut protocol: P,
    pieces: &[&[u8]],
    answer: &impl Fn(&mut P, &P::Event),
) -> Outcome<P::Event> {
    let mut outcome = Outcome { events: Vec::new(), error: None };
    // Some events come without bytes (an end, a time-out), but none without end.
    let most = pieces.iter().map(|piece| piece.len()).sum::<usize>() * 4 + 1000;
    for piece in pieces {
        protocol.input().extend_from_slice(piece);
        poll(&mut protocol, &mut outcome, most, answer);
    }
    protocol.receive_eof();
    poll(&mut protocol, &mut outcome, most, answer);
    outcome
}

#[track_caller]
fn poll<P: StreamProtocol>(
    protocol: &mut P,
    outcome: &mut Outcome<P::Event>,
    most: usize,
    answer: &impl Fn(&mut P, &P::Event),
) {
    loop {
        let polled = protocol.poll_event().map_err(|error| format!("{error} ({error:?})"));
        protocol.poll_transmit(&mut BytesMut::new());
        if let Some(first) = &outcome.error {
            let now = polled.err().unwrap_or_else(|| "none".into());
            assert!(now == *first, "an error must stay, but a later poll turned {first} into {now}");
            return;
        }
        match polled {
            Ok(None) => return,
            Ok(Some(event)) => {
                answer(protocol, &event);
                outcome.events.push(event);
                assert!(outcome.events.len() <= most, "more than {most} events: they have no end");
            }
            Err(error) => outcome.error = Some(error),
        }
    }
}

fn difference<E: Debug + PartialEq>(
    how: &str,
    pieces: &[&[u8]],
    whole: &Outcome<E>,
    split: &Outcome<E>,
) -> String {
    let input: Vec<String> = pieces.iter().map(|piece| excerpt(piece)).collect();
    let same = whole.events.iter().zip(&split.events).take_while(|(one, other)| one == other).count();
    let mut text = format!("{how}: {}\n", input.join(" | "));
    for (name, outcome) in [("whole", whole), ("in pieces", split)] {
        let _ = writeln!(text, "{name} ({} events):", outcome.events.len());
        for (index, event) in outcome.events.iter().enumerate() {
            let mark = if index == same { "→" } else { " " };
            let _ = writeln!(text, " {mark} {event:?}");
        }
        let _ = writeln!(text, "   then: {}", outcome.error.as_deref().unwrap_or("no error"));
    }
    text
}

/// The bytes as text, shortened in the middle.
fn excerpt(bytes: &[u8]) -> String {
    match (bytes.first_chunk::<60>(), bytes.last_chunk::<60>()) {
        (Some(head), Some(tail)) if bytes.len() > 150 => {
            format!("\"{}\" … \"{}\"", head.escape_ascii(), tail.escape_ascii())
        }
        _ => format!("\"{}\"", bytes.escape_ascii()),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// Reports lines; with `careless`, whatever it was given at once.
    struct Lines {
        input: BytesMut,
        careless: bool,
    }

    impl StreamProtocol for Lines {
        type Event = String;
        type Error = Infallible;
        fn input(&mut self) -> &mut BytesMut {
            &mut self.input
        }
        fn receive_eof(&mut self) {
            if !self.input.is_empty() {
                self.input.extend_from_slice(b" (cut off)\n");
            }
        }
        fn poll_event(&mut self) -> Result<Option<String>, Infallible> {
            let end = self.input.iter().position(|&byte| byte == b'\n').map(|end| end + 1);
            let end = if self.careless { (!self.input.is_empty()).then_some(self.input.len()) } else { end };
            Ok(end.map(|end| String::from_utf8_lossy(&self.input.split_to(end)).into_owned()))
        }
        fn poll_transmit(&mut self, _out: &mut BytesMut) -> usize {
            0
        }
        fn wants_read(&self) -> bool {
            true
        }
    }

    fn lines(careless: bool) -> Lines {
        Lines { input: BytesMut::new(), careless }
    }

    #[test]
    fn a_protocol_of_lines_passes_and_its_events_are_returned() {
        let outcome = every_split(|| lines(false), b"one\ntwo\nthr");
        assert_eq!(
            outcome,
            Outcome { events: ["one\n", "two\n", "thr (cut off)\n"].map(String::from).into(), error: None }
        );
    }

    #[test]
    #[should_panic(expected = "split at byte 1: \"a\" | \"b\\n\"\nwhole (1 events):\n → \"ab\\n\"\n")]
    fn a_protocol_that_takes_pieces_for_lines_is_caught_with_both_lists() {
        every_split(|| lines(true), b"ab\n");
    }

    #[test]
    fn a_normaliser_joins_pieces_of_a_body() {
        let outcome = every_split_by(|| lines(true), b"body", |pieces| vec![pieces.concat()]);
        assert_eq!(outcome.events, ["body"]);
    }

    #[test]
    fn no_bytes_at_all_are_a_legal_input() {
        assert_eq!(every_split(|| lines(false), b"").events, Vec::<String>::new());
    }
}
