//! TCP after RFC 9293: a [`Connection`] without a socket, clock or thread.
//!
//! ```text
//!   segments ──▶ connection/arrives.rs ──▶ acknowledged.rs   progress, windows, losses ──▶ scoreboard, rtt, rack, congestion
//!                       │              └─▶ receiving.rs      data, and how soon to acknowledge it ──▶ receive_buffer
//!   time ─────▶ timers.rs                                    all of them follow the arrows of state.rs
//!   segments ◀── transmit.rs                                 what is lost, what is new, what only acknowledges
//! ```
//!
//! # Reading order
//!
//! [`State`] and [`TRANSITIONS`]; [`Config`] (each mechanism has its switch); [`Connection`] in `connection/mod.rs`, then its
//! `handshake.rs`, `arrives.rs`, `acknowledged.rs`, `transmit.rs`, `timers.rs`, `detection.rs`; `scoreboard/`, `rack.rs`,
//! `tail_loss_probe.rs`, [`RttEstimator`] and [`congestion`] each stand for themselves. What a listener needs beside a connection is in `isn.rs`, `cookie.rs` and `listener.rs`.
//!
//! # What is left out, and why
//!
//! Urgent data is read as ordinary data (RFC 6093 says why nobody should send it). Without selective acknowledgments, lost
//! retransmissions and lost tails are found by the timer alone; RACK-TLP (RFC 8985) needs them. With RACK-TLP switched off, the
//! rescue retransmission of RFC 6675 (NextSeg, rules 3 and 4) is not here. Nor are the detection of spurious timeouts (F-RTO,
//! RFC 5682), proportional rate reduction (RFC 6937), Fast Open (RFC 7413), pacing, and security labels.

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
mod rack;
mod receive_buffer;
mod rtt;
mod scoreboard;
mod send_buffer;
mod state;
mod tail_loss_probe;

pub use agreed::Agreed;
pub use config::{Algorithm, Config, KeepAlive};
pub use connection::{Connection, Endpoints, Outgoing};
pub use cookie::{CookieParts, SynCookies, TimestampCookie};
pub use diagram::{diagram_svg, diagram_text};
pub use error::Misuse;
pub use event::{Event, WhyClosed};
pub use info::Info;
pub use isn::{InitialSequence, TimestampOffsets};
pub use listener::{Cookies, Listen};
pub(crate) use listener::{Listener, OnSyn};
pub(crate) use mac::Mac;
pub use rtt::RttEstimator;
pub use scoreboard::{Acknowledged, Delivered, Delivery, Overdue, Plausible, Scoreboard};
pub use state::{Cause, State, TRANSITIONS, Transition};
