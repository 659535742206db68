//! All that the server promises, by each of the kernel's mechanisms: they give the same answers.

#![allow(clippy::duplicate_mod, reason = "the same tests, of other servers")]

mod suite;
mod support;

use suite::suite;

suite!(poll, Model::SingleLoop, Backend::Poll, [conversation, files, limits, shutdown]);

suite!(io_uring, Model::SingleLoop, Backend::Uring, [conversation, files, limits, shutdown]);
