//! Sections 2.1 to 2.10: our own TCP/IP at the other end of a network device, with the kernel as its peer. `ping`, a client and a
//! server on the kernel's sockets take this process for another machine.

use std::error::Error;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use wirelab::client;
use wirelab::http::StatusCode;
use wirelab::sansio::Instant;
use wirelab::serve::Model;
use wirelab::server::DemoSite;
use wirelab::socket::Namespace;
use wirelab::tcpip::host::{self, Host};
use wirelab::tcpip::tcp::{self, Info};
use wirelab::tun::{self, Direction, Driver, Impairments, Tun, capture_into};
use wirelab_examples::{Args, Checks, Outcome, Site, Table, Web, ask, get};

const ABOUT: &str = "Our TCP/IP on a TUN device, against the kernel's (chapter 2).
Look at the two views of one connection: ours, and what `ss -ti` shows of the kernel's end.";

const OPTIONS: [(&str, &str); 4] = [
    ("--serve", "afterwards goes on as a web server, until Ctrl-C"),
    ("--loss P", "each packet is lost with this probability, in both directions (0)"),
    ("--seed N", "which packets those are (1)"),
    ("--pcap FILE", "writes all packets down, for Wireshark"),
];

/// The machine that this process is.
const OURS: &str = "10.77.0.2";
/// How much is fetched in each direction.
const LENGTH: usize = 1_000_000;
/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(100);

fn main() -> Outcome {
    let args = Args::parse(ABOUT, &OPTIONS);
    let _own = Namespace::enter_new()?;
    let mut machine = Machine::start(&args)?;
    println!("The kernel is 10.77.0.1 on {}; this process is {OURS}.\n", machine.driver.tun().name());
    let mut checks = Checks::default();
    ping(&mut machine, &mut checks)?;
    serve(&mut machine, &mut checks)?;
    fetch(&mut machine, &mut checks)?;
    let [incoming, outgoing] =
        [Direction::In, Direction::Out].map(|direction| machine.driver.fates(direction));
    println!(
        "{} packets from the kernel, {} lost; {} packets to it, {} lost\n",
        incoming.packets, incoming.lost, outgoing.packets, outgoing.lost
    );
    if args.has("--serve") {
        let process = std::process::id();
        println!(
            "Still there, for root: nsenter --target {process} --net curl http://{OURS}/ (Ctrl-C ends it)"
        );
        machine.run(Instant::from_nanos(u64::MAX), |_, _| false)?;
    }
    Ok(checks.exit_code())
}

/// The machine that this process is: a host on a device, and what runs on it.
struct Machine {
    driver: Driver<Host>,
    web: Web,
}

impl Machine {
    /// With a listener, on a device of a network of its own.
    fn start(args: &Args) -> Result<Self, Box<dyn Error>> {
        let tun = Tun::open(&tun::Config::default())?;
        let mut secret = [0; 32];
        File::open("/dev/urandom")?.read_exact(&mut secret)?;
        let mut host = Host::new(host::Config { mtu: tun.mtu(), ..host::Config::default() }, secret);
        let ours: SocketAddr = format!("{OURS}:80").parse()?;
        host.add_address(ours.ip());
        host.listen(ours, tcp::Listen::default())?;
        let (loss, seed) = (args.value("--loss", 0.0), args.value("--seed", 1));
        let impaired = |seed| Impairments { loss, seed, ..Impairments::default() };
        let name = tun.name().to_owned();
        let driver = Driver::new(tun, host).impair(Direction::In, impaired(seed));
        let mut driver = driver.impair(Direction::Out, impaired(seed + 1));
        if let Some(path) = args.get("--pcap") {
            driver = driver.tap(capture_into(File::create(path)?, &name)?);
        }
        Ok(Machine { driver, web: Web::serving(content) })
    }

