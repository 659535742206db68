//! The chapter programs, started as a reader starts them: what they print, and how they end. Programs of other chapters than
//! 3 and 11 have files of their own beside this one.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use wirelab_tests::programs::{is_golden, is_in_file, names, printed, program, run};

#[test]
fn every_program_explains_itself() {
    assert!(names().len() >= 5, "{:?}", names());
    for name in names() {
        let help = printed(&name, &["--help"]);
        assert!(help.contains("Usage") && help.lines().count() > 2, "{name} --help:\n{help}");
    }
}

#[test]
fn an_unknown_option_is_refused() {
    for name in names() {
        let output = run(&name, &["--no-such-option"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains("--no-such-option"),
            "{name}: {}\n{said}",
            output.status
        );
    }
}

#[test]
fn keepalive_in_virtual_time_is_the_same_every_time() {
    is_golden("ch03_http1_keepalive", &["--virtual"]);
}

#[test]
fn pipelining_is_the_same_every_time() {
    is_golden("ch03_http1_pipelining", &[]);
}

#[test]
fn smuggling_is_the_same_every_time() {
    is_golden("ch03_http1_smuggling", &[]);
}

#[test]
fn keepalive_on_real_sockets_shows_what_it_promises() {
    let out = printed("ch03_http1_keepalive", &["--count", "20"]);
    assert_eq!(out.matches('✓').count(), 4, "{out}");
}

#[test]
fn pipelining_on_real_sockets_shows_what_it_promises() {
    let out = printed("ch03_http1_pipelining", &["--live"]);
    assert_eq!(out.matches('✓').count(), 3, "{out}");
}

#[test]
fn the_journey_has_every_stage() {
    let out = printed("ch11_request_journey", &["--count", "50"]);
    for stage in ["accept", "read", "decrypt", "parse", "decode", "process", "write"] {
        assert!(out.lines().any(|line| line.starts_with(stage)), "{stage} is missing:\n{out}");
    }
    assert_eq!(out.matches('✓').count(), 5, "{out}");
}

#[test]
fn explained_bytes_name_their_fields() {
    for (name, field) in [
        ("ch03_http1_keepalive", "field name"),
        ("ch03_http1_pipelining", "request target"),
        ("ch03_http1_smuggling", "refused"),
        ("ch11_request_journey", "content"),
    ] {
        let out = printed(name, &["--explain"]);
        assert!(out.contains(field), "{name} --explain:\n{out}");
    }
}

#[test]
fn charts_are_drawn_into_files() {
    for name in ["ch03_http1_pipelining", "ch11_request_journey"] {
        let file = format!("{}/{name}.svg", env!("CARGO_TARGET_TMPDIR"));
        printed(name, &["--svg", &file]);
        let svg = fs::read_to_string(&file).unwrap();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"), "{svg}");
    }
}

#[test]
fn the_picture_in_the_book_is_the_one_that_the_program_draws() {
    let file = format!("{}/figure.svg", env!("CARGO_TARGET_TMPDIR"));
    printed("ch03_http1_pipelining", &["--svg", &file]);
    is_in_file(&fs::read_to_string(&file).unwrap(), "../book/src/figures/pipelining.svg");
}

#[test]
fn the_server_self_test_prints_what_the_book_shows() {
    let out = printed("ch03_http1_server", &["--self-test"]);
    // The first line has the port, which is another one each time.
    let (ready, rest) = out.split_once('\n').unwrap();
    assert!(ready.starts_with("ready http://127.0.0.1:"), "{ready}");
    is_in_file(rest, "golden/ch03_http1_server_self_test.txt");
}

#[test]
fn the_server_passes_its_self_test() {
    for arguments in [&["--self-test"][..], &["--self-test", "--workers", "3", "--access-log", "--explain"]] {
        let out = printed("ch03_http1_server", arguments);
        assert_eq!(out.matches('✓').count(), 9, "{out}");
    }
}

#[test]
fn sigterm_ends_the_server_in_order() {
    for workers in ["1", "2"] {
        let mut server = Command::new(program("ch03_http1_server"))
            .args(["--listen", "127.0.0.1:0", "--workers", workers])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(server.stdout.take().unwrap());
        let mut ready = String::new();
        out.read_line(&mut ready).unwrap();
        let address = ready.strip_prefix("ready http://").and_then(|rest| rest.split('/').next());
        let mut client = TcpStream::connect(address.unwrap_or_else(|| panic!("{ready:?}"))).unwrap();
        client.write_all(b"GET /delay/200 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();

        let signal =
            Command::new("sh").args(["-c", &format!("kill -TERM {}", server.id())]).status().unwrap();
        assert!(signal.success());
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("200 ms later\n"), "{answer:?}");
        drop(client); // the server waits for this, or for its linger time
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert!(server.wait().unwrap().success(), "{rest}");
        assert!(rest.contains("ended in order: 1 requests on 1 connections"), "{rest}");
    }
}
