//! What happens when descriptors run out. Alone in its file, since the limit is the whole process's.

#![allow(unsafe_code, reason = "setrlimit has no safe wrapper here")]

use std::fs::File;
use std::net::SocketAddr;

use wirelab_socket::{AcceptFailure, ListenOptions, TcpStream};

#[test]
fn out_of_descriptors_the_connection_stays_in_the_queue() {
    let limit = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
    // SAFETY: the kernel reads the struct.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
    let loopback: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let listener = ListenOptions::default().nonblocking(true).bind(loopback).unwrap();
    let mut reserve = Some(File::open("/dev/null").unwrap());
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let hoard: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();

    for _attempt in 0..2 {
        let error = listener.accept().unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
        assert_eq!(AcceptFailure::of(&error), AcceptFailure::OutOfResources);
        assert_eq!(listener.accept_queue().unwrap().length, 1, "the client is still there");
    }

    // The descriptor in reserve lets the server end the connection instead of leaving the client to wait.
    drop(reserve.take());
    drop(listener.accept().unwrap());
    reserve = File::open("/dev/null").ok();
    assert!(reserve.is_some());
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
    drop(hoard);
}
