//! The program: what it prints, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use wirelab_lab::self_test::Page;

fn lab() -> Command {
    Command::new(env!("CARGO_BIN_EXE_wirelab-lab"))
}

#[test]
fn it_prints_its_address_serves_and_ends_in_good_order_when_told_to() {
    let mut program = lab().args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(program.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("ready http://").and_then(|rest| rest.strip_suffix('/'));
    let page =
        Page::get(address.unwrap_or_else(|| panic!("{line}")).parse().unwrap(), "/", "text/html").unwrap();
    assert_eq!(page.status, 200);

    assert!(Command::new("kill").arg(program.id().to_string()).status().unwrap().success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("curl -s http://127.0.0.1:") && rest.contains("Ctrl-C"), "{rest}");
    assert!(program.wait().unwrap().success());
}

#[test]
fn an_address_that_was_asked_for_and_is_taken_is_an_error_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = lab().args(["--listen", &address]).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains(&format!("cannot listen on {address}")), "{error}");
}

#[test]
fn help_is_printed_and_unknown_options_are_refused() {
    let output = lab().arg("--help").output().unwrap();
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("--self-test"));
    assert!(!lab().arg("--halp").output().unwrap().status.success());
}
