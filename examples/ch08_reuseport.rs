//! Section 8.2: four listeners on one port, by `SO_REUSEPORT`. How evenly the kernel spreads connections over them, who waits
//! for whom, and what becomes of the connections that wait in a queue when its listener closes.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use wirelab::kernel::Sysctl;
use wirelab::socket::{ListenOptions, Namespace, Socket, TcpListener, TcpState, TcpStream};
use wirelab_examples::{Args, Checks, Outcome, PCAP, Table, Traffic, wait_until};

const ABOUT: &str = "Several listeners on one port, by SO_REUSEPORT (section 8.2).
Look at how far the shares are from equal, who waits though others are idle, and who gets an RST.";

/// How many connections are open at once: fewer than any queue holds.
const BATCH: usize = 200;

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--count N", "how many connections are spread (10000)"),
            ("--shards N", "over how many listeners (4)"),
            PCAP,
        ],
    );
    let count = args.value("--count", 10_000).max(BATCH);
    let shards = args.value("--shards", 4).clamp(2, 16);
    // In a namespace of its own, the sysctl may be changed, and the ports in TIME-WAIT are nobody else's.
    let alone = Namespace::enter_new();
    let _recording = args.recording(Traffic::Here)?;
    println!("{ABOUT}\n");
    let mut checks = Checks::default();
    everybody_must_want_it(&mut checks)?;
    spread(count, shards, &mut checks)?;
    same_source(shards, &mut checks)?;
    one_is_slow(shards, &mut checks)?;
    one_closes(shards, false, &mut checks)?;
    match alone {
        Ok(_) => {
            Sysctl::TCP_MIGRATE_REQ.write(1)?;
            one_closes(shards, true, &mut checks)?
        }
        Err(error) => {
            println!("\nNot shown: tcp_migrate_req. It needs a network namespace of its own: {error}")
        }
    }
    Ok(checks.exit_code())
}

/// One more listener on `address`, or the first, on a port that is free.
fn listen(address: SocketAddr, reuse_port: bool) -> io::Result<TcpListener> {
    ListenOptions::default().reuse_port(reuse_port).nonblocking(true).bind(address)
}

fn open(shards: usize) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    let first = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), true)?;
    let address = first.local_addr()?;
    let others = (1..shards).map(|_| listen(address, true));
    Ok((address, std::iter::once(Ok(first)).chain(others).collect::<io::Result<_>>()?))
}

/// A client's connection. It ends with an RST, so that its port is free at once.
fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_linger(Some(Duration::ZERO))?;
    Ok(stream)
}

/// The same from a given address and port.
fn connect_from(source: SocketAddr, address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::tcp_for(&address)?;
    socket.set_reuse_address(true)?;
    socket.bind(source)?;
    let stream = socket.connect(address)?;
    stream.set_linger(Some(Duration::ZERO))?;
    Ok(stream)
}

/// Takes what waits in the queue.
fn drain(shard: &TcpListener) -> io::Result<usize> {
    let mut count = 0;
    loop {
        match shard.accept() {
            Ok(_connection) => count += 1,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(count),
            Err(error) => return Err(error),
        }
    }
}

fn everybody_must_want_it(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let (address, _shards) = open(2)?;
    let refused = listen(address, false).map(drop).map_err(|error| error.kind());
    checks.check(
        "without the option, a third listener is refused: address in use",
        refused == Err(ErrorKind::AddrInUse),
    );
    let alone = listen("127.0.0.1:0".parse()?, false)?;
    let refused = listen(alone.local_addr()?, true).map(drop).map_err(|error| error.kind());
    checks.check("nor may one with the option join one without", refused == Err(ErrorKind::AddrInUse));
    Ok(())
}

fn spread(count: usize, shards: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let (address, listeners) = open(shards)?;
    let mut shares = vec![0; shards];
    let mut table = Table::new(["connections", "chi square", "smallest", "largest", "each listener's"]);
    let mut made = 0;
    for goal in [20, 200, 2000, count] {
        while made < goal {
            let clients = (made..goal.min(made + BATCH)).map(|_| connect(address));
            let clients = clients.collect::<io::Result<Vec<_>>>()?;
            made += clients.len();
            wait_until("connections to be accepted", || {
                for (share, listener) in shares.iter_mut().zip(&listeners) {
                    *share += drain(listener)?;
                }
                Ok(shares.iter().sum::<usize>() == made)
            })?;
        }
        let percent =
            |share: Option<&usize>| format!("{:.1} %", *share.unwrap_or(&0) as f64 * 100.0 / made as f64);
        let (smallest, largest) = (percent(shares.iter().min()), percent(shares.iter().max()));
        let cells = [made.to_string(), format!("{:.1}", chi_square(&shares)), smallest, largest];
        table = table.row(cells.into_iter().chain([format!("{shares:?}")]));
    }
    // Dice have a chi square of `freedom` on average, and a variance of twice that.
    let freedom = (shards - 1) as f64;
    println!("\n{made} connections over {shards} listeners:\n\n{table}");
    println!("Dealt in turn, chi square would be 0; thrown by dice, {freedom} on average.\n");
    let like_dice = chi_square(&shares) < freedom + 12.0 * (2.0 * freedom).sqrt();
    checks.check("the kernel spreads them as dice would: even in the long run only", like_dice);
    Ok(())
}

