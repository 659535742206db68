//! TCP after RFC 9293: a [`Connection`] without a socket, clock or thread.

mod config;
mod diagram;
mod event;
mod state;

pub use config::{Algorithm, Config, KeepAlive};
pub use diagram::{diagram_svg, diagram_text};
pub use event::{Event, WhyClosed};
pub use state::{Cause, State, TRANSITIONS, Transition};
