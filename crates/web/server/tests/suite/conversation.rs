//! What a client and the server say to each other, over real sockets.

use std::net::Shutdown;

use bytes::{Bytes, BytesMut};
use wirelab_http::{Fields, Request, Response, StatusCode};
use super::on::{serve, serve_with, start};
use wirelab_server::{Body, Config, Context, DemoSite, Flow, Pull, Reply, Step, Takeover, Tunnel, Upload};

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    for number in 0..100 {
        let answer = client.get(&format!("/{number}"));
        assert_eq!((answer.status, answer.text()), (200, format!("{number}\n").as_str()));
    }
    assert_eq!(client.get("/").text(), "OK");
    let handle = server.stop();
    let counters = handle.counters();
    assert_eq!((counters.accepted(), counters.requests(), counters.responses()), (1, 101, 101));
    assert_eq!(counters.incidents(), []);
}

#[test]
fn every_answer_has_date_server_and_length() {
    let server = serve(DemoSite::new());
    let answer = server.connect().get("/");
    assert_eq!(answer.field("content-length"), Some("2"));
    assert_eq!(answer.field("server"), Some("wirelab"));
    assert!(answer.field("date").unwrap().ends_with(" GMT"), "{answer:?}");
    assert_eq!(answer.field("connection"), None, "it persists without saying so");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    let requests: String = (0..500).map(|n| format!("GET /{n} HTTP/1.1\r\nHost: test\r\n\r\n")).collect();
    client.send(requests);
    for number in 0..500 {
        assert_eq!(client.answer(false).text(), format!("{number}\n"));
    }
}

#[test]
fn a_head_that_comes_byte_by_byte_is_a_head() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    client.stream.get_mut().set_nodelay(true).unwrap();
    for byte in
        b"POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    {
        client.send([*byte]);
    }
    assert_eq!(client.answer(false).text(), "abc");
}

#[test]
fn content_comes_back_with_its_length_however_it_was_framed() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    for path in ["/", "/echo", "/17"] {
        let answer = client.request("POST", path, "Content-Type: text/x\r\n", b"some content");
        assert_eq!((answer.status, answer.text()), (200, "some content"), "{path}");
        assert_eq!(answer.field("content-type"), Some("text/x"));
    }
    client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("5\r\nsome \r\n7;x=y\r\ncontent\r\n0\r\nX-Trailer: 1\r\n\r\n");
    let answer = client.answer(false);
    assert_eq!((answer.text(), answer.field("content-length")), ("some content", Some("12")));
    assert_eq!(client.request("POST", "/", "", b"").text(), "");
}

#[test]
fn a_large_content_comes_back_whole() {
    let server = serve(DemoSite::new());
    let content: Vec<u8> = (0..8_000_000u32).map(|n| ((n * 7) >> 3) as u8).collect();
    let mut client = server.connect();
    let mut writer = client.stream.get_ref().try_clone().unwrap();
    let (length, sent) = (content.len(), content.clone());
    let sender = std::thread::spawn(move || {
        use std::io::Write;
        write!(writer, "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n").unwrap();
        writer.write_all(&sent).unwrap();
    });
    let answer = client.answer(false);
    sender.join().unwrap();
    assert!(answer.body == content, "{} bytes came back", answer.body.len());
}

#[test]
fn an_announced_length_is_sent_without_chunks_and_an_unknown_one_with() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    for length in [0, 1, 65_535, 65_536, 65_537, 3_000_000] {
        let answer = client.get(&format!("/bytes/{length}"));
        assert_eq!(answer.field("transfer-encoding"), None);
        assert_eq!(answer.body.len(), length);
        assert!(answer.body.chunks(64).all(|line| line[0] == b'a'), "{length}");
    }
    let answer = client.get("/stream/1000");
    assert_eq!(answer.field("content-length"), None);
    assert_eq!(answer.text().lines().nth(999), Some("line 1000 of 1000"));
    assert_eq!(client.get("/stream/3?ms=1").text(), "line 1 of 3\nline 2 of 3\nline 3 of 3\n");
}

