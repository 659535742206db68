//! Section 7: port exhaustion. A client uses up its ports towards one server: by connections that are open, and by connections that
//! are closed and not forgotten. What frees it of this, what does not, and who else is hit.

use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use wirelab::kernel::{self, Counter, PortUse, Query, Sysctl, TcpCounters};
use wirelab::socket::{Namespace, Socket, TcpListener, TcpState, TcpStream};
use wirelab_examples::{Args, Checks, Outcome, PCAP, Recording, Table, Traffic, own_network, wait_until};

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
    let recording = args.recording(Traffic::Here)?;
    let client = Client { own, ports: ten_ports()?, recording };
    client.exhaust(&mut checks)?;
    client.bind_first(&mut checks)?;
    if own {
        client.close_first(&mut checks)?;
    }
    client.reuse(&mut checks)?;
    Ok(checks.exit_code())
}

/// Ten ports that no socket of this network has. It may be everybody's, and then others' connections in TIME-WAIT are waited for.
fn ten_ports() -> io::Result<RangeInclusive<u16>> {
    let began = Instant::now();
    loop {
        if let Some(ports) = ten_free_ports()? {
            return Ok(ports);
        }
        match began.elapsed().as_secs() {
            0 => println!(
                "Others have a port of every ten. Waiting for those in TIME-WAIT: a minute at most.\n"
            ),
            1..90 => {}
            _ => return Err(io::Error::other("there are no ten free ports in a row")),
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// The first of the kernel's range.
fn ten_free_ports() -> io::Result<Option<RangeInclusive<u16>>> {
    let taken: HashSet<u16> = Query::tcp().run()?.iter().map(|socket| socket.local.port()).collect();
    let starts = kernel::ephemeral_range()?.step_by(TEN);
    let mut ranges = starts.map(|first| first..=first.saturating_add(TEN as u16 - 1));
    Ok(ranges.find(|range| range.clone().all(|port| !taken.contains(&port))))
}

/// A client with ten ports.
struct Client {
    own: bool,
    ports: RangeInclusive<u16>,
    recording: Recording,
}

impl Client {
    /// Three servers: two ports of an address, and another address. Each part of the program has a new network for them, where no
    /// port is in TIME-WAIT.
    fn servers(&self) -> io::Result<[TcpListener; 3]> {
        if self.own {
            Namespace::enter_new()?;
            self.recording.here_too()?;
        }
        let servers = [self.listen(1)?, self.listen(1)?, self.listen(2)?];
        if self.own {
            Sysctl::IP_LOCAL_PORT_RANGE.write(format!("{} {}", self.ports.start(), self.ports.end()))?;
        }
        Ok(servers)
    }

    /// A server whose port is not one of the ten.
    fn listen(&self, host_number: u8) -> io::Result<TcpListener> {
        loop {
            let listener = TcpListener::bind(host(host_number))?;
            if !self.ports.contains(&listener.local_addr()?.port()) {
                return Ok(listener);
            }
        }
    }

    /// Bound to nothing yet.
    fn socket(&self) -> io::Result<Socket> {
        let socket = Socket::tcp_for(&host(1))?;
        if !self.own {
            socket.set_local_port_range(Some(self.ports.clone()))?;
        }
        Ok(socket)
    }

    fn connect(&self, to: &TcpListener) -> io::Result<TcpStream> {
        self.socket()?.connect(to.local_addr()?)
    }

    /// From an address of one's own choice, with `bind` to port 0. The port is chosen by `bind` or, `late`, by `connect`.
    fn connect_from(&self, from: SocketAddr, late: bool, to: &TcpListener) -> io::Result<TcpStream> {
        let socket = self.socket()?;
        socket.set_bind_address_no_port(late)?;
        socket.bind(from)?;
        socket.connect(to.local_addr()?)
    }

    fn exhaust(&self, checks: &mut Checks) -> io::Result<()> {
        println!("1. Ten ports, and connections that stay open\n");
        let [server, other_port, other_host] = self.servers()?;
        let to_server = Row::of(|| self.connect(&server))?;
        let to_port = Row::of(|| self.connect(&other_port))?;
        let to_host = Row::of(|| self.connect(&other_host))?;
        let from_host = Row::of(|| self.connect_from(host(3), true, &server))?;
        let bound = Row::of(|| {
            let socket = self.socket()?;
            socket.bind(host(1)).map(|()| socket)
        })?;
        let table = to_server.print("to the server", headings());
        let table = to_port.print("to another port of it", table);
        let table = to_host.print("to another address", table);
        let table = from_host.print("to the server, from another address", table);
        println!("{}", bound.print("bind to port 0", table));
        let others = [&to_port, &to_host, &from_host];
        checks.check("ten ports are ten connections to a server; the next is refused", to_server.is_ten());
        checks.check(
            "and ten to every other server, and ten more from every other address",
            others.iter().all(|row| row.is_ten()),
        );
        let first = *self.ports.start();
        checks.check(
            format!("port {first} of 127.0.0.1 is in three connections at once: the four-tuple must differ, no more"),
            [&to_server, &to_port, &to_host].iter().all(|row| row.has_port(first)),
        );
        checks.check(
            "but none is left to bind to: this is how the other programs of a host are hit",
            bound.made.is_empty() && bound.refused(ErrorKind::AddrInUse),
        );
        [to_server, to_port, to_host, from_host].into_iter().try_for_each(Row::forget)
    }

    fn bind_first(&self, checks: &mut Checks) -> io::Result<()> {
        println!("\n2. A client that binds to its address before it connects\n");
        let mut table = Table::new(["the port is chosen by", "to the server", "to another port of it"]);
        let mut counts = Vec::new();
        for (late, chosen_by) in [(true, "connect (IP_BIND_ADDRESS_NO_PORT)"), (false, "bind")] {
            let [server, other_port, _] = self.servers()?;
            let first = Row::of(|| self.connect_from(host(4), late, &server))?;
            let second = Row::of(|| self.connect_from(host(4), late, &other_port))?;
            let both = [first.made.len(), second.made.len()];
            table = table.row([chosen_by.to_owned(), both[0].to_string(), both[1].to_string()]);
            counts.push(both);
            first.forget()?;
            second.forget()?;
        }
        println!("{table}");
        checks.check(
            "connect knows the destination, and shares a port between several",
            counts[0] == [TEN, TEN],
        );
        checks.check("bind does not, and must take a port that nobody has", counts[1] == [TEN, 0]);
        Ok(())
    }

    fn close_first(&self, checks: &mut Checks) -> io::Result<()> {
        println!("\n3. Connections one after the other, each closed before the next\n");
        let [server, other, _] = self.servers()?;
        Sysctl::TCP_TW_REUSE.write(0)?;
        let by_server = Row::of(|| self.converse(&other, false))?;
        let by_client = Row::of(|| self.converse(&server, true))?;
        let ports = PortUse::between(host(1).ip(), server.local_addr()?)?;
        let [open, waiting] = [TcpState::ESTABLISHED, TcpState::TIME_WAIT].map(|state| ports.in_state(state));
        let reuse_address = Row::of(|| {
            let socket = self.socket()?;
            socket.set_reuse_address(true)?;
            socket.connect(server.local_addr()?)
        })?;
        let table = by_server.print("the server closes first", headings());
        let table = by_client.print("the client closes first", table);
        println!("{}", reuse_address.print("and with SO_REUSEADDR", table));
        checks.check(
            "the server closes first: TIME-WAIT is its own, and the client's port is free",
            by_server.error.is_none(),
        );
        checks.check(
            format!("the client closes first: ten, and the next is refused, with {open} open and {waiting} in TIME-WAIT"),
            by_client.is_ten() && (open, waiting) == (0, TEN),
        );
        checks.check(
            "SO_REUSEADDR does not help: it is for bind",
            reuse_address.made.is_empty() && reuse_address.refused(ErrorKind::AddrNotAvailable),
        );
        self.recycle(&server, checks)
    }

    /// One connection, made, and closed at both ends.
    fn converse(&self, with: &TcpListener, client_closes_first: bool) -> io::Result<()> {
        let client = self.connect(with)?;
        let (server, _) = with.accept_blocking()?;
        let (first, second) = if client_closes_first { (client, server) } else { (server, client) };
        drop(first);
        while second.read(&mut [0; 64])? > 0 {} // until the FIN
        Ok(())
    }

    fn recycle(&self, server: &TcpListener, checks: &mut Checks) -> io::Result<()> {
        println!("\nNow tcp_tw_reuse=1: connect may take a port whose TIME-WAIT is older than a second.\n");
        let before = TcpCounters::read()?;
        Sysctl::TCP_TW_REUSE.write(1)?;
        wait_until("a port in TIME-WAIT to be taken again", || match self.connect(server) {
            Err(error) if error.kind() == ErrorKind::AddrNotAvailable => Ok(false),
            connected => connected.map(|_| true),
        })?;
        let recycled = TcpCounters::read()?.since(&before).get(Counter::TIME_WAIT_REUSED);
        checks.check("it does (TWRecycled): timestamps tell old segments from new", recycled == 1);
        Ok(())
    }

    fn reuse(&self, checks: &mut Checks) -> io::Result<()> {
        println!("\n4. One connection that is kept\n");
        let [server, ..] = self.servers()?;
        let client = self.connect(&server)?;
        let (other_end, _) = server.accept_blocking()?;
        let mut answered = 0;
        for number in 0..QUESTIONS {
            client.write(&number.to_be_bytes())?;
            let mut question = [0; 4];
            let count = other_end.read(&mut question)?;
            other_end.write(&question[..count])?;
            answered += u32::from(client.read(&mut question)? == 4 && u32::from_be_bytes(question) == number);
        }
        println!("{answered} questions and answers through port {}.\n", client.local_addr()?.port());
        checks.check(format!("{QUESTIONS} requests need one port"), answered == QUESTIONS);
        Ok(())
    }
}

/// Attempts of one kind, until one was refused or there were many.
struct Row<T> {
    made: Vec<T>,
    error: Option<io::Error>,
}

impl<T> Row<T> {
    fn of(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<Self> {
        let mut made = Vec::new();
        while made.len() < MANY {
            match attempt() {
                Ok(one) => made.push(one),
                Err(error) if matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse) => {
                    return Ok(Row { made, error: Some(error) });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Row { made, error: None })
    }

    fn print(&self, name: &str, table: Table) -> Table {
        let then = self.error.as_ref().map_or("no end to be seen".to_owned(), ToString::to_string);
        table.row([name.to_owned(), self.made.len().to_string(), then])
    }

    fn refused(&self, kind: ErrorKind) -> bool {
        self.error.as_ref().is_some_and(|error| error.kind() == kind)
    }

    fn is_ten(&self) -> bool {
        self.made.len() == TEN && self.refused(ErrorKind::AddrNotAvailable)
    }
}

impl Row<TcpStream> {
    fn has_port(&self, port: u16) -> bool {
        self.made.iter().any(|stream| stream.local_addr().is_ok_and(|address| address.port() == port))
    }

    /// Closed by RST, a connection leaves no TIME-WAIT.
    fn forget(self) -> io::Result<()> {
        self.made.iter().try_for_each(|stream| stream.set_linger(Some(Duration::ZERO)))
    }
}

fn headings() -> Table {
    Table::new(["", "made", "then"])
}

/// An address of the loopback device, which has all of 127.0.0.0/8, and any port.
fn host(number: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, number], 0))
}
