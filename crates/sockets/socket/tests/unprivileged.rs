//! A user without privileges makes a network namespace: it gets one while its process has one thread, and sees
//! the packets in it, while those of others are refused.
//!
//! Without the test harness, which is a second thread. Like an ignored test it runs with `--ignored` (and
//! `--include-ignored`) only: many containers and some systems forbid user namespaces.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{env, fs, thread};

use wirelab_socket::{Namespace, PacketFilter, PacketSocket, TcpListener};

const NOBODY: u32 = 65_534;

fn main() {
    match env::args().nth(1).as_deref() {
        Some("one thread") => enter_and_use(),
        Some("two threads") => {
            let (_running, end) = std::sync::mpsc::channel::<()>();
            thread::spawn(move || end.recv());
            enter_and_use();
        }
        _ if env::args().any(|argument| argument == "--ignored" || argument == "--include-ignored") => {
            run_both()
        }
        _ => println!("unprivileged: ignored, needs user namespaces; run it with --ignored\n"),
    }
}

fn enter_and_use() {
    let refused = PacketSocket::open(Some("lo"), &PacketFilter::all()).expect_err("others' packets");
    assert!(refused.to_string().contains("CAP_NET_RAW"), "{refused}");
    let outside = Namespace::current().unwrap().id().unwrap();
    let own = Namespace::enter_new().unwrap();
    assert_ne!(own.id().unwrap(), outside);
    TcpListener::bind("127.0.0.1:80".parse().unwrap()).expect("root of its own network may use low ports");
    PacketSocket::open(Some("lo"), &PacketFilter::all())
        .expect("root of its own network may see its packets");
}

/// Each in a process of its own, as a user who owns nothing; the program is copied to where that user may read
/// it.
fn run_both() {
    let directory = env::temp_dir().join(format!("wirelab-nobody-{}", std::process::id()));
    fs::create_dir(&directory).unwrap();
    let program = directory.join("unprivileged");
    fs::copy(env::current_exe().unwrap(), &program).unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let run = |how: &str| {
        let mut command = Command::new(&program);
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let output = command.arg(how).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (one, two) = (run("one thread"), run("two threads"));
    fs::remove_dir_all(&directory).unwrap();
    assert!(one.0, "with one thread: {}", one.1);
    assert!(!two.0 && two.1.contains("while the process has one thread"), "with two threads: {}", two.1);
    println!("unprivileged: ok\n");
}
