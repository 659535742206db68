//! Sections 2.1 to 2.10: our own TCP/IP at the other end of a network device, with the kernel as its peer. `ping`, a client and a
//! server on the kernel's sockets take this process for another machine.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wirelab::client;
use wirelab::http::{Fields, Response, StatusCode};
use wirelab::http1::{Connection, Event};
use wirelab::sansio::Instant;
use wirelab::serve::Model;
use wirelab::server::DemoSite;
use wirelab::socket::Namespace;
use wirelab::tcpip::host::{self, Host, ListenerId, Pumped, SocketId, pump};
use wirelab::tcpip::tcp::{self, Info, State};
use wirelab::tun::{self, Direction, Driver, Impairments, Tun, capture_into};
use wirelab_examples::{Args, Checks, Outcome, Site, Table, ask, get};

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
    let (mut driver, mut web) = start(&args)?;
    println!("The kernel is 10.77.0.1 on {}; this process is {OURS}.\n", driver.tun().name());
    let mut checks = Checks::default();
    ping(&mut driver, &mut web, &mut checks)?;
    serve(&mut driver, &mut web, &mut checks)?;
    fetch(&mut driver, &mut web, &mut checks)?;
    let [incoming, outgoing] = [Direction::In, Direction::Out].map(|direction| driver.fates(direction));
    println!(
        "{} packets from the kernel, {} lost; {} packets to it, {} lost\n",
        incoming.packets, incoming.lost, outgoing.packets, outgoing.lost
    );
    if args.has("--serve") {
        let process = std::process::id();
        println!(
            "Still there, for root: nsenter --target {process} --net curl http://{OURS}/ (Ctrl-C ends it)"
        );
        driver.run(Instant::from_nanos(u64::MAX), |host, now| {
            web.act(host, now);
            ControlFlow::Continue(())
        })?;
    }
    Ok(checks.exit_code())
}

/// The host with a listener, on a device of a network of its own.
fn start(args: &Args) -> Result<(Driver<Host>, Web), Box<dyn std::error::Error>> {
    let tun = Tun::open(&tun::Config::default())?;
    let mut secret = [0; 32];
    io::Read::read_exact(&mut File::open("/dev/urandom")?, &mut secret)?;
    let mut host = Host::new(host::Config { mtu: tun.mtu(), ..host::Config::default() }, secret);
    let ours: IpAddr = OURS.parse()?;
    host.add_address(ours);
    let listener = host.listen(SocketAddr::new(ours, 80), tcp::Listen::default())?;
    let (loss, seed) = (args.value("--loss", 0.0), args.value("--seed", 1));
    let impaired = |seed| Impairments { loss, seed, ..Impairments::default() };
    let name = tun.name().to_owned();
    let mut driver = Driver::new(tun, host)
        .impair(Direction::In, impaired(seed))
        .impair(Direction::Out, impaired(seed + 1));
    if let Some(path) = args.get("--pcap") {
        driver = driver.tap(capture_into(File::create(path)?, &name)?);
    }
    Ok((driver, Web { listener, open: BTreeMap::new(), fetched: None, last: None }))
}

/// What runs on our TCP: HTTP on every connection, as a server or as a client.
struct Web {
    listener: ListenerId,
    open: BTreeMap<SocketId, Http>,
    /// The content of the last response, once it is complete.
    fetched: Option<Bytes>,
    /// The last connection that was established, when it was seen last.
    last: Option<Info>,
}

struct Http {
    connection: Connection,
    content: BytesMut,
}

impl Http {
    fn new(connection: Connection) -> Self {
        Http { connection, content: BytesMut::new() }
    }
}

impl Web {
    /// After every packet: takes new connections, and moves bytes between TCP and HTTP.
    fn act(&mut self, host: &mut Host, now: Instant) {
        while host.poll_event().is_some() {} // all sockets are looked at in any case
        while let Some(socket) = host.accept(self.listener) {
            self.open.insert(socket, Http::new(Connection::server()));
        }
        let Web { open, fetched, last, .. } = self;
        open.retain(|&socket, http| {
            let Http { connection, content } = http;
            let outcome = pump(host, now, socket, connection, |connection, event| match event {
                Event::Request(request) => answer(connection, request.target.path()),
                Event::Data(data) => content.extend_from_slice(&data),
                Event::End(_) if connection.unanswered() == 0 && !content.is_empty() => {
                    *fetched = Some(content.split().freeze());
                }
                _ => {}
            });
            let info = host.socket(socket).map(tcp::Connection::info);
            *last = info.filter(|info| info.state == State::Established).or(*last);
            let goes_on = matches!(outcome, Ok(Pumped::Open));
            if !goes_on {
                host.release(now, socket);
            }
            goes_on
        });
    }
}