#[test]
fn a_client_of_http_1_0_gets_content_up_to_the_end_of_the_stream() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    client.send("GET /stream/2 HTTP/1.0\r\n\r\n");
    let answer = client.answer(false);
    assert_eq!(answer.field("connection"), Some("close"));
    assert_eq!(answer.text(), "line 1 of 2\nline 2 of 2\n");
    let mut client = server.connect();
    client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n");
    let answer = client.answer(false);
    assert_eq!((answer.text(), answer.field("connection")), ("1\n", Some("keep-alive")));
    assert_eq!(client.answer(false).text(), "2\n");
    client.expect_end();
}

#[test]
fn head_has_the_head_of_get_and_no_content() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    for (path, length) in [("/", Some("2")), ("/bytes/1000000", Some("1000000")), ("/stream/5", None)] {
        let answer = client.request("HEAD", path, "", b"");
        assert_eq!((answer.status, answer.field("content-length")), (200, length), "{path}");
    }
    assert_eq!(client.get("/").text(), "OK", "nothing stood between the answers");
}

/// RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405 response".
#[test]
fn s15_5_6_a_405_has_an_allow_field() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    for (method, path, allow) in [
        ("DELETE", "/", "GET, HEAD, POST, OPTIONS"),
        ("GET", "/upload", "POST, PUT, OPTIONS"),
        ("PATCH", "/bytes/5", "GET, HEAD, OPTIONS"),
    ] {
        let answer = client.request(method, path, "", b"");
        assert_eq!((answer.status, answer.field("allow")), (405, Some(allow)), "{method} {path}");
    }
    let answer = client.request("OPTIONS", "*", "", b"");
    assert_eq!((answer.status, answer.field("allow")), (204, Some("GET, HEAD, POST, OPTIONS")));
    assert_eq!(answer.field("content-length"), None, "RFC 9110 §8.6: not with a 204");
    assert_eq!(client.get("/nothing").status, 404);
    assert_eq!(client.request("POST", "/nothing", "", b"thrown away").status, 404);
    assert_eq!(client.get("/").text(), "OK", "the connection lives on");
}

/// RFC 9110 §9.1: a server that receives "a request method that is unrecognized or not implemented SHOULD respond with the
/// 501 (Not Implemented) status code".
#[test]
fn a_method_that_nobody_knows_is_501() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    for path in ["/", "/echo", "/bytes/5", "/nothing"] {
        let answer = client.request("BREW", path, "", b"content");
        assert_eq!((answer.status, answer.field("allow")), (501, None), "{path}");
    }
    assert_eq!(client.get("/").text(), "OK", "the connection lives on");
}

/// RFC 9110 §7.4: "an origin server MUST reject a request if any scheme-specific requirements for the target URI are not
/// met", and `https` requires a certificate.
#[test]
fn s7_4_a_target_of_another_scheme_is_misdirected() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    for scheme in ["https", "HTTPS", "ftp", "httpx"] {
        let answer = client.get(&format!("{scheme}://test/"));
        assert_eq!((answer.status, answer.field("connection")), (421, None), "{scheme}");
    }
    assert_eq!(client.request("POST", "https://test/echo", "", b"content").status, 421);
    for target in ["http://test/7", "HTTP://test/7", "/7"] {
        assert_eq!(client.get(target).text(), "7\n", "{target}");
    }
}

