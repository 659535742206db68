//! A load generator that does not hide queueing.
//!
//! # Why another one
//!
//! Most load generators are **closed loops**: each connection asks, waits for the answer, and asks again. When the server
//! stands still for 100 ms, so does the generator: a connection notes one slow request, and none of those that would
//! have come meanwhile. Users do come meanwhile. The mistake has a name, coordinated omission, as the generator coordinates
//! with the server to omit the worst; and it turns a percentile into praise.
//!
//! An **open loop** sends requests when they are due, and counts from that moment:
//!
//! ```text
//!   due        │ │ │ │ │ │ │ │ │ │ │ │      a request each 10 ms, whatever the server does
//!   server     ▔▔▔▔▔█████████████▔▔▔▔▔▔     stands still for 65 ms
//!   closed          1                       one answer after 65 ms; the next requests are fast
//!   open            65 55 45 35 25 15 5     seven answers are late, as seven users would say
//! ```
//!
//! The test `a_stall_of_100_ms_is_one_slow_answer_in_a_closed_loop_and_a_hundred_in_an_open_one` does it with a server
//! that blocks once for 100 ms, for half a second, on one connection. In a run of ours, the open loop (1000 requests a
//! second) found 54 of 500 answers late by 50 ms and more, and a 99th percentile of 96 ms. The closed loop got 3511 answers,
//! of which one was slow, and a 99th percentile of 0.2 ms. The server was the same.
//!
//! # Its place in the stack
//!
//! ```text
//!   Load ─▶ Run: schedule ▶ queue ▶ slots ─────────────────▶ Report: counts, histograms, seconds
//!                                     │ Link
//!                                     ├──▶ http1::Connection     the client's role, keep-alive
//!                                     └──▶ reactor, socket       many connections on one thread
//! ```
//!
//! # The life of a request
//!
//! ```text
//!   due ──▶ queue ──▶ sent ──▶ answered
//!        │        │        ├─▶ failed: refused, reset, closed, timed out…
//!        │        │        └─▶ unanswered, at the end of the run
//!        └────────┴─▶ unsent: queue full, too late, at the end of the run
//! ```
//!
//! Each is counted in exactly one place ([`Counts`]), and a property test holds a server against that which refuses,
//! resets, stalls, cuts off and talks nonsense.
//!
//! # Reading order
//!
//! `arrivals.rs` ([`Arrivals`], [`Schedule`]), `counts.rs` ([`Counts`]), `histogram.rs` ([`Histogram`]), `mix.rs`
//! ([`Mix`]), `report.rs` ([`Report`]), then `run.rs` (the loop), `run/connections.rs`, `slot.rs` and `link.rs` (one
//! connection), `load.rs` ([`Load`]).
//!
//! # What is left out, and why
//!
//! - Other machines, unless [`Config::allow_remote`] says so: a load generator is a weapon.
//! - Several threads: run a [`Load`] on each, and [`Report::merge`] what they found.
//! - Pipelining, TLS, HTTP/2: a connection carries one request at a time, so that each has its own time.
//! - Retries: a client would ask again when a connection that was kept has just been closed. Here that is counted.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use wirelab_http::{Method, Request, Target};
//! use wirelab_load::{Arrivals, Config, Load, Mix};
//! use wirelab_server::{Context, Reply, Server, Step};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::bind("127.0.0.1:0".parse()?, wirelab_server::Config::default())?;
//! let (address, handle) = (server.local_addr(), server.handle());
//! let thread = std::thread::spawn(move || server.run(|_: Request, _: &Context| Step::from(Reply::text("OK"))));
//!
//! let page = Mix::new("page", Request::new(Method::Get, Target::parse(b"/")?));
//! let arrivals = Arrivals::Poisson { rate: 500.0, seed: 1 };
//! let config = Config { arrivals, duration: Duration::from_millis(200), connections: 8, ..Config::default() };
//! let report = Load::new(address, page, config)?.run()?;
//!
//! assert!(report.counts.all_answered() && report.counts.add_up(), "{:?}", report.counts);
//! println!("p99 {:?}", report.response.percentile(99.0));
//! # handle.stop();
//! # thread.join().unwrap()?;
//! # Ok(()) }
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arrivals;
mod config;
mod counts;
mod error;
mod histogram;
mod link;
mod load;
mod mix;
mod report;
mod run;
mod slot;

pub use arrivals::{Arrivals, Schedule};
pub use config::Config;
pub use counts::{Counts, Failed, Unsent};
pub use error::Error;
pub use histogram::Histogram;
pub use load::Load;
pub use mix::Mix;
pub use report::{Kind, Report, Second};
