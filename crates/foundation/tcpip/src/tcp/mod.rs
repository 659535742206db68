//! TCP after RFC 9293: a [`Connection`] without a socket, clock or thread.

mod agreed;
mod config;
pub mod congestion;
mod connection;
mod cookie;
mod diagram;
mod error;
mod event;
mod info;
mod isn;
mod listener;
mod mac;
mod receive_buffer;
mod rtt;
mod scoreboard;
mod state;

pub use agreed::Agreed;
pub use config::{Algorithm, Config, KeepAlive};
pub use connection::{Connection, Endpoints, Outgoing};
pub use cookie::{CookieParts, SynCookies, TimestampCookie};
pub use diagram::{diagram_svg, diagram_text};
pub use error::Misuse;
pub use event::{Event, WhyClosed};
pub use info::Info;
pub use isn::InitialSequence;
pub use listener::{Cookies, Listen};
pub(crate) use listener::{Listener, OnSyn};
pub(crate) use mac::Mac;
pub use rtt::RttEstimator;
pub use scoreboard::{Acknowledged, Scoreboard};
pub use state::{Cause, State, TRANSITIONS, Transition};
