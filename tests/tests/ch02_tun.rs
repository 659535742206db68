//! The program that is the kernel's neighbour, and what others say of the packets that it has sent.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use wirelab_tests::programs::{printed, program};
use wirelab_tests::{run, stdout};

#[test]
#[ignore = "needs root, /dev/net/tun, ping and ss"]
fn ping_a_client_and_a_server_of_the_kernel_take_the_program_for_another_machine() {
    for arguments in [&[][..], &["--loss", "0.05"]] {
        let out = printed("ch02_tcp_tun", arguments);
        assert_eq!(out.matches('✓').count(), 4, "{out}");
        assert_eq!(
            out.matches("10.77.0.1:").count(),
            3,
            "ss shows the kernel's end of both connections:\n{out}"
        );
    }
}

#[test]
#[ignore = "needs root, /dev/net/tun, ping, ss and tshark"]
fn tshark_finds_nothing_malformed_in_the_capture_and_no_wrong_checksum() {
    let file = format!("{}/ch02_tcp_tun.pcapng", env!("CARGO_TARGET_TMPDIR"));
    printed("ch02_tcp_tun", &["--loss", "0.02", "--pcap", &file]);
    let checked = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE"].map(|option| ["-o", option]).concat();
    let tshark = |filter: &str| {
        let output = run("tshark", &[&["-r", &file, "-Y", filter][..], &checked].concat());
        assert!(output.status.success(), "{output:?}");
        stdout(&output)
    };
    let wrong =
        "ip.checksum.status == 0 or tcp.checksum.status == 0 or icmp.checksum.status == 0 or _ws.malformed";
    assert_eq!(tshark(wrong), "");
    let right = tshark("ip.checksum.status == 1 and tcp.checksum.status == 1 and ip.src == 10.77.0.2");
    assert!(right.lines().count() > 700, "{right}");
    assert!(tshark("tcp.analysis.retransmission and ip.src == 10.77.0.2").lines().count() > 0);
}

#[test]
#[ignore = "needs root, /dev/net/tun, nsenter (util-linux) and curl"]
fn curl_gets_pages_from_our_http_on_our_tcp() {
    let mut serving =
        Command::new(program("ch02_tcp_tun")).arg("--serve").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(serving.stdout.take().unwrap()).lines();
    let ready = lines.by_ref().map(Result::unwrap).find(|line| line.starts_with("Still there"));
    let target = serving.id().to_string();
    let curl = ["curl", "--silent", "--show-error", "--max-time", "20"];
    let urls = ["http://10.77.0.2/", "http://10.77.0.2/megabyte", "http://10.77.0.2/"];
    let output = run("nsenter", &[&["--target", &target, "--net"][..], &curl, &urls].concat());
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert!(ready.is_some() && output.status.success(), "{output:?}");
    let line = "The TCP under this page is not the kernel's.\n";
    assert_eq!(output.stdout.len(), 1_000_000 + 2 * line.len());
    assert!(output.stdout.starts_with(line.as_bytes()) && output.stdout.ends_with(line.as_bytes()));
}
