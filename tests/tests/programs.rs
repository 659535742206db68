//! The chapter programs, started as a reader starts them: what they print, and how they end.
//!
//! Output that is the same every time is compared with `tests/golden/NAME.txt`; with `WIRELAB_BLESS=1` that file is
//! written instead.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// The names of all programs.
fn names() -> Vec<String> {
    let files = fs::read_dir(examples()).unwrap().map(|entry| entry.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let mut names: Vec<String> =
        sources.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Where cargo puts the programs: beside the folder of this test's own binary.
fn built() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    profile.join("examples")
}

/// The program's binary. `cargo test --workspace` has built it; for `cargo test -p wirelab-tests`, which has not, it is built
/// here if it is missing or older than the sources in examples/.
fn program(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let changed = |path: PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
        let shared = fs::read_dir(examples().join("src")).unwrap().map(|entry| entry.unwrap().path());
        let sources = shared.chain(names().into_iter().map(|name| examples().join(format!("{name}.rs"))));
        let newest: Option<SystemTime> = sources.filter_map(changed).max();
        let oldest = names().iter().map(|name| changed(built().join(name))).min().flatten();
        if oldest.is_none() || oldest < newest {
            build();
        }
    });
    built().join(name)
}

fn build() {
    let target = built();
    let profile = target.parent().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "-p", "wirelab-examples", "--examples"]).current_dir(examples());
    cargo.arg("--target-dir").arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "{cargo:?}");
}

fn run(name: &str, arguments: &[&str]) -> Output {
    Command::new(program(name)).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// What the program prints, if it ends well.
#[track_caller]
fn printed(name: &str, arguments: &[&str]) -> String {
    let output = run(name, arguments);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} {arguments:?}: {}\n{out}\n{err}", output.status);
    out
}

#[track_caller]
fn is_golden(name: &str, arguments: &[&str]) {
    is_in_file(&printed(name, arguments), &format!("golden/{name}.txt"));
}

/// That `actual` is the text of `file`, whose name counts from this package's folder.
#[track_caller]
fn is_in_file(actual: &str, file: &str) {
    let file = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("WIRELAB_BLESS").is_some() {
        fs::write(&file, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{file}: {error} (WIRELAB_BLESS=1 writes it)"));
    for (number, (actual, expected)) in actual.lines().zip(expected.lines()).enumerate() {
        assert_eq!(actual, expected, "line {} of {file}", number + 1);
    }
    assert_eq!(actual, expected, "{file}");
}

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
