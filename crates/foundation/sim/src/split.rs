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
    new: impl Fn() -> P, bytes: &[u8], normalise: impl Fn(Vec<P::Event>) -> Vec<P::Event>,
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
    new: impl Fn() -> P, bytes: &[u8], answer: impl Fn(&mut P, &P::Event),
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
        assert!(split == whole, "{}", difference(&format!("split at byte {at}"), &[head, tail], &whole, &split));
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    let split = outcome_of(&single);
    assert!(split == whole, "{}", difference("byte by byte", &[bytes], &whole, &split));
    whole
}

/// Runs one protocol on these pieces and the end of the stream.
#[track_caller]
fn feed<P: StreamProtocol>(
    mut protocol: P, pieces: &[&[u8]], answer: &impl Fn(&mut P, &P::Event),
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
    protocol: &mut P, outcome: &mut Outcome<P::Event>, most: usize, answer: &impl Fn(&mut P, &P::Event),
) {
    loop {
        let polled = protocol.poll_event().map_err(|error| format!("{error} ({error:?})"));
        protocol.poll_transmit(&mut BytesMut::new());
        match (polled, &outcome.error) {
            (Ok(Some(event)), None) => {
                answer(protocol, &event);
                outcome.events.push(event);
                assert!(outcome.events.len() <= most, "more than {most} events: they have no end");
            }
            (Ok(None), None) => return,
            (Err(error), None) => outcome.error = Some(error),
            (Err(now), Some(first)) => {
                assert!(&now == first, "the error changed from \"{first}\" to \"{now}\"");
                return;
            }
            (Ok(_), Some(first)) => {
                assert!(first.is_empty(), "the error \"{first}\" did not stay: a later poll succeeded");
            }
        }
    }
}

fn difference<E: Debug + PartialEq>(
    how: &str, pieces: &[&[u8]], whole: &Outcome<E>, split: &Outcome<E>,
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
    match bytes {
        [head @ .., _, _] if bytes.len() > 200 => {
            let (front, back) = (head.get(..100).unwrap_or_default(), bytes.get(bytes.len() - 60..).unwrap_or_default());
            format!("\"{}\" … \"{}\"", front.escape_ascii(), back.escape_ascii())
        }
        _ => format!("\"{}\"", bytes.escape_ascii()),
    }
}
