//! Section 10.3: both queues of a listener, and what bounds them on this kernel: `listen`, `somaxconn`, `tcp_max_syn_backlog`, and SYN
//! cookies.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use wirelab::kernel::{Counter, Sysctl, TcpCounters, syn_queue};
use wirelab::socket::{ListenOptions, Namespace, TcpListener, TcpState, TcpStream};
use wirelab_examples::{Args, Checks, Outcome, PCAP, Recording, Table, Traffic, own_network, wait_until};

const ABOUT: &str = "The SYN queue and the accept queue, and what bounds each of them (section 10.3).
Look at which setting decides, and which one is not asked.";

/// More than any of the queues here has room for.
const CLIENTS: usize = 40;

/// The counters that section 10.3 is about. The first two are what `netstat -s | grep -i listen` prints.
const COUNTERS: [Counter; 6] = [
    Counter::LISTEN_OVERFLOWS,
    Counter::LISTEN_DROPS,
    Counter::SYN_QUEUE_DROPS,
    Counter::SYN_QUEUE_COOKIES,
    Counter::SYN_COOKIES_SENT,
    Counter::SYN_COOKIES_RECEIVED,
];

fn main() -> Outcome {
    let args = Args::parse(ABOUT, &[PCAP]);
    let mut checks = Checks::default();
    println!("Settings of this system:\n\n{}", settings()?);
    let own = own_network("what other settings do").is_some();
    let recording = args.recording(Traffic::Here)?;
    if own {
        bounds(&recording, &mut checks)?;
        Namespace::enter_new()?;
        recording.here_too()?;
    }
    one_behind_the_other(&mut checks)?;
    Ok(checks.exit_code())
}

fn settings() -> io::Result<Table> {
    let mut table = Table::new(["setting", "here", "the course says"]);
    for (setting, said) in [
        (Sysctl::SOMAXCONN, "often 128"),
        (Sysctl::TCP_MAX_SYN_BACKLOG, "often 128 or 256"),
        (Sysctl::TCP_SYNCOOKIES, "1"),
        (Sysctl::TCP_ABORT_ON_OVERFLOW, "0"),
    ] {
        table = table.row([setting.name, &setting.read()?, said]);
    }
    Ok(table)
}

/// A listener under these settings, and so many clients that nobody accepts.
struct Attempt {
    cookies: u32,
    max_syn_backlog: u32,
    backlog: u32,
}

/// What became of the clients.
struct Seen {
    syn_queue: usize,
    accept_queue: usize,
    refused: usize,
    since: TcpCounters,
}

