//! Where the cryptography comes from: ring's primitives under the names of TLS.

mod key_exchange;
mod suite;

pub use key_exchange::{EphemeralKey, KeyExchangeError, SharedSecret};
pub use suite::Suite;
