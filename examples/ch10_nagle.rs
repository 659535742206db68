//! Section 10.1: Nagle's algorithm, on the kernel's TCP. A request in two writes, whose answer waits for both: when it
//! stalls, who waits for whom, and what ends it. Then 5000 bytes in one write.
//!
//! `ch10_nagle_sim` shows the same in virtual time. Client and server share one thread. TCP needs neither of them to run: the kernel does both ends' work.

use std::error::Error;
use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

use wirelab::kernel::{Counter, TcpCounters};
use wirelab::sim::{Ladder, Side};
use wirelab::socket::{Namespace, Socket, TcpInfo, TcpStream};
use wirelab_examples::{Args, Checks, Outcome, PCAP, Percentiles, Table, TcpWatch, Traffic};

const ABOUT: &str = "Nagle's algorithm and delayed acknowledgements (section 10.1).
Look at what the kernel has sent when both writes have returned, and at how long the answer takes.";

/// The pieces of the section's first example.
const HEAD: [u8; 500] = [b'h'; 500];
const BODY: [u8; 960] = [b'b'; 960];
const REQUEST: usize = HEAD.len() + BODY.len();

/// With this `TCP_MAXSEG`, segments carry the section's 1460 bytes: timestamps take 12 of each.
const MSS: usize = 1472;

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--rounds N", "how many requests of each kind (25)"),
            ("--svg FILE", "draws the ladder of a request that stalls into FILE"),
            PCAP,
        ],
    );
    let rounds = args.value("--rounds", 25).clamp(5, 1000);
    println!("{ABOUT}\n");
    // A namespace of its own has counters of its own.
    let alone = Namespace::enter_new();
    let _recording = args.recording(Traffic::Here)?;
    if let Err(error) = &alone {
        println!("(No network namespace of its own: {error}. DelayedACKs counts for the whole machine.)\n");
    }
    let mut checks = Checks::default();
    how_much_fits(&mut checks)?;
    let ladder = one_request(&mut checks)?;
    if let Some(file) = args.get("--svg") {
        std::fs::write(file, ladder.svg("Write, write, read"))?;
    }
    four_combinations(rounds, alone.is_ok(), &mut checks)?;
    cures(rounds, &mut checks)?;
    five_thousand(&mut checks)?;
    Ok(checks.exit_code())
}

/// Two ends of a connection with this `TCP_MAXSEG`. Loopback's own would be 65,483 bytes.
fn connect(mss: usize) -> Result<(TcpStream, TcpStream), Box<dyn Error>> {
    let loopback = "127.0.0.1:0".parse()?;
    let (listening, connecting) = (Socket::tcp_for(&loopback)?, Socket::tcp_for(&loopback)?);
    listening.set_max_segment(mss)?; // the accepted sockets inherit it
    connecting.set_max_segment(mss)?;
    listening.bind(loopback)?;
    let listener = listening.listen(1)?;
    let client = connecting.connect(listener.local_addr()?)?;
    Ok((client, listener.accept_blocking()?.0))
}

fn how_much_fits(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut table = Table::new(["TCP_MAXSEG", "bytes of data in a segment", "options"]);
    let mut fits = Vec::new();
    for mss in [1460, MSS] {
        let data = connect(mss)?.0.tcp_info()?.snd_mss as usize;
        table = table.row([mss, data, mss - data]);
        fits.push(data);
    }
    println!("{table}");
    println!("The options are the timestamps. All options together cannot exceed 40 bytes, so that an MSS");
    println!("of 1460 always leaves 1420 and more.\n");
    checks.check(
        "an MSS of 1460 leaves 1448 bytes for data, and one of 1472 the section's 1460",
        fits == [1448, 1460],
    );
    Ok(())
}

/// How the request is written, or its acknowledgement brought about.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    TwoWrites,
    NoDelay,
    OneWrite,
    Cork,
    More,
    QuickAck,
}

/// Name, and how many segments with data it takes.
const WAYS: [(Way, &str, u32); 6] = [
    (Way::TwoWrites, "two writes", 2),
    (Way::NoDelay, "TCP_NODELAY", 2),
    (Way::QuickAck, "TCP_QUICKACK at the server", 2),
    (Way::Cork, "TCP_CORK", 1),
    (Way::More, "MSG_MORE", 1),
    (Way::OneWrite, "one write of both pieces", 1),
];

