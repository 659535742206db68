//! Two connections, joined by a wire that a test can damage, in virtual time.

mod conversation;
mod transfers;
mod wire;
