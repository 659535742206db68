//! Programs with `--pcap FILE`: what they say of their recording, what tshark makes of the file, and what our reader does.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use wirelab::capture::{Block, Reader};
use wirelab_tests::programs::{is_in_file, printed, program, run};
use wirelab_tests::stdout;

/// A file that is gone when the test ends.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        Temporary(std::env::temp_dir().join(format!("wirelab-recordings-{}-{name}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// `31 packets in FILE, 0 lost`
fn said(output: &Output) -> (usize, usize) {
    let err = String::from_utf8_lossy(&output.stderr);
    let last = err.lines().last().unwrap_or_default();
    let mut numbers = last.split(' ').filter_map(|word| word.parse().ok());
    match (numbers.next(), numbers.next()) {
        (Some(packets), Some(lost)) if last.contains(" packets in ") => (packets, lost),
        _ => panic!("it says nothing of its recording: {err}"),
    }
}

/// How many packets our reader finds, each of which it understands, in a file that it reads to its end.
fn read(file: &Temporary) -> usize {
    let bytes = fs::read(&file.0).unwrap();
    Reader::new(&bytes).map(Result::unwrap).filter(|block| matches!(block, Block::Packet(_))).count()
}

/// The lines of tshark for the packets that this filter selects; of all, if there is none.
fn tshark(file: &Temporary, filter: &[&str]) -> Vec<String> {
    let output = wirelab_tests::run("tshark", &[&["-n", "-r", file.path()], filter].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    stdout(&output).lines().map(str::to_owned).collect()
}

/// Runs the program with `--pcap`, and compares what everybody has counted.
fn agree(name: &str, arguments: &[&str]) -> Vec<String> {
    let file = Temporary::new(&format!("{name}.pcapng"));
    let output = run(name, &[arguments, &["--pcap", file.path()]].concat());
    assert!(output.status.success(), "{name}: {}\n{}", output.status, stdout(&output));
    let (packets, lost) = said(&output);
    let lines = tshark(&file, &[]);
    assert_eq!((lines.len(), read(&file)), (packets, packets), "{name}: tshark, our reader, the program");
    assert!(packets > 0 && lost == 0, "{name}: {packets} packets, {lost} lost");
    let malformed = tshark(&file, &["-Y", "_ws.malformed"]);
    assert!(malformed.is_empty(), "{name}: {malformed:#?}");
    lines
}

#[test]
#[ignore = "needs CAP_NET_RAW, CAP_SYS_ADMIN and tshark"]
fn the_program_tshark_and_our_reader_count_the_same_packets() {
    for (name, arguments) in [
        ("ch02_tcp_server", &["--self-test"][..]),
        ("ch03_http1_server", &["--self-test"]),
        ("ch03_http1_keepalive", &["--count", "20"]),
        ("ch03_http1_pipelining", &[]),
        ("ch06_single_thread", &["--connections", "50"]),
        ("ch06_worker_pool", &[]),
        ("ch06_process_per_core", &["--seconds", "0.5"]),
        ("ch07_port_exhaustion", &[]),
        ("ch08_accept_queue", &[]),
        ("ch08_buffers", &[]),
        ("ch08_reuseport", &["--count", "500"]),
        ("ch08_shared_accept", &[]),
        ("ch08_zero_copy", &["--mib", "1"]),
        ("ch10_kernel_queues", &[]),
        ("ch10_nagle", &["--rounds", "5"]),
        ("ch11_request_journey", &["--count", "20"]),
        ("fetch", &[]),
        ("load", &["--seconds", "0.5"]),
    ] {
        agree(name, arguments);
    }
}

#[test]
#[ignore = "needs CAP_NET_RAW, CAP_SYS_ADMIN and tshark"]
fn each_datagram_of_the_udp_server_is_there_once() {
    let lines = agree("ch02_udp_server", &["--self-test"]);
    let lengths: Vec<_> = lines.iter().filter_map(|line| line.split("Len=").nth(1)).collect();
    assert_eq!(lengths, ["3", "3", "5", "0", "2048", "6"], "{lines:#?}");
}

#[test]
#[ignore = "needs CAP_NET_RAW, CAP_SYS_ADMIN and tshark"]
fn a_recording_changes_nothing_of_what_is_printed_and_can_be_drawn() {
    let file = Temporary::new("calls.pcapng");
    let out = printed("ch08_socket_calls", &["--pcap", file.path()]);
    is_in_file(&out, "golden/ch08_socket_calls.txt");
    let drawn = printed("pcap", &["--ladder", file.path()]);
    assert!(drawn.lines().nth(1).is_some_and(|line| line.contains("─── SYN seq=0 ")), "{drawn}");
    let arrows = drawn.matches('▶').count() + drawn.matches('◀').count();
    assert_eq!(arrows, read(&file), "an arrow for each packet:\n{drawn}");
    let listed = printed("pcap", &[file.path()]);
    assert!(listed.contains("checksums are unfinished") && listed.contains("lost 0"), "{listed}");
}

/// The one who asks is the other program here, and speaks to the port of a server that is recorded from outside.
#[test]
#[ignore = "needs CAP_NET_RAW and tshark"]
fn fetch_records_what_it_says_to_the_port_of_its_url() {
    let server = wirelab_tests::Running::start(Default::default(), wirelab::server::DemoSite::new());
    let file = Temporary::new("fetch.pcapng");
    let output = run("fetch", &["--pcap", file.path(), &server.url("/")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let requests =
        tshark(&file, &["-d", &format!("tcp.port=={},http", server.address.port()), "-Y", "http.request"]);
    assert!(requests.len() == 1 && requests[0].contains("GET / HTTP/1.1"), "{requests:#?}");
    assert_eq!(said(&output), (read(&file), 0));
    server.stop();
}

#[test]
#[ignore = "needs root, to run it as another user"]
fn without_the_right_a_sentence_says_so_and_the_program_fails() {
    let copy = Temporary::new("ch02_udp_server");
    fs::copy(program("ch02_udp_server"), &copy.0).unwrap();
    let mut command = Command::new(&copy.0);
    let file = Temporary::new("refused.pcapng");
    let output =
        command.args(["--self-test", "--pcap", file.path()]).uid(65_534).gid(65_534).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && err.contains("CAP_NET_RAW"), "{}: {err}", output.status);
}
