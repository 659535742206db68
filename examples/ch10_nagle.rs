//! Section 10.1: Nagle's algorithm, on the kernel's TCP. A request in two writes, whose answer waits for both: when it
//! stalls, who waits for whom, and what ends it. Then 5000 bytes in one write.
//!
//! `ch10_nagle_sim` shows the same in virtual time. Client and server share one thread. TCP needs neither of them to run: the kernel does both ends' work.

use std::error::Error;
use std::io::{self, IoSlice, Read};
use std::time::{Duration, Instant};

use wirelab::kernel::{Counter, TcpCounters};
use wirelab::sim::{Ladder, Side};
use wirelab::socket::{ConnectOptions, ListenOptions, Namespace, TcpInfo, TcpStream};
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
    let listener = ListenOptions::default().max_segment(mss).bind("127.0.0.1:0".parse()?)?; // the accepted sockets inherit it
    let client = ConnectOptions::default().max_segment(mss).connect(listener.local_addr()?)?;
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
    let promise = "an MSS of 1460 leaves 1448 bytes for data, and one of 1472 the section's 1460";
    checks.check(promise, fits == [1448, 1460]);
    Ok(())
}

/// How the request is written.
#[derive(Clone, Copy)]
enum Way {
    TwoWrites,
    OneWrite,
    Cork,
    More,
}

fn write_request(client: &TcpStream, way: Way) -> io::Result<usize> {
    match way {
        Way::TwoWrites => client.write(&HEAD)?,
        Way::More => client.write_more(&HEAD)?,
        Way::Cork => {
            client.set_cork(true)?;
            client.write(&HEAD)?;
            client.write(&BODY)?;
            return client.set_cork(false).map(|()| REQUEST);
        }
        Way::OneWrite => return client.write_vectored(&[IoSlice::new(&HEAD), IoSlice::new(&BODY)]),
    };
    client.write(&BODY)
}

/// What was seen of a request and its answer.
struct Exchange {
    /// Whether the client had kept something back when its writes had returned.
    kept_back: bool,
    /// Segments with data, without those sent again.
    segments: u32,
    took: Duration,
}

fn exchange(client: &TcpStream, server: &TcpStream, way: Way, quick: bool) -> io::Result<Exchange> {
    if quick {
        server.set_quick_ack(true)?; // not lasting: it has to be said again and again
    }
    let sent = |info: TcpInfo| info.data_segs_out - info.total_retrans;
    let before = sent(client.tcp_info()?);
    let began = Instant::now();
    write_request(client, way)?;
    let kept_back = client.tcp_info()?.notsent_bytes > 0;
    answer(client, server)?;
    Ok(Exchange { kept_back, took: began.elapsed(), segments: sent(client.tcp_info()?) - before })
}

/// The server reads all of the request, however many reads that takes, and answers.
fn answer(mut client: &TcpStream, mut server: &TcpStream) -> io::Result<()> {
    server.read_exact(&mut [0; REQUEST])?;
    server.write(b"answer")?;
    client.read_exact(&mut [0; 6])
}

/// So many requests on a new connection.
fn exchanges(rounds: usize, way: Way, nodelay: bool, quick: bool) -> Result<Vec<Exchange>, Box<dyn Error>> {
    let (client, server) = connect(MSS)?;
    client.set_nodelay(nodelay)?;
    (0..rounds).map(|_| Ok(exchange(&client, &server, way, quick)?)).collect()
}

/// The times at these percentages.
fn times<const N: usize>(exchanges: &[Exchange], at: [usize; N]) -> [String; N] {
    let times = Percentiles::of(exchanges.iter().map(|exchange| exchange.took));
    at.map(|percent| format!("{:.3}", times.at(percent).as_secs_f64() * 1e3))
}

/// A request on a connection that has seen a few, watched from both ends.
fn one_request(checks: &mut Checks) -> Result<Ladder, Box<dyn Error>> {
    let (client, server) = connect(MSS)?;
    for _ in 0..4 {
        exchange(&client, &server, Way::TwoWrites, false)?;
    }
    let mut watch = TcpWatch::new(&client, &server)?;
    let now = |moment| Ok::<_, io::Error>((moment, client.tcp_info()?, server.tcp_info()?));
    let mut moments = vec![now("before")?];
    client.write(&HEAD)?;
    watch.look(Side::Client)?;
    moments.push(now("500 bytes written")?);
    client.write(&BODY)?;
    watch.note(Side::Client, "writes 960 bytes");
    moments.push(now("960 bytes written")?);
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
    answer(&client, &server)?;
    watch.look(Side::Server)?;
    moments.push(now("answered")?);
    let ladder = Ladder::new(&watch.into_log());
    println!(
        "One request, on a connection that has seen four, as both ends' TCP_INFO counted it:\n\n{ladder}"
    );
    println!("{}", moments_table(&moments));
    println!("TCP_INFO was asked {waiting} more times while the 960 bytes were kept back.\n");
    checks.check("the first piece left at once, though no segment was full", first.notsent_bytes == 0);
    let kept_back = waiting > 0 && overtaken == 0;
    checks.check("the second was kept back as long as the first was unacknowledged", kept_back);
    Ok(ladder)
}

