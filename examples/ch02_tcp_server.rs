//! Section 2.1: a TCP server on port 8800 that greets whoever connects, and shows each of its reads: pieces of a stream, not the
//! messages that the client wrote.

use std::error::Error;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use bytes::BytesMut;
use wirelab::serve::{Config, Facts, Next, Server, Service, Session, Turn};
use wirelab::socket::TcpStream;
use wirelab_examples::{Args, Checks, Goodbye, Outcome, PCAP, Traffic};

const ABOUT: &str = "A TCP server that greets, and shows each read (section 2.1).
Look at where the reads begin and end, and at where the client's writes did. Ctrl-C or SIGTERM ends it.";

const GREETING: &[u8] = b"Good day. You are connected.\n";

/// How many bytes one read asks for. So little that a message longer than a read is easily typed.
const ROOM: usize = 64;

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--listen ADDR", "where (127.0.0.1:8800)"),
            ("--self-test", "on a free port, talks to itself, and ends"),
            PCAP,
        ],
    );
    let usual = if args.has("--self-test") { "127.0.0.1:0" } else { "127.0.0.1:8800" };
    let goodbye = Goodbye::new()?; // before there are threads
    let server = Server::bind(args.value("--listen", usual.parse()?), Config::default())?;
    let _recording = args.recording(Traffic::Ports(&[server.local_addr().port()]))?;
    println!("ready {}  (Ctrl-C ends it)", server.local_addr());
    let mut checks = Checks::default();
    if args.has("--self-test") {
        self_test(server, &mut checks)?;
        return Ok(checks.exit_code());
    }
    println!("try   nc {} {}", server.local_addr().ip(), server.local_addr().port());
    let (handle, greeter) = (server.handle(), Greeter::default());
    serve_while(server, &greeter, || goodbye.wait())?;
    let counters = handle.counters();
    println!("ended in order: {} connections, {} reads", counters.accepted(), greeter.reads().len());
    checks.check("every connection was closed", counters.open() == 0);
    Ok(checks.exit_code())
}

// ANCHOR: server
/// What is served: a greeting, and a line on the terminal for each read.
#[derive(Default)]
struct Greeter {
    connections: AtomicU64,
    reads: Mutex<Vec<(u64, usize)>>,
}

impl Service for Greeter {
    type Local = ();
    type Request = (u64, BytesMut);
    type Answer = ();
    type Session = Stream;

    fn local(&self, _worker: usize) {}

    fn open(&self, facts: Facts, _turn: &mut Turn<'_, ()>) -> Stream {
        let number = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        println!("connection {number} from {}", facts.peer);
        Stream { number, greeted: false, input: BytesMut::new(), ended: false }
    }

    fn handle(&self, (number, bytes): (u64, BytesMut)) {
        println!(
            "connection {number}: a read of {} bytes: {:?}",
            bytes.len(),
            String::from_utf8_lossy(&bytes)
        );
        self.reads.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((number, bytes.len()));
    }
}

/// A connection: there is one such state for each client, until its end.
struct Stream {
    number: u64,
    greeted: bool,
    input: BytesMut,
    ended: bool,
}

impl Session for Stream {
    type Local = ();
    type Request = (u64, BytesMut);
    type Answer = ();

    fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    fn room(&self) -> usize {
        ROOM
    }

    fn receive_eof(&mut self) {
        self.ended = true;
    }

    /// Called once the connection is there, and after each read. Whatever that has brought is passed on as it is: TCP says
    /// nothing of what belongs together.
    fn advance(&mut self, turn: &mut Turn<'_, ()>) -> Next<(u64, BytesMut)> {
        if !std::mem::replace(&mut self.greeted, true) {
            turn.out.extend_from_slice(GREETING);
        }
        match self.input.is_empty() {
            false => Next::Request((self.number, self.input.split())),
            true if self.ended || turn.stopping.is_some() => Next::Shutdown,
            true => Next::Wait,
        }
    }

    fn answer(&mut self, (): (), _turn: &mut Turn<'_, ()>) {}

    fn fail(&mut self, _turn: &mut Turn<'_, ()>) {
        self.ended = true;
    }

    fn stop(&mut self, _turn: &mut Turn<'_, ()>) {}
}
// ANCHOR_END: server

impl Greeter {
    /// Of all connections, in their order: the number of the connection, and how many bytes came.
    fn reads(&self) -> Vec<(u64, usize)> {
        self.reads.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    fn of(&self, number: u64) -> Vec<usize> {
        self.reads().into_iter().filter(|read| read.0 == number).map(|read| read.1).collect()
    }
}

/// Serves on a thread of its own while `body` runs, and then ends in order.
fn serve_while<T>(server: Server, greeter: &Greeter, body: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let handle = server.handle();
    thread::scope(|scope| {
        let running = scope.spawn(|| server.run(greeter));
        let result = body();
        handle.stop();
        running.join().map_err(|_| io::Error::other("the server panicked"))??;
        result
    })
}

/// All clients write before the server runs: what they have written waits in the kernel, and the reads are the same every time.
fn self_test(server: Server, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let (address, handle, greeter) = (server.local_addr(), server.handle(), Greeter::default());
    let long = "l".repeat(3 * ROOM);
    let clients = [&["one", "two", "three"][..], &[&long]].map(|messages| client(address, messages));
    let greetings = serve_while(server, &greeter, || {
        clients.into_iter().map(|client| everything(&client?)).collect::<io::Result<Vec<_>>>()
    })?;
    checks.check("each client was greeted", greetings.iter().all(|greeting| greeting == GREETING));
    checks.check("three writes, 3 + 3 + 5 bytes: one read of 11", greeter.of(1) == [11]);
    let (reads, bytes) = (greeter.of(2).len(), greeter.of(2).iter().sum::<usize>());
    checks.check(
        format!("one write of {} bytes: more reads than one, and no byte is missing", long.len()),
        reads > 1 && bytes == long.len(),
    );
    let counters = handle.counters();
    checks.check("each client had a connection of its own", counters.accepted() == 2 && counters.open() == 0);
    let refused =
        TcpStream::connect(address).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    checks.check("after the end of the server, a connection is refused", refused);
    Ok(())
}

/// Writes each message with a call of its own, and then the end of the stream.
fn client(address: SocketAddr, messages: &[&str]) -> io::Result<TcpStream> {
    let client = TcpStream::connect(address)?;
    for message in messages {
        client.write(message.as_bytes())?;
    }
    client.shutdown(Shutdown::Write)?;
    Ok(client)
}

fn everything(client: &TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    while client.read_into(&mut bytes)? > 0 {}
    Ok(bytes)
}
