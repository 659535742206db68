//! The program `ss`.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::Command;

use wirelab::formats;
use wirelab::wire::render::{Style, terminal};
use wirelab_tests::programs::{is_in_file, printed};

#[test]
fn sockets_of_its_own_are_told_of_in_their_queues_and_states() {
    let out = printed("ss", &[]);
    assert_eq!(out.matches('✓').count(), 7, "{out}");
    for state in ["LISTEN", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-2", "CLOSE-WAIT", "TIME-WAIT"] {
        assert!(out.contains(state), "no {state}:\n{out}");
    }
}

#[test]
fn the_question_and_the_answer_are_explained_byte_by_byte() {
    let out = printed("ss", &["--explain", "--info", "--memory"]);
    for field in [
        "NLM_F_REQUEST|NLM_F_DUMP",
        "idiag_sport",
        "idiag_rqueue            2",
        "snd_cwnd: 10",
        "receive_limit: ",
    ] {
        assert!(out.contains(field), "no {field}:\n{out}");
    }
}

#[test]
fn the_kernels_answer_in_the_book_is_what_explain_prints() {
    let format = formats::find("netlink").unwrap();
    let tree = terminal(&(format.explain)(&format.sample_bytes()), Style::PLAIN);
    is_in_file(&tree, "golden/explain_netlink.txt");
}

#[test]
fn a_listener_is_found_by_its_port_with_its_queue() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let _client = TcpStream::connect(address).unwrap();
    let out = printed("ss", &["--listening", "--tcp", "--port", &address.port().to_string()]);
    let row: Vec<&str> = out.lines().nth(2).unwrap_or_default().split_whitespace().collect();
    assert_eq!(row[..3], ["tcp", "LISTEN", "1"], "{out}");
    assert_eq!(row[4..], [&address.to_string(), "*"], "{out}");
}

#[test]
fn counters_settings_and_sums_are_shown_with_their_meaning() {
    assert!(printed("ss", &["--counters", "--all"]).contains("ListenOverflows "));
    assert!(printed("ss", &["--sysctls"]).contains("the greatest backlog that listen grants"));
    let (_one, _other) = UnixStream::pair().unwrap();
    let out = printed("ss", &["--summary"]);
    let mut rows = out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert!(rows.any(|row| row.starts_with(&["unix", "ESTABLISHED"])), "{out}");
    let out = printed("ss", &["--unix"]);
    let mut rows = out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert!(rows.any(|row| row.starts_with(&["unix", "stream", "ESTABLISHED"])), "{out}");
}

/// One row of either program, with what both have: the state (ours in the RFC's words), the queues and the addresses.
fn rows(text: &str, first: usize) -> BTreeSet<Vec<String>> {
    let row = |line: &str| -> Option<Vec<String>> {
        let words: Vec<&str> = line.split_whitespace().skip(first).take(5).collect();
        let [state, receive, send, local, peer] = words[..] else { return None };
        let _: u64 = receive.parse().ok()?; // else it is a heading
        let state = match state {
            "ESTAB" => "ESTABLISHED",
            "SYN-RECV" => "SYN-RECEIVED",
            state => state,
        };
        let peer = peer.parse::<SocketAddr>().map_or("*".to_owned(), |peer| peer.to_string());
        Some([state, receive, send, local, &peer].map(str::to_owned).into())
    };
    text.lines().filter_map(row).collect()
}

#[test]
#[ignore = "needs ss (iproute2)"]
fn iproute2s_ss_reports_the_same_sockets_in_the_same_states_with_the_same_queues() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut clients: Vec<_> = (0..5).map(|_| TcpStream::connect(address).unwrap()).collect();
    let (accepted, _) = listener.accept().unwrap();
    std::io::Write::write_all(&mut clients[1], b"not read").unwrap();
    drop(accepted);
    let port = address.port().to_string();
    let expression = format!("( sport = :{port} or dport = :{port} )");
    let theirs = || {
        let output = Command::new("ss").args(["--tcp", "--all", "--numeric", &expression]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        rows(&String::from_utf8(output.stdout).unwrap(), 0)
    };
    // Acknowledgements may still be on their way: what both say is compared once it no longer changes.
    let mut seen = theirs();
    for _ in 0..100 {
        let ours = rows(&printed("ss", &["--tcp", "--all", "--port", &port]), 1);
        let again = theirs();
        if seen == again && ours == seen {
            // The listener, and both ends of five connections; in TIME-WAIT there may be others' with this port.
            assert!(ours.len() >= 11, "{ours:#?}");
            return;
        }
        seen = again;
    }
    panic!("ours: {:#?}\ntheirs: {seen:#?}", rows(&printed("ss", &["--tcp", "--all", "--port", &port]), 1));
}
