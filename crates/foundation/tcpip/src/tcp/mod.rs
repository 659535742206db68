//! TCP after RFC 9293: a [`Connection`] without a socket, clock or thread.

mod config;
mod cookie;
mod event;
mod isn;
mod mac;
mod state;

pub use config::{Algorithm, Config, KeepAlive};
pub use cookie::{SynCookies, TimestampCookie};
pub use event::{Event, WhyClosed};
pub use isn::InitialSequence;
pub use state::{Cause, State, TRANSITIONS, Transition};
