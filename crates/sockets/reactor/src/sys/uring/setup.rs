use std::io;
use std::os::fd::AsFd;

use super::calls::{
    self, FEATURE_CQE_SKIP, FEATURE_EXT_ARG, FEATURE_NODROP, FEATURE_SINGLE_MMAP, Params, SETUP_CLAMP,
    SETUP_COOP_TASKRUN, SETUP_CQSIZE, SETUP_DEFER_TASKRUN, SETUP_R_DISABLED, SETUP_SINGLE_ISSUER,
    SETUP_SUBMIT_ALL,
};
use super::entry;
use super::map::Map;
use super::queues::Queues;
use super::ring::Ring;

/// The mapping of both queues, and that of the entries.
const OFFSET_RINGS: i64 = 0;
const OFFSET_ENTRIES: i64 = 0x1000_0000;

/// From the best to what every kernel that has the operations takes. Of those in the middle, each names the first
/// version of Linux that has it.
const FLAGS: [u32; 3] = [
    SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN | SETUP_COOP_TASKRUN | SETUP_SUBMIT_ALL, // 6.1
    SETUP_SINGLE_ISSUER | SETUP_COOP_TASKRUN | SETUP_SUBMIT_ALL,                       // 6.0
    0,
];

/// How large a ring is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) submissions: u32,
    pub(crate) completions: u32,
    pub(crate) buffers: u16,
    pub(crate) buffer_size: u32,
}

impl Ring {
    /// Makes a ring that begins with the first [`enter`](Self::enter), in the thread that calls it.
    pub(crate) fn with_sizes(sizes: Sizes) -> io::Result<Self> {
        let mut params = Params::default();
        let mut result = Err(io::ErrorKind::Unsupported.into());
        for flags in FLAGS {
            params = Params::default();
            params.flags = flags | SETUP_CQSIZE | SETUP_CLAMP | SETUP_R_DISABLED;
            params.cq_entries = sizes.completions;
            result = calls::setup(sizes.submissions, &mut params);
            if !matches!(&result, Err(error) if error.raw_os_error() == Some(libc::EINVAL)) {
                break; // EINVAL is said of flags that the kernel does not know
            }
        }
        let fd = result.map_err(explained)?;
        check_features(params.features)?;
        check_operations(fd.as_fd())?;
        let rings = Map::of_ring(fd.as_fd(), Queues::length(&params), OFFSET_RINGS)?;
        let entries = params.sq_entries as usize * size_of::<entry::SubmissionEntry>();
        let entries = Map::of_ring(fd.as_fd(), entries, OFFSET_ENTRIES)?;
        Ring::new(fd, Queues::new(rings, entries, params), sizes.buffers, sizes.buffer_size).map_err(
            |error| match error.raw_os_error() {
                Some(libc::EINVAL) => missing("rings of provided buffers"),
                _ => error,
            },
        )
    }
}

fn check_features(features: u32) -> io::Result<()> {
    let needed = [
        (FEATURE_SINGLE_MMAP, "both queues in one mapping"),
        (FEATURE_NODROP, "completions that are never lost"),
        (FEATURE_EXT_ARG, "io_uring_enter with a time-out"),
        (FEATURE_CQE_SKIP, "operations without a completion"),
    ];
    match needed.into_iter().find(|(feature, _)| features & feature == 0) {
        Some((_, name)) => Err(missing(name)),
        None => Ok(()),
    }
}

fn check_operations(fd: std::os::fd::BorrowedFd<'_>) -> io::Result<()> {
    let is_known = calls::probe(fd)?;
    let needed = [
        (entry::POLL_ADD, "the operation POLL_ADD"),
        (entry::ACCEPT, "the operation ACCEPT"),
        (entry::ASYNC_CANCEL, "the operation ASYNC_CANCEL"),
        (entry::SEND, "the operation SEND"),
        (entry::RECV, "the operation RECV"),
    ];
    match needed.into_iter().find(|(operation, _)| !is_known(*operation)) {
        Some((_, name)) => Err(missing(name)),
        None => Ok(()),
    }
}

fn missing(feature: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, format!("the kernel's io_uring lacks {feature}"))
}

/// What the error numbers of `io_uring_setup` mean.
fn explained(error: io::Error) -> io::Error {
    let (kind, sentence) = match error.raw_os_error() {
        Some(libc::ENOSYS) => {
            (io::ErrorKind::Unsupported, "this kernel has no io_uring, or a seccomp filter hides it (ENOSYS)")
        }
        Some(libc::EPERM | libc::EACCES) => (
            io::ErrorKind::PermissionDenied,
            "io_uring is forbidden, by kernel.io_uring_disabled or a seccomp filter (EPERM)",
        ),
        Some(libc::ENOMEM) => (io::ErrorKind::OutOfMemory, "no memory for the rings (ENOMEM)"),
        _ => return error,
    };
    io::Error::new(kind, sentence)
}
