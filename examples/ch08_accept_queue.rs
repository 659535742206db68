//! Section 8.1: the accept queue. How many connections fit into it, what the clients see when it is full, and how it comes that a
//! client is connected of which its server knows nothing.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use wirelab::kernel::{Counter, Sysctl, TcpCounters, connection, syn_queue};
use wirelab::socket::{ListenOptions, TcpListener, TcpState, TcpStream};
use wirelab_examples::{Args, Checks, Outcome, PCAP, Table, Traffic, own_network, wait_until};

const ABOUT: &str = "The accept queue: filled, overfilled, and emptied (section 8.1).
Look at how many connections a backlog of N holds, and at what the clients believe when it is full.";

/// So many clients more than the queue has room for.
const TOO_MANY: usize = 3;

fn main() -> Outcome {
    let args = Args::parse(ABOUT, &[("--backlog N", "what listen is told: 3 to 40 (4)"), PCAP]);
    let backlog = args.value("--backlog", 4).clamp(3, 40);
    let own = own_network("tcp_abort_on_overflow=1, another somaxconn, and exact counters").is_some();
    let _recording = args.recording(Traffic::Here)?;
    let mut checks = Checks::default();
    fill(backlog, own, &mut checks)?;
    connected_in_vain(backlog, &mut checks)?;
    if own {
        reset_instead(backlog, &mut checks)?;
    }
    capped(own, &mut checks)?;
    Ok(checks.exit_code())
}

fn fill(backlog: u32, own: bool, checks: &mut Checks) -> io::Result<()> {
    let (listener, address) = listen(&ListenOptions::default().backlog(backlog))?;
    let room = backlog as usize + 1;
    println!("1. listen({backlog}), and nobody accepts\n");
    let before = TcpCounters::read()?;
    let mut clients = Vec::new();
    for number in 1..=room + TOO_MANY {
        let client = TcpStream::start_connect(address)?;
        wait_until("the handshake, or a full queue", || {
            Ok(state(&client)? == TcpState::ESTABLISHED || is_full(&listener)?)
        })?;
        println!("client {number:2}  {:<11}  {}", client.tcp_info()?.state.to_string(), bar(&listener)?);
        clients.push(client);
    }
    println!();
    let states: Vec<TcpState> = clients.iter().map(state).collect::<io::Result<_>>()?;
    checks.check(
        format!("listen({backlog}) holds {room}: full is a queue that is longer than its limit"),
        states[..room].iter().all(|state| *state == TcpState::ESTABLISHED) && is_full(&listener)?,
    );
    checks.check(
        "the others are in SYN-SENT: their SYNs were dropped, and nobody told them",
        states[room..].iter().all(|state| *state == TcpState::SYN_SENT),
    );
    let (mut syns, mut since) = (0, before.since(&before));
    wait_until("all SYNs to be counted", || {
        since = TcpCounters::read()?.since(&before);
        syns = TOO_MANY as u64 + since.get(Counter::SYN_RETRANS);
        Ok(since.get(Counter::LISTEN_OVERFLOWS) >= syns)
    })?;
    let [overflows, drops] =
        [Counter::LISTEN_OVERFLOWS, Counter::LISTEN_DROPS].map(|counter| since.get(counter));
    checks.check(
        format!("the kernel has counted {syns} SYNs: ListenOverflows {overflows}, ListenDrops {drops}"),
        drops == overflows && overflows == syns || !own,
    );
    println!("\nNow the server accepts:\n");
    let mut accepted = Vec::new();
    wait_until("all clients to be accepted", || {
        let before = accepted.len();
        accept_all(&listener, &mut accepted)?;
        if accepted.len() > before {
            println!("{} accepted, {} in all", accepted.len() - before, accepted.len());
        }
        Ok(accepted.len() == clients.len())
    })?;
    let retransmitted = TcpCounters::read()?.since(&before).get(Counter::SYN_RETRANS);
    println!("\nIn the meantime SYNs were retransmitted {retransmitted} times, the first after a second.\n");
    let in_order = accepted.iter().zip(&clients).take(room).all(|(server, client)| {
        matches!((server.peer_addr(), client.local_addr()), (Ok(peer), Ok(local)) if peer == local)
    });
    checks.check("first in, first out", in_order);
    checks.check("the others came too, with their next SYN", retransmitted >= TOO_MANY as u64);
    Ok(())
}

/// A listener whose accept queue is full, and clients whose handshake was under way before it was.
///
/// `TCP_DEFER_ACCEPT` keeps handshakes in the SYN queue until the client sends data. So the moment of the last ACK can be chosen: it
/// is the segment with the data.
struct Overfull {
    listener: TcpListener,
    /// In the accept queue.
    within: Vec<TcpStream>,
    /// In the SYN queue.
    held: Vec<TcpStream>,
}

impl Overfull {
    fn new(backlog: u32) -> io::Result<Self> {
        let options = ListenOptions::default().backlog(backlog).defer_accept(Duration::from_secs(30));
        let (listener, address) = listen(&options)?;
        let held = (0..TOO_MANY).map(|_| TcpStream::connect(address)).collect::<io::Result<Vec<_>>>()?;
        let mut within = Vec::new();
        while within.len() <= backlog as usize {
            let client = TcpStream::connect(address)?;
            client.write(b"first")?;
            within.push(client);
        }
        wait_until("the accept queue to be full", || is_full(&listener))?;
        println!("accept queue  {}", bar(&listener)?);
        println!("SYN queue     {} handshakes whose last ACK is held back\n", syn_queue(address.port())?);
        Ok(Overfull { listener, within, held })
    }
}

