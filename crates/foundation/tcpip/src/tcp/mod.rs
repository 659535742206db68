//! TCP after RFC 9293: a [`Connection`] without a socket, clock or thread.

mod config;
pub mod congestion;
mod event;
mod rtt;
mod scoreboard;
mod state;

pub use config::{Algorithm, Config, KeepAlive};
pub use event::{Event, WhyClosed};
pub use rtt::RttEstimator;
pub use scoreboard::{Acknowledged, Scoreboard};
pub use state::{Cause, State, TRANSITIONS, Transition};