fn write_request(client: &TcpStream, way: Way) -> io::Result<usize> {
    match way {
        Way::TwoWrites | Way::NoDelay | Way::QuickAck => {
            client.write(&HEAD)?;
            client.write(&BODY)
        }
        Way::More => {
            client.write_more(&HEAD)?;
            client.write(&BODY)
        }
        Way::Cork => {
            client.set_cork(true)?;
            client.write(&HEAD)?;
            client.write(&BODY)?;
            client.set_cork(false).map(|()| REQUEST)
        }
        Way::OneWrite => client.write_vectored(&[IoSlice::new(&HEAD), IoSlice::new(&BODY)]),
    }
}

/// What was seen of a request and its answer.
struct Exchange {
    /// Of the client, when its writes had returned.
    written: TcpInfo,
    /// Segments with data, without those sent again.
    segments: u32,
    took: Duration,
}

fn exchange(
    client: &TcpStream,
    server: &TcpStream,
    way: Way,
    quick: bool,
) -> Result<Exchange, Box<dyn Error>> {
    if quick {
        server.set_quick_ack(true)?; // not lasting: it has to be said again and again
    }
    let sent = |info: TcpInfo| info.data_segs_out - info.total_retrans;
    let before = sent(client.tcp_info()?);
    let began = Instant::now();
    write_request(client, way)?;
    let written = client.tcp_info()?;
    receive(server, REQUEST)?;
    server.write(b"answer")?;
    receive(client, b"answer".len())?;
    Ok(Exchange { written, took: began.elapsed(), segments: sent(client.tcp_info()?) - before })
}

/// Reads so many bytes, however many reads that takes.
fn receive(stream: &TcpStream, count: usize) -> Result<(), Box<dyn Error>> {
    let mut buffer = Vec::with_capacity(count);
    while buffer.len() < count {
        if stream.read_into(&mut buffer)? == 0 {
            return Err("the connection ended too early".into());
        }
    }
    Ok(())
}

/// A request on a connection that has seen a few, watched from both ends.
fn one_request(checks: &mut Checks) -> Result<Ladder, Box<dyn Error>> {
    let (client, server) = connect(MSS)?;
    for _ in 0..4 {
        exchange(&client, &server, Way::TwoWrites, false)?;
    }
    let mut watch = TcpWatch::new(&client, &server)?;
    let mut moments = vec![("before", client.tcp_info()?, server.tcp_info()?)];
    client.write(&HEAD)?;
    watch.look(Side::Client)?;
    moments.push(("500 bytes written", client.tcp_info()?, server.tcp_info()?));
    client.write(&BODY)?;
    watch.note(Side::Client, "writes 960 bytes");
    moments.push(("960 bytes written", client.tcp_info()?, server.tcp_info()?));
    let first = moments[1].1;
    let (mut waiting, mut overtaken) = (0, 0);
    while server.unread_bytes()? < REQUEST {
        let info = client.tcp_info()?;
        let (kept_back, unacknowledged) = (info.notsent_bytes > 0, info.bytes_acked == first.bytes_acked);
        waiting += u32::from(kept_back && unacknowledged);
        overtaken += u32::from(!kept_back && unacknowledged);
        watch.look(Side::Server)?;
    }
    watch.look(Side::Server)?;
    receive(&server, REQUEST)?;
    server.write(b"answer")?;
    receive(&client, b"answer".len())?;
    watch.look(Side::Server)?;
    moments.push(("answered", client.tcp_info()?, server.tcp_info()?));
    let ladder = Ladder::new(&watch.into_log());
    println!(
        "One request, on a connection that has seen four, as both ends' TCP_INFO counted it:\n\n{ladder}"
    );
    println!("{}", moments_table(&moments));
    println!("TCP_INFO was asked {waiting} more times while the 960 bytes were kept back.\n");
    checks.check("the first piece left at once, though no segment was full", first.notsent_bytes == 0);
    checks.check(
        "the second was kept back as long as the first was unacknowledged",
        waiting > 0 && overtaken == 0,
    );
    Ok(ladder)
}

