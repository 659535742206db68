//! A load generator for HTTP/1.1, open loop or closed. With a URL it loads that server; without one, a server of its own that
//! stands still now and then, to show what the two kinds of loop say of it.

use std::error::Error;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use wirelab::http::url::Url;
use wirelab::http::{Method, Request};
use wirelab::load::{Arrivals, Config, Load, Mix, Report};
use wirelab::server::{Context, Reply, Step};
use wirelab_examples::{
    Args, Bars, Checks, Outcome, PCAP, Site, TIMES, Table, Traffic, get, milliseconds, patient, times,
    what_became,
};

const ABOUT: &str =
    "Loads an HTTP/1.1 server and says how long its answers took, from the moment they were due.
Without a URL it loads a server of its own that stands still for 100 ms twice a second: look at
the 99th percentile of the open and the closed loop. It was the same server.";

const STALL: Duration = Duration::from_millis(100);
const STALLS_A_SECOND: f64 = 2.0;

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("URL", "what to ask for; without it, a server of its own"),
            ("--rate N", "requests a second, in an open loop (2000)"),
            ("--seconds N", "for how long (2)"),
            ("--connections N", "at most (8)"),
            ("--closed", "a closed loop: each connection asks when it is answered"),
            (
                "--poisson",
                "at independent moments, as users who do not know of each other; not at equal distances",
            ),
            ("--new-connections", "a connection for each request"),
            ("--remote", "the URL may be another machine's, which I have permission to load"),
            ("--svg FILE", "draws the percentiles into FILE"),
            PCAP,
        ],
    );
    match args.get("URL") {
        Some(url) => {
            let url = Url::parse(url)?;
            let _recording = args.recording(Traffic::Ports(&[url.port()]))?;
            ask_server(&url, &args)
        }
        None => {
            let _recording = args.recording(Traffic::Own)?;
            show_difference(&args)
        }
    }
}

fn config(args: &Args) -> Config {
    let rate = args.value("--rate", 2000.0);
    let arrivals = match (args.has("--closed"), args.has("--poisson")) {
        (true, _) => Arrivals::Closed,
        (_, true) => Arrivals::Poisson { rate, seed: 1 },
        _ => Arrivals::Constant(rate),
    };
    Config {
        arrivals,
        duration: Duration::from_secs_f64(args.value("--seconds", 2.0_f64).clamp(0.1, 86_400.0)),
        connections: args.value("--connections", 8),
        connection_per_request: args.has("--new-connections"),
        allow_remote: args.has("--remote"),
        ..patient()
    }
}

/// What was asked for on the command line.
fn ask_server(url: &Url, args: &Args) -> Outcome {
    let mut addresses = (url.host().trim_matches(['[', ']']), url.port()).to_socket_addrs()?;
    let address = addresses.next().ok_or("the host has no address")?;
    let request = Request::new(Method::Get, url.target()).with("Host", url.authority());
    let Config { timeout, grace, .. } = Config::default(); // somebody waits for the end of this
    let config = Config { timeout, grace, ..config(args) };
    let load = Load::new(address, Mix::new("page", request), config)?;
    let report = load.run_watched(|report| {
        println!("{:>4} s  {}", report.elapsed.as_secs(), what_became(&report.counts))
    })?;
    println!("\n{}\n{:.0} answers a second\n", what_became(&report.counts), report.rate());
    println!("{}", table(&[("response, from the due moment", &report)]));
    let seconds = Table::new(["second", "due", "answered", "failed", "mean ms", "max ms"]);
    let row = |(number, second): (usize, &wirelab::load::Second)| {
        let [due, answered, failed] =
            [second.due, second.answered, second.failed].map(|count| count.to_string());
        [number.to_string(), due, answered, failed, milliseconds(second.mean()), milliseconds(second.longest)]
    };
    println!("{}", report.seconds.iter().enumerate().map(row).fold(seconds, Table::row));
    draw(args, &[("", &report)])?;
    let mut checks = Checks::default();
    checks.check("every request is accounted for", report.counts.add_up());
    checks.check("every request was answered", report.counts.all_answered());
    Ok(checks.exit_code())
}

