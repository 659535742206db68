//! The pictures, to the byte, in `tests/golden`. After a change that is meant, run with `BLESS=1` and look at them.

mod support;

use std::path::Path;

use support::{CLIENT, Lines, Ping, SERVER, Said, at_ms, ms, name};
use wirelab_sim::{ArrowLink, DatagramPair, Ladder, Link, Log, Pair, Phase, Reason, Row, Side, Waterfall};

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

/// The corners of a label of the SVG: left, top, right, bottom. The font has twelve pixels, and its characters are 7.2 wide.
fn boxes(svg: &str) -> Vec<(f64, f64, f64, f64)> {
    let labels = svg.lines().filter(|line| line.starts_with("<text class=\"label"));
    let number = |line: &str, name: &str| -> f64 {
        let (_, behind) = line.split_once(&format!(" {name}=\"")).expect("the attribute");
        behind.split('"').next().expect("its value").parse().expect("a number")
    };
    labels
        .map(|line| {
            let text = line.split(['<', '>']).nth(2).expect("the text");
            let (x, y, wide) = (number(line, "x"), number(line, "y"), text.chars().count() as f64 * 7.2);
            let left = if line.contains("\"end\"") { x - wide } else { x };
            (left, y - 10.0, left + wide, y + 3.0)
        })
        .collect()
}

/// All at one moment, when entries stand as close as they can.
#[test]
fn no_label_touches_another_whatever_follows_whatever() {
    for sequence in 0..4_u32.pow(4) {
        for len in [5, 26, 30, 52] {
            let mut log = Log::new("client", "server");
            for place in 0..4 {
                let what = sequence >> (2 * place) & 3;
                let (side, text) = (if what & 1 == 0 { Side::Client } else { Side::Server }, "x".repeat(len));
                if what & 2 == 0 {
                    log.note(at_ms(0), side, text);
                } else {
                    log.sent(at_ms(0), side, 1, text);
                }
            }
            let svg = Ladder::new(&log).svg("labels");
            let boxes = boxes(&svg);
            assert_eq!(boxes.len(), 4);
            for (at, one) in boxes.iter().enumerate() {
                for other in &boxes[at + 1..] {
                    let apart = one.2 <= other.0 || other.2 <= one.0 || one.3 <= other.1 || other.3 <= one.1;
                    assert!(apart, "{one:?} and {other:?} of {len} characters:\n{svg}");
                }
            }
        }
    }
}

#[test]
fn an_arrow_with_a_link_is_covered_by_it_and_the_others_stay_as_they_are() {
    let mut log = Log::new("client", "server");
    let [first, _] = [1, 2].map(|_| log.sent(at_ms(0), Side::Client, 1, "a packet"));
    log.note(at_ms(0), Side::Server, "a note");
    let lost = log.sent(at_ms(1), Side::Server, 1, "another");
    log.arrived(at_ms(5), first);
    log.dropped(at_ms(5), lost, Reason::Lost);
    let plain = Ladder::new(&log);
    let link = |name: &str| Some(ArrowLink { href: format!("/?a=1&{name}=\""), title: name.into() });
    let linked = plain.clone().links([link("one"), None, link("three")]);
    assert_eq!(linked.to_string(), plain.to_string());
    let svg = linked.svg_without_style("links");
    assert!(!svg.contains("<style>") && Ladder::stylesheet().contains("a:is(:hover"), "{svg}");
    let links: Vec<&str> = svg.lines().filter(|line| line.starts_with("<a ")).collect();
    assert_eq!(
        links,
        [
            "<a href=\"/?a=1&amp;one=&quot;\" tabindex=\"-1\"><title>one</title><line x1=\"120\" y1=\"52\" x2=\"560\" y2=\"400\"/>",
            "<a href=\"/?a=1&amp;three=&quot;\" tabindex=\"-1\"><title>three</title><line x1=\"560\" y1=\"159\" x2=\"266\" y2=\"165\"/>",
        ]
    );
    assert!(!plain.svg("none").contains("<a "));
}
