//! io_uring: its three system calls, the memory that is shared with the kernel, and who may touch what of it when.

mod buffers;
mod calls;
mod entry;
mod map;
mod operation;
mod queues;
mod ring;
mod setup;

pub(crate) use buffers::Received;
pub(crate) use operation::{Completion, Key};
pub(crate) use ring::{Ring, Until};
pub(crate) use setup::Sizes;
