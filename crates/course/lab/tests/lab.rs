//! The lab over real connections: what it shows is what was on the wire.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use wirelab::http::Method;
use wirelab::server::{Config, Handle, Server};
use wirelab_lab::Lab;
use wirelab_lab::odd::cases::{ALL, Case};
use wirelab_lab::odd::experiment::{Ending, converse};
use wirelab_lab::odd::finished::Finished;
use wirelab_lab::self_test::Page;

/// A running lab, which ends with the test.
struct Running {
    address: SocketAddr,
    handle: Handle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

fn lab() -> Running {
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), Config::default()).unwrap();
    let (address, handle) = (server.local_addr(), server.handle());
    let thread = Some(std::thread::spawn(move || server.run(Lab::new(address))));
    Running { address, handle, thread }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.stop();
        let ended = self.thread.take().unwrap().join();
        assert!(std::thread::panicking() || ended.is_ok_and(|result| result.is_ok()), "the server failed");
    }
}

impl Running {
    fn get(&self, path: &str, accept: &str) -> Page {
        Page::get(self.address, path, accept).unwrap()
    }

    fn ask(&self, request: &[u8]) -> Page {
        Page::ask(self.address, request.to_vec()).unwrap()
    }
}

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[track_caller]
fn shows_its_bytes(page: &Page) {
    let head = String::from_utf8_lossy(&page.head);
    assert_eq!(page.status, 200, "{head}");
    assert_eq!(page.grid("q"), page.sent, "the request is not shown as it was sent");
    assert_eq!(page.grid("r"), page.head, "the head is not shown as it was received: {head}");
    let heading = format!("<h1>You just sent {} bytes</h1>", page.sent.len());
    assert!(page.body.contains(&heading), "no {heading}");
}

#[test]
fn the_page_shows_the_bytes_of_its_request_and_of_its_own_head() {
    let lab = lab();
    shows_its_bytes(&lab.get("/", BROWSER));
    shows_its_bytes(&lab.get("/?a=b", "text/html"));
    shows_its_bytes(&lab.ask(
        b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nX: \xff\xfe\"'&<\r\nConnection: close\r\n\r\n",
    ));
    shows_its_bytes(&lab.ask(b"GET / HTTP/1.0\r\nAccept: text/html\r\n\r\n"));
    shows_its_bytes(&lab.ask(b"GET / HTTP/1.0\r\nAccept: text/html\r\nConnection: keep-alive\r\n\r\n"));
    shows_its_bytes(&lab.ask(
        b"POST / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nContent-Length: 9\r\n\r\n\x00\x01binary\xff",
    ));
}

