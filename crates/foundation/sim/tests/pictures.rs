//! The pictures, to the byte, in `tests/golden`. After a change that is meant, run with `BLESS=1` and look at them.

mod support;

use std::path::Path;

use support::{CLIENT, Lines, Ping, SERVER, Said, at_ms, ms, name};
use wirelab_sim::{DatagramPair, Ladder, Link, Log, Pair, Phase, Reason, Row, Side, Waterfall};

fn golden(file: &str, drawn: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, drawn).expect("the folder can be written");
    }
    let kept = std::fs::read_to_string(&path).expect("the file is there");
    assert!(kept == drawn, "{file} has changed; it is now\n{drawn}");
}

#[test]
fn a_ping_with_losses_as_text_and_svg() {
    let mut pair =
        DatagramPair::new(Ping::new(SERVER, 4), Ping::new(CLIENT, 0)).label(name).names("here", "there");
    pair = pair.link(Link::new(ms(20)).loss(0.3)).seed(4);
    pair.run(|_, _| {}, |_, _| {}).unwrap();
    assert!(pair.log().to_string().contains("dropped (lost)"), "{}", pair.log());
    golden("ping.txt", &pair.ladder().to_string());
    golden("ping.svg", &pair.ladder().svg("Four pings"));
}

#[test]
fn messages_that_cross_are_slanted_in_the_svg() {
    let mut pair = Pair::new(Lines::default(), Lines::default()).link(Link::new(ms(30)));
    pair = pair.label(|_, bytes| String::from_utf8_lossy(bytes).trim_end().to_string());
    pair.client.say("may I <b>?");
    pair.server.after(ms(10), |server| server.say("please do"));
    pair.run(
        |client, said| {
            if let Said::Line(_) = said {
                client.note("glad")
            }
        },
        |_, _| {},
    )
    .unwrap();
    golden("crossing.txt", &pair.ladder().to_string());
    golden("crossing.svg", &pair.ladder().svg("Crossing"));
}

#[test]
fn a_waterfall_as_svg() {
    let chart = Waterfall::new("Three requests & one connection")
        .row(
            Row::new("/")
                .span(Phase::Connect, at_ms(0), at_ms(40))
                .span(Phase::Send, at_ms(40), at_ms(42))
                .span(Phase::Wait, at_ms(42), at_ms(90))
                .span(Phase::Receive, at_ms(90), at_ms(104)),
        )
        .row(Row::new("/style.css").span(Phase::Blocked, at_ms(60), at_ms(104)).span(
            Phase::Wait,
            at_ms(104),
            at_ms(150),
        ))
        .row(Row::new("/<script>").span(Phase::Blocked, at_ms(60), at_ms(150)).span(
            Phase::Receive,
            at_ms(150),
            at_ms(175),
        ));
    golden("waterfall.txt", &chart.to_string());
    golden("waterfall.svg", &chart.svg());
}

#[test]
fn a_hostile_label_does_not_become_markup() {
    let mut log = Log::new("<client>", "\"server\"");
    let packet = log.sent(at_ms(0), Side::Client, 1, "</text><script>alert(1)</script>\u{1b}[2J");
    log.dropped(at_ms(0), packet, Reason::QueueFull);
    let ladder = Ladder::new(&log);
    let svg = ladder.svg("a ' & b");
    assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;"), "{svg}");
    assert!(svg.contains("<title>a &#39; &amp; b</title>"), "{svg}");
    let text = ladder.to_string();
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_label_that_is_too_long_is_cut_and_the_lines_stay_straight() {
    let mut log = Log::new("a client with a very long name", "server");
    for len in [1, 62, 63, 500] {
        let packet = log.sent(at_ms(0), Side::Server, 1, "x".repeat(len));
        log.arrived(at_ms(5), packet);
    }
    let text = Ladder::new(&log).to_string();
    let widths: Vec<Option<usize>> =
        text.lines().skip(1).map(|line| line.chars().rev().collect::<String>().find('│')).collect();
    assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
    assert!(text.contains('…'), "{text}");
}