#[test]
fn the_demo_site_has_its_pages() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    assert_eq!(client.get("/headers").text(), "GET /headers HTTP/1.1\r\nHost: test\r\n\r\n");
    let fields = "x-Case: 1\r\nX-CASE:\t2 \r\nEmpty:\r\n";
    let echo = client.request("GET", "/echo", fields, b"");
    assert_eq!(echo.text(), "Host: test\nx-Case: 1\nX-CASE: 2\nEmpty: \n");
    assert_eq!(client.request("HEAD", "/echo", "", b"").field("content-length"), Some("11"));
    for method in ["GET", "POST"] {
        let cookies = client.request(method, "/cookie", "Cookie: a=1; b=x=y\r\nCookie: a=2\r\n", b"");
        assert_eq!(cookies.text(), "a=1\nb=x=y\na=2\n", "{method}");
    }
    assert_eq!(client.get("/cookie").text(), "");
    assert_eq!(client.get("/status/418").status, 418);
    assert_eq!(client.get("/status/204").status, 204);
    assert_eq!(client.get("/status/304").status, 304);
    assert_eq!(client.get("/delay/5").text(), "5 ms later\n");
    let picture = client.get("/images/12");
    assert_eq!(picture.field("content-type"), Some("image/svg+xml"));
    assert!(picture.text().contains(">12</text>"));
    let bitmap = client.get("/images/12.bmp").body;
    assert_eq!(bitmap.len(), 54 + 32 * 32 * 3);
    assert_eq!(bitmap[2..6], (bitmap.len() as u32).to_le_bytes());
    assert_eq!(client.get("/files/x").status, 404);
    let upload = client.request("PUT", "/upload", "", b"a");
    assert_eq!(upload.text(), "{\"bytes\": 1, \"fnv1a\": \"af63dc4c8601ec8c\"}\n");
}

/// RFC 9110 §10.1.1: a server "MUST send either an immediate response with a final status code or … 100".
#[test]
fn s10_1_1_a_client_that_asks_first_is_told_to_go_on() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("data");
    assert_eq!(client.answer(false).text(), "data");
    // Nobody wants the content of this one: the answer comes at once, and the connection ends, since the client may
    // or may not send the content after it.
    client.send("POST /nothing HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    let answer = client.answer(false);
    assert_eq!((answer.status, answer.field("connection")), (404, Some("close")));
    client.expect_end();
}

/// RFC 9110 §10.1.1: a server "MAY omit sending a 100 (Continue) response if it has already received some or all of the
/// content".
#[test]
fn a_client_that_does_not_wait_is_not_told_to_go_on() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    let fields = "Expect: 100-continue\r\n";
    assert_eq!(client.request("POST", "/echo", fields, b"data").text(), "data", "no 100 in between");
    // Some of the content is enough.
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nda");
    server.wait_until("the second request", |counters| counters.requests() == 2);
    client.send("ta");
    assert_eq!(client.answer(false).text(), "data");
}

/// RFC 9110 §10.1.1: a server that receives another expectation than 100-continue "MAY respond with a 417".
#[test]
fn an_unknown_expectation_is_417_and_the_connection_lives_on() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    for fields in
        ["Expect: 200-ok\r\n", "Expect: 100-continue, x=\"y\"\r\n", "Expect: 100-continue\r\nExpect: x\r\n"]
    {
        let answer = client.request("GET", "/", fields, b"");
        assert_eq!((answer.status, answer.field("connection")), (417, None), "{fields}");
    }
    assert_eq!(client.request("POST", "/echo", "Expect: x\r\n", b"thrown away").status, 417);
    for fields in ["", "Expect:\r\n", "Expect: 100-Continue\r\n"] {
        assert_eq!(client.request("GET", "/", fields, b"").text(), "OK", "{fields}");
    }
}

#[test]
fn the_root_of_the_demo_site_heeds_conditions() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    let first = client.get("/");
    let tag = first.field("etag").unwrap();
    let modified = first.field("last-modified").unwrap();
    assert_eq!(first.field("content-type"), Some("text/plain; charset=utf-8"));
    for (method, field, value, status) in [
        ("GET", "If-None-Match", tag, 304),
        ("HEAD", "if-none-match", tag, 304),
        ("GET", "If-None-Match", "\"x\"", 200),
        ("GET", "If-Modified-Since", modified, 304),
        ("GET", "If-Modified-Since", "Thu, 01 Jan 1998 00:00:00 GMT", 200),
        ("GET", "If-Match", tag, 200),
        ("GET", "If-Match", "\"x\"", 412),
        ("GET", "If-Unmodified-Since", "Thu, 01 Jan 1998 00:00:00 GMT", 412),
        ("POST", "If-Match", tag, 200),
        ("POST", "If-Match", "\"x\"", 412),
        ("POST", "If-None-Match", "*", 412),
        ("GET", "If", "\"x\"", 200),
    ] {
        let answer = client.request(method, "/", &format!("{field}: {value}\r\n"), b"");
        assert_eq!(answer.status, status, "{method} {field}: {value}");
        if status == 304 {
            let validators = (answer.field("etag"), answer.field("last-modified"));
            assert_eq!(validators, (Some(tag), Some(modified)), "{method} {field}: {value}");
            assert_eq!(answer.field("content-length"), None, "{method} {field}: {value}");
        }
    }
}

