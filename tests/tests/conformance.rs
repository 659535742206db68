//! Our server and the rules of HTTP/1.1, one probe a rule and a way to break it.
//!
//! A probe is what is sent on a connection of its own, and which answers the specification allows. Behind each one follows a
//! request whose answer is known: only if it comes, unharmed and as the next, do both ends agree where the probe ended. That is
//! what request smuggling is about (RFC 9112 §11.2). Each probe is sent at once, and again byte by byte. The answers
//! are read by a parser that is not ours, and every one of them must keep the rules that hold for all (`judge.rs`).
//!
//! Where the specification allows to refuse or to mend, both pass here; `crates/web/http1/tests` says which of them ours does.

#[path = "conformance/chunks.rs"]
mod chunks;
#[path = "conformance/fields.rs"]
mod fields;
#[path = "conformance/files.rs"]
mod files;
#[path = "conformance/framing.rs"]
mod framing;
#[path = "conformance/judge.rs"]
mod judge;
#[path = "conformance/pipelines.rs"]
mod pipelines;
#[path = "conformance/probe.rs"]
mod probe;
#[path = "conformance/request_line.rs"]
mod request_line;
#[path = "conformance/response.rs"]
mod response;
#[path = "conformance/robustness.rs"]
mod robustness;
#[path = "conformance/runner.rs"]
mod runner;
#[path = "conformance/semantics.rs"]
mod semantics;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use wirelab::server::{Config, DemoSite};
use wirelab_tests::{Running, run, stdout};

use probe::Probe;
use response::Response;
use runner::Pace;

/// A folder with the file that the probes ask for. It is gone when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("wirelab-conformance-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join(".hidden"), "").unwrap();
        fs::write(path.join("a.txt"), files::CONTENT).unwrap();
        fs::write(path.join("b.txt"), files::CONTENT.repeat(500)).unwrap();
        // Long ago, so that the file's tag is a strong one (RFC 9110 §8.8.1): 1 January 2021.
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_609_459_200);
        let file = fs::File::options().write(true).open(path.join("a.txt")).unwrap();
        file.set_modified(modified).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind does no harm, and the test's result is known.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Sends them to the demo site.
fn conforms<const N: usize>(name: &str, groups: [Vec<Probe>; N]) {
    let folder = Folder::new(name);
    let site = DemoSite::new().with_files(&folder.0).unwrap();
    let server = Running::start(Config::default(), site);
    runner::run(&server, &groups.concat());
}

#[test]
fn request_lines() {
    conforms(
        "methods",
        [request_line::methods(), request_line::blanks(), request_line::versions(), request_line::targets()],
    );
}

#[test]
fn a_refused_head_has_no_content() {
    conforms("heads", [request_line::refused_heads()]);
}

#[test]
fn hosts() {
    conforms("hosts", [fields::host()]);
}

#[test]
fn field_lines() {
    conforms("names", [fields::names(), fields::values(), fields::limits()]);
}

#[test]
fn content_lengths() {
    conforms("lengths", [framing::lengths()]);
}

#[test]
fn transfer_codings() {
    conforms("codings", [framing::codings()]);
}

#[test]
fn chunks() {
    conforms("chunks", [chunks::chunks(), chunks::extensions(), chunks::trailers()]);
}

#[test]
fn content_that_nobody_asked_for() {
    conforms("content", [pipelines::unexpected_content()]);
}

#[test]
fn pipelines() {
    conforms("pipelines", [pipelines::pipelines()]);
}

#[test]
fn responses() {
    conforms("responses", [semantics::responses(), semantics::expectations()]);
}

#[test]
fn persistence() {
    conforms("persistence", [semantics::persistence()]);
    let server = Running::start(Config { max_requests: 3, ..Config::default() }, DemoSite::new());
    runner::run(&server, &semantics::the_third_is_the_last());
}

#[test]
fn patience_ends() {
    let time = Duration::from_millis(200);
    let config = Config { head_time: time, idle_time: time, stall_time: time, ..Config::default() };
    let server = Running::start(config, DemoSite::new());
    runner::run_at(&server, &semantics::the_patience_of_a_server_ends(), &[Pace::Whole]);
}

/// RFC 9110 §10.2.1: what Allow names is allowed, and 405 and OPTIONS name the same.
#[test]
fn allow_tells_the_truth() {
    let folder = Folder::new("allow");
    let server = Running::start(Config::default(), DemoSite::new().with_files(&folder.0).unwrap());
    for path in [
        "/",
        "/7",
        "/echo",
        "/cookie",
        "/upload",
        "/headers",
        "/bytes/3",
        "/stream/3",
        "/files/a.txt",
        "/images/3",
    ] {
        let options = ask(&server, "OPTIONS", path);
        let allowed: Vec<&str> = options.field("allow").expect(path).split(", ").collect();
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"] {
            let answer = ask(&server, method, path);
            assert_eq!(
                answer.status == 405,
                !allowed.contains(&method),
                "{method} {path}: {}",
                answer.status
            );
            if answer.status == 405 {
                assert_eq!(answer.field("allow"), options.field("allow"), "{method} {path}");
            }
        }
    }
}