fn connected_in_vain(backlog: u32, checks: &mut Checks) -> io::Result<()> {
    println!("\n2. The queue fills while handshakes are under way\n");
    let before = TcpCounters::read()?;
    let Overfull { listener, within, held } = Overfull::new(backlog)?;
    held.iter().try_for_each(|client| client.write(b"second").map(drop))?;
    wait_until("their ACKs to be dropped", || Ok(overflows(&before)? >= TOO_MANY as u64))?;
    let mut table = Table::new(["client's port", "it says", "unacknowledged", "its server's kernel says"]);
    let mut as_expected = 0;
    for client in &held {
        let (port, unacknowledged) = (client.local_addr()?.port(), client.unacknowledged_bytes()?);
        let at_server = connection(client.peer_addr()?, client.local_addr()?)?.map(|entry| entry.state);
        let states = (state(client)?, at_server.unwrap_or_default());
        table = table.row([
            port.to_string(),
            states.0.to_string(),
            unacknowledged.to_string(),
            states.1.to_string(),
        ]);
        let in_vain = states == (TcpState::ESTABLISHED, TcpState::SYN_RECEIVED);
        as_expected += usize::from(in_vain && unacknowledged == b"second".len());
    }
    println!("{table}");
    checks.check(
        "connect has succeeded, and send; the server's kernel has dropped the ACK, and the data with it",
        as_expected == held.len(),
    );
    let mut accepted = Vec::new();
    wait_until("all clients to be accepted", || {
        accept_all(&listener, &mut accepted)?;
        Ok(accepted.len() == within.len() + held.len())
    })?;
    let mut seconds = 0;
    for server in &accepted {
        let mut request = [0; 16];
        let count = server.read(&mut request)?;
        seconds += usize::from(&request[..count] == b"second");
    }
    checks.check(
        "once there is room, the retransmitted data is the last ACK, and all are served",
        seconds == TOO_MANY,
    );
    Ok(())
}

fn reset_instead(backlog: u32, checks: &mut Checks) -> io::Result<()> {
    println!("\n3. The same with tcp_abort_on_overflow=1\n");
    Sysctl::TCP_ABORT_ON_OVERFLOW.write(1)?;
    let Overfull { listener, held, .. } = Overfull::new(backlog)?;
    held.iter().try_for_each(|client| client.write(b"second").map(drop))?;
    wait_until("resets", || {
        Ok(held.iter().all(|client| state(client).is_ok_and(|state| state == TcpState::CLOSED)))
    })?;
    let reset = |client: &TcpStream| {
        client.take_error().is_ok_and(|error| error.is_some_and(|e| e.kind() == ErrorKind::ConnectionReset))
    };
    checks.check(
        "now those connections are reset: ECONNRESET, after connect has succeeded",
        held.iter().all(reset),
    );
    let before = TcpCounters::read()?;
    let late = TcpStream::start_connect(listener.local_addr()?)?;
    wait_until("its SYN to be dropped", || Ok(overflows(&before)? > 0))?;
    checks.check(
        "but a SYN that finds the queue full is dropped as before",
        state(&late)? == TcpState::SYN_SENT,
    );
    Sysctl::TCP_ABORT_ON_OVERFLOW.write(0)
}

fn capped(own: bool, checks: &mut Checks) -> io::Result<()> {
    println!("\n4. The system has the last word\n");
    let (earlier, _) = listen(&ListenOptions::default().backlog(100))?;
    let before = earlier.accept_queue()?.limit;
    if own {
        Sysctl::SOMAXCONN.write(3)?;
    }
    let most = Sysctl::SOMAXCONN.number()?;
    let (listener, _) = listen(&ListenOptions::default().backlog(1_000_000))?;
    let limit = listener.accept_queue()?.limit;
    println!("somaxconn is {most}. listen(1000000) succeeds, and the queue's limit is {limit}.\n");
    checks.check("listen was not told that it got less", u64::from(limit) == most);
    if own {
        let unchanged = before == 100 && earlier.accept_queue()?.limit == before;
        checks.check("who listened before keeps what it had, 100", unchanged);
    }
    Ok(())
}

fn listen(options: &ListenOptions) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = options.clone().nonblocking(true).bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn accept_all(listener: &TcpListener, accepted: &mut Vec<TcpStream>) -> io::Result<()> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => accepted.push(stream),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn state(client: &TcpStream) -> io::Result<TcpState> {
    Ok(client.tcp_info()?.state)
}

fn is_full(listener: &TcpListener) -> io::Result<bool> {
    let queue = listener.accept_queue()?;
    Ok(queue.length > queue.limit)
}

fn overflows(before: &TcpCounters) -> io::Result<u64> {
    Ok(TcpCounters::read()?.since(before).get(Counter::LISTEN_OVERFLOWS))
}

/// The accept queue as it is now.
fn bar(listener: &TcpListener) -> io::Result<String> {
    let queue = listener.accept_queue()?;
    let (full, free) = (queue.length as usize, queue.limit.saturating_sub(queue.length) as usize);
    Ok(format!("{}{}  {} of {}", "█".repeat(full), "░".repeat(free), queue.length, queue.limit))
}
