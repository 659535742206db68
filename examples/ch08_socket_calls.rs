//! Section 8.1: the calls of a conversation, one after the other: what each of them does in the kernel at both ends, and what it
//! sends.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr};
use std::os::fd::AsFd;

use wirelab::kernel::{Counter, Query, SocketEntry, TcpCounters};
use wirelab::socket::{Call, ListenOptions, Socket, TcpListener, TcpState, TcpStream, record};
use wirelab_examples::{Args, CallNames, Checks, Outcome, PCAP, Traffic, own_network, wait_until};

const ABOUT: &str =
    "socket, bind, listen, connect, accept, send, recv, shutdown, close: one at a time (section 8.1).
Look, after each call, at the kernel's table of sockets, and at how many segments it took.";

const ANY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn main() -> Outcome {
    let args = Args::parse(ABOUT, &[PCAP]);
    let own = own_network("how many segments each call takes").is_some();
    let _recording = args.recording(Traffic::Here)?;
    let mut stage =
        Stage { own, checks: Checks::default(), port: 0, names: CallNames::default(), call: None };
    let (client, server) = open(&mut stage)?;
    close(&mut stage, client, server)?;
    unread(&mut stage)?;
    for former in [true, false] {
        restart(&mut stage, former)?;
    }
    Ok(stage.checks.exit_code())
}

fn open(stage: &mut Stage) -> io::Result<(TcpStream, TcpStream)> {
    println!("1. A conversation\n");
    let socket = stage.call("server: socket", || Socket::tcp_for(&ANY))?;
    stage.name("listener", &socket);
    stage.see("a descriptor, and nothing that the network could see", 0, &[])?;
    stage.call("server: bind", || socket.bind(ANY))?;
    stage.has_port(socket.local_addr()?.port());
    stage.see("a port, on which nobody listens", 0, &[])?;
    let listener = stage.call("server: listen", || socket.listen(8))?;
    stage.see("from now on the kernel answers SYNs", 0, &["listener LISTEN, 0 of 8"])?;

    let address = listener.local_addr()?;
    let client = stage.call("client: socket, connect", || Socket::tcp_for(&address)?.connect(address))?;
    stage.name("client", &client);
    stage.names.port(client.local_addr()?.port(), "CLIENT");
    stage.see(
        "SYN, SYN+ACK, ACK: connected before accept, to a socket that no program has yet",
        3,
        &["listener LISTEN, 1 of 8", "client ESTABLISHED", "server ESTABLISHED, no descriptor"],
    )?;
    stage.call("client: send", || client.write(b"hello"))?;
    stage.see(
        "sent, received and acknowledged, all before accept",
        2,
        &["listener LISTEN, 1 of 8", "client ESTABLISHED", "server ESTABLISHED, no descriptor, 5 unread"],
    )?;
    let (server, _) = stage.call("server: accept", || listener.accept_blocking())?;
    stage.name("server", &server);
    stage.see(
        "accept sends nothing; it gives a descriptor to a connection that there was",
        0,
        &["listener LISTEN, 0 of 8", "client ESTABLISHED", "server ESTABLISHED, 5 unread"],
    )?;
    drop(listener);
    stage.call("server: recv", || server.read(&mut [0; 16]))?;
    stage.see(
        "the bytes move to the program, of which the client hears nothing",
        0,
        &["client ESTABLISHED", "server ESTABLISHED"],
    )?;
    Ok((client, server))
}

fn close(stage: &mut Stage, client: TcpStream, server: TcpStream) -> io::Result<()> {
    stage.call("client: shutdown", || client.shutdown(Shutdown::Write))?;
    stage.see(
        "a FIN and its ACK; the FIN waits to be read, as a byte would",
        2,
        &["client FIN-WAIT-2", "server CLOSE-WAIT, 1 unread"],
    )?;
    let count = stage.call("server: recv", || server.read(&mut [0; 16]))?;
    stage.see_that(
        count == 0,
        "0 bytes, which is the end",
        0,
        &["client FIN-WAIT-2", "server CLOSE-WAIT"],
    )?;
    stage.call("server: send", || server.write(b"world"))?;
    stage.see(
        "the other direction is open still",
        2,
        &["client FIN-WAIT-2, 5 unread", "server CLOSE-WAIT"],
    )?;
    stage.call("client: recv", || client.read(&mut [0; 16]))?;
    stage.see("and is read from", 0, &["client FIN-WAIT-2", "server CLOSE-WAIT"])?;
    stage.close("server: close", server)?;
    stage.see("a FIN and its ACK; who closed first has TIME-WAIT", 2, &["client TIME-WAIT"])?;
    stage.close("client: close", client)?;
    stage.see("which is the kernel's, and outlives the descriptor", 0, &["client TIME-WAIT"])
}

fn unread(stage: &mut Stage) -> io::Result<()> {
    println!("2. Another, whose server closes and has not read\n");
    let (listener, client, server) = stage.connected(true)?;
    stage.call("client: send", || client.write(b"hello"))?;
    let listening = "listener LISTEN, 0 of 8";
    stage.see(
        "sent and acknowledged",
        2,
        &[listening, "client ESTABLISHED", "server ESTABLISHED, 5 unread"],
    )?;
    stage.close("server: close", server)?;
    stage.see("an RST in place of the FIN; both ends are gone, and no TIME-WAIT", 1, &[listening])?;
    let read = stage.call("client: recv", || Ok(client.read(&mut [0; 16])))?;
    let reset = read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset);
    stage.see_that(reset, "which the client is told as an error: ECONNRESET", 0, &[listening])?;
    drop(listener);
    Ok(())
}

