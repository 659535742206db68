//! Loads on servers that behave in one certain way, each with what must be counted then.

mod support;

use std::time::{Duration, Instant};

use support::{LOOPBACK, Site, config, get, page};
use wirelab_http::{Method, Request};
use wirelab_load::{Arrivals, Config, Error, Load, Mix, Report};
use wirelab_server::{Context, DemoSite, Reply, Step};
use wirelab_socket::TcpListener;

fn run(site: &Site, mix: Mix, config: Config) -> Report {
    let report = Load::new(site.address, mix, config).unwrap().run().unwrap();
    assert!(report.counts.add_up(), "{:?}", report.counts);
    report
}

fn ok() -> Site {
    Site::start(|_: Request, _: &Context| Step::from(Reply::text("OK")))
}

#[test]
fn every_request_of_an_open_loop_is_answered_and_both_sides_agree() {
    let site = ok();
    let arrivals = Arrivals::Poisson { rate: 2000.0, seed: 3 };
    let report = run(&site, page("/"), Config { arrivals, ..config(300, 16) });
    assert!(report.counts.all_answered() && report.counts.due > 300, "{:?}", report.counts);
    assert_eq!((report.connected, report.bytes), (16, 2 * report.counts.answered));
    assert_eq!(site.handle.counters().accepted(), 16, "connections were kept");
    assert_eq!(site.stop(), report.counts.answered);
}

#[test]
fn a_connection_for_each_request_is_a_connection_for_each_request() {
    for arrivals in [Arrivals::Closed, Arrivals::Constant(500.0)] {
        let site = ok();
        let config = Config { arrivals, connection_per_request: true, ..config(200, 4) };
        let report = run(&site, page("/"), config);
        assert!(report.counts.all_answered() && report.counts.due >= 4, "{:?}", report.counts);
        assert_eq!(report.connected, report.counts.due);
        assert_eq!(site.handle.counters().accepted(), report.counts.due);
        site.stop();
    }
}

#[test]
fn a_server_that_closes_after_some_requests_costs_connections_and_no_request() {
    let limits = wirelab_server::Config { max_requests: 5, ..wirelab_server::Config::default() };
    let site = Site::start_with(limits, |_: Request, _: &Context| Step::from(Reply::text("OK")));
    let report = run(&site, page("/"), Config { arrivals: Arrivals::Closed, ..config(100, 2) });
    assert!(report.counts.all_answered(), "{:?}", report.counts);
    assert!(report.connected >= report.counts.answered / 5, "{} connections", report.connected);
    site.stop();
}

#[test]
fn kinds_are_counted_apart_and_content_is_sent() {
    let site = Site::start(DemoSite::new());
    let post = |path| {
        let mut request = get(path);
        request.method = Method::Post;
        request
    };
    let mix = Mix::new("echo", post("/echo")).with_content("five!").and("missing", 1, get("/nothing/here"));
    let report = run(&site, mix, Config { arrivals: Arrivals::Constant(1000.0), ..config(200, 4) });
    let [echo, missing] = &report.kinds[..] else { panic!("{:?}", report.kinds) };
    assert_eq!((echo.name.as_str(), missing.name.as_str()), ("echo", "missing"));
    assert_eq!(echo.counts.statuses, [0, echo.counts.due, 0, 0, 0]);
    assert_eq!(missing.counts.statuses, [0, 0, 0, missing.counts.due, 0]);
    assert!(echo.counts.due > 50 && missing.counts.due > 50 && report.counts.due == 200);
    assert!(report.bytes >= 5 * echo.counts.due);
    site.stop();
}

