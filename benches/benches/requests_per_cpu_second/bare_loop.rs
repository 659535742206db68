//! The least that a server can do: wait, receive, find the ends of heads, send as many fixed answers.
//!
//! It parses nothing, knows no time and keeps no deadline, and relies on what the load guarantees: that a head arrives
//! in one piece and has no content behind it. It is no server; it is the bound.

#![allow(unsafe_code, reason = "the bound is the system calls themselves, with nothing around them")]

use std::io;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::ptr;

use libc::{c_int, c_void, epoll_event};

use crate::server::{CONTENT_TYPE, SERVER_NAME, announce};

const EVENTS: usize = 1024;

pub(crate) fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    announce(listener.local_addr()?)?;
    let (answers, answer_len) = answers();
    run(listener.as_raw_fd(), &answers, answer_len)
}

/// Many fixed answers, and the length of one.
pub(crate) fn answers() -> (String, usize) {
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE}\r\nDate: Sat, 04 Oct 2025 12:00:00 GMT\r\n\
         Server: {SERVER_NAME}\r\nContent-Length: 2\r\n\r\nOK"
    );
    (answer.repeat(1024), answer.len())
}

fn run(listener: c_int, answers: &str, answer_len: usize) -> io::Result<()> {
    let mut events = [epoll_event { events: 0, u64: 0 }; EVENTS];
    let mut buffer = vec![0_u8; 64 * 1024];
    // SAFETY: every pointer is to one of the three buffers above, with its own length beside it.
    unsafe {
        let epoll = libc::epoll_create1(libc::EPOLL_CLOEXEC);
        watch(epoll, listener);
        loop {
            let ready = libc::epoll_wait(epoll, events.as_mut_ptr(), EVENTS as c_int, -1);
            if ready < 0 {
                return Err(io::Error::last_os_error());
            }
            for event in &events[..ready as usize] {
                let fd = event.u64 as c_int;
                if fd == listener {
                    accept(epoll, listener);
                    continue;
                }
                let received = libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), 0);
                if received <= 0 {
                    libc::close(fd);
                    continue;
                }
                let len = heads(&buffer[..received as usize]) * answer_len;
                libc::send(fd, answers.as_ptr().cast(), len, libc::MSG_NOSIGNAL);
            }
        }
    }
}

/// How many heads end in these bytes.
pub(crate) fn heads(mut bytes: &[u8]) -> usize {
    const END: &[u8] = b"\r\n\r\n";
    let mut count = 0;
    loop {
        // SAFETY: both pointers stand beside the lengths of what they point to.
        let end = unsafe {
            libc::memmem(bytes.as_ptr().cast(), bytes.len(), END.as_ptr().cast::<c_void>(), END.len())
        };
        if end.is_null() {
            return count;
        }
        count += 1;
        bytes = &bytes[end as usize - bytes.as_ptr() as usize + END.len()..];
    }
}

/// # Safety
/// None of the arguments is a pointer; whatever they are, the kernel checks them.
unsafe fn accept(epoll: c_int, listener: c_int) {
    // SAFETY: no address is asked for, and the option is a live integer.
    unsafe {
        let fd = libc::accept4(listener, ptr::null_mut(), ptr::null_mut(), libc::SOCK_NONBLOCK);
        let on: c_int = 1;
        let size = size_of_val(&on) as libc::socklen_t;
        libc::setsockopt(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, (&raw const on).cast(), size);
        watch(epoll, fd);
    }
}

/// # Safety
/// As for `accept`.
unsafe fn watch(epoll: c_int, fd: c_int) {
    let mut event = epoll_event { events: libc::EPOLLIN as u32, u64: fd as u64 };
    // SAFETY: the event lives until the call is over.
    unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &mut event) };
}