fn table(reports: &[(&str, &Report)]) -> Table {
    let headings = ["", "answers", "a second"].into_iter().chain(TIMES);
    reports.iter().fold(Table::new(headings), |table, (name, report)| {
        let first = [(*name).to_owned(), report.counts.answered.to_string(), format!("{:.0}", report.rate())];
        table.row(first.into_iter().chain(times(&report.response)))
    })
}

fn draw(args: &Args, reports: &[(&str, &Report)]) -> std::io::Result<()> {
    let Some(file) = args.get("--svg") else { return Ok(()) };
    let mut chart = Bars::new("Response times", "ms");
    for percent in [50.0, 90.0, 99.0, 99.9] {
        for (name, report) in reports {
            let time = report.response.percentile(percent).as_secs_f64() * 1e3;
            chart = chart.bar(format!("{name} p{percent}"), time);
        }
    }
    std::fs::write(file, chart.svg())
}

/// One loop, one page, and a handler that blocks the loop.
fn show_difference(args: &Args) -> Outcome {
    let mut site = Site::start(|request: Request, _: &Context| {
        if request.target.path() == "/stall" {
            std::thread::sleep(STALL); // what a handler on a loop must not do
        }
        Step::from(Reply::text("OK"))
    })?;
    let open = Config { arrivals: Arrivals::Constant(args.value("--rate", 2000.0)), ..config(args) };
    let closed = Config { arrivals: Arrivals::Closed, ..open.clone() };
    println!("A server with one loop. Somebody asks it for /stall {STALLS_A_SECOND} times a second, which");
    println!("blocks the loop for {} ms; everybody else asks for /.\n", STALL.as_millis());
    let (in_open, stalls) = with_stalls(site.address, &open)?;
    println!("open    {}", what_became(&in_open.counts));
    let (in_closed, stalls_closed) = with_stalls(site.address, &closed)?;
    println!("closed  {}\n", what_became(&in_closed.counts));
    site.stop()?;
    println!("{}", table(&[("open", &in_open), ("closed", &in_closed)]));
    println!("The closed loop stops asking while the server stands still, and so it hardly notices: it has");
    println!("one slow answer on each connection, and thousands of fast ones between the stalls.\n");
    draw(args, &[("open", &in_open), ("closed", &in_closed)])?;

    let mut checks = Checks::default();
    let add_up = in_open.counts.add_up() && in_closed.counts.add_up();
    checks.check("every request is accounted for, in both", add_up);
    let all = in_open.counts.all_answered() && in_closed.counts.all_answered();
    checks.check("and every one was answered", all);
    let late = |report: &Report| report.response.count_from(STALL / 2);
    let share = |report: &Report| late(report) as f64 / report.counts.answered.max(1) as f64;
    // Of those that are due in the first half of a stall, every one is late by half a stall or more.
    let due_in_half_stalls = stalls as f64 * STALL.as_secs_f64() / 2.0 * args.value("--rate", 2000.0);
    checks.check(
        format!("{stalls} stalls, open: {} answers were late by half a stall and more", late(&in_open)),
        late(&in_open) as f64 >= 0.5 * due_in_half_stalls,
    );
    checks.check(
        format!("{stalls_closed} stalls, closed: {}, about one a stall and connection", late(&in_closed)),
        late(&in_closed) <= 2 * stalls_closed * closed.connections as u64,
    );
    checks.check(
        format!(
            "late were {:.1} % in the open loop, {:.2} % in the closed",
            100.0 * share(&in_open),
            100.0 * share(&in_closed)
        ),
        share(&in_open) > 3.0 * share(&in_closed),
    );
    Ok(checks.exit_code())
}

/// The load on the page, and at the same time a small one of stalls; with how many of those there were.
fn with_stalls(address: SocketAddr, config: &Config) -> Result<(Report, u64), Box<dyn Error>> {
    let page = Load::new(address, Mix::new("page", get("site.example", "/")?), config.clone())?;
    let stalls = Config { arrivals: Arrivals::Constant(STALLS_A_SECOND), connections: 1, ..config.clone() };
    let stalls = Load::new(address, Mix::new("stall", get("site.example", "/stall")?), stalls)?;
    let stalling = std::thread::spawn(move || stalls.run());
    let report = page.run()?;
    let stalled = stalling.join().map_err(|_| "the thread of stalls panicked")??;
    Ok((report, stalled.counts.answered))
}