#[test]
fn nobody_there_is_refused_each_time() {
    let listener = TcpListener::bind(LOOPBACK.parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for arrivals in [Arrivals::Constant(500.0), Arrivals::Closed] {
        let config = Config { arrivals, rest: Duration::from_millis(10), ..config(100, 3) };
        let report = Load::new(address, page("/"), config).unwrap().run().unwrap();
        assert!(report.counts.add_up());
        assert_eq!(report.counts.failed.refused, report.counts.due, "{:?}", report.counts);
        assert_eq!((report.not_opened, report.connected), (3, 0));
        assert!(report.counts.due > 3 && report.counts.due <= 50, "with rests of 10 ms: {:?}", report.counts);
    }
}

#[test]
fn a_server_that_accepts_nothing_lets_requests_time_out_or_leaves_them_unanswered() {
    let listener = TcpListener::bind(LOOPBACK.parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let config = Config {
        arrivals: Arrivals::Constant(100.0),
        timeout: Duration::from_millis(300),
        grace: Duration::ZERO,
        queue: 4,
        ..config(400, 2)
    };
    let report = Load::new(address, page("/"), config.clone()).unwrap().run().unwrap();
    let counts = &report.counts;
    assert!(counts.add_up() && counts.due == 40 && counts.answered == 0, "{counts:?}");
    assert!(counts.failed.timed_out >= 2, "the kernel has shaken hands, and nobody reads: {counts:?}");
    assert!(counts.unsent.queue_full > 0, "two are sent, four wait: {counts:?}");
    let patient = Config { timeout: Duration::from_secs(60), queue: 100, ..config };
    let report = Load::new(address, page("/"), patient).unwrap().run().unwrap();
    let counts = &report.counts;
    assert_eq!((counts.unanswered, counts.unsent.at_the_end, counts.due), (2, 38, 40), "{counts:?}");
}

#[test]
fn the_end_does_not_wait_for_answers_that_do_not_come() {
    let site = Site::start(DemoSite::new());
    let config = Config { grace: Duration::from_millis(50), ..config(50, 2) };
    let began = Instant::now();
    let report = run(&site, page("/delay/60000"), config);
    assert_eq!(report.counts.unanswered, 2);
    assert!(began.elapsed() < Duration::from_secs(30), "the page takes a minute");
}

#[test]
fn what_two_threads_measure_can_be_added() {
    let site = ok();
    let mix = page("/");
    let load = Load::new(site.address, mix, Config { arrivals: Arrivals::Constant(200.0), ..config(100, 2) });
    let load = load.unwrap();
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| load.run().unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut sum = Report::default();
    reports.iter().for_each(|report| sum.merge(report));
    assert_eq!((sum.counts.due, sum.counts.answered, sum.response.count()), (40, 40, 40));
    assert_eq!((sum.connected, sum.kinds[0].counts.due, sum.seconds[0].due), (4, 40, 40));
    assert_eq!(site.stop(), 40);
}

#[test]
fn what_cannot_be_done_is_refused_before_it_begins() {
    let here = "127.0.0.1:1".parse().unwrap();
    let refusal = |address, mix, config| Load::new(address, mix, config).unwrap_err();
    let there = "192.0.2.7:80".parse().unwrap();
    assert!(matches!(refusal(there, page("/"), config(1, 1)), Error::NotLoopback(_)));
    assert!(Load::new(there, page("/"), Config { allow_remote: true, ..config(1, 1) }).is_ok());
    for address in ["[::1]:80", "[::ffff:127.0.0.1]:80", "127.8.9.10:80"] {
        assert!(Load::new(address.parse().unwrap(), page("/"), config(1, 1)).is_ok(), "{address}");
    }
    assert!(matches!(refusal(here, page("/"), config(1, 0)), Error::Config(_)));
    for rate in [0.0, -5.0, f64::NAN, f64::INFINITY] {
        let config = Config { arrivals: Arrivals::Constant(rate), ..config(1, 1) };
        assert!(matches!(refusal(here, page("/"), config), Error::Config(_)), "{rate}");
    }
    let upgrade = Mix::new("chat", get("/").with("Connection", "upgrade").with("Upgrade", "chat"));
    assert!(matches!(refusal(here, upgrade, config(1, 1)), Error::Request { name, .. } if name == "chat"));
    let short = Mix::new("short", get("/").with("Content-Length", 9));
    assert!(matches!(refusal(here, short, config(1, 1)), Error::Request { .. }));
}
