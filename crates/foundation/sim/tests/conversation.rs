//! Two ends of a stream in virtual time.

mod support;

use std::cell::RefCell;
use std::rc::Rc;

use support::{Lines, Said, at_ms, ms};
use wirelab_sansio::StreamProtocol;
use wirelab_sim::{End, Kind, Link, Pair, Reason, RunError, Side, every_split};

fn pair() -> Pair<Lines, Lines> {
    Pair::new(Lines::default(), Lines::default()).link(Link::new(ms(20)))
}

fn ignore(_: &mut End<Lines>, _: Said) {}

/// The server's application: says each line again, and leaves after its client.
fn echo(server: &mut End<Lines>, said: Said) {
    match said {
        Said::Line(line) => server.say(&line),
        Said::Left => server.bye(),
    }
}

#[test]
fn an_echo_takes_a_round_trip_and_both_sides_are_shut_down() {
    let mut pair = pair();
    pair.client.say("hello");
    let mut heard = Vec::new();
    pair.run(
        |client, said| {
            heard.push((client.now(), said));
            client.bye();
        },
        echo,
    )
    .unwrap();
    assert_eq!(heard, [(at_ms(40), Said::Line("hello".into())), (at_ms(80), Said::Left)]);
    let expected = "        client                               server
 0.000 ms  │─── 6 bytes ───────────────────────▶│  20.000 ms
40.000 ms  │◀─────────────────────── 6 bytes ───│  20.000 ms
40.000 ms  │─── FIN ───────────────────────────▶│  60.000 ms
80.000 ms  │◀─────────────────────────── FIN ───│  60.000 ms
";
    assert_eq!(pair.ladder().to_string(), expected, "got\n{}", pair.ladder());
}

#[test]
fn a_lost_segment_holds_up_those_behind_it_until_it_is_sent_again() {
    let mut pair = pair().uplink(Link::new(ms(20)).lose_packet(1)).rto(ms(200)).mss(6);
    for line in ["first", "after"] {
        pair.client.say(line);
    }
    let mut heard = Vec::new();
    pair.run(ignore, |server, said| heard.push((server.now(), said))).unwrap();
    let line = |text: &str| Said::Line(text.into());
    assert_eq!(heard, [(at_ms(220), line("first")), (at_ms(220), line("after"))]);
    let expected = "         client                               server
  0.000 ms  │─── 6 bytes ────────────X           │  lost
  0.000 ms  │─── 6 bytes ───────────────────────▶│  20.000 ms
200.000 ms  │─── 6 bytes (again) ───────────────▶│  220.000 ms
";
    assert_eq!(pair.ladder().to_string(), expected, "got\n{}", pair.ladder());
}

#[test]
fn a_link_that_loses_everything_is_given_up_with_a_name() {
    let mut pair = pair().uplink(Link::default().loss(1.0));
    pair.client.say("hello?");
    let error = pair.run(ignore, echo).unwrap_err();
    assert!(matches!(error, RunError::GaveUp { side: Side::Client, attempts: 16, .. }), "{error}");
}

#[test]
fn two_ends_that_never_stop_talking_end_in_a_named_error() {
    let mut pair = pair().link(Link::new(ms(0))).max_steps(1000);
    pair.client.say("after you");
    let error = pair.run(echo, echo).unwrap_err();
    assert_eq!(error, RunError::TooManySteps { steps: 1000, at: at_ms(0) });
}

#[test]
fn an_end_that_fails_is_named_after_its_peer_has_heard_the_end() {
    let mut pair = pair();
    pair.client.say(&"x".repeat(81));
    let mut left = false;
    let error = pair.run(|_, said| left = said == Said::Left, echo).unwrap_err();
    let text = "a line is longer than 80 bytes".to_string();
    assert_eq!(error, RunError::Failed { side: Side::Server, at: at_ms(20), error: text });
    assert!(left, "{}", pair.ladder());
    assert_eq!(pair.server.poll_event(), Err(support::TooLong), "the error itself can still be had");
}