    /// Runs until something is over; an error if the time is over first.
    fn run(&mut self, deadline: Instant, mut is_over: impl FnMut(&Web, &Host) -> bool) -> io::Result<()> {
        let done = self.driver.run(deadline, |host, now| {
            self.web.act(host, now);
            if is_over(&self.web, host) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let late = || io::Error::new(ErrorKind::TimedOut, "the other end does not come to an end");
        done.then_some(()).ok_or_else(late)
    }

    /// Runs until a thread is done that uses the kernel's sockets.
    fn run_beside<T>(&mut self, thread: JoinHandle<T>) -> io::Result<T> {
        self.run(self.driver.now() + PATIENCE, |_, _| thread.is_finished())?;
        thread.join().map_err(|_| io::Error::other("the kernel's end panicked"))
    }
}

/// `/` is a line of text, and everything else a megabyte.
fn content(path: &str) -> Bytes {
    match path {
        "/" => Bytes::from_static(b"The TCP under this page is not the kernel's.\n"),
        _ => megabyte(),
    }
}

/// Bytes of which no kilobyte is like the next.
fn megabyte() -> Bytes {
    (0..LENGTH).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

fn ping(machine: &mut Machine, checks: &mut Checks) -> io::Result<()> {
    println!("1. ping {OURS}\n");
    let arguments = ["-c", "3", "-i", "0.2", "-W", "1", OURS];
    match machine.run_beside(thread::spawn(move || Command::new("ping").args(arguments).output()))? {
        Ok(output) => {
            let printed = String::from_utf8_lossy(&output.stdout);
            println!("{printed}");
            checks.check("ping has answers", !printed.contains(" 0 received"));
        }
        Err(error) => println!("Not shown: ping cannot be started ({error}).\n"),
    }
    Ok(())
}

fn serve(machine: &mut Machine, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("\n2. A client on the kernel's TCP, a server on ours: http://{OURS}/\n");
    let pages = || -> Result<_, Box<dyn Error>> {
        let mut connection = client::Connection::open(format!("{OURS}:80").parse()?)?;
        let mut page = |path| ask(&mut connection, get(OURS, path)?, b"");
        Ok((page("/")?, page("/megabyte")?, kernels_view()))
    };
    let client = thread::spawn(move || pages().map_err(|error| error.to_string()));
    let (page, large, kernels) = machine.run_beside(client)??;
    print!("{}", String::from_utf8_lossy(&page.content));
    compare(machine.web.last, &kernels);
    checks.check("our page came", page.is(StatusCode::OK, &content("/")));
    checks.check("and a megabyte, as it was sent", large.content == megabyte());
    Ok(())
}

fn fetch(machine: &mut Machine, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let address = "10.77.0.1:8080".parse()?;
    let mut site = Site::start_on(address, Model::SingleLoop, DemoSite::new(), |server| server)?;
    println!("\n3. A client on our TCP, a server on the kernel's: http://{address}/bytes/{LENGTH}");
    let now = machine.driver.now();
    let socket = machine.driver.protocol_mut().connect(now, address, tcp::Config::default())?;
    machine.web.ask(socket, get("10.77.0.1", &format!("/bytes/{LENGTH}"))?)?;
    machine.run(now + PATIENCE, |web, host| web.fetched.is_some() || host.socket(socket).is_none())?;
    compare(machine.web.last, &kernels_view());
    let length = machine.web.fetched.take().map_or(0, |content| content.len());
    checks.check("we have fetched a megabyte from a server on the kernel's sockets", length == LENGTH);
    Ok(site.stop()?)
}

/// What `ss -ti` prints of this namespace's connections.
fn kernels_view() -> String {
    match Command::new("ss").args(["-tinH", "state", "established"]).output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(error) => format!("ss cannot be started ({error})\n"),
    }
}

fn compare(ours: Option<Info>, kernels: &str) {
    println!("\nThe kernel's end, says ss -ti:\n{kernels}");
    let Some(info) = ours else { return };
    let milliseconds = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1e3);
    let segments = |bytes: u32| format!("{} segments", bytes / info.segment_size.max(1));
    let table = Table::new(["our end", ""])
        .row(["state", &info.state.to_string()])
        .row(["mss", &info.segment_size.to_string()])
        .row(["cwnd", &segments(info.congestion_window)])
        .row(["rtt", &info.smoothed_rtt.map_or("none".to_owned(), milliseconds)])
        .row(["rttvar", &milliseconds(info.rtt_variation)])
        .row(["rto", &milliseconds(info.retransmission_timeout)])
        .row(["snd_wnd", &info.send_window.to_string()])
        .row(["rcv_wnd", &info.receive_window.to_string()])
        .row(["segments out, in", &format!("{}, {}", info.segments_sent, info.segments_received)])
        .row(["sent again", &info.retransmissions.to_string()])
        .row(["timeouts, fast recoveries", &format!("{}, {}", info.timeouts, info.fast_recoveries)]);
    println!("{table}");
}
