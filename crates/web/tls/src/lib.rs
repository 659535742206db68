//! TLS 1.3 (RFC 8446), both roles, without I/O.

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
