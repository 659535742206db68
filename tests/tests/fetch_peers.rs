//! Our client against servers of other people: nginx, and the one that comes with Python.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use bytes::Bytes;
use wirelab::client::{Client, Config, RequestBuilder, Response};
use wirelab::http::{Method, StatusCode};

/// A program that serves a folder of its own, until this is dropped.
struct Peer {
    program: Child,
    folder: PathBuf,
    url: String,
}

/// What the folder has as `numbers.txt`.
fn numbers() -> String {
    (1..=20_000).map(|number| format!("{number}\n")).collect()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("wirelab-fetch-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the peer");
    fs::write(folder.join("numbers.txt"), numbers()).expect("a file to serve");
    folder
}

impl Peer {
    /// Python chooses the port, and says which in its first line.
    fn python(name: &str, protocol: &str) -> Peer {
        let folder = folder(name);
        let mut program = Command::new("python3")
            .args(["-u", "-m", "http.server", "--bind", "127.0.0.1", "--protocol", protocol, "0"])
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 must be installed");
        let mut line = String::new();
        let out = program.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut line).expect("a line that says where it serves");
        let address = line.split(['(', ')']).nth(1).expect("an address in brackets");
        Peer { program, folder, url: address.trim_end_matches('/').to_owned() }
    }

    /// nginx is given a socket that listens already, as its own binary upgrade does it (`NGINX` names the descriptors), so
    /// that there is no port to guess and no start to wait for.
    fn nginx(name: &str) -> Peer {
        let folder = folder(name);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("nginx wants it so");
        let address = listener.local_addr().expect("a bound socket has an address");
        let config = folder.join("nginx.conf");
        fs::write(&config, nginx_config(&folder, &address.to_string()))
            .expect("a place for the configuration");
        let nginx = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"];
        let nginx = nginx.iter().find(|path| fs::exists(path).unwrap_or(false)).unwrap_or(&"nginx");
        let program = Command::new(nginx)
            .arg("-p")
            .arg(&folder)
            .arg("-c")
            .arg(&config)
            .env("NGINX", "0;")
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx must be installed");
        Peer { program, folder, url: format!("http://{address}") }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        RequestBuilder::new(Method::Get, &self.url(path))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // SIGTERM, which the standard library cannot send: after SIGKILL, nginx' worker would stay.
        let _ = Command::new("sh").arg("-c").arg(format!("kill {}", self.program.id())).status();
        let _ = self.program.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn nginx_config(folder: &std::path::Path, address: &str) -> String {
    let folder = folder.display();
    format!(
        "daemon off; worker_processes 1; pid {folder}/pid; error_log stderr;
events {{}}
http {{
    access_log off; default_type text/plain;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    server {{
        listen {address}; root {folder};
        location /chunked/ {{ alias {folder}/; ssi on; ssi_types text/plain; }}
        location /moved {{ return 302 /numbers.txt; }}
        location /small {{ client_max_body_size 10; proxy_pass http://127.0.0.1:1; }}
        location /closing {{ alias {folder}/numbers.txt; keepalive_timeout 0; }}
    }}
}}
"
    )
}

fn content(response: &mut Response) -> Bytes {
    response.bytes(1 << 20).expect("all of the content")
}

#[test]
#[ignore = "needs nginx and python3 installed"]
fn nginx_keeps_the_connection_between_get_head_and_a_range() {
    let nginx = Peer::nginx("keep");
    let client = Client::default();
    let mut whole = client.send(nginx.get("/numbers.txt")).unwrap();
    assert_eq!(content(&mut whole), numbers());
    assert_eq!(whole.head.fields.get_str("Content-Length"), Some(numbers().len().to_string().as_str()));

    let mut head = client.send(RequestBuilder::new(Method::Head, &nginx.url("/numbers.txt"))).unwrap();
    assert_eq!(head.head.fields.get_str("Content-Length"), whole.head.fields.get_str("Content-Length"));
    assert_eq!(content(&mut head), "");

    let mut part = client.send(nginx.get("/numbers.txt").field("Range", "bytes=2-5")).unwrap();
    assert_eq!((part.head.status, content(&mut part)), (StatusCode::PARTIAL_CONTENT, Bytes::from("2\n3\n")));

    let mut missing = client.send(nginx.get("/none")).unwrap();
    assert_eq!(missing.head.status, StatusCode::NOT_FOUND);
    content(&mut missing);
    for other in [&head, &part, &missing] {
        assert_eq!(other.local_addr, whole.local_addr, "all on one connection");
    }
}

#[test]
#[ignore = "needs nginx and python3 installed"]
fn nginx_sends_chunks_when_it_does_not_know_the_length() {
    let nginx = Peer::nginx("chunks");
    let client = Client::default();
    let mut response = client.send(nginx.get("/chunked/numbers.txt")).unwrap();
    assert_eq!(response.head.fields.get_str("Transfer-Encoding"), Some("chunked"));
    assert_eq!(content(&mut response), numbers());
    assert_eq!(client.idle_connections(), 1);
}

#[test]
#[ignore = "needs nginx and python3 installed"]
fn nginx_redirects_and_lets_connections_end() {
    let nginx = Peer::nginx("ends");
    let client = Client::new(Config { max_redirects: 1, ..Config::default() });
    let mut response = client.send(nginx.get("/moved")).unwrap();
    assert_eq!(content(&mut response), numbers());
    assert_eq!(response.url.path(), "/numbers.txt");

    let mut last = client.send(nginx.get("/closing")).unwrap();
    assert!(last.head.fields.has_member("Connection", "close"));
    assert_eq!(content(&mut last), numbers());
    assert_eq!(client.idle_connections(), 0);
}

#[test]
#[ignore = "needs nginx and python3 installed"]
fn nginx_declines_content_that_is_too_large_before_it_is_sent() {
    let nginx = Peer::nginx("expect");
    let post = RequestBuilder::new(Method::Post, &nginx.url("/small")).content(numbers()).expect_continue();
    let mut response = Client::default().send(post).unwrap();
    assert_eq!(response.head.status, StatusCode::CONTENT_TOO_LARGE);
    assert!(response.interim.is_empty(), "{:?}", response.interim);
    assert!(!content(&mut response).is_empty());
}

#[test]
#[ignore = "needs nginx and python3 installed"]
fn nginx_says_100_continue_to_content_that_it_accepts() {
    let nginx = Peer::nginx("continue");
    let pieces = ["12", "345"].map(|piece| Ok(Bytes::from(piece)));
    let post =
        RequestBuilder::new(Method::Post, &nginx.url("/small")).content_pieces(pieces).expect_continue();
    let response = Client::default().send(post).unwrap();
    // Nobody is behind it; what matters is that it took the content first.
    assert_eq!(response.head.status, StatusCode::BAD_GATEWAY);
    assert_eq!(response.interim.iter().map(|head| head.status.0).collect::<Vec<_>>(), [100]);
}

#[test]
#[ignore = "needs nginx and python3 installed"]
fn python_closes_in_http_1_0_and_keeps_in_http_1_1() {
    for (protocol, kept) in [("HTTP/1.0", 0), ("HTTP/1.1", 1)] {
        let python = Peer::python(&protocol.replace('/', "-"), protocol);
        let client = Client::default();
        let mut response = client.send(python.get("/numbers.txt")).unwrap();
        assert_eq!(response.head.version.to_string(), protocol);
        assert_eq!(content(&mut response), numbers());
        assert_eq!(client.idle_connections(), kept, "after {protocol}");
        let head = client.send(RequestBuilder::new(Method::Head, &python.url("/numbers.txt"))).unwrap();
        assert_eq!(head.head.status, StatusCode::OK);
        assert_eq!(head.local_addr == response.local_addr, kept == 1, "after {protocol}");
    }
}

#[test]
#[ignore = "needs nginx and python3 installed"]
fn python_does_not_know_ranges() {
    let python = Peer::python("range", "HTTP/1.1");
    let mut response =
        Client::default().send(python.get("/numbers.txt").field("Range", "bytes=0-9")).unwrap();
    // RFC 9110 §14.2: a server may ignore the field; whoever asks for a part must look at the status.
    assert_eq!(response.head.status, StatusCode::OK);
    assert_eq!(content(&mut response), numbers());
}

/// The program of the examples, built if it has to be.
fn fetch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "wirelab-examples", "--example", "fetch", "--"])
        .args(arguments)
        .output()
        .expect("cargo runs")
}

#[test]
#[ignore = "needs nginx and python3 installed"]
fn the_program_fetch_prints_content_and_reports_failure() {
    let nginx = Peer::nginx("program");
    let output = fetch(&[&nginx.url("/chunked/numbers.txt")]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, numbers().as_bytes());
    let output = fetch(&["--fail", &nginx.url("/none")]);
    assert_eq!(output.status.code(), Some(22), "{output:?}");
    let output = fetch(&["--explain", &nginx.url("/numbers.txt")]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("HTTP/1.1 response head") && text.contains("bytes of content"), "{text}");
    let output = fetch(&["https://127.0.0.1/"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