#[test]
fn actions_happen_at_their_time_and_in_their_order() {
    let mut pair = pair();
    let order = Rc::new(RefCell::new(Vec::new()));
    for (name, when) in [("c", 30), ("a", 5), ("b", 5)] {
        let order = Rc::clone(&order);
        pair.client.at(at_ms(when), move |client| order.borrow_mut().push((name, client.now())));
    }
    pair.server.after(ms(7), |server| server.say("unasked"));
    pair.run(ignore, ignore).unwrap();
    assert_eq!(*order.borrow(), [("a", at_ms(5)), ("b", at_ms(5)), ("c", at_ms(30))]);
    assert_eq!(pair.log().to_string().lines().next(), Some("7.000 ms  server sends 8 bytes: 8 bytes"));
}

#[test]
fn a_run_until_a_deadline_stops_there_and_can_go_on() {
    let mut pair = pair();
    pair.client.say("hello");
    pair.run_until(at_ms(39), ignore, echo).unwrap();
    assert_eq!(pair.now(), at_ms(20), "{}", pair.ladder());
    assert!(pair.ladder().to_string().contains("under way"), "{}", pair.ladder());
    pair.run(ignore, echo).unwrap();
    assert_eq!(pair.now(), at_ms(40));
}

#[test]
fn steps_go_from_one_moment_to_the_next() {
    let mut pair = pair();
    pair.client.say("hello");
    let mut times = Vec::new();
    while pair.step(ignore, echo).unwrap() {
        times.push(pair.now());
    }
    assert_eq!(times, [at_ms(20), at_ms(40)]);
}

#[test]
fn an_end_that_does_not_read_stops_its_peer_at_the_window() {
    let mut pair = pair().window(1000).mss(100);
    pair.server.paused = true;
    for index in 0..100 {
        // Said one at a time: a protocol may hand over more than the window in one call.
        pair.client.after(ms(index), |client| client.say(&"x".repeat(49)));
    }
    pair.run(ignore, echo).unwrap();
    assert_eq!(pair.log().traffic(Side::Client), (20, 1000), "the window is full");
    pair.server.paused = false;
    pair.run(ignore, ignore).unwrap();
    assert_eq!(pair.log().traffic(Side::Client).1, 5000, "all is sent once the server reads");
}

#[test]
fn a_rate_spreads_a_long_message_over_time() {
    let mut pair = pair().uplink(Link::new(ms(20)).rate(1_000_000)).mss(1000);
    for _ in 0..100 {
        pair.client.say(&"x".repeat(49));
    }
    pair.run(ignore, ignore).unwrap();
    let arrivals: Vec<_> =
        pair.log().entries().iter().filter(|e| matches!(e.kind, Kind::Arrived(_))).collect();
    let times: Vec<_> = arrivals.iter().map(|entry| entry.time).collect();
    assert_eq!(times, [21, 22, 23, 24, 25].map(at_ms));
}

#[test]
fn the_same_seed_gives_the_same_log_and_picture_and_another_seed_another() {
    let run = |seed| {
        let mut pair =
            pair().link(Link::new(ms(20)).loss(0.2).jitter(ms(3)).rate(100_000)).mss(20).seed(seed);
        for index in 0..30 {
            pair.client.say(&format!("line {index}"));
        }
        pair.run(ignore, echo).unwrap();
        (pair.log().to_string(), pair.ladder().to_string(), pair.ladder().svg("seed"))
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    assert!(run(7).0.contains(&Reason::Lost.to_string()), "nothing was lost:\n{}", run(7).0);
}

#[test]
fn lines_do_not_care_how_they_are_cut() {
    let outcome = every_split(Lines::default, b"one\n\ntwo\nrest");
    let line = |text: &str| Said::Line(text.into());
    assert_eq!(outcome.events, [line("one"), line(""), line("two"), Said::Left]);
}

#[test]
fn an_error_comes_after_the_same_events_however_the_bytes_are_cut() {
    let bytes = format!("one\n{}\n", "x".repeat(81));
    let outcome = every_split(Lines::default, bytes.as_bytes());
    assert_eq!(outcome.events, [Said::Line("one".into())]);
    assert_eq!(outcome.error.as_deref(), Some("a line is longer than 80 bytes (TooLong)"));
}
