//! Section 2.1: what TCP does about lost segments and closed windows, mechanism by mechanism, and what happens without them.

use std::time::Duration;

use wirelab::tcpip::tcp;
use wirelab_examples::{Args, Checks, Failure, Outcome, Pace, SEGMENT, Table, Transfer, milliseconds};

const ABOUT: &str =
    "Lost segments and closed windows, and what TCP does about each (section 2.1), in virtual time.
Guess before you read the table: which of the losses costs a timeout, and which hardly anything?";

/// Ten segments: all that may be on its way at once in the beginning.
const TEN: usize = 10 * SEGMENT as usize;

// ANCHOR: trials
/// Transfers of ten segments, and which of the segments get lost, counted in the order of sending.
fn trials() -> Vec<(&'static str, Transfer)> {
    let usual = tcp::Config::default;
    let without_sack = || tcp::Config { selective_acknowledgment: false, ..usual() };
    let by_timer = || tcp::Config { fast_retransmit: false, ..usual() };
    let by_counting = || tcp::Config { time_based_detection: false, ..usual() };
    let trial = |name, lost, client| (name, Transfer { lost, client, ..Transfer::of(TEN) });
    let closed = Transfer {
        server: tcp::Config { receive_buffer: 4 * SEGMENT as usize, ..usual() },
        pace: Pace::After(Duration::from_secs(1)),
        ..Transfer::of(TEN)
    };
    vec![
        trial("nothing lost", |_| false, usual()),
        trial("the 4th lost", |n| n == 4, usual()),
        trial("the 4th lost, no SACK", |n| n == 4, without_sack()),
        trial("the 4th lost, no fast retransmit", |n| n == 4, by_timer()),
        trial("three lost", |n| [2, 4, 6].contains(&n), usual()),
        trial("three lost, no SACK", |n| [2, 4, 6].contains(&n), without_sack()),
        trial("the 2nd lost twice", |n| [2, 4, 11].contains(&n), usual()),
        trial("the 2nd lost twice, counting", |n| [2, 4, 11].contains(&n), by_counting()),
        trial("the last lost", |n| n == 10, usual()),
        trial("the last lost, counting", |n| n == 10, by_counting()),
        ("the window closed for a second", closed),
    ]
}
// ANCHOR_END: trials

fn main() -> Outcome {
    Args::parse(ABOUT, &[]);
    let mut table =
        Table::new(["trial", "complete after ms", "sent again", "timeouts", "cwnd afterwards", "ssthresh"]);
    let mut results = Vec::new();
    for (name, trial) in trials() {
        let run = trial.run()?;
        println!("{name}:\n\n{}", run.ladder());
        let info = run.info()?;
        table = table.row([
            name.into(),
            run.duration().map_or("never".into(), milliseconds),
            info.retransmissions.to_string(),
            info.timeouts.to_string(),
            segments(info.congestion_window),
            segments(info.slow_start_threshold),
        ]);
        results.push((run.duration(), info));
    }
    println!("Windows in segments of {SEGMENT} bytes, times from the first segment with data on:\n\n{table}");
    let mut checks = Checks::default();
    let times: Vec<Duration> = results.iter().filter_map(|(time, _)| *time).collect();
    let infos: Vec<_> = results.iter().map(|(_, info)| info).collect();
    checks.check("every transfer was completed", times.len() == results.len());
    if let (
        [_, sack, no_sack, timer, three, three_no_sack, twice, twice_counted, tail, tail_counted, closed],
        [_, a, b, c, ..],
    ) = (&times[..], &infos[..])
    {
        checks.check(
            "fast retransmit needs no timeout, with SACK or without",
            (a.timeouts, b.timeouts) == (0, 0),
        );
        checks.check(
            "one loss costs the same with SACK and without, within a millisecond",
            sack.abs_diff(*no_sack) < Duration::from_millis(1),
        );
        checks.check("without fast retransmit the timer repairs it, later", c.timeouts == 1 && timer > sack);
        checks.check("of three losses SACK repairs all in one round trip", three < three_no_sack);
        checks.check("who counts cannot see that a repetition is lost", twice < twice_counted);
        checks.check("a lost tail shows when it is probed, before the timer", tail < tail_counted);
        checks.check("a closed window loses nothing", *closed > Duration::from_secs(1));
    }
    println!();
    wrong_ones(&mut checks)?;
    Ok(checks.exit_code())
}

// ANCHOR: wrong
/// Two implementations that leave out a rule, each beside one that does not.
fn wrong_ones(checks: &mut Checks) -> Result<(), Failure> {
    println!(
        "What a wrong implementation does. The path is dead for half a minute, and ten segments wait:\n"
    );
    let mut table = Table::new(["timeout", "segments sent into the dead path"]);
    let mut into_the_void = Vec::new();
    for (name, back_off) in [("doubled each time", true), ("always the same", false)] {
        // It shall not give up before the time is over.
        let client = tcp::Config { back_off, retries: 1000, ..tcp::Config::default() };
        let dead = Transfer { lost: |_| true, client, ..Transfer::of(TEN) };
        let (data, _) = dead.run_for(Duration::from_secs(30))?.data();
        table = table.row([name.to_owned(), data.to_string()]);
        into_the_void.push(data);
    }
    println!("{table}");
    println!("A reader takes 100 bytes every 10 ms, from a buffer of 4,000; 20,000 bytes are to be sent:\n");
    let mut table = Table::new([
        "silly windows",
        "complete after ms",
        "segments with data",
        "bytes in each",
        "headers, of all bytes sent",
    ]);
    let mut segments = Vec::new();
    for (name, avoid) in [("avoided", true), ("not avoided", false)] {
        let config =
            tcp::Config { silly_window_avoidance: avoid, receive_buffer: 4000, ..Default::default() };
        let pace = Pace::Every(Duration::from_millis(10), 100);
        let slow = Transfer { client: config.clone(), server: config, pace, ..Transfer::of(20_000) };
        let run = slow.run()?;
        let (data, payload) = run.data();
        let all = run.bytes_sent_by_both();
        let overhead = 100.0 * (all - payload) as f64 / all as f64;
        table = table.row([
            name.to_owned(),
            run.duration().map_or("never".into(), milliseconds),
            data.to_string(),
            (payload / data).to_string(),
            format!("{overhead:.0} %"),
        ]);
        segments.push(data);
    }
    println!("{table}");
    if let ([doubled, same], [avoided, not_avoided]) = (&into_the_void[..], &segments[..]) {
        checks.check("without back-off the dead path gets more than five times as much", *same > 5 * doubled);
        checks.check("without avoidance a slow reader makes for more segments", not_avoided > avoided);
    }
    Ok(())
}
// ANCHOR_END: wrong

fn segments(bytes: u32) -> String {
    match bytes {
        0x4000_0000.. => "none yet".into(),
        _ => format!("{:.1}", f64::from(bytes) / f64::from(SEGMENT)),
    }
}
