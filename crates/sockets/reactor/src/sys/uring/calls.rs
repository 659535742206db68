//! `io_uring_setup`, `io_uring_enter`, `io_uring_register`. libc has their numbers and nothing else.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use libc::{c_int, c_long, c_uint, c_void};

/// `CQSIZE`: the completion queue has the size that we say.
pub(crate) const SETUP_CQSIZE: u32 = 1 << 3;
/// `CLAMP`: sizes beyond the kernel's limits are made smaller, not refused.
pub(crate) const SETUP_CLAMP: u32 = 1 << 4;
/// `R_DISABLED`: it begins when it is enabled, and belongs to the thread that enables it.
pub(crate) const SETUP_R_DISABLED: u32 = 1 << 6;
/// `SUBMIT_ALL`: a refused entry is completed with its error and does not hold up those behind it.
pub(crate) const SETUP_SUBMIT_ALL: u32 = 1 << 7;
/// `COOP_TASKRUN`: the kernel does not interrupt the thread to finish operations; its next system call is in time.
pub(crate) const SETUP_COOP_TASKRUN: u32 = 1 << 8;
/// `SINGLE_ISSUER`: one thread submits, and the kernel need not lock.
pub(crate) const SETUP_SINGLE_ISSUER: u32 = 1 << 12;
/// `DEFER_TASKRUN`: operations are finished in `io_uring_enter` only, all together.
pub(crate) const SETUP_DEFER_TASKRUN: u32 = 1 << 13;

/// Both queues are in one mapping (Linux 5.4).
pub(crate) const FEATURE_SINGLE_MMAP: u32 = 1 << 0;
/// Completions that find the queue full are kept by the kernel, and none is lost (5.5).
pub(crate) const FEATURE_NODROP: u32 = 1 << 1;
/// `io_uring_enter` takes a time-out (5.11).
pub(crate) const FEATURE_EXT_ARG: u32 = 1 << 8;
/// Operations that are silent when they succeed (5.17).
pub(crate) const FEATURE_CQE_SKIP: u32 = 1 << 11;

const ENTER_GETEVENTS: c_uint = 1 << 0;
const ENTER_EXT_ARG: c_uint = 1 << 3;

const REGISTER_PROBE: c_uint = 8;
const REGISTER_ENABLE_RINGS: c_uint = 12;
const REGISTER_PBUF_RING: c_uint = 22;

/// `struct io_uring_params`: our wishes, and the kernel's answers.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Params {
    pub(crate) sq_entries: u32,
    pub(crate) cq_entries: u32,
    pub(crate) flags: u32,
    sq_thread_cpu: u32,
    sq_thread_idle: u32,
    pub(crate) features: u32,
    wq_fd: u32,
    reserved: [u32; 3],
    pub(crate) sq: SubmissionOffsets,
    pub(crate) cq: CompletionOffsets,
}

/// `struct io_sqring_offsets`: where in the mapping the parts of the submission queue are, in bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SubmissionOffsets {
    pub(crate) head: u32,
    pub(crate) tail: u32,
    pub(crate) mask: u32,
    pub(crate) entries: u32,
    pub(crate) flags: u32,
    pub(crate) dropped: u32,
    pub(crate) array: u32,
    reserved: u32,
    user_address: u64,
}

/// `struct io_cqring_offsets`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CompletionOffsets {
    pub(crate) head: u32,
    pub(crate) tail: u32,
    pub(crate) mask: u32,
    pub(crate) entries: u32,
    pub(crate) overflow: u32,
    pub(crate) entries_at: u32,
    pub(crate) flags: u32,
    reserved: u32,
    user_address: u64,
}

/// `struct io_uring_getevents_arg`.
#[repr(C)]
struct GetEvents {
    signal_mask: u64,
    signal_mask_size: u32,
    minimum_wait: u32,
    timeout: u64,
}

/// `struct __kernel_timespec`.
#[repr(C)]
pub(crate) struct Timespec {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: i64,
}

