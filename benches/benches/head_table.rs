//! Parsing of heads, as ratios: `cargo bench -p wirelab-benches --bench head_table`.
//!
//! All parsers take turns of half a millisecond or a little more: so short that most turns are not interrupted, however
//! busy the machine is.

use std::time::Duration;

use wirelab_benches::heads::{self, Contender};
use wirelab_benches::inputs::{self, Input};
use wirelab_benches::rounds;

const ROUNDS: usize = 401;
const TURN: Duration = Duration::from_micros(500);

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return println!("nothing is timed outside of `cargo bench`");
    }
    println!("Heads, one thread: {ROUNDS} turns in rotation; the median of them and, in brackets, the best.");
    println!("`ours ×`: how many times as many heads ours parses in the same time.");
    for input in inputs::ALL {
        compare(&input);
    }
}

fn compare(input: &Input) {
    let mut contenders = heads::contenders(input);
    let turns: Vec<u64> = contenders.iter_mut().map(heads_in_a_turn).collect();
    let mut best = vec![f64::INFINITY; contenders.len()];
    let medians = rounds::medians(ROUNDS, contenders.len(), |at| {
        let took = (contenders[at].batch)(turns[at]);
        let each = took.as_nanos() as f64 / turns[at] as f64;
        best[at] = best[at].min(each);
        each
    });
    println!("\n{} ({} bytes)", input.name, input.bytes.len());
    println!("  {:<24} {:>15} {:>13} {:>13}", "", "ns/head", "GB/s", "ours ×");
    for (at, contender) in contenders.iter().enumerate() {
        let line = |each: f64, ours: f64| (each, input.bytes.len() as f64 / each, each / ours);
        let (time, rate, ratio) = line(medians[at], medians[0]);
        let (best_time, best_rate, best_ratio) = line(best[at], best[0]);
        print!("  {:<24} {time:>7.1} ({best_time:>5.1})", contender.name);
        println!(" {rate:>6.2} ({best_rate:.2}) {ratio:>6.2} ({best_ratio:.2})");
    }
}

/// Also warms up: caches, branch predictors, and the processor's clock.
fn heads_in_a_turn(contender: &mut Contender) -> u64 {
    let mut heads = 1000;
    while (contender.batch)(heads) < TURN {
        heads *= 2;
    }
    heads
}
