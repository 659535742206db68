//! Section 3.1: an HTTP/1.1 server. One address, several sites told apart by Host; persistent connections, chunks, ranges.

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use wirelab::client::Connection;
use wirelab::http::host::{host_of, split};
use wirelab::http::{Method, Request, StatusCode, Target};
use wirelab::http1::wire::RequestHead;
use wirelab::serve::Model;
use wirelab::server::{Context, Counters, DemoSite, Handler, Reply, Step};
use wirelab::socket::TcpStream;
use wirelab::wire::explain;
use wirelab::wire::render::{Style, terminal};
use wirelab_examples::{Args, Checks, Goodbye, Outcome, PCAP, Site, Traffic, ask, get};

const ABOUT: &str = "A server of HTTP/1.1 with two virtual hosts beside the demo site (section 3.1).
It serves until Ctrl-C or SIGTERM. Ask it with curl, a browser, or telnet.";

/// Two sites that are told apart by the request's host, and the demo site for every other.
struct Sites {
    demo: DemoSite,
    explain: bool,
}

impl Handler for Sites {
    fn handle(&self, request: Request, context: &Context) -> Step {
        if let (true, Some(head)) = (self.explain, request.fields.received_text()) {
            println!("{}", terminal(&explain::<RequestHead<'_>>(head).1, Style::detect()));
        }
        let host = host_of(&request.target, &request.fields, request.version).ok().flatten();
        let host = host.map(|authority| split(authority).0.to_ascii_lowercase()).unwrap_or_default();
        match (host.as_str(), request.target.path()) {
            ("a.localhost", "/") => Reply::text("This is site A.\n").into(),
            ("b.localhost", "/") => Reply::text("This is site B.\n").into(),
            _ => self.demo.handle(request, context),
        }
    }
}

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--listen ADDR", "where (127.0.0.1:8080)"),
            ("--workers N", "so many threads with a loop of their own (1)"),
            ("--files DIR", "serves the files of this folder at /files/"),
            ("--access-log", "prints a line for each request"),
            ("--explain", "prints every byte of each request's head, field by field"),
            ("--self-test", "on a free port, asks itself everything that section 3.1 tells of, and ends"),
            PCAP,
        ],
    );
    let goodbye = Goodbye::new()?; // before there are threads
    let test_files = std::env::temp_dir().join(format!("wirelab-{}", std::process::id()));
    if args.has("--self-test") {
        std::fs::create_dir_all(&test_files)?;
        std::fs::write(test_files.join("alphabet.txt"), "abcdefghijklmnopqrstuvwxyz\n")?;
    }
    let files = if args.has("--self-test") { test_files.to_str() } else { args.get("--files") };
    let demo = files.map_or(Ok(DemoSite::new()), |folder| DemoSite::new().with_files(folder))?;
    let sites = Sites { demo, explain: args.has("--explain") };
    let model = match args.value("--workers", 1) {
        0 | 1 => Model::SingleLoop,
        workers => Model::Shards(workers),
    };
    let usual = if args.has("--self-test") { "127.0.0.1:0" } else { "127.0.0.1:8080" };
    let listen: SocketAddr = args.value("--listen", usual.parse()?);
    let mut site = Site::start_on(listen, model, sites, |server| match args.has("--access-log") {
        true => server.with_access_log(std::io::stdout()),
        false => server,
    })?;
    let _recording = args.recording(Traffic::Ports(&[site.address.port()]))?;
    let mut checks = Checks::default();
    println!("ready http://{}/  (Ctrl-C ends it)", site.address);
    if args.has("--self-test") {
        let tested = self_test(&site, &mut checks);
        std::fs::remove_dir_all(&test_files)?;
        tested?;
    } else {
        println!(
            "try   curl -i http://a.localhost:{0}/    curl -i http://b.localhost:{0}/",
            site.address.port()
        );
        println!("      curl -N 'http://{}/stream/5?ms=500'    curl -i -X DELETE http://{0}/", site.address);
        goodbye.wait()?;
    }
    site.stop()?;
    let (requests, responses) = (site.count(Counters::requests), site.count(Counters::responses));
    println!("ended in order: {requests} requests on {} connections", site.count(Counters::accepted));
    if !args.has("--self-test") {
        return Ok(ExitCode::SUCCESS);
    }
    checks.check("every request was answered to its last byte", requests == responses);
    Ok(checks.exit_code())
}

fn self_test(site: &Site, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut connection = Connection::open(site.address)?;
    let mut ask = |method, host: &str, path: &str, content: &[u8]| {
        let request = Request::new(method, Target::parse(path.as_bytes())?).with("Host", host);
        ask(&mut connection, request, content)
    };
    let answer = ask(Method::Get, "localhost", "/", b"")?;
    checks.check("GET / is answered with 200 and `OK`", answer.is(StatusCode::OK, b"OK"));
    let answer = ask(Method::Post, "localhost", "/echo", b"{\"hello\": 1}")?;
    checks.check("POST /echo gets its content back", answer.is(StatusCode::OK, b"{\"hello\": 1}"));
    let answer = ask(Method::Delete, "localhost", "/", b"")?;
    let allow = answer.head.fields.get_str("Allow");
    checks.check(
        "DELETE / is 405, and Allow says what works",
        answer.head.status == StatusCode::METHOD_NOT_ALLOWED
            && allow.is_some_and(|allow| allow.contains("GET")),
    );
    let answer = ask(Method::Get, "localhost", "/stream/5", b"")?;
    let chunked = answer.head.fields.has_member("Transfer-Encoding", "chunked")
        && !answer.head.fields.contains("Content-Length");
    checks.check(
        "GET /stream/5 comes in chunks: streaming without a length in advance",
        chunked && answer.content.split(|&byte| byte == b'\n').count() == 6,
    );
    let a = ask(Method::Get, "a.localhost", "/", b"")?;
    let b = ask(Method::Get, "b.localhost", "/", b"")?;
    checks.check(
        "a.localhost and b.localhost are two sites on one address",
        a.content.ends_with(b"A.\n") && b.content.ends_with(b"B.\n"),
    );
    let range = get("localhost", "/files/alphabet.txt")?.with("Range", "bytes=3-5");
    let answer = wirelab_examples::ask(&mut connection, range, b"")?;
    let place = answer.head.fields.get_str("Content-Range");
    checks.check(
        "a range of a file is 206 with those bytes",
        answer.is(StatusCode::PARTIAL_CONTENT, b"def") && place == Some("bytes 3-5/27"),
    );
    checks.check("all of this used one connection", site.count(Counters::accepted) == 1);
    checks.check("without Host: 400", without_host(site.address)?.starts_with(b"HTTP/1.1 400 "));
    Ok(())
}

/// By hand, as the client refuses to send such a request.
fn without_host(address: SocketAddr) -> Result<Vec<u8>, Box<dyn Error>> {
    let (stream, mut answer) = (TcpStream::connect(address)?, Vec::with_capacity(1024));
    stream.write(b"GET / HTTP/1.1\r\n\r\n")?;
    while stream.read_into(&mut answer)? > 0 {}
    Ok(answer)
}
