//! Where the cryptography comes from: ring's primitives under the names of TLS.

mod entropy;
mod key_exchange;
mod suite;

pub use entropy::Entropy;
pub use key_exchange::{EphemeralKey, KeyExchangeError, SharedSecret};
pub use suite::Suite;