#[test]
fn a_client_that_has_ended_its_side_is_answered() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    client.send("GET /delay/20 HTTP/1.1\r\nHost: test\r\n\r\nGET /2 HTTP/1.1\r\nHost: test\r\n\r\n");
    client.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.answer(false).text(), "20 ms later\n");
    assert_eq!(client.answer(false).text(), "2\n");
    client.expect_end();
    server.wait_until("the end of the connection", |counters| counters.open() == 0);
    assert_eq!(server.counters().incidents(), []);
}

#[test]
fn a_slow_answer_holds_up_nobody_else() {
    let grace_time = std::time::Duration::from_millis(1); // it would be waited for when the server stops
    let server = serve_with(Config { grace_time, ..Config::default() }, DemoSite::new());
    let mut slow = server.connect();
    slow.send("GET /delay/60000 HTTP/1.1\r\nHost: test\r\n\r\n");
    server.wait_until("the slow request", |counters| counters.requests() == 1);
    assert_eq!(server.connect().get("/").text(), "OK");
    assert_eq!(server.stop().counters().incident("grace-time"), 1);
}

#[test]
fn what_is_not_http_is_refused_and_the_connection_closed() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
    let answer = client.answer(false);
    assert_eq!((answer.status, answer.field("connection")), (400, Some("close")));
    client.expect_end();
    drop(client);
    assert_eq!(server.counters().incident("length-with-transfer-coding"), 1);
    server.wait_until("the end of the connection", |counters| counters.open() == 0);
}

#[test]
fn trailers_follow_a_streamed_answer() {
    let handler = |_: Request, _: &Context| {
        let mut pieces = 0;
        let source = move |_: usize| {
            pieces += 1;
            match pieces {
                1 => Pull::Data(Bytes::from_static(b"content")),
                _ => {
                    let mut trailers = Fields::new();
                    trailers.push("X-Sum", "7").unwrap();
                    Pull::End(trailers)
                }
            }
        };
        Step::from(Reply::stream("text/plain", source))
    };
    let server = serve(handler);
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    let text = std::io::read_to_string(&mut client.stream).unwrap();
    assert!(text.ends_with("\r\n\r\n7\r\ncontent\r\n0\r\nX-Sum: 7\r\n\r\n"), "{text}");
}

#[test]
fn an_answer_that_cannot_be_framed_becomes_a_500() {
    let handler = |request: Request, _: &Context| match request.target.path() {
        "/twice" => Step::from(Reply::text("x").with("Content-Length", "1").with("Content-Length", "2")),
        "/interim" => Step::from(Reply::empty(StatusCode::CONTINUE)),
        _ => Step::from(Reply::text("too long").with("Content-Length", "3")),
    };
    let server = serve(handler);
    let mut client = server.connect();
    assert_eq!(client.get("/twice").status, 500);
    assert_eq!(client.get("/interim").status, 500);
    client.send("GET /long HTTP/1.1\r\nHost: test\r\n\r\n");
    server.wait_until("the end of the connection", |counters| counters.open() == 0);
    assert_eq!(server.counters().incident("misuse"), 3);
}

/// Takes its time with each piece, and counts.
struct Patient(usize);

impl Upload for Patient {
    fn data(&mut self, data: Bytes) -> Flow {
        self.0 += data.len();
        Flow::Wait(std::time::Duration::from_millis(1))
    }

    fn end(self: Box<Self>, _: Fields) -> Step {
        Reply::text(self.0.to_string()).into()
    }
}