/// A server ends, and is started again. `former`: whether the old one had set `SO_REUSEADDR`.
fn restart(stage: &mut Stage, former: bool) -> io::Result<()> {
    let (number, had) = if former { (3, "had") } else { (4, "had not") };
    println!("{number}. A server is started again; the old one {had} set SO_REUSEADDR\n");
    let (listener, client, server) = stage.connected(former)?;
    let address = listener.local_addr()?;
    drop(listener);
    stage.close("server: close", server)?;
    stage.see(
        "half-closed, and nobody can read at this end",
        2,
        &["client CLOSE-WAIT, 1 unread", "server FIN-WAIT-2, no descriptor"],
    )?;
    stage.call("client: recv, close", || client.read(&mut [0; 16]).map(|_| drop(client)))?;
    let after = &["server TIME-WAIT"];
    stage.see("the server closed first: TIME-WAIT is on its port", 2, after)?;
    let socket = Socket::tcp_for(&address)?;
    stage.name("new", &socket);
    let plain = stage.call("new server: bind", || Ok(socket.bind(address)))?;
    stage.see_that(is_in_use(&plain), "EADDRINUSE, though no program has the port", 0, after)?;
    let reusing = stage.call("new server: setsockopt, bind", || {
        socket.set_reuse_address(true)?;
        Ok(socket.bind(address))
    })?;
    if former {
        stage.see_that(reusing.is_ok(), "allowed", 0, after)
    } else {
        let claim = "EADDRINUSE: the connection in TIME-WAIT has not got the option, as its listener had not";
        stage.see_that(is_in_use(&reusing), claim, 0, after)
    }
}

fn is_in_use(bound: &io::Result<()>) -> bool {
    bound.as_ref().is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// Where the calls are made and looked at.
struct Stage {
    own: bool,
    checks: Checks,
    /// The server's port: the table shows what has to do with it.
    port: u16,
    /// What descriptors are called here.
    names: CallNames,
    /// The last call: its title, the system calls in it, and the counters before it.
    call: Option<(&'static str, Vec<Call>, TcpCounters)>,
}

impl Stage {
    /// Makes a call and keeps what `see` needs.
    fn call<R>(&mut self, title: &'static str, body: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        let before = TcpCounters::read()?;
        let (result, calls) = record(body);
        self.call = Some((title, calls, before));
        result
    }

    /// Rust has no function for it: a socket is closed when its owner lets it go.
    fn close(&mut self, title: &'static str, stream: TcpStream) -> io::Result<()> {
        self.call(title, || {
            drop(stream);
            Ok(())
        })
    }

    /// Waits until the kernel's table is as expected, prints it with the call, and checks how many segments that took.
    fn see(&mut self, claim: &str, segments: u64, expected: &[&str]) -> io::Result<()> {
        self.see_that(true, claim, segments, expected)
    }

    fn see_that(&mut self, holds: bool, claim: &str, segments: u64, expected: &[&str]) -> io::Result<()> {
        let mut rows = Vec::new();
        let settled = wait_until("", || {
            rows = self.table()?;
            Ok(rows == expected)
        });
        settled
            .map_err(|error| io::Error::new(error.kind(), format!("{claim}: {rows:?}, not {expected:?}")))?;
        let (title, calls, before) =
            self.call.take().ok_or_else(|| io::Error::other("no call to look at"))?;
        println!("{title}");
        calls.iter().for_each(|call| println!("    {}", self.names.apply(call)));
        let taken = TcpCounters::read()?.since(&before).get(Counter::OUT_SEGMENTS);
        if self.own {
            println!("    segments: {taken}");
        }
        rows.iter().for_each(|row| println!("        {row}"));
        self.checks.check(claim, holds && (taken == segments || !self.own));
        println!();
        Ok(())
    }

    fn table(&self) -> io::Result<Vec<String>> {
        if self.port == 0 {
            return Ok(Vec::new()); // which would mean every port
        }
        let mut entries = Query::tcp().local_port(self.port).run()?;
        entries.sort_by_key(|entry| entry.state != TcpState::LISTEN);
        let listener = entries.iter().take_while(|entry| entry.state == TcpState::LISTEN).count();
        entries.splice(listener..listener, Query::tcp().remote_port(self.port).run()?);
        Ok(entries.iter().map(|entry| self.row(entry)).collect())
    }

    /// A socket of the kernel's table in words.
    fn row(&self, entry: &SocketEntry) -> String {
        if let Some(queue) = entry.accept_queue() {
            return format!("listener LISTEN, {} of {}", queue.length, queue.limit);
        }
        let role = if entry.local.port() == self.port { "server" } else { "client" };
        let mut row = format!("{role} {}", entry.state);
        if entry.inode == 0 && entry.state != TcpState::TIME_WAIT {
            row += ", no descriptor";
        }
        for (count, what) in [(entry.receive_queue, "unread"), (entry.send_queue, "unacknowledged")] {
            if count > 0 {
                row += &format!(", {count} {what}");
            }
        }
        row
    }

    /// A connection on a new port, its calls unseen.
    fn connected(&mut self, reuse_address: bool) -> io::Result<(TcpListener, TcpStream, TcpStream)> {
        let listener = ListenOptions::default().reuse_address(reuse_address).backlog(8).bind(ANY)?;
        self.has_port(listener.local_addr()?.port());
        let (client, server) = listener.pair()?;
        self.name("client", &client);
        self.name("server", &server);
        Ok((listener, client, server))
    }

    fn has_port(&mut self, port: u16) {
        self.port = port;
        self.names.port(port, "SERVER");
    }

    fn name(&mut self, name: &'static str, socket: &impl AsFd) {
        self.names.descriptor(socket, name);
    }
}