/// How far the shares are from equal ones, in terms of what chance would do: the sum of (share - mean)² / mean.
fn chi_square(shares: &[usize]) -> f64 {
    let mean = shares.iter().sum::<usize>() as f64 / shares.len() as f64;
    shares.iter().map(|&share| (share as f64 - mean).powi(2) / mean).sum()
}

/// For each of 400 sources, the number of the listener that gets its connection.
fn homes(address: SocketAddr, listeners: &[TcpListener]) -> io::Result<Vec<usize>> {
    let sources = (0..400).map(|n| SocketAddr::from(([127, 1, 0, 1], 20_000 + n)));
    let home = |source| {
        let _client = connect_from(source, address)?;
        let mut home = None;
        wait_until("a connection to be accepted", || {
            for (number, listener) in listeners.iter().enumerate() {
                if drain(listener)? > 0 {
                    home = Some(number);
                }
            }
            Ok(home.is_some())
        })?;
        Ok(home.unwrap_or_default())
    };
    sources.map(home).collect()
}

fn same_source(shards: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let (address, mut listeners) = open(shards)?;
    let (first, again) = (homes(address, &listeners)?, homes(address, &listeners)?);
    listeners.push(listen(address, true)?);
    let with_one_more = homes(address, &listeners)?;
    listeners.pop();
    let without_it = homes(address, &listeners)?;
    let moved = differences(&first, &with_one_more);
    println!("\n400 sources (address and port) connect again. To another listener than before come:");
    println!("  {} with the same {shards} listeners", differences(&first, &again));
    println!("  {moved} when one more has joined, though it needs only {}", 400 / (shards + 1));
    println!("  {} when it has closed again\n", differences(&first, &without_it));
    checks.check("the same source comes to the same listener", again == first && without_it == first);
    checks.check("one more listener moves more than its own share", moved > 400 / (shards + 1));
    Ok(())
}

fn differences(a: &[usize], b: &[usize]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a != b).count()
}

/// One does not accept; the others have nothing to do.
fn one_is_slow(shards: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let (address, listeners) = open(shards)?;
    let _clients = (0..BATCH).map(|_| connect(address)).collect::<io::Result<Vec<_>>>()?;
    let (slow, others) = (&listeners[0], &listeners[1..]);
    let mut accepted = 0;
    wait_until("connections to be accepted or to wait", || {
        for listener in others {
            accepted += drain(listener)?;
        }
        Ok(accepted + slow.accept_queue()?.length as usize == BATCH)
    })?;
    let waiting = slow.accept_queue()?.length;
    println!(
        "\nOne listener is slow: of {BATCH} connections the others have accepted {accepted} and are idle;"
    );
    println!("{waiting} wait in the slow one's queue.\n");
    checks.check("the slow listener's share waits, though the others are idle", waiting > 0);
    Ok(())
}

/// One closes while connections wait in its queue.
fn one_closes(shards: usize, migrate: bool, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let (address, mut listeners) = open(shards)?;
    let clients = (0..BATCH).map(|_| connect(address)).collect::<io::Result<Vec<_>>>()?;
    let queued = |listeners: &[TcpListener]| -> io::Result<usize> {
        listeners.iter().map(|listener| Ok(listener.accept_queue()?.length as usize)).sum()
    };
    wait_until("all connections to be queued", || Ok(queued(&listeners)? == BATCH))?;
    let waiting = queued(&listeners[shards - 1..])?;
    drop(listeners.pop());
    wait_until("its connections to be ended or moved", || {
        let ended = clients
            .iter()
            .filter(|client| client.tcp_info().is_ok_and(|info| info.state == TcpState::CLOSED));
        Ok(ended.count() + queued(&listeners)? == BATCH)
    })?;
    let reset = clients.iter().filter(|client| was_reset(client)).count();
    println!("\nA listener closes; {waiting} connections waited in its queue: {reset} clients get an RST.");
    match migrate {
        false => checks.check("what waits in the queue of a listener that closes is reset", reset == waiting),
        true => checks.check(
            "with tcp_migrate_req, it moves to the other listeners' queues",
            reset == 0 && waiting > 0,
        ),
    }
    Ok(())
}

fn was_reset(client: &TcpStream) -> bool {
    let read = client.set_nonblocking(true).and_then(|()| client.read(&mut [0]));
    read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}
