//! Static files: ranges, conditions, and what must not be reachable.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::on::serve;
use crate::support::{Client, Running};
use wirelab_server::{DemoSite, Files};

/// A folder that goes when the test does.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wirelab-server-{}-{name}", std::process::id()));
        fs::create_dir_all(path.join("root/sub")).unwrap();
        let folder = Folder(path);
        fs::write(folder.0.join("secret.txt"), "outside").unwrap();
        folder.write("hello.txt", b"hello, file\n");
        folder.write("sub/index.html", b"<p>the index</p>");
        folder
    }

    fn root(&self) -> PathBuf {
        self.0.join("root")
    }

    fn write(&self, name: impl AsRef<Path>, content: &[u8]) {
        fs::write(self.root().join(name), content).unwrap();
    }

    fn serve(&self) -> Running {
        serve(Files::new(self.root()).unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn numbers(count: u32) -> Vec<u8> {
    (0..count).flat_map(u32::to_be_bytes).collect()
}

#[test]
fn small_and_large_files_arrive_whole() {
    let folder = Folder::new("sizes");
    let server = folder.serve();
    let mut client = server.connect();
    for count in [0, 1, 4096, 4097, 3_000_000] {
        let content = numbers(count);
        folder.write("data.bin", &content);
        let answer = client.get("/data.bin");
        assert_eq!(answer.field("content-length"), Some(content.len().to_string().as_str()));
        assert_eq!(answer.field("content-type"), Some("application/octet-stream"));
        assert!(answer.body == content, "{count} numbers, {} bytes came", answer.body.len());
        assert_eq!(client.request("HEAD", "/data.bin", "", b"").body, b"");
    }
}

#[test]
fn requests_behind_a_large_file_are_answered() {
    let folder = Folder::new("pipelined");
    folder.write("data.bin", &numbers(50_000));
    let server = folder.serve();
    let mut client = server.connect();
    client.send(
        "GET /data.bin HTTP/1.1\r\nHost: test\r\n\r\nGET /hello.txt HTTP/1.1\r\nHost: test\r\n\r\n"
            .repeat(20),
    );
    for _ in 0..20 {
        assert_eq!(client.answer(false).body.len(), 200_000);
        assert_eq!(client.answer(false).text(), "hello, file\n");
    }
}

#[test]
fn a_part_is_sent_with_206() {
    let folder = Folder::new("part");
    let content = numbers(500_000);
    folder.write("data.bin", &content);
    let server = folder.serve();
    let mut client = server.connect();
    let mut range = |value: &str| client.request("GET", "/data.bin", &format!("Range: {value}\r\n"), b"");
    for (asked, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=1000-1999999", 1000, 1_999_999),
        ("bytes=1999990-", 1_999_990, 1_999_999),
        ("bytes=-5", 1_999_995, 1_999_999),
        ("bytes=5-9999999999", 5, 1_999_999),
    ] {
        let answer = range(asked);
        assert_eq!(answer.status, 206, "{asked}");
        assert_eq!(answer.field("content-range"), Some(format!("bytes {first}-{last}/2000000").as_str()));
        assert!(answer.body == content[first..=last], "{asked}");
    }
    let answer = range("bytes=2000000-");
    assert_eq!((answer.status, answer.field("content-range")), (416, Some("bytes */2000000")));
    assert_eq!(range("lines=1-2").status, 200, "another unit is ignored");
}

#[test]
fn several_parts_are_sent_as_multipart() {
    let folder = Folder::new("parts");
    let content = numbers(500_000);
    folder.write("data.bin", &content);
    let server = folder.serve();
    let mut client = server.connect();
    let answer = client.request("GET", "/data.bin", "Range: bytes=0-3, 1000000-1199999, -4\r\n", b"");
    assert_eq!(answer.status, 206);
    assert_eq!(answer.field("content-range"), None, "RFC 9110 §15.3.7.2: only the parts have one");
    let boundary =
        answer.field("content-type").unwrap().strip_prefix("multipart/byteranges; boundary=").unwrap();
    let part = |first: usize, last: usize| {
        let fields =
            format!("Content-Type: application/octet-stream\r\nContent-Range: bytes {first}-{last}/2000000");
        [format!("--{boundary}\r\n{fields}\r\n\r\n").as_bytes(), &content[first..=last], b"\r\n"].concat()
    };
    let end = format!("--{boundary}--\r\n").into_bytes();
    let expected = [part(0, 3), part(1_000_000, 1_199_999), part(1_999_996, 1_999_999), end].concat();
    assert!(answer.body == expected, "{} bytes came instead of {}", answer.body.len(), expected.len());
    assert_eq!(client.get("/hello.txt").text(), "hello, file\n", "the length was right");
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let folder = Folder::new("conditions");
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let file = fs::File::options().write(true).open(folder.root().join("hello.txt")).unwrap();
    file.set_modified(long_ago).unwrap();
    let server = folder.serve();
    let mut client = server.connect();
    let first = client.get("/hello.txt");
    let etag = first.field("etag").unwrap().to_owned();
    assert_eq!(first.field("last-modified"), Some("Sun, 09 Sep 2001 01:46:40 GMT"));
    let mut ask = |fields: &str| client.request("GET", "/hello.txt", fields, b"");
    let unchanged = ask(&format!("If-None-Match: {etag}\r\n"));
    assert_eq!((unchanged.status, unchanged.field("etag")), (304, Some(etag.as_str())));
    assert_eq!(ask("If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT\r\n").status, 304);
    assert_eq!(ask("If-None-Match: \"other\"\r\n").status, 200);
    assert_eq!(ask("If-Match: \"other\"\r\n").status, 412);
    let part = ask(&format!("Range: bytes=7-10\r\nIf-Range: {etag}\r\n"));
    assert_eq!((part.status, part.text()), (206, "file"));
    assert_eq!(ask("Range: bytes=7-10\r\nIf-Range: \"other\"\r\n").status, 200);
}

#[test]
fn a_folder_has_an_index_and_a_slash() {
    let folder = Folder::new("index");
    let server = folder.serve();
    let mut client = server.connect();
    let index = client.get("/sub/");
    assert_eq!(
        (index.text(), index.field("content-type")),
        ("<p>the index</p>", Some("text/html; charset=utf-8"))
    );
    let moved = client.get("/sub?x=1");
    assert_eq!((moved.status, moved.field("location")), (308, Some("./sub/?x=1")));
    assert_eq!(client.get("/").status, 404, "no index, and no list of names either");
    assert_eq!(client.get("/hello.txt/").status, 404, "a file is no folder");
    let refused = client.request("DELETE", "/hello.txt", "", b"");
    assert_eq!((refused.status, refused.field("allow")), (405, Some("GET, HEAD, OPTIONS")));
    assert_eq!(client.request("BREW", "/hello.txt", "", b"").status, 501, "RFC 9110 §9.1");
}

#[test]
fn nothing_outside_of_the_root_is_reachable() {
    let folder = Folder::new("escape");
    symlink(folder.0.join("secret.txt"), folder.root().join("link-out")).unwrap();
    symlink("/", folder.root().join("link-to-everything")).unwrap();
    symlink("hello.txt", folder.root().join("link-in")).unwrap();
    symlink("loop", folder.root().join("loop")).unwrap();
    fs::create_dir(folder.root().join(".git")).unwrap();
    folder.write(".git/config", b"hidden");
    let server = folder.serve();
    let status = |path: &str| Client::new(server.address).get(path).status;
    for path in [
        "/../secret.txt",
        "/sub/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/link-out",
        "/link-to-everything/etc/passwd",
        "/loop",
        "/hello.txt%00",
        "/.git/config",
        "//etc/passwd",
        "/hello.txt/../../secret.txt",
    ] {
        assert_eq!(status(path), 404, "{path}");
    }
    assert_eq!(status(&format!("/{}", "x".repeat(300))), 404, "a name longer than the system permits");
    assert_eq!(status("/link-in"), 200, "a link that stays below the root");
    assert_eq!(status("/sub/../hello.txt"), 200);
}

#[test]
fn a_pipe_among_the_files_does_not_stop_the_server() {
    let folder = Folder::new("pipe");
    let made = std::process::Command::new("mkfifo").arg(folder.root().join("pipe")).status().unwrap();
    assert!(made.success());
    let server = folder.serve();
    assert_eq!(server.connect().get("/pipe").status, 404);
}

/// What a handler answers with a file of its own that ends too early.
#[test]
fn a_file_that_becomes_shorter_ends_the_connection() {
    let folder = Folder::new("shorter");
    folder.write("data.bin", &[7; 100_000]);
    let path = folder.root().join("data.bin");
    let server = serve(move |_: wirelab_http::Request, _: &wirelab_server::Context| {
        let file = fs::File::open(&path).unwrap();
        let mut reply = wirelab_server::Reply::bytes("");
        reply.body = wirelab_server::Body::File(wirelab_server::FilePart { file, offset: 0, len: 200_000 });
        wirelab_server::Step::from(reply)
    });
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
    let text = std::io::read_to_string(&mut client.stream).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Content-Length: 200000"), "{head}");
    assert_eq!(body.len(), 100_000, "the client sees that bytes are missing");
    assert_eq!(server.counters().incident("file-too-short"), 1);
}

#[test]
fn the_demo_site_has_files_and_uploads() {
    let folder = Folder::new("demo");
    let site = DemoSite::new().with_files(folder.root()).unwrap().with_uploads(&folder.0);
    let server = serve(site);
    let mut client = server.connect();
    assert_eq!(client.get("/files/hello.txt").text(), "hello, file\n");
    assert_eq!(client.get("/files/sub").field("location"), Some("./sub/"));
    let answer = client.request("POST", "/upload", "", &vec![b'x'; 1_000_000]);
    assert!(answer.text().starts_with("{\"bytes\": 1000000, "), "{answer:?}");
    let names: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "the upload left nothing: {names:?}");
}

#[test]
fn a_full_disk_is_a_507_and_the_server_lives() {
    let server = serve(DemoSite::new().with_uploads("/dev/full"));
    for _ in 0..3 {
        let mut client = server.connect();
        let answer = client.request("POST", "/upload", "", b"no room for this");
        assert_eq!(answer.status, 507);
        assert_eq!(client.get("/").text(), "OK", "the content was short, so that the connection lives on");
    }
    assert_eq!(server.connect().request("POST", "/upload", "", &vec![b'x'; 1_000_000]).status, 507);
    assert_eq!(server.connect().get("/").text(), "OK");
}
