//! Section 7: port exhaustion. A client uses up its ports towards one server: by connections that are open, and by connections that
//! are closed and not forgotten. What frees it of this, what does not, and who else is hit.

use std::io::{self, ErrorKind, Read};

use wirelab::kernel::{Counter, PortUse, Sysctl, TcpCounters};
use wirelab::socket::{Socket, TcpListener, TcpState};
use wirelab_examples::{
    Args, Attempts, Checks, FewPorts, Outcome, PCAP, Table, Traffic, own_network, wait_until,
};

const ABOUT: &str = "Port exhaustion, in a range of ten ports (section 7).
Look at which connections are refused when the ten are used, and which are not.";

/// Instead of 28,232 ports.
const TEN: usize = 10;
/// How many connections are tried where none should be refused.
const MANY: usize = 3 * TEN;
const QUESTIONS: u32 = 1000;

fn main() -> Outcome {
    let args = Args::parse(ABOUT, &[PCAP]);
    let mut checks = Checks::default();
    let own = own_network("TIME-WAIT, whose rules are settings of the network").is_some();
    let client = FewPorts::find(TEN as u16, own)?.recorded_by(args.recording(Traffic::Here)?);
    exhaust(&client, &mut checks)?;
    bind_first(&client, &mut checks)?;
    if own {
        close_first(&client, &mut checks)?;
    }
    reuse(&client, &mut checks)?;
    Ok(checks.exit_code())
}

fn exhaust(client: &FewPorts, checks: &mut Checks) -> io::Result<()> {
    println!("1. Ten ports, and connections that stay open\n");
    let [server, other_port, other_host] = client.servers()?;
    let address = server.local_addr()?;
    let to_server = attempts("to the server", || client.connect(&server))?;
    let to_port = attempts("to another port of it", || client.connect(&other_port))?;
    let to_host = attempts("to another address", || client.connect(&other_host))?;
    let from_host = attempts("to the server, from another address", || {
        client.options().bind(FewPorts::host(3)).connect(address)
    })?;
    let bound = attempts("bind to port 0", || client.bound(FewPorts::host(1)))?;
    let rows = [&to_server, &to_port, &to_host, &from_host];
    println!("{}", bound.row(rows.iter().fold(Attempts::<()>::headings(), |table, row| row.row(table))));
    checks.check("ten ports are ten connections to a server; the next is refused", is_ten(&to_server));
    let others = rows[1..].iter().all(|row| is_ten(row));
    checks.check("and ten to every other server, and ten more from every other address", others);
    let first = *client.ports.start();
    checks.check(
        format!(
            "port {first} of 127.0.0.1 is in three connections at once: the four-tuple must differ, no more"
        ),
        rows[..3].iter().all(|row| row.has_port(first)),
    );
    let none = bound.made.is_empty() && bound.refused(ErrorKind::AddrInUse);
    checks.check("but none is left to bind to: this is how the other programs of a host are hit", none);
    rows.iter().try_for_each(|row| row.forget())
}

fn bind_first(client: &FewPorts, checks: &mut Checks) -> io::Result<()> {
    println!("\n2. A client that binds to its address before it connects\n");
    let mut table = Table::new(["the port is chosen by", "to the server", "to another port of it"]);
    let mut counts = Vec::new();
    for chosen_by in ["connect (IP_BIND_ADDRESS_NO_PORT)", "bind"] {
        let [server, other_port, _] = client.servers()?;
        let connect = |to: &TcpListener| match chosen_by {
            "bind" => client.bound(FewPorts::host(4))?.connect(to.local_addr()?),
            _ => client.options().bind(FewPorts::host(4)).connect(to.local_addr()?),
        };
        let rows = [attempts("", || connect(&server))?, attempts("", || connect(&other_port))?];
        let both = [0, 1].map(|row: usize| rows[row].made.len());
        table = table.named(chosen_by, both);
        counts.push(both);
        rows.iter().try_for_each(Attempts::forget)?;
    }
    println!("{table}");
    let [late, early] = [counts[0] == [TEN, TEN], counts[1] == [TEN, 0]];
    checks.check("connect knows the destination, and shares a port between several", late);
    checks.check("bind does not, and must take a port that nobody has", early);
    Ok(())
}

