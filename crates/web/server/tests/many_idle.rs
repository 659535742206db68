//! Fifty thousand idle connections on one thread, or as many as the system permits, and it says so. Without a test harness,
//! as this program is also the server, and the clients: each needs more descriptors than a process usually has. A shell
//! raises the limit where it may (with CAP_SYS_RESOURCE).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use wirelab_server::{Config, DemoSite, Server};
use wirelab_socket::{Socket, raise_descriptor_limit};

const WANTED: usize = 50_000;

/// What a process needs besides.
const OTHERS: usize = 100;

/// There are some 28,000 ports for a pair of addresses, and so the clients have several.
const FOR_EACH_ADDRESS: usize = 10_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => serve(),
        ["connect", address] => connect(address.parse().unwrap()),
        ref other if other.iter().any(|word| word.ends_with("ignored")) => test(),
        _ => println!(
            "test fifty_thousand_idle_connections_on_one_thread ... ignored, 50,000 descriptors twice"
        ),
    }
}

/// How many connections there may be in this process.
fn permitted() -> usize {
    let limit = raise_descriptor_limit((WANTED + OTHERS) as u64).unwrap() as usize;
    WANTED.min(limit - OTHERS)
}

fn serve() {
    permitted();
    let hour = Duration::from_secs(3600);
    let config = Config { max_connections: 60_000, idle_time: hour, head_time: hour, ..Config::default() };
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), config).unwrap();
    println!("{}", server.local_addr());
    server.run(DemoSite::new()).unwrap();
}

/// Connects, asks once on each connection, says so, and holds them until its input ends.
fn connect(address: SocketAddr) {
    let mut streams = Vec::with_capacity(WANTED);
    let mut buffer = [0; 1024];
    for n in 0..permitted() {
        let socket = Socket::tcp_for(&address).unwrap();
        let source = IpAddr::from([127, 0, 0, 2 + (n / FOR_EACH_ADDRESS) as u8]);
        socket.bind((source, 0).into()).unwrap();
        let stream = socket.connect(address).unwrap();
        stream.write(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
        let mut received = 0;
        while !buffer[..received].ends_with(b"\r\n\r\nOK") {
            let count = stream.read(&mut buffer[received..]).unwrap();
            assert!(count > 0, "connection {n} ended");
            received += count;
        }
        streams.push(stream);
    }
    println!("{}", streams.len());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// This program again, with room for so many descriptors.
fn start(arguments: &str) -> (Child, BufReader<ChildStdout>) {
    let program = std::env::current_exe().unwrap();
    let line = format!("ulimit -n {} 2>&-; exec '{}' {arguments}", WANTED + OTHERS, program.display());
    let mut child =
        Command::new("sh").args(["-c", &line]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn line(out: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    line.trim().to_owned()
}

/// A number of `/proc/PID/status`.
fn status(process: u32, name: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

fn test() {
    let (mut server, mut out) = start("serve");
    let address = line(&mut out);
    let before = status(server.id(), "VmRSS");
    let (mut clients, mut connected) = start(&format!("connect {address}"));
    let connections: usize = line(&mut connected).parse().unwrap();
    if connections < WANTED {
        println!("this system permits only {connections} connections, instead of {WANTED}");
    }
    assert!(connections >= 1000, "{connections} are not many");
    let after = status(server.id(), "VmRSS");
    let each = (after - before) * 1024 / connections;
    println!("{before} kB before, {after} kB with {connections} connections: {each} bytes each");
    assert!(each < 1500, "{each} bytes for an idle connection");
    assert_eq!(status(server.id(), "Threads"), 1);
    let mut switches = usize::MAX;
    // Until nothing happens for a while: what was left to do is done, and nothing comes by itself.
    while switches != status(server.id(), "voluntary_ctxt_switches") {
        switches = status(server.id(), "voluntary_ctxt_switches");
        std::thread::sleep(Duration::from_millis(500));
    }
    let mut one_more = TcpStream::connect(address).unwrap();
    one_more.write_all(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    assert!(std::io::read_to_string(one_more).unwrap().ends_with("\r\n\r\nOK"));
    clients.kill().unwrap();
    server.kill().unwrap();
    clients.wait().unwrap();
    server.wait().unwrap();
    println!("test fifty_thousand_idle_connections_on_one_thread ... ok");
}
