//! An open-loop load generator that does not hide queueing.

#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
