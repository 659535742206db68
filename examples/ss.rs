//! A small `ss`: what the kernel knows of sockets, asked over netlink as iproute2's `ss` asks. Its options have the names and
//! the meaning that they have there, as far as there are any; `--counters`, `--sysctls`, `--port` and `--explain` are ours.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use wirelab::kernel::wire::Datagram;
use wirelab::kernel::{self, Counter, Query, SocketEntry, Sysctl, TcpCounters, unix_sockets};
use wirelab::socket::{ListenOptions, TcpListener, TcpState, TcpStream};
use wirelab::wire::render::{Style, terminal};
use wirelab::wire::{Decode, explain};
use wirelab_examples::{Args, Checks, Outcome, Table, socket_details, socket_table, unix_table, wait_until};

const ABOUT: &str = "Shows sockets as the kernel has them. Without arguments it makes some of its own, one in each queue and state, and
checks that the kernel tells of them so. Recv-Q and Send-Q are bytes; of a listener they are the accept queue and its limit.";

const OPTIONS: [(&str, &str); 12] = [
    ("--tcp", "TCP sockets (without --tcp, --udp and --unix: TCP and UDP)"),
    ("--udp", "UDP sockets"),
    ("--unix", "Unix sockets"),
    ("--all", "in every state; without it, only what is connected"),
    ("--listening", "only what listens"),
    ("--port N", "only what has this port at either end"),
    ("--info", "TCP_INFO of each socket, field by field"),
    ("--memory", "the memory of each socket"),
    ("--summary", "how many sockets there are of each kind, in each state"),
    ("--counters", "what TCP has counted since this network namespace was made; with --all, zeroes too"),
    ("--sysctls", "the settings of the network stack"),
    ("--explain", "the question and the first answers, byte by byte"),
];

/// The options that say what to show. Without any of them, the program shows sockets of its own.
const SUBJECTS: [&str; 9] =
    ["--tcp", "--udp", "--unix", "--all", "--listening", "--port", "--summary", "--counters", "--sysctls"];

/// What iproute2's `ss` shows without `--all` and `--listening`.
const CONNECTED: [TcpState; 7] = [
    TcpState::ESTABLISHED,
    TcpState::SYN_SENT,
    TcpState::FIN_WAIT_1,
    TcpState::FIN_WAIT_2,
    TcpState::CLOSE_WAIT,
    TcpState::LAST_ACK,
    TcpState::CLOSING,
];

fn main() -> Outcome {
    let args = Args::parse(ABOUT, &OPTIONS);
    if !SUBJECTS.iter().any(|subject| args.has(subject)) {
        return demonstrate(&args);
    }
    if args.has("--counters") {
        counters(args.has("--all"))?;
    } else if args.has("--sysctls") {
        sysctls();
    } else if args.has("--summary") {
        print!("{}", summary()?);
    } else {
        list(&args)?;
    }
    Ok(std::process::ExitCode::SUCCESS)
}

fn list(args: &Args) -> io::Result<()> {
    let port: u16 = args.value("--port", 0);
    let any_kind = ["--tcp", "--udp", "--unix"].iter().any(|kind| args.has(kind));
    let mut entries = Vec::new();
    for (option, query, listening) in
        [("--tcp", Query::tcp(), TcpState::LISTEN), ("--udp", Query::udp(), TcpState::CLOSED)]
    {
        let query = match () {
            _ if args.has("--listening") => query.states(&[listening]),
            _ if args.has("--all") => query,
            _ => query.states(&CONNECTED),
        };
        if args.has(option) || !any_kind {
            explained(&query, args)?;
            entries.extend(query.details().run()?);
        }
    }
    entries.retain(|entry| port == 0 || entry.local.port() == port || entry.remote.port() == port);
    if !entries.is_empty() {
        show(&entries, args);
    }
    if args.has("--unix") {
        let mut sockets = unix_sockets()?;
        sockets.retain(|socket| match socket.state {
            _ if args.has("--all") && !args.has("--listening") => true,
            state => args.has("--listening") == (state == TcpState::LISTEN) && state != TcpState::CLOSED,
        });
        print!("{}", unix_table(&sockets));
    }
    Ok(())
}