fn moments_table(moments: &[(&str, TcpInfo, TcpInfo)]) -> Table {
    let table =
        Table::new(["client", "data_segs_out", "unacked", "notsent_bytes", "server: segs_out", "ato"]);
    moments.iter().fold(table, |table, (moment, client, server)| {
        let (out, unacked, unsent) = (client.data_segs_out, client.unacked, client.notsent_bytes);
        let ato = format!("{} ms", server.ato.as_millis());
        table.cells(&[moment, &out, &unacked, &unsent, &server.segs_out, &ato])
    })
}

fn four_combinations(rounds: usize, alone: bool, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut table = Table::new(["", "kept back", "DelayedACKs", "fastest", "median", "slowest"]);
    let names = [
        ["Nagle, the kernel's own ACKs", "Nagle, TCP_QUICKACK"],
        ["TCP_NODELAY, the kernel's own ACKs", "TCP_NODELAY, TCP_QUICKACK"],
    ];
    for (nodelay, quick) in [(false, false), (false, true), (true, false), (true, true)] {
        let name = names[usize::from(nodelay)][usize::from(quick)];
        let before = TcpCounters::read()?;
        let exchanges = exchanges(rounds, Way::TwoWrites, nodelay, quick)?;
        let delayed = TcpCounters::read()?.since(&before).get(Counter::DELAYED_ACKS);
        let kept_back = exchanges.iter().filter(|exchange| exchange.kept_back).count();
        let [fastest, median, slowest] = times(&exchanges, [0, 50, 100]);
        table = table.cells(&[&name, &kept_back, &delayed, &fastest, &median, &slowest]);
        let mostly_delayed = 2 * delayed > rounds as u64;
        if nodelay {
            checks.check(format!("{name}: nothing was ever kept back"), kept_back == 0);
        } else if !quick {
            checks.check(format!("{name}: most second pieces were kept back"), 2 * kept_back > rounds);
        }
        match (nodelay, quick) {
            (false, false) if alone => {
                checks.check("and it took the timer of the delayed ACK to free them", mostly_delayed)
            }
            (false, true) if alone => {
                checks.check(format!("{name}: that timer was not needed"), !mostly_delayed)
            }
            _ => {}
        }
    }
    println!("\nTwo writes and an answer, {rounds} times on one connection (milliseconds):\n\n{table}");
    Ok(())
}

fn cures(rounds: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut table = Table::new(["way", "segments", "median", "slowest"]);
    let mut as_expected = true;
    for (name, way, nodelay, quick, expected) in [
        ("two writes", Way::TwoWrites, false, false, 2),
        ("TCP_NODELAY", Way::TwoWrites, true, false, 2),
        ("TCP_QUICKACK at the server", Way::TwoWrites, false, true, 2),
        ("TCP_CORK", Way::Cork, false, false, 1),
        ("MSG_MORE", Way::More, false, false, 1),
        ("one write of both pieces", Way::OneWrite, false, false, 1),
    ] {
        let exchanges = exchanges(rounds, way, nodelay, quick)?;
        let mut segments: Vec<u32> = exchanges.iter().map(|exchange| exchange.segments).collect();
        segments.sort_unstable();
        let [median, slowest] = times(&exchanges, [50, 100]);
        table = table.cells(&[&name, &segments[rounds / 2], &median, &slowest]);
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
    (&server).read_exact(&mut [0; 5000])?;
    let (segments, kept_back) = (written.data_segs_out - before.data_segs_out, written.notsent_bytes);
    println!("\n5000 = 3 × 1460 + 620 bytes in one write: when it returned, {segments} segments had left,");
    println!("and {kept_back} bytes were kept back.\n");
    checks.check("5000 bytes in one write: the last 620 waited for nothing", (segments, kept_back) == (4, 0));
    Ok(())
}
