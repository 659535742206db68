//! The lab in a real browser, with its script and without.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use wirelab::server::{Config, Server};
use wirelab_lab::Lab;

/// A profile of the browser's own, removed at the end.
struct Profile(PathBuf);

impl Profile {
    fn new(name: &str, script: bool) -> Self {
        let folder = std::env::temp_dir().join(format!("wirelab-lab-browser-{}-{name}", std::process::id()));
        fs::create_dir_all(folder.join("Default")).unwrap();
        // 1 allows scripts, 2 blocks them, as the switch in the settings does.
        let setting = if script { 1 } else { 2 };
        let preferences =
            format!(r#"{{"profile":{{"default_content_setting_values":{{"javascript":{setting}}}}}}}"#);
        fs::write(folder.join("Default/Preferences"), preferences).unwrap();
        Profile(folder)
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The document as it is after loading, with what a script has made of it.
fn document(address: SocketAddr, path: &str, profile: &Profile) -> String {
    let output = Command::new("timeout")
        .args([
            "60",
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.0.display()))
        .arg(format!("http://{address}{path}"))
        .output()
        .unwrap();
    let document = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!document.is_empty(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    document
}

fn with_lab(test: impl FnOnce(SocketAddr)) {
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), Config::default()).unwrap();
    let (address, handle) = (server.local_addr(), server.handle());
    let thread = std::thread::spawn(move || server.run(Lab::new(address)));
    test(address);
    handle.stop();
    thread.join().unwrap().unwrap();
}

/// The number in `You just sent N bytes`, and how many bytes the grid of the request has.
fn sent_and_shown(document: &str) -> (usize, usize) {
    let (_, rest) = document.split_once("<h1>You just sent ").unwrap_or_else(|| panic!("{document}"));
    let sent = rest.split_once(" bytes</h1>").and_then(|(number, _)| number.parse().ok()).unwrap();
    (sent, document.matches("href=\"#q").count())
}

#[test]
#[ignore = "needs chromium installed"]
fn without_a_script_the_page_is_complete_as_nested_details() {
    with_lab(|address| {
        let document = document(address, "/", &Profile::new("plain", false));
        let (sent, shown) = sent_and_shown(&document);
        assert_eq!(shown, sent);
        assert!(!document.contains("data-enhanced"), "the script ran");
        assert!(document.contains("<details open=\"\" class=\"node\""), "{document}");
        assert!(
            document.contains("RFC 9110 §7.2") && document.contains("/source/crates/web/http1/src/wire/")
        );
    });
}

#[test]
#[ignore = "needs chromium installed"]
fn with_its_script_the_page_folds_field_lines_and_has_a_byte_to_begin_at() {
    with_lab(|address| {
        let profile = Profile::new("script", true);
        let page = document(address, "/", &profile);
        let (sent, shown) = sent_and_shown(&page);
        assert_eq!(shown, sent);
        assert!(page.contains("data-enhanced=\"yes\""), "the script did not run to its end");
        assert!(page.contains("<span class=\"name\">Host</span>"), "{page}");
        // One byte of the request's grid and one of the response's can be reached with the tab key.
        assert_eq!(page.matches("tabindex=\"0\"").count(), 2);
        assert_eq!(page.matches("class=\"inspector\"").count(), 2);

        let odd = document(address, "/odd?case=chunked", &profile);
        assert!(odd.contains("data-enhanced=\"yes\"") && odd.contains("Hello "), "{odd}");
    });
}

#[test]
#[ignore = "needs chromium installed"]
fn without_a_script_a_packet_of_the_tcp_tab_is_dropped_by_a_link() {
    with_lab(|address| {
        let profile = Profile::new("tcp", false);
        let page = document(address, "/tcp?delay=10&rate=1000&bytes=30000", &profile);
        assert_eq!(page.matches("<svg").count(), 1, "a ladder, whose arrows are links: {page}");
        assert_eq!(page.matches("<img class=\"picture\"").count(), 1, "a chart: {page}");
        assert!(page.contains("#ladder\" tabindex=\"-1\"><title>drop client 4 ("), "{page}");
        let (before, _) = page.split_once("#packets\">drop client 4</a>").unwrap_or_else(|| panic!("{page}"));
        let address_of_link = before.rsplit("href=\"").next().unwrap().replace("&amp;", "&");
        let dropped = document(address, &address_of_link, &profile);
        assert!(dropped.contains("let client 4 pass again"), "{dropped}");
    });
}