fn show(entries: &[SocketEntry], args: &Args) {
    let table = socket_table(entries).to_string(); // whole, so that it is written whole, and not a line at a time
    print!("{table}");
    let (info, memory) = (args.has("--info"), args.has("--memory"));
    for entry in entries.iter().filter(|_| info || memory) {
        println!("\n{}", socket_details(entry, info, memory));
    }
}

fn summary() -> io::Result<Table> {
    let mut counts = std::collections::BTreeMap::new();
    for (kind, query) in [("tcp", Query::tcp()), ("udp", Query::udp())] {
        for entry in query.run()? {
            *counts.entry((kind, entry.state.to_string())).or_insert(0) += 1;
        }
    }
    for socket in unix_sockets()? {
        *counts.entry(("unix", socket.state.to_string())).or_insert(0) += 1;
    }
    let heading = Table::new(["Netid", "State", "sockets"]);
    Ok(counts.into_iter().fold(heading, |table, ((kind, state), count)| {
        table.row([kind.to_owned(), state, count.to_string()])
    }))
}

fn counters(zeroes_too: bool) -> io::Result<()> {
    let counted = TcpCounters::read()?;
    for counter in Counter::ALL.iter().filter(|counter| zeroes_too || counted.get(**counter) > 0) {
        println!("{:<22} {:>12}  {}", counter.name, counted.get(*counter), counter.counts);
    }
    Ok(())
}

fn sysctls() {
    for setting in Sysctl::ALL {
        let value = setting.read().unwrap_or_else(|_| "not here".to_owned()).replace('\t', " ");
        println!("{:<36} {value:>22} {:<15} {}", setting.name, setting.unit, setting.says);
    }
}