/// `/` is a line of text, and everything else a megabyte.
fn answer(http: &mut Connection, path: &str) {
    let content = match path {
        "/" => Bytes::from_static(b"The TCP under this page is not the kernel's.\n"),
        _ => megabyte(),
    };
    let head = Response::new(StatusCode::OK).with("Content-Length", content.len());
    let sent = http.send(&Event::Response(head)).and_then(|()| http.send(&Event::Data(content)));
    if sent.and_then(|()| http.send(&Event::End(Fields::new()))).is_err() {
        http.end_after_this();
    }
}

/// Bytes of which no kilobyte is like the next.
fn megabyte() -> Bytes {
    (0..LENGTH).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

/// Runs until a thread is done that uses the kernel's sockets.
fn run_while<T>(driver: &mut Driver<Host>, web: &mut Web, thread: JoinHandle<T>) -> io::Result<T> {
    let deadline = driver.now() + PATIENCE;
    let done = driver.run(deadline, |host, now| {
        web.act(host, now);
        if thread.is_finished() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if !done {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "the kernel's end does not come to an end"));
    }
    thread.join().map_err(|_| io::Error::other("the kernel's end panicked"))
}

fn ping(driver: &mut Driver<Host>, web: &mut Web, checks: &mut Checks) -> io::Result<()> {
    println!("1. ping {OURS}\n");
    let arguments = ["-c", "3", "-i", "0.2", "-W", "1", OURS];
    match run_while(driver, web, thread::spawn(move || Command::new("ping").args(arguments).output()))? {
        Ok(output) => {
            let printed = String::from_utf8_lossy(&output.stdout);
            println!("{printed}");
            checks.check("ping has answers", !printed.contains(" 0 received"));
        }
        Err(error) => println!("Not shown: ping cannot be started ({error}).\n"),
    }
    Ok(())
}

fn serve(
    driver: &mut Driver<Host>,
    web: &mut Web,
    checks: &mut Checks,
) -> Result<(), Box<dyn std::error::Error>> {
    println!("\n2. A client on the kernel's TCP, a server on ours: http://{OURS}/\n");
    let client = thread::spawn(|| {
        let text = |error: &dyn std::error::Error| error.to_string();
        let address = SocketAddr::new(OURS.parse().map_err(|error| text(&error))?, 80);
        let mut connection = client::Connection::open(address).map_err(|error| text(&error))?;
        let mut page = |path| {
            let request = get(OURS, path).map_err(|error| text(&error))?;
            ask(&mut connection, request, b"").map_err(|error| text(&*error))
        };
        let answers = (page("/")?, page("/megabyte")?);
        Ok::<_, String>((answers, kernels_view()))
    });
    let ((page, large), kernels) = run_while(driver, web, client)??;
    print!("{}", String::from_utf8_lossy(&page.content));
    compare(web.last, &kernels);
    checks.check("our page came", page.head.status == StatusCode::OK && !page.content.is_empty());
    checks.check("and a megabyte, as it was sent", large.content == megabyte());
    Ok(())
}

fn fetch(
    driver: &mut Driver<Host>,
    web: &mut Web,
    checks: &mut Checks,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut site =
        Site::start_on("10.77.0.1:8080".parse()?, Model::SingleLoop, DemoSite::new(), |server| server)?;
    println!("\n3. A client on our TCP, a server on the kernel's: http://{}/bytes/{LENGTH}", site.address);
    let mut http = Http::new(Connection::client());
    http.connection.send(&Event::Request(get("10.77.0.1", &format!("/bytes/{LENGTH}"))?))?;
    http.connection.send(&Event::End(Fields::new()))?;
    let now = driver.now();
    let socket = driver.protocol_mut().connect(now, site.address, tcp::Config::default())?;
    web.open.insert(socket, http);
    driver.run(now + PATIENCE, |host, now| {
        web.act(host, now);
        let done = web.fetched.is_some() || host.socket(socket).is_none();
        if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    compare(web.last, &kernels_view());
    let length = web.fetched.take().map_or(0, |content| content.len());
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