fn moments_table(moments: &[(&str, TcpInfo, TcpInfo)]) -> Table {
    let table =
        Table::new(["client", "data_segs_out", "unacked", "notsent_bytes", "server: segs_out", "ato"]);
    moments.iter().fold(table, |table, (moment, client, server)| {
        let counts = [client.data_segs_out, client.unacked, client.notsent_bytes, server.segs_out];
        let cells = counts.iter().map(u32::to_string).chain([format!("{} ms", server.ato.as_millis())]);
        table.row([moment.to_string()].into_iter().chain(cells))
    })
}

fn four_combinations(rounds: usize, alone: bool, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let headings = ["", "kept back", "DelayedACKs", "fastest", "median", "slowest"];
    let mut table = Table::new(headings);
    for (nodelay, quick) in [(false, false), (false, true), (true, false), (true, true)] {
        let (client, server) = connect(MSS)?;
        client.set_nodelay(nodelay)?;
        let before = TcpCounters::read()?;
        let exchanges = repeat(rounds, || exchange(&client, &server, Way::TwoWrites, quick))?;
        let delayed = TcpCounters::read()?.since(&before).get(Counter::DELAYED_ACKS);
        let kept_back = exchanges.iter().filter(|exchange| exchange.written.notsent_bytes > 0).count();
        let name = format!(
            "{}, {}",
            if nodelay { "TCP_NODELAY" } else { "Nagle" },
            if quick { "TCP_QUICKACK" } else { "the kernel's own ACKs" }
        );
        let times = Percentiles::of(exchanges.iter().map(|exchange| exchange.took));
        let cells = [kept_back as u64, delayed].map(|count| count.to_string()).into_iter();
        table =
            table.row([name.clone()].into_iter().chain(cells).chain([0, 50, 100].map(|at| ms(times.at(at)))));
        match (nodelay, quick) {
            (true, _) => checks.check(format!("{name}: nothing was ever kept back"), kept_back == 0),
            (false, false) => {
                checks.check(format!("{name}: most second pieces were kept back"), 2 * kept_back > rounds);
                if alone {
                    checks.check(
                        "and it took the timer of the delayed ACK to free them",
                        2 * delayed > rounds as u64,
                    );
                }
            }
            (false, true) if alone => {
                checks.check(format!("{name}: that timer was not needed"), 2 * delayed < rounds as u64);
            }
            (false, true) => {}
        }
    }
    println!("\nTwo writes and an answer, {rounds} times on one connection (milliseconds):\n\n{table}");
    Ok(())
}

fn cures(rounds: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut table = Table::new(["way", "segments", "median", "slowest"]);
    let mut as_expected = true;
    for (way, name, expected) in WAYS {
        let (client, server) = connect(MSS)?;
        client.set_nodelay(way == Way::NoDelay)?;
        let exchanges = repeat(rounds, || exchange(&client, &server, way, way == Way::QuickAck))?;
        let mut segments: Vec<u32> = exchanges.iter().map(|exchange| exchange.segments).collect();
        segments.sort_unstable();
        let times = Percentiles::of(exchanges.iter().map(|exchange| exchange.took));
        table = table.row([name, &segments[rounds / 2].to_string(), &ms(times.at(50)), &ms(times.at(100))]);
        as_expected &= segments[rounds / 2] == expected;
    }
    println!("The cures ({rounds} requests each, milliseconds):\n\n{table}");
    checks.check("one write, TCP_CORK and MSG_MORE need one segment, the others two", as_expected);
    Ok(())
}

/// The section's second example: three full segments, and 620 bytes that are said to wait.
fn five_thousand(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let (client, server) = connect(MSS)?;
    let before = client.tcp_info()?;
    client.write(&[b'x'; 5000])?;
    let written = client.tcp_info()?;
    receive(&server, 5000)?;
    let segments = written.data_segs_out - before.data_segs_out;
    println!("\n5000 = 3 × 1460 + 620 bytes in one write: when it returned, {segments} segments had left,");
    println!("and {} bytes were kept back.\n", written.notsent_bytes);
    let all_left = (segments, written.notsent_bytes) == (4, 0);
    checks.check("5000 bytes in one write: the last 620 waited for nothing", all_left);
    Ok(())
}

fn repeat<R>(
    rounds: usize,
    once: impl FnMut() -> Result<R, Box<dyn Error>>,
) -> Result<Vec<R>, Box<dyn Error>> {
    std::iter::repeat_with(once).take(rounds).collect()
}

fn ms(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}