fn close_first(client: &FewPorts, checks: &mut Checks) -> io::Result<()> {
    println!("\n3. Connections one after the other, each closed before the next\n");
    let [server, other, _] = client.servers()?;
    Sysctl::TCP_TW_REUSE.write(0)?;
    let by_server = attempts("the server closes first", || converse(client, &other, false))?;
    let by_client = attempts("the client closes first", || converse(client, &server, true))?;
    let ports = PortUse::between(FewPorts::host(1).ip(), server.local_addr()?)?;
    let [open, waiting] = [TcpState::ESTABLISHED, TcpState::TIME_WAIT].map(|state| ports.in_state(state));
    let reuse_address = attempts("and with SO_REUSEADDR", || {
        let socket = Socket::tcp_for(&FewPorts::host(1))?;
        socket.set_reuse_address(true)?;
        socket.connect(server.local_addr()?).map(drop)
    })?;
    let rows = [&by_server, &by_client, &reuse_address];
    println!("{}", rows.iter().fold(Attempts::<()>::headings(), |table, row| row.row(table)));
    let endless = by_server.error.is_none();
    checks.check("the server closes first: TIME-WAIT is its own, and the client's port is free", endless);
    checks.check(
            format!("the client closes first: ten, and the next is refused, with {open} open and {waiting} in TIME-WAIT"),
            is_ten(&by_client) && (open, waiting) == (0, TEN),
        );
    let refused = reuse_address.made.is_empty() && reuse_address.refused(ErrorKind::AddrNotAvailable);
    checks.check("SO_REUSEADDR does not help: it is for bind", refused);
    recycle(client, &server, checks)
}

/// One connection, made, and closed at both ends.
fn converse(client: &FewPorts, with: &TcpListener, client_closes_first: bool) -> io::Result<()> {
    let client = client.connect(with)?;
    let (server, _) = with.accept_blocking()?;
    let (first, second) = if client_closes_first { (client, server) } else { (server, client) };
    drop(first);
    while second.read(&mut [0; 64])? > 0 {} // until the FIN
    Ok(())
}

fn recycle(client: &FewPorts, server: &TcpListener, checks: &mut Checks) -> io::Result<()> {
    println!("\nNow tcp_tw_reuse=1: connect may take a port whose TIME-WAIT is older than a second.\n");
    let before = TcpCounters::read()?;
    Sysctl::TCP_TW_REUSE.write(1)?;
    wait_until("a port in TIME-WAIT to be taken again", || match client.connect(server) {
        Err(error) if error.kind() == ErrorKind::AddrNotAvailable => Ok(false),
        connected => connected.map(|_| true),
    })?;
    let recycled = TcpCounters::read()?.since(&before).get(Counter::TIME_WAIT_REUSED);
    checks.check("it does (TWRecycled): timestamps tell old segments from new", recycled == 1);
    Ok(())
}

fn reuse(client: &FewPorts, checks: &mut Checks) -> io::Result<()> {
    println!("\n4. One connection that is kept\n");
    let [server, ..] = client.servers()?;
    let client = client.connect(&server)?;
    let (other_end, _) = server.accept_blocking()?;
    let mut answered = 0;
    for number in 0..QUESTIONS {
        let mut question = [0; 4];
        client.write(&number.to_be_bytes())?;
        (&other_end).read_exact(&mut question)?;
        other_end.write(&question)?;
        (&client).read_exact(&mut question)?;
        answered += u32::from(u32::from_be_bytes(question) == number);
    }
    println!("{answered} questions and answers through port {}.\n", client.local_addr()?.port());
    checks.check(format!("{QUESTIONS} requests need one port"), answered == QUESTIONS);
    Ok(())
}

/// Of a kind of which none should be refused, [`MANY`].
fn attempts<T>(name: &'static str, attempt: impl FnMut() -> io::Result<T>) -> io::Result<Attempts<T>> {
    Attempts::of(name, MANY, attempt)
}

fn is_ten<T>(attempts: &Attempts<T>) -> bool {
    attempts.made.len() == TEN && attempts.refused(ErrorKind::AddrNotAvailable)
}
