//! io_uring: its three system calls, the memory that is shared with the kernel, and who may touch what of it when.

mod buffers;
mod calls;
mod entry;
mod map;
mod queues;
mod ring;
mod setup;

pub(crate) use buffers::Received;
pub(crate) use ring::{Completion, Key, Ring, Until};
pub(crate) use setup::Sizes;
