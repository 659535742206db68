//! The system calls themselves: every `unsafe` block of this crate, each as a thin safe function.
//!
//! What makes them safe is the same each time: descriptors come in as `BorrowedFd` and so are open for the
//! length of the call; memory comes in as a slice or a reference, and its own length is what the kernel is
//! told; and what the kernel is told to write may hold any bytes.
//!
//! Each call ends in [`returned`], which turns -1 into the error, and shows the call to [`crate::record`].

use std::io;

use libc::c_int;

use crate::record;

mod batch;
mod descriptor;
mod message;
mod namespace;
mod option;
mod packet;
mod pipe;
mod sockets;
mod transfer;
pub(crate) mod usage;

pub(crate) use batch::*;
pub(crate) use descriptor::*;
pub(crate) use message::*;
pub(crate) use namespace::*;
pub(crate) use option::*;
pub(crate) use packet::*;
pub(crate) use pipe::*;
pub(crate) use sockets::*;
pub(crate) use transfer::*;

use descriptor::owned;
use sockets::{address_in, filled};

/// The end of every call: what it returned, or the error that it left in `errno`.
///
/// `arguments` writes the arguments down; it is given what was returned, since the kernel has filled only what
/// a successful call fills, and is called only while somebody records.
#[inline]
fn returned<N: Copy + Into<i64>>(
    name: &'static str,
    result: N,
    arguments: impl FnOnce(Option<usize>) -> String,
) -> io::Result<N> {
    let error = (result.into() < 0).then(io::Error::last_os_error);
    if record::is_on() {
        noted(name, error.as_ref().map_or(Ok(result.into()), Err), arguments);
    }
    error.map_or(Ok(result), Err)
}

/// The part of [`returned`] that is rarely taken, out of the way of the rest.
#[cold]
#[inline(never)]
fn noted(
    name: &'static str,
    outcome: Result<i64, &io::Error>,
    arguments: impl FnOnce(Option<usize>) -> String,
) {
    let result = outcome.map_err(|error| error.raw_os_error().unwrap_or(0));
    let count = result.ok().and_then(|number| usize::try_from(number).ok());
    record::note(name, arguments(count), result);
}

/// [`returned`] for calls that return how many bytes they moved.
#[inline]
fn moved(
    name: &'static str,
    result: isize,
    arguments: impl FnOnce(Option<usize>) -> String,
) -> io::Result<usize> {
    returned(name, result as i64, arguments).map(|count| count as usize)
}

/// The kernel refuses more than 1024 parts, and taking fewer is an ordinary short write.
fn vector_length(parts: usize) -> c_int {
    parts.min(1024) as c_int
}

/// Calls again while a signal handler has interrupted the call before it did anything.
pub(crate) fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