/// `struct io_uring_probe`, with room for every operation that there may be.
#[repr(C)]
struct Probe {
    last: u8,
    count: u8,
    reserved: [u16; 7],
    operations: [ProbedOperation; 256],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ProbedOperation {
    operation: u8,
    reserved: u8,
    flags: u16,
    reserved_too: u32,
}

/// `struct io_uring_buf_reg`.
#[repr(C)]
struct BufferRingRegistration {
    address: u64,
    entries: u32,
    group: u16,
    flags: u16,
    reserved: [u64; 3],
}

pub(crate) fn setup(entries: u32, params: &mut Params) -> io::Result<OwnedFd> {
    // SAFETY: the kernel reads and writes the one struct behind the pointer, whose layout is the kernel's.
    let result = unsafe { libc::syscall(libc::SYS_io_uring_setup, entries, params as *mut Params) };
    let fd = integer(result)?;
    // SAFETY: the call has just made this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Submits so many entries, and waits until so many completions are there. Returns how many entries were taken.
pub(crate) fn enter(
    ring: BorrowedFd<'_>,
    submit: u32,
    wait_for: u32,
    timeout: Option<&Timespec>,
) -> io::Result<u32> {
    let timeout = timeout.map_or(0, |timeout| timeout as *const Timespec as u64);
    let argument = GetEvents { signal_mask: 0, signal_mask_size: 0, minimum_wait: 0, timeout };
    let flags = ENTER_GETEVENTS | ENTER_EXT_ARG;
    // SAFETY: the kernel reads the one struct behind the pointer, and the timespec that it points to, both of which live
    // until the call returns. What the submitted entries point to is the business of `ring.rs`.
    let result = unsafe {
        let argument: *const GetEvents = &argument;
        let (number, size) = (libc::SYS_io_uring_enter, size_of::<GetEvents>());
        libc::syscall(number, ring.as_raw_fd(), submit, wait_for, flags, argument, size)
    };
    integer(result).map(|taken| taken as u32)
}

/// Lets the ring begin, and makes it the calling thread's.
pub(crate) fn enable(ring: BorrowedFd<'_>) -> io::Result<()> {
    register(ring, REGISTER_ENABLE_RINGS, std::ptr::null_mut(), 0)
}

/// Which operations this kernel knows, by their number.
pub(crate) fn probe(ring: BorrowedFd<'_>) -> io::Result<impl Fn(u8) -> bool> {
    const SUPPORTED: u16 = 1 << 0;
    let none = ProbedOperation { operation: 0, reserved: 0, flags: 0, reserved_too: 0 };
    let mut probe = Probe { last: 0, count: 0, reserved: [0; 7], operations: [none; 256] };
    register(ring, REGISTER_PROBE, (&raw mut probe).cast(), probe.operations.len() as c_uint)?;
    Ok(move |operation: u8| probe.operations[usize::from(operation)].flags & SUPPORTED != 0)
}

/// Tells the kernel of a ring of buffers. Its memory, and that of the buffers in it, must stay for as long as `ring`;
/// `buffers.rs` sees to that.
pub(crate) fn register_buffers(
    ring: BorrowedFd<'_>,
    address: u64,
    entries: u32,
    group: u16,
) -> io::Result<()> {
    let mut registration = BufferRingRegistration { address, entries, group, flags: 0, reserved: [0; 3] };
    register(ring, REGISTER_PBUF_RING, (&raw mut registration).cast(), 1)
}

fn register(ring: BorrowedFd<'_>, what: c_uint, argument: *mut c_void, count: c_uint) -> io::Result<()> {
    // SAFETY: each caller in this file passes the struct (or nothing) that `what` means, alive and of its full length.
    let result =
        unsafe { libc::syscall(libc::SYS_io_uring_register, ring.as_raw_fd(), what, argument, count) };
    integer(result).map(drop)
}

fn integer(result: c_long) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result as c_int) }
}