#[test]
fn garbage_and_what_breaks_off() {
    conforms("garbage", [robustness::garbage(), robustness::broken_off(), robustness::in_pieces()]);
}

#[test]
fn conditions_and_ranges() {
    let folder = Folder::new("conditions");
    let server = Running::start(Config::default(), DemoSite::new().with_files(&folder.0).unwrap());
    let file = files::File::of(&ask(&server, "GET", "/files/a.txt"));
    runner::run(&server, &file.conditions());
    runner::run(&server, &file.ranges());
}

/// RFC 9110 §9.3.2: the head that GET would get. What is only known while the content is made may be missing.
#[test]
fn head_gets_the_head_of_get() {
    let folder = Folder::new("head");
    let server = Running::start(Config::default(), DemoSite::new().with_files(&folder.0).unwrap());
    for path in [
        "/",
        "/7",
        "/bytes/0",
        "/bytes/1000",
        "/bytes/1000000",
        "/stream/3",
        "/delay/1",
        "/images/3",
        "/images/3.bmp",
        "/files/a.txt",
        "/files/none",
        "/none",
        "/echo",
        "/cookie",
        "/upload",
        "/status/204",
        "/status/404",
        "/status/500",
    ] {
        let fields = |method| {
            let response = ask(&server, method, path);
            let is_compared = |name: &str| name != "date" && name != "transfer-encoding";
            let mut fields = response.fields;
            fields.retain(|(name, _)| is_compared(name));
            (response.status, fields)
        };
        assert_eq!(fields("HEAD"), fields("GET"), "{path}");
    }
}

/// One request on a connection of its own.
fn ask(server: &Running, method: &str, path: &str) -> Response {
    let request = probe::probe("", "")
        .sends(format!("{method} {path} HTTP/1.1\r\nHost: a.example\r\n\r\n"))
        .half_closes();
    let heard = runner::converse(server.address, &request, Pace::Whole);
    assert_eq!(heard.problem, None, "{method} {path}");
    let mut input = &heard.bytes[..];
    let response = Response::take(&mut input, method == "HEAD");
    assert!(input.is_empty(), "{method} {path}: more than one answer: {}", heard.bytes.escape_ascii());
    response.unwrap_or_else(|problem| panic!("{method} {path}: {problem}: {}", heard.bytes.escape_ascii()))
}

/// A client of another kind, which keeps its connection and sends content in both framings.
const PYTHON_CLIENT: &str = r#"
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=30)
connection.connect()
socket = connection.sock
def ask(method, path, body=None, fields={}, chunked=False):
    connection.request(method, path, body, fields, encode_chunked=chunked)
    response = connection.getresponse()
    return response.status, response.read()
for number in range(100):
    assert ask("GET", f"/{number}") == (200, b"%d\n" % number), number
assert ask("HEAD", "/bytes/1000") == (200, b"")
assert ask("POST", "/echo", b"hello") == (200, b"hello")
assert ask("POST", "/echo", iter([b"hel", b"lo"]), {"Transfer-Encoding": "chunked"}, True) == (200, b"hello")
assert ask("PUT", "/echo", b"x" * 1000000) == (200, b"x" * 1000000)
assert ask("GET", "/stream/3")[1] == b"line 1 of 3\nline 2 of 3\nline 3 of 3\n"
assert ask("GET", "/status/204") == (204, b"")
assert ask("GET", "/status/304") == (304, b"")
assert ask("DELETE", "/")[0] == 405
assert ask("GET", "/none")[0] == 404
assert ask("GET", "/bytes/1000000") == (200, (b"abcdefghijklmnopqrstuvwxyz" * 3)[:63].join([b"", b"\n"]) * 15625)
assert connection.sock is socket, "all of it on one connection"
assert ask("GET", "/7", fields={"Connection": "close"}) == (200, b"7\n")
assert connection.sock is None, "close is understood"
print("conforms")
"#;

#[test]
#[ignore = "needs python3"]
fn the_client_of_pythons_library_keeps_its_connection() {
    let server = Running::start(Config::default(), DemoSite::new());
    let port = server.address.port().to_string();
    let output = run("python3", &["-c", PYTHON_CLIENT, &port]);
    let problem = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((stdout(&output).trim(), problem.as_str()), ("conforms", ""));
    assert_eq!(server.counters().accepted(), 1);
}