impl Attempt {
    /// In a network of its own, whose counters begin at 0 and whose kernel knows no peer yet.
    ///
    /// `TCP_DEFER_ACCEPT` keeps a handshake in the SYN queue until the client sends data, which these clients never do.
    fn run(&self, recording: &Recording) -> io::Result<Seen> {
        Namespace::enter_new()?;
        recording.here_too()?;
        Sysctl::TCP_SYNCOOKIES.write(self.cookies)?;
        Sysctl::TCP_MAX_SYN_BACKLOG.write(self.max_syn_backlog)?;
        let options = ListenOptions::default().backlog(self.backlog).defer_accept(Duration::from_secs(30));
        let listener = options.bind(LOOPBACK)?;
        let before = TcpCounters::read()?;
        let clients = crowd(&listener, CLIENTS)?;
        let mut seen = None;
        wait_until("every client to be connected or refused", || {
            let since = TcpCounters::read()?.since(&before);
            let refused = CLIENTS - established(&clients)?;
            let settled = since.get(Counter::LISTEN_DROPS) >= refused as u64;
            let accept_queue = listener.accept_queue()?.length as usize;
            let syn_queue = syn_queue(listener.local_addr()?.port())?;
            seen = Some(Seen { syn_queue, accept_queue, refused, since });
            Ok(settled)
        })?;
        seen.ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

/// Three quarters: Linux keeps the last for peers that it has spoken with before.
fn part_for_strangers(max_syn_backlog: u32) -> usize {
    (max_syn_backlog - max_syn_backlog / 4) as usize + 1
}

fn bounds(recording: &Recording, checks: &mut Checks) -> io::Result<()> {
    println!("{CLIENTS} clients connect, send nothing, and nobody accepts:\n");
    let attempts = [(1, 2048, 100), (0, 2048, 8), (0, 16, 100), (1, 16, 100), (1, 16, 8), (2, 2048, 8)]
        .map(|(cookies, max_syn_backlog, backlog)| Attempt { cookies, max_syn_backlog, backlog });
    let headings =
        ["", "tcp_syncookies", "tcp_max_syn_backlog", "listen", "SYN queue", "accept queue", "refused"];
    let mut table = Table::new(headings);
    let mut seen = Vec::new();
    for (name, attempt) in ('A'..).zip(&attempts) {
        let now = attempt.run(recording)?;
        let settings =
            [attempt.cookies, attempt.max_syn_backlog, attempt.backlog].map(|number| number.to_string());
        let numbers = [now.syn_queue, now.accept_queue, now.refused].map(|number| number.to_string());
        table = table.row(std::iter::once(name.to_string()).chain(settings).chain(numbers));
        seen.push(now);
    }
    println!("{table}\nWhat the kernel has counted of it:\n");
    let mut table = Table::new(["", "A", "B", "C", "D", "E", "F"]);
    for counter in COUNTERS {
        let counts = seen.iter().map(|seen| seen.since.get(counter).to_string());
        table = table.row(std::iter::once(counter.name.to_owned()).chain(counts));
    }
    println!("{table}");
    let queues: Vec<_> = seen.iter().map(|seen| (seen.syn_queue, seen.accept_queue)).collect();
    let cookies: Vec<_> = seen
        .iter()
        .map(|seen| {
            (seen.since.get(Counter::SYN_COOKIES_SENT), seen.since.get(Counter::SYN_COOKIES_RECEIVED))
        })
        .collect();
    checks.check("A: a backlog of 100 has room for all of them", queues[0] == (CLIENTS, 0));
    checks.check("B: the backlog bounds the SYN queue too: 8, and one more", queues[1] == (9, 0));
    checks.check(
        "C: without cookies, strangers may fill three quarters of tcp_max_syn_backlog, and one more",
        queues[2] == (part_for_strangers(16), 0),
    );
    checks.check(
        "D: with cookies, which is the default, tcp_max_syn_backlog bounds nothing",
        queues[3] == (CLIENTS, 0),
    );
    checks.check(
        "E: a full SYN queue is no end: a cookie for each further SYN, until the accept queue is full too",
        queues[4] == (9, 9) && cookies[4] == (9, 9),
    );
    checks.check(
        "F: cookies always: nobody is in the SYN queue, and the last ACK alone makes the connection",
        queues[5] == (0, 9) && cookies[5] == (9, 9),
    );
    Ok(())
}

fn one_behind_the_other(checks: &mut Checks) -> io::Result<()> {
    println!("\nWithout TCP_DEFER_ACCEPT, listen(8):\n");
    let listener = ListenOptions::default().backlog(8).bind(LOOPBACK)?;
    let before = TcpCounters::read()?;
    let clients = crowd(&listener, CLIENTS)?;
    wait_until("the queue to be full, and SYNs to be dropped", || {
        let dropped = TcpCounters::read()?.since(&before).get(Counter::LISTEN_DROPS);
        Ok(listener.accept_queue()?.length > 8 && dropped >= (CLIENTS - 9) as u64)
    })?;
    let (syn_queue, connected) = (syn_queue(listener.local_addr()?.port())?, established(&clients)?);
    println!(
        "accept queue {}, SYN queue {syn_queue}, refused {}\n",
        listener.accept_queue()?.length,
        CLIENTS - connected
    );
    checks.check("a full accept queue shuts the SYN queue, which is empty", syn_queue == 0 && connected == 9);
    Ok(())
}

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn crowd(listener: &TcpListener, count: usize) -> io::Result<Vec<TcpStream>> {
    let address = listener.local_addr()?;
    (0..count).map(|_| TcpStream::start_connect(address)).collect()
}

fn established(clients: &[TcpStream]) -> io::Result<usize> {
    let states = clients.iter().map(|client| Ok(client.tcp_info()?.state)).collect::<io::Result<Vec<_>>>()?;
    Ok(states.into_iter().filter(|state| *state == TcpState::ESTABLISHED).count())
}