#[test]
fn every_byte_of_a_head_has_a_field_and_most_fields_a_line_of_source_code() {
    let lab = lab();
    let page = lab.get("/", BROWSER);
    assert!(!page.body.contains("not understood"), "{}", page.body);
    let links = page.body.matches("href=\"/source/crates/web/http1/src/wire/").count();
    assert!(links > 20, "only {links} links to source code");
    let links = page.body.split("href=\"/source/").skip(1).filter_map(|rest| rest.split('"').next());
    for (path, line) in links.filter_map(|link| link.split_once("#L")).collect::<BTreeSet<_>>() {
        let file =
            std::fs::read_to_string(format!("{}/../../../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let number: usize = line.parse().unwrap();
        assert!((1..=file.lines().count()).contains(&number), "{path} has no line {number}");
    }
}

#[test]
fn what_a_visitor_sends_is_never_markup() {
    let lab = lab();
    let request = b"GET /?<script>alert(1)</script>\"onload=x' HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\
                    X-Evil: </a><script>alert(2)</script><img src=x onerror=alert(3)>\r\n\
                    X-Mark: <span data-leaf=\"q1\">00</span>\r\n\r\n";
    let page = lab.ask(request);
    shows_its_bytes(&page);
    assert_eq!(page.body.matches("<script").count(), 1, "the page's own, and no other");
    assert!(!page.body.contains("<img") && !page.body.contains("<span data-leaf"), "{}", page.body);
    let odd = lab.get("/odd?case=<script>alert(1)</script>", BROWSER);
    assert_eq!(odd.status, 404);
    assert!(!odd.body.contains("<script"), "{}", odd.body);
}

#[test]
fn pages_have_nothing_that_their_own_policy_forbids() {
    let lab = lab();
    for path in [
        "/",
        "/odd",
        "/odd?case=chunked",
        "/sockets",
        "/sockets/nagle",
        "/sockets/queue",
        "/sockets/workers",
        "/tcp?loss=5&drop=3",
        "/source/",
        "/source/crates/course/lab/src/lib.rs",
    ] {
        let page = lab.get(path, BROWSER);
        let head = String::from_utf8_lossy(&page.head);
        assert!(head.contains("Content-Security-Policy: default-src 'none'; "), "{path}: {head}");
        for forbidden in ["<style", " style=\"", " onclick=", "javascript:", "src=\"http"] {
            assert!(!page.body.contains(forbidden), "{path} has {forbidden}");
        }
        for needed in [
            "<html lang=\"en\">",
            "<main id=\"main\"",
            "class=\"skip\" href=\"#main\"",
            "<nav aria-label",
            "<h1",
        ] {
            assert!(page.body.contains(needed), "{path} lacks {needed}");
        }
    }
}

#[test]
fn who_does_not_ask_for_html_gets_text() {
    let lab = lab();
    for request in
        [&b"GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"[..], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"]
    {
        let page = lab.ask(request);
        let head = String::from_utf8_lossy(&page.head);
        assert!(head.contains("Content-Type: text/plain; charset=utf-8\r\n"), "{head}");
        assert!(page.body.starts_with(&format!("You just sent {} bytes. ", request.len())), "{}", page.body);
        assert!(page.body.contains("request target") && !page.body.contains('\x1b'), "{}", page.body);
        assert!(page.body.contains("round-trip time"), "{}", page.body);
    }
    assert!(lab.get("/ansi", BROWSER).body.contains("\x1b["));
    assert!(lab.get("/?color=1", "*/*").body.contains("\x1b["));
    assert!(lab.get("/?source=1", "*/*").body.contains("crates/web/http1/src/wire/request_line.rs:"));
    assert!(lab.get("/odd", "*/*").body.contains("bare-lf"));
    let case = lab.get("/odd?case=bare-lf", "*/*");
    assert!(case.body.contains("What came back: 400."), "{}", case.body);
}

#[test]
fn the_json_has_the_same_bytes() {
    let lab = lab();
    let page = lab.get("/json", "*/*");
    let json: serde_json::Value = serde_json::from_str(&page.body).unwrap();
    let hex: String = page.sent.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(json["request"]["buffers"][0]["hex"], hex);
    assert_eq!(json["connection"]["requests"]["value"], "1");
}

#[test]
fn a_connection_knows_how_often_it_was_reused() {
    let lab = lab();
    let request = "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n";
    let outcome =
        converse(lab.address, &[request.repeat(3).into()], &[Method::Get, Method::Get, Method::Get]).unwrap();
    let text = String::from_utf8_lossy(&outcome.received);
    for expected in
        ["It has carried this one request", "It has carried 2 requests", "It has carried 3 requests"]
    {
        assert_eq!(text.matches(expected).count(), 1, "{expected}");
    }
    assert_eq!(text.matches("TCP connection 1</a>").count(), 3);
    assert_eq!(outcome.ending, Ending::LeftOpen);
}

#[test]
fn content_in_chunks_is_shown_joined_and_the_page_says_so() {
    let lab = lab();
    let page = lab.ask(
        b"POST / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
    assert!(page.body.contains("bytes of head, and 5 bytes in chunks"), "{}", page.body);
    assert!(page.grid("q").ends_with(b"\r\n\r\nabcde"));
    assert_eq!(page.grid("r"), page.head);
}

#[test]
fn each_odd_request_gets_the_expected_answer_for_the_expected_reason() {
    let lab = lab();
    for case in ALL {
        let parts = case.parts(&lab.address.to_string());
        let outcome = converse(lab.address, &parts, case.methods).unwrap();
        let finished = Finished::new(case, &parts, outcome);
        assert!(
            finished.is_as_expected(),
            "{}: expected {:?} for {:?}, got {:?} for {:?}\n{}",
            case.id,
            case.statuses,
            case.rule,
            finished.statuses,
            finished.error,
            finished.outcome.received.escape_ascii()
        );
        assert!(finished.received.error.is_none(), "{}: {:?}", case.id, finished.received.error);
        assert_ne!(finished.outcome.ending, Ending::Broken, "{}", case.id);
        // An error of framing or syntax leaves nothing to believe, so that the connection must end.
        assert!(case.rule.is_none() || finished.outcome.ending == Ending::Closed, "{}", case.id);
    }
}

#[test]
fn the_page_of_an_odd_request_shows_its_bytes_and_where_it_was_refused() {
    let lab = lab();
    let page = lab.get("/odd?case=bare-lf", BROWSER);
    let sent = Case::find("bare-lf").unwrap().parts(&lab.address.to_string()).concat();
    assert_eq!(page.grid("q"), sent);
    assert!(page.grid("r").starts_with(b"HTTP/1.1 400 Bad Request\r\n"));
    assert!(page.body.contains("refused here") && page.body.contains("class=\"k-bad\""), "{}", page.body);
    assert!(page.body.contains("The rule is called bare-lf."), "{}", page.body);
    assert!(page.body.contains("rfc9112#section-2.2"), "{}", page.body);
}

#[test]
fn the_source_tab_shows_rust_files_of_the_checkout_and_nothing_else() {
    let lab = lab();
    let page = lab.get("/source/crates/web/http1/src/wire/field_line.rs", BROWSER);
    assert!(
        page.body.contains("id=\"L1\"") && page.body.contains("pub(crate) fn field_line"),
        "{}",
        page.body
    );
    for path in [
        "crates/../Cargo.toml",
        "../Cargo.toml",
        "/etc/passwd",
        "crates/web/http1/Cargo.toml",
        "crates/%2e%2e/x.rs",
        "crates/none.rs",
    ] {
        assert_eq!(lab.get(&format!("/source/{path}"), BROWSER).status, 404, "{path}");
    }
}

#[test]
fn other_methods_and_addresses_are_refused_by_name() {
    let lab = lab();
    assert_eq!(lab.get("/nothing", BROWSER).status, 404);
    let page = lab.ask(b"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(page.status, 405);
    assert!(String::from_utf8_lossy(&page.head).contains("Allow: GET, HEAD"));
    let page = lab
        .ask(&[b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n", &[b'x'; 20_000][..]].concat());
    assert_eq!(page.status, 413);
}

#[test]
fn the_buttons_of_the_queue_page_stop_and_start_accepting() {
    let lab = lab();
    let press = |action: &str| {
        let content = format!("action={action}");
        let head =
            format!("POST /sockets/queue HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", content.len());
        lab.ask((head + &content).as_bytes())
    };
    for (action, says) in [("stop", "The program does not accept."), ("start", "The program accepts.")] {
        let page = press(action);
        assert_eq!(page.status, 303, "{}", page.body);
        assert!(String::from_utf8_lossy(&page.head).contains("Location: /sockets/queue\r\n"));
        assert!(lab.get("/sockets/queue", BROWSER).body.contains(says));
        let json: serde_json::Value =
            serde_json::from_str(&lab.get("/sockets/queue.json", "*/*").body).unwrap();
        assert_eq!(json["accepting"], says);
    }
    assert_eq!(press("explode").status, 400);
}

#[test]
fn the_script_is_short_enough_to_be_read() {
    let lines = include_str!("../src/assets/lab.js").lines().count();
    assert!(lines < 400, "{lines} lines");
}

#[test]
fn the_self_test_passes() {
    let report = wirelab_lab::self_test::run().unwrap();
    assert_eq!(report.lines().count(), ALL.len() + 15, "{report}");
}

#[test]
fn the_tcp_tab_drops_the_packet_that_was_chosen_steps_and_gives_the_capture() {
    let lab = lab();
    let page = lab.get("/tcp?delay=10&rate=1000&bytes=30000", BROWSER);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("The server read 30000 of 30000 bytes"), "{}", page.body);
    let links = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let link = |wanted: &str| {
        let link = links.clone().find(|link| link.contains(wanted)).unwrap_or_else(|| panic!("{wanted}"));
        link.split('#').next().unwrap().replace("&amp;", "&")
    };
    let arrow = |page: &str, what: &str| {
        let (before, _) =
            page.split_once(&format!("><title>{what} (")).unwrap_or_else(|| panic!("{what}: {page}"));
        let (_, tag) = before.rsplit_once("<a href=\"").unwrap();
        tag.split('"').next().unwrap().replace("&amp;", "&")
    };
    let address = arrow(&page.body, "drop client 4");
    assert_eq!(address, format!("{}#ladder", link(";drop=4#")), "an arrow does what the list does");
    assert!(!page.body.contains("<style"), "the page's policy forbids it");
    let dropped = lab.get(&link(";drop=4#"), BROWSER);
    let back = arrow(&dropped.body, "let client 4 pass again");
    assert!(!back.contains("drop="), "{back}");
    assert!(dropped.body.contains("let client 4 pass again"), "{}", dropped.body);
    assert!(!dropped.body.contains(">drop client 4<"), "{}", dropped.body);
    let css = lab.get("/lab.css", "*/*");
    assert!(css.body.contains(".wirelab-ladder a:is(:hover"), "what is pointed at is seen");
    let stepped = lab.get(&link(";until=59#"), BROWSER);
    assert!(stepped.body.contains("Events 1 to 59 of "), "{}", stepped.body);
    let text = lab.get(&link(";drop=4#"), "*/*");
    assert!(text.body.contains("by rule") && text.body.contains("ssthresh"), "{}", text.body);
    let capture = lab.get(&link("/tcp.pcapng"), BROWSER);
    assert_eq!(capture.status, 200);
    assert!(String::from_utf8_lossy(&capture.head).contains("Content-Type: application/x-pcapng\r\n"));
    assert!(capture.body.starts_with("\n\r\r\n"), "the block type of a section header");
}

#[test]
fn the_tcp_tab_refuses_what_is_beyond_its_limits_with_a_sentence() {
    let lab = lab();
    let page = lab.get("/tcp?bytes=250001", BROWSER);
    assert_eq!(page.status, 400);
    assert!(page.body.contains("“Bytes to send” must be a whole number from 1 to 250000."), "{}", page.body);
    let page = lab.get("/tcp?<script>=1", BROWSER);
    assert_eq!((page.status, page.body.matches("<script").count()), (400, 1), "{}", page.body);
    assert_eq!(lab.get("/tcp.pcapng?loss=51", "*/*").status, 400);
}
