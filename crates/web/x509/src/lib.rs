//! X.509 certificates (RFC 5280): DER byte by byte, chains of trust, and a small certificate authority.

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