/// With `--explain`: the question as it goes to the kernel, and the first datagram that comes back.
fn explained(query: &Query, args: &Args) -> io::Result<()> {
    if args.has("--explain") {
        let transcript = query.clone().transcript()?;
        println!("The question:\n\n{}", tree::<Datagram<'_>>(&transcript.request));
        if let Some(answer) = transcript.answers.first() {
            println!("The first datagram of the answer, of {}:\n", transcript.answers.len());
            println!("{}", tree::<Datagram<'_>>(answer));
        }
    }
    Ok(())
}

fn tree<'a, M: Decode<'a>>(bytes: &'a [u8]) -> String {
    terminal(&explain::<M>(bytes).1, Style::PLAIN)
}

/// Sockets of our own, one in each queue and state that two programs on one machine can hold still.
fn demonstrate(args: &Args) -> Outcome {
    let localhost = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = ListenOptions::default().backlog(4).bind(localhost)?;
    let talking = connected(&listener)?;
    talking.0.write(&[b'x'; 1000])?; // nobody reads it
    let halved = connected(&listener)?;
    halved.0.shutdown(Shutdown::Write)?;
    let ended = connected(&listener)?;
    let last = addresses(&ended.0)?;
    drop(ended.0); // the client closes first, and so it is the one that waits
    ended.1.read(&mut [0])?; // 0: its FIN is there
    drop(ended.1);
    let waiting = [TcpStream::connect(listener.local_addr()?)?, TcpStream::connect(listener.local_addr()?)?];
    // TCP_DEFER_ACCEPT ignores the last ACK of a handshake if it brings no data: the entry stays in the SYN queue.
    let deferring =
        ListenOptions::default().backlog(4).defer_accept(Duration::from_secs(60)).bind(localhost)?;
    let silent = TcpStream::connect(deferring.local_addr()?)?;

    let ours = [listener.local_addr()?, deferring.local_addr()?];
    // By both addresses: others' sockets in TIME-WAIT may have a port of ours.
    let mut connections = vec![last];
    for client in [&talking.0, &halved.0, &silent].into_iter().chain(&waiting) {
        connections.push(addresses(client)?);
    }
    let is_ours = |entry: &SocketEntry| {
        let there = (entry.local, entry.remote);
        connections.iter().any(|&(client, server)| there == (client, server) || there == (server, client))
            || entry.state == TcpState::LISTEN && ours.contains(&entry.local)
    };
    let mut entries = Vec::new();
    wait_until("the last segments to cross the loopback device", || {
        entries = Query::tcp().details().run()?;
        entries.retain(is_ours);
        let client = entries.iter().find(|entry| (entry.local, entry.remote) == last);
        let ended = client.is_some_and(|entry| entry.state == TcpState::TIME_WAIT);
        let waiting = kernel::accept_queue(ours[0].port())?.is_some_and(|queue| queue.length == 2);
        // The acknowledgement of a FIN may be delayed.
        let acknowledged = entries.iter().all(|entry| entry.state != TcpState::FIN_WAIT_1);
        Ok(entries.len() == 13 && ended && waiting && acknowledged)
    })?;
    entries.sort_by_key(|entry| (entry.local, entry.remote));
    explained(&Query::tcp().listening().local_port(ours[0].port()), args)?;
    show(&entries, args);
    println!();
    Ok(checked(&entries, ours, [&talking, &halved])?.exit_code())
}

type Ends = (TcpStream, TcpStream);

fn addresses(end: &TcpStream) -> io::Result<(SocketAddr, SocketAddr)> {
    Ok((end.local_addr()?, end.peer_addr()?))
}

fn connected(listener: &TcpListener) -> io::Result<Ends> {
    let client = TcpStream::connect(listener.local_addr()?)?;
    Ok((client, listener.accept_blocking()?.0))
}

fn checked(
    entries: &[SocketEntry],
    ours: [SocketAddr; 2],
    [talking, halved]: [&Ends; 2],
) -> io::Result<Checks> {
    let mut checks = Checks::default();
    let find = |end: &TcpStream| -> io::Result<Option<&SocketEntry>> {
        let ends = addresses(end)?;
        Ok(entries.iter().find(|entry| (entry.local, entry.remote) == ends))
    };
    let queue = kernel::accept_queue(ours[0].port())?.map(|queue| (queue.length, queue.limit));
    checks.check("two clients wait in the accept queue, whose limit is 4", queue == Some((2, 4)));
    let unaccepted = entries
        .iter()
        .filter(|entry| entry.local == ours[0] && entry.state == TcpState::ESTABLISHED && entry.inode == 0);
    checks.check("they are ESTABLISHED, and no program has a descriptor of them", unaccepted.count() == 2);
    checks.check(
        "one handshake is in the SYN queue of the other listener",
        kernel::syn_queue(ours[1].port())? == 1,
    );
    let queues = find(&talking.1)?.map(|server| (server.receive_queue, server.state));
    checks.check("1000 bytes wait to be read", queues == Some((1000, TcpState::ESTABLISHED)));
    let states = (find(&halved.0)?.map(|end| end.state), find(&halved.1)?.map(|end| end.state));
    let halves = (Some(TcpState::FIN_WAIT_2), Some(TcpState::CLOSE_WAIT));
    checks.check("a half-closed connection is in FIN-WAIT-2 and CLOSE-WAIT", states == halves);
    let gone: Vec<_> = entries.iter().filter(|entry| entry.state == TcpState::TIME_WAIT).collect();
    checks.check(
        "who closed first is in TIME-WAIT, with a timer and without a descriptor; the other end is gone",
        matches!(gone[..], [end] if end.inode == 0 && end.expires > Duration::ZERO && end.remote == ours[0]),
    );
    let alone = kernel::connection(talking.0.local_addr()?, talking.0.peer_addr()?)?;
    checks.check(
        "a lookup by addresses finds the same socket",
        alone.map(|entry| entry.cookie) == find(&talking.0)?.map(|entry| entry.cookie),
    );
    Ok(checks)
}
