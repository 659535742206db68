//! Execution models: one service, many ways to run it on threads and processes.

#![allow(unsafe_code, reason = "shared memory and fork have no safe interface; all of it is in sys.rs")]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accepting;
mod alarm;
mod buffers;
mod config;
mod connection;
mod control;
mod counters;
mod event_loop;
mod facts;
mod inbox;
mod incidents;
mod io;
mod model;
mod models;
mod pool;
mod server;
mod service;
mod slab;
mod sys;
mod tally;
mod turn;
mod worker;

pub use config::Config;
pub use counters::{Counters, Worker};
pub use facts::Facts;
pub use model::Model;
pub use server::{Handle, Server};
pub use service::{FilePart, Next, Service, Session};
pub use tally::Tally;
pub use turn::Turn;
pub use wirelab_reactor::Backend;
