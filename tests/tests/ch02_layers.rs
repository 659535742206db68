//! Section 2: a request as nested bytes, and what tshark makes of the same frames.

use std::path::PathBuf;

use wirelab_tests::programs::{is_golden, printed};
use wirelab_tests::{run, stdout};

/// Where a capture of the program is kept for one test.
fn capture(name: &str) -> String {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let file = file.to_str().unwrap().to_owned();
    printed("ch02_layers", &["--pcap", &file]);
    file
}

#[test]
fn the_layers_are_the_same_every_time() {
    is_golden("ch02_layers", &[]);
}

#[test]
fn the_capture_has_every_frame_of_the_connection_and_no_other() {
    let listed = printed("pcap", &[&capture("ch02_layers.pcapng")]);
    assert!(listed.contains("#10 ") && !listed.contains("#11 "), "{listed}");
    assert!(listed.contains(" client out  103 bytes  ETHERNET"), "the request:\n{listed}");
}

#[test]
#[ignore = "needs tshark"]
fn tshark_finds_the_same_layers_and_right_checksums() {
    let file = capture("ch02_layers_tshark.pcapng");
    let fields = ["frame.protocols", "frame.len", "ip.hdr_len", "tcp.hdr_len", "tcp.len", "http.host"];
    let checked = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE"].map(|option| ["-o", option]).concat();
    let tshark = |arguments: &[&str]| {
        let output = run("tshark", &[&["-r", &file][..], &checked, arguments].concat());
        assert!(output.status.success(), "{output:?}");
        stdout(&output)
    };
    let asked = fields.map(|field| ["-e", field]).concat();
    let request = tshark(&[&["-Y", "http.request", "-T", "fields"][..], &asked].concat());
    assert_eq!(request, "eth:ethertype:ip:tcp:http\t103\t20\t32\t37\texample.com\n");
    let wrong = "ip.checksum.status == 0 or tcp.checksum.status == 0 or _ws.malformed";
    assert_eq!(tshark(&["-Y", wrong]), "");
    assert_eq!(tshark(&[]).lines().count(), 10);
}
