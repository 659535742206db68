//! Execution models: one service, many ways to run it on threads and processes.

#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
