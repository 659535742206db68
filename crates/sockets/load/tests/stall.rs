//! What a server that stands still looks like, in a closed loop and in an open one.

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use support::{Site, config, page};
use wirelab_http::Request;
use wirelab_load::{Arrivals, Config, Load, Report};
use wirelab_server::{Context, Reply, Step};

const STALL: Duration = Duration::from_millis(100);
/// The requests before the one that meets the stall.
const BEFORE: u32 = 100;

/// Half a second on one connection, with a server that blocks its only loop once.
fn load(arrivals: Arrivals) -> Report {
    let count = AtomicU32::new(0);
    let site = Site::start(move |_: Request, _: &Context| {
        if count.fetch_add(1, Ordering::Relaxed) == BEFORE {
            std::thread::sleep(STALL);
        }
        Step::from(Reply::text("OK"))
    });
    let config = Config { arrivals, ..config(500, 1) };
    let report = Load::new(site.address, page("/"), config).unwrap().run().unwrap();
    let answered = site.stop();
    assert!(report.counts.add_up() && report.counts.all_answered(), "{:?}", report.counts);
    assert_eq!(report.counts.answered, answered, "both sides count the same");
    println!("{arrivals:?}: {:?}, from 50 ms {}", report.response, report.response.count_from(STALL / 2));
    report
}

/// No limit here is a guess about the machine. In the open loop, a request is due each millisecond; those that are due in
/// the first half of the stall wait for the other half at least. In the closed loop, one connection has room for ten waits of
/// 50 ms in 500 ms, however slow the machine is, and an eleventh that began in time.
#[test]
fn a_stall_of_100_ms_is_one_slow_answer_in_a_closed_loop_and_a_hundred_in_an_open_one() {
    let open = load(Arrivals::Constant(1000.0));
    let closed = load(Arrivals::Closed);
    assert_eq!(open.counts.due, 500);
    assert!(open.response.longest() >= STALL && closed.response.longest() >= STALL);
    assert!(open.response.count_from(STALL / 2) >= 49, "{:?}", open.response);
    assert!(closed.response.count_from(STALL / 2) <= 11, "{:?}", closed.response);
    assert!(open.response.percentile(90.5) >= STALL / 2, "{:?}", open.response);
}

#[test]
fn what_the_open_loop_would_have_missed_by_starting_the_clock_when_it_sends() {
    let open = load(Arrivals::Constant(1000.0));
    // One connection: a request is sent when the one before it is answered. Only one was sent into the stall.
    assert!(open.service.count_from(STALL / 2) < open.response.count_from(STALL / 2));
    assert!(open.service.longest() >= STALL, "{:?}", open.service);
}

#[test]
fn each_second_has_its_own_figures() {
    let site = Site::start(|_: Request, _: &Context| Step::from(Reply::text("OK")));
    let config = Config { arrivals: Arrivals::Constant(100.0), ..config(1500, 4) };
    let mut looks = Vec::new();
    let load = Load::new(site.address, page("/"), config).unwrap();
    let report = load.run_watched(|report| looks.push(report.counts.due)).unwrap();
    site.stop();
    let due: Vec<u64> = report.seconds.iter().map(|second| second.due).collect();
    assert_eq!(due, [100, 50]);
    assert!(
        report.seconds.iter().all(|second| second.answered == second.due && second.mean() <= second.longest)
    );
    assert_eq!(looks.len(), 1, "it was watched once, after a second: {looks:?}");
}
