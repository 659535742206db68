//! Section 6: a race condition. Two threads add one to a counter by reading it and writing it back, and an update is lost:
//! first in every order that is possible, one by one, and then on real threads; with the ways to mend it.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};
use std::time::{Duration, Instant};

use wirelab_examples::Step::{self, Add, Lock, Read, Unlock, Write, WriteIfSame};
use wirelab_examples::{Args, Checks, Orders, Outcome, Table};

const ABOUT: &str = "A lost update: every order of two threads' steps, and then real threads (section 6).
Look at how many orders are wrong, and at how few additions can be left in the worst one.";

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--model", "only the orders, which are the same every time"),
            ("--threads N", "how many real threads (4)"),
            ("--count N", "how often each adds one (200000)"),
        ],
    );
    let mut checks = Checks::default();
    every_order(&mut checks);
    how_much_can_be_lost(&mut checks);
    locks(&mut checks);
    if !args.has("--model") {
        forced(&mut checks);
        real_threads(args.value("--threads", 4).max(2), args.value("--count", 200_000).max(1), &mut checks);
    }
    Ok(checks.exit_code())
}

fn every_order(checks: &mut Checks) {
    println!("Two threads, a and b, each add one to a counter that is 0. All orders of their steps:\n");
    let ways: [(&str, &[Step]); 4] = [
        ("read, write", &[Read, Write]),
        ("fetch_add", &[Add]),
        ("read, compare_exchange", &[Read, WriteIfSame]),
        ("lock, read, write, unlock", &[Lock(0), Read, Write, Unlock(0)]),
    ];
    let mut wrong = Vec::new();
    let mut table = Table::new(["each thread", "orders", "end with 2", "end with 1", "for example"]);
    for (name, program) in ways {
        let found = Orders::of(program, program);
        let example = found.example(1).unwrap_or_default().to_owned();
        let counts =
            [found.count(), found.ending_with(2), found.ending_with(1)].map(|count| count.to_string());
        table = table.row([name.to_owned()].into_iter().chain(counts).chain([example]));
        wrong.push(found.ending_with(1));
    }
    println!("{table}\nFor example, `abab` is: a reads 0, b reads 0, a writes 1, b writes 1.\n");
    checks.check("read, write: four of six orders lose an addition", wrong[0] == 4);
    checks.check("the other three lose none in any order", wrong[1..] == [0, 0, 0]);
}

fn how_much_can_be_lost(checks: &mut Checks) {
    println!("\nAnd if each adds one several times?\n");
    let mut table = Table::new(["times each", "orders", "right", "of all", "least counter"]);
    let mut least = Vec::new();
    for times in 1..=5 {
        let program = [Read, Write].repeat(times);
        let found = Orders::of(&program, &program);
        let right = found.ending_with(2 * times as u64);
        let percent = 100.0 * right as f64 / found.count() as f64;
        let cells = [
            found.count().to_string(),
            right.to_string(),
            format!("{percent:.2} %"),
            found.least().unwrap_or(0).to_string(),
        ];
        table = table.row([times.to_string()].into_iter().chain(cells));
        least.push(found.least().unwrap_or(0));
    }
    println!(
        "{table}\nOf ten additions two may be left: a reads 0; b adds one until it has one addition to go; a writes 1;"
    );
    println!("b reads 1; a does all the rest; b writes 2.\n");
    checks.check("the least that can be left of five additions each is two", least == [1, 2, 2, 2, 2]);
}

fn locks(checks: &mut Checks) {
    println!(
        "\nTwo locks, of two accounts, say. One thread takes first the one, the other first the other:\n"
    );
    let program = [Lock(0), Lock(1), Add, Unlock(1), Unlock(0)];
    let crossed = Orders::of(&program, &[Lock(1), Lock(0), Add, Unlock(0), Unlock(1)]);
    let ordered = Orders::of(&program, &program);
    let row = |name: &str, found: &Orders| {
        let example = found.deadlocks().first().cloned().unwrap_or_default();
        [name.to_owned(), found.count().to_string(), found.deadlocks().len().to_string(), example]
    };
    let table = Table::new(["", "orders", "deadlocks", "for example"])
        .row(row("each in its own order", &crossed))
        .row(row("both in the same order", &ordered));
    println!("{table}");
    checks.check("locks taken in different orders can stop both for ever", !crossed.deadlocks().is_empty());
    checks.check(
        "locks taken in one order cannot",
        ordered.deadlocks().is_empty() && ordered.ending_with(2) == ordered.count(),
    );
}

/// The order `abab` on real threads: a barrier stands between reading and writing.
fn forced(checks: &mut Checks) {
    let (counter, both_have_read) = (AtomicU64::new(0), Barrier::new(2));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let copy = counter.load(Ordering::Relaxed);
                both_have_read.wait();
                counter.store(copy + 1, Ordering::Relaxed);
            });
        }
    });
    println!(
        "\nOn real threads, with a barrier between reading and writing, so that the order is the wrong one:\n"
    );
    checks.check("two additions, and the counter is 1", counter.into_inner() == 1);
}

fn real_threads(threads: u64, count: u64, checks: &mut Checks) {
    println!("\nAnd without a barrier: {threads} threads, each adding one {count} times.\n");
    let (counter, lock) = (AtomicU64::new(0), Mutex::new(()));
    // Unseen, the copy stays two instructions. Otherwise the compiler may make one `inc` of them, which on a single processor
    // cannot be interrupted half-way (and on two loses as much as before).
    let read_write = || counter.store(black_box(counter.load(Ordering::Relaxed)) + 1, Ordering::Relaxed);
    let fetch_add = || {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    let exchange = || {
        let mut copy = counter.load(Ordering::Relaxed);
        while let Err(now) = counter.compare_exchange(copy, copy + 1, Ordering::Relaxed, Ordering::Relaxed) {
            copy = now; // somebody came between
        }
    };
    let locked = || {
        let _guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        read_write();
    };
    let ways: [(&str, &(dyn Fn() + Sync)); 4] = [
        ("read, write", &read_write),
        ("fetch_add", &fetch_add),
        ("read, compare_exchange", &exchange),
        ("lock, read, write, unlock", &locked),
    ];
    let mut table = Table::new(["each thread", "expected", "counter", "lost", "ns each"]);
    let mut lost = Vec::new();
    for (name, add) in ways {
        let (mut rounds, mut time) = (0, Duration::ZERO);
        counter.store(0, Ordering::Relaxed);
        // On a single processor, threads change places only at the end of a time slice, and rarely between these two steps.
        while rounds == 0
            || name == "read, write"
                && counter.load(Ordering::Relaxed) == rounds * threads * count
                && rounds < 1000
        {
            time += on_threads(threads, count, add);
            rounds += 1;
        }
        let (expected, end) = (rounds * threads * count, counter.load(Ordering::Relaxed));
        let nanos = format!("{:.1}", time.as_nanos() as f64 / expected as f64);
        let counts = [expected, end, expected - end].map(|count| count.to_string());
        table = table.row([name.to_owned()].into_iter().chain(counts).chain([nanos]));
        lost.push(expected - end);
    }
    println!("{table}");
    checks.check(format!("read, write: {} additions are lost", lost[0]), lost[0] > 0);
    checks.check("the other three lose none", lost[1..] == [0, 0, 0]);
}

/// How long it takes until every thread has added as often as it should.
fn on_threads(threads: u64, count: u64, add: &(dyn Fn() + Sync)) -> Duration {
    let (began, all_are_there) = (Instant::now(), Barrier::new(threads as usize));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                all_are_there.wait();
                (0..count).for_each(|_| add());
            });
        }
    });
    began.elapsed()
}
