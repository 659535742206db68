//! TCP after RFC 9293: a [`Connection`] without a socket, clock or thread.

mod config;
mod event;
mod state;

pub use config::{Algorithm, Config, KeepAlive};
pub use event::{Event, WhyClosed};
pub use state::{Cause, State, TRANSITIONS, Transition};
