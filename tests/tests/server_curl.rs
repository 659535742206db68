//! Our server, asked by curl and wrk.

use std::time::Duration;

use wirelab::server::{Config, DemoSite};
use wirelab_tests::{Running, run, stdout};

fn demo() -> Running {
    Running::start(Config::default(), DemoSite::new())
}

/// curl's own options first: no progress, errors shown, bounded.
fn curl(arguments: &[&str]) -> String {
    let options = ["--silent", "--show-error", "--max-time", "20"];
    let output = run("curl", &[&options[..], arguments].concat());
    assert!(output.status.success(), "curl {arguments:?}: {output:?}");
    stdout(&output)
}

#[test]
#[ignore = "needs curl"]
fn get_head_and_post_say_the_same_as_the_table_of_the_demo_site() {
    let server = demo();
    assert_eq!(curl(&[&server.url("/")]), "OK");
    let head = curl(&["--head", &server.url("/")]);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("\r\nContent-Length: 2\r\n"), "{head}");
    assert_eq!(curl(&["--data", "a=1&b=2", &server.url("/")]), "a=1&b=2");
    assert_eq!(curl(&["--data-binary", "x", &server.url("/echo")]), "x");
    assert_eq!(curl(&[&server.url("/7")]), "7\n");
    let headers = curl(&["-H", "X-Test: 1", &server.url("/headers")]);
    assert!(
        headers.starts_with("GET /headers HTTP/1.1\r\n") && headers.contains("X-Test: 1\r\n"),
        "{headers}"
    );
}

#[test]
#[ignore = "needs curl"]
fn a_method_that_is_not_there_is_405_with_allow() {
    let server = demo();
    let head = curl(&["--include", "-X", "DELETE", &server.url("/")]);
    assert!(
        head.starts_with("HTTP/1.1 405 ") && head.contains("Allow: GET, HEAD, POST, OPTIONS\r\n"),
        "{head}"
    );
    let options = curl(&["--include", "-X", "OPTIONS", &server.url("/")]);
    assert!(options.contains("Allow: GET, HEAD, POST, OPTIONS\r\n"), "{options}");
}

#[test]
#[ignore = "needs curl"]
fn ranges_come_back_as_206_and_can_be_put_together_again() {
    let folder = std::env::temp_dir().join(format!("wirelab-ranges-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let content: Vec<u8> = (0..100_000u32).map(|number| (number % 251) as u8).collect();
    std::fs::write(folder.join("data.bin"), &content).unwrap();
    let server = Running::start(Config::default(), DemoSite::new().with_files(&folder).unwrap());
    let url = server.url("/files/data.bin");
    let part = run("curl", &["--silent", "--range", "500-1499", &url]).stdout;
    assert_eq!(part, &content[500..1500]);
    let last = run("curl", &["--silent", "--range", "-10", &url]).stdout;
    assert_eq!(last, &content[99_990..]);
    let both = curl(&["--include", "--range", "0-0,99999-99999", &url]);
    assert!(both.starts_with("HTTP/1.1 206 ") && both.contains("multipart/byteranges"), "{both}");
    let beyond = curl(&["--include", "--range", "200000-", &url]);
    assert!(
        beyond.starts_with("HTTP/1.1 416 ") && beyond.contains("Content-Range: bytes */100000"),
        "{beyond}"
    );
    let whole = run("curl", &["--silent", &url]).stdout;
    assert_eq!(whole, content);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
#[ignore = "needs curl"]
fn an_upload_in_chunks_arrives_whole() {
    let server = demo();
    let file = std::env::temp_dir().join(format!("wirelab-upload-{}", std::process::id()));
    std::fs::write(&file, "0123456789".repeat(100_000)).unwrap();
    let upload = format!("@{}", file.display());
    let url = server.url("/echo");
    let arguments = ["-H", "Transfer-Encoding: chunked", "-H", "Expect:", "--data-binary", &upload, &url];
    assert_eq!(curl(&arguments), "0123456789".repeat(100_000));
    std::fs::remove_file(&file).unwrap();
}

#[test]
#[ignore = "needs curl"]
fn curl_waits_for_100_continue_and_gets_it() {
    let server = demo();
    let url = server.url("/echo");
    let arguments = ["--verbose", "-H", "Expect: 100-continue", "--data-binary", "hello", &url];
    let output = run("curl", &arguments);
    let conversation = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(stdout(&output), "hello", "{conversation}");
    assert!(conversation.contains("< HTTP/1.1 100 Continue"), "{conversation}");
}

#[test]
#[ignore = "needs curl"]
fn a_thousand_requests_use_one_connection() {
    let server = demo();
    let answer = curl(&[&server.url("/[1-1000]")]);
    let expected: String = (1..=1000).map(|number| format!("{number}\n")).collect();
    assert_eq!(answer, expected);
    assert_eq!((server.counters().accepted(), server.counters().requests()), (1, 1000));
}

#[test]
#[ignore = "needs curl"]
fn an_http_1_0_client_is_answered_and_let_go() {
    let server = demo();
    let answer = curl(&["--http1.0", "--include", &server.url("/stream/3")]);
    assert!(answer.contains("Connection: close\r\n") && !answer.contains("Transfer-Encoding"), "{answer}");
}

#[test]
#[ignore = "needs wrk"]
fn wrk_finds_no_error_in_a_hundred_connections() {
    let server =
        Running::start(Config { idle_time: Duration::from_secs(5), ..Config::default() }, DemoSite::new());
    let output = run("wrk", &["-t1", "-c100", "-d2s", &server.url("/")]);
    let report = stdout(&output);
    assert!(output.status.success() && report.contains("Requests/sec"), "{report}");
    assert!(!report.contains("Socket errors") && !report.contains("Non-2xx"), "{report}");
    assert!(server.counters().requests() > 1000, "{report}");
}