#[test]
fn an_upload_can_slow_its_client_down() {
    let server = serve(|_: Request, _: &Context| Step::Read(Box::new(Patient(0))));
    let answer = server.connect().request("POST", "/", "", &vec![b'x'; 3_000_000]);
    assert_eq!(answer.text(), "3000000");
}

/// Sends each line back in capital letters, until an empty one.
struct Shout;

impl Takeover for Shout {
    fn run(&mut self, input: &mut BytesMut, ended: bool, output: &mut BytesMut) -> Tunnel {
        while let Some(end) = input.iter().position(|&byte| byte == b'\n') {
            let line = input.split_to(end + 1);
            if line.len() == 1 {
                return Tunnel::Close;
            }
            output.extend_from_slice(&line.to_ascii_uppercase());
        }
        if ended { Tunnel::Close } else { Tunnel::Open }
    }
}

#[test]
fn another_protocol_can_take_over() {
    let handler = |_: Request, context: &Context| {
        assert_eq!(context.number(), 1);
        let head = Response::new(StatusCode::SWITCHING_PROTOCOLS)
            .with("Connection", "Upgrade")
            .with("Upgrade", "shout");
        Step::Upgrade(head, Box::new(Shout))
    };
    let server = serve(handler);
    let mut client = server.connect();
    let fields = "Connection: upgrade\r\nUpgrade: shout\r\n";
    client.send(format!("GET / HTTP/1.1\r\nHost: test\r\n{fields}\r\nfirst\nsec"));
    assert!(client.head().starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    client.send("ond\n\n");
    let rest = std::io::read_to_string(&mut client.stream).unwrap();
    assert_eq!(rest, "FIRST\nSECOND\n");
}

#[test]
fn the_context_tells_where_a_request_came_from() {
    let handler = |_: Request, context: &Context| {
        let rtt = context.tcp_info().unwrap().rto;
        assert!(!rtt.is_zero());
        Step::from(Reply::text(format!("{} {} {}", context.peer(), context.local(), context.number())))
    };
    let server = serve(handler);
    let mut client = server.connect();
    let stream = client.stream.get_ref();
    let (local, peer) = (stream.local_addr().unwrap(), stream.peer_addr().unwrap());
    assert_eq!(client.get("/").text(), format!("{local} {peer} 1"));
    assert_eq!(client.get("/").text(), format!("{local} {peer} 2"));
}

#[test]
fn the_access_log_has_a_line_for_each_request() {
    #[derive(Clone, Default)]
    struct Lines(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let server = wirelab_server::Server::bind("127.0.0.1:0".parse().unwrap(), Config::default()).unwrap();
    let server = start(server.with_access_log(lines.clone()), DemoSite::new());
    let mut client = server.connect();
    client.request("GET", "/bytes/100000", "User-Agent: a\"b\r\n", b"");
    client.request("HEAD", "/?x", "", b"");
    client.send("nonsense\r\n\r\n");
    client.answer(false);
    drop(client);
    server.stop();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("127.0.0.1 - - ["), "{text}");
    assert!(lines[0].contains("\"GET /bytes/100000 HTTP/1.1\" 200 100000 \"-\" \"a\\\"b\" "), "{text}");
    assert!(lines[1].contains("\"HEAD /?x HTTP/1.1\" 200 0 \"-\" \"-\" "), "{text}");
    assert!(lines[2].contains("\"-\" 400 0 "), "{text}");
    assert_eq!(lines.len(), 3, "{text}");
}

#[test]
fn the_last_request_that_a_connection_may_send_says_so() {
    let server = serve_with(Config { max_requests: 2, ..Config::default() }, DemoSite::new());
    let mut client = server.connect();
    assert_eq!(client.get("/").field("connection"), None);
    assert_eq!(client.get("/").field("connection"), Some("close"));
    client.expect_end();
}

#[test]
fn an_empty_body_has_length_zero_where_content_could_be() {
    let server = serve(|_: Request, _: &Context| {
        let mut reply = Reply::text("");
        reply.body = Body::Empty;
        Step::from(reply)
    });
    assert_eq!(server.connect().get("/").field("content-length"), Some("0"));
}
