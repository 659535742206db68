//! What the chapter programs share: arguments, tables, charts, checks, and a few small helpers.
//!
//! A program is one file, `chNN_name.rs`, beside this folder, and puts the crates of the workspace together. It
//! can be read without this library, which holds nothing that a chapter teaches:
//!
//! ```text
//!   Args      --help and the few options of a program
//!   Table     columns of text          Bars      a bar chart, as text and as SVG
//!   Stack     stacked columns as SVG: what a whole is made of, step by step
//!   Checks    ✓ and ✗, and the exit code that follows from them
//!   ask       requests and their answers on one connection of the client
//!   Site      a server on threads of its own, until it is stopped          Served  in a process of its own
//!   thread_times  how long each thread of a process has run
//!   own_network  a network namespace, where the program may have one
//!   Site      a server on threads of its own, until it is stopped
//!   socket_table  sockets as the kernel tells of them, a line each
//!   TcpWatch  what passes between the two ends of a connection, as a ladder
//!   ThreadWatch  whether a thread waits, and how often it was woken        wait_until  something has happened
//!   times     what a load has measured, as cells of a table
//!   Work      a site whose pages keep their thread busy in different ways
//!   Meter     what messages cost the thread that serves them: calls, wake-ups, processor time
//!   Orders    every order of two threads' steps
//!   Bottleneck  senders that share a narrow link, in virtual time          Rivals  the kernel and we, in real time
//!   converse  requests over one connection in virtual time          Percentiles
//!   write_capture  what a node of a simulated network saw, as a file for Wireshark
//!   Flood    SYNs from addresses where nobody is, in a simulated network          Visited  a server there, two clients, and a flood
//! ```
//!
//! Every program starts without arguments, explains itself with `--help`, and exits with 0 only if what it shows
//! has happened:
//!
//! ```
//! use wirelab_examples::{Checks, Table};
//!
//! let table = Table::new(["way", "round trips"]).row(["a connection each", "6"]).row(["one connection", "4"]);
//! assert_eq!(table.to_string().lines().count(), 4);
//!
//! let mut checks = Checks::default();
//! checks.check("one connection needs fewer round trips", 4 < 6);
//! assert!(checks.all_hold());
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod args;
mod bars;
mod bottleneck;
mod capture_file;
mod checks;
mod flood;
mod measured;
mod meter;
mod orders;
mod own_network;
mod percentiles;
mod rivals;
mod served;
mod site;
mod socket_table;
mod stack;
mod table;
mod talk;
mod tcp_watch;
mod thread_times;
mod thread_watch;
mod virtual_time;
mod visited;
mod wait;
mod work;

pub use args::Args;
pub use bars::Bars;
pub use bottleneck::{Bottleneck, RATE, ROUND_TRIP, Run};
pub use capture_file::write_capture;
pub use checks::{Checks, Failure, Outcome};
pub use flood::Flood;
pub use measured::{TIMES, milliseconds, patient, times, what_became};
pub use meter::{Cost, Meter};
pub use orders::{Orders, Step};
pub use own_network::own_network;
pub use percentiles::Percentiles;
pub use rivals::{Rivalry, Rivals};
pub use served::{Served, Told, WorkerTold, serve};
pub use site::{Goodbye, Site};
pub use socket_table::{socket_details, socket_table, unix_table};
pub use stack::Stack;
pub use table::Table;
pub use talk::{Answer, answer, ask, queue};
pub use tcp_watch::TcpWatch;
pub use thread_times::{ThreadTime, processor_time, thread_times, used_between};
pub use thread_watch::ThreadWatch;
pub use virtual_time::{Conversation, Times, converse, get};
pub use visited::{Visit, Visited};
pub use wait::wait_until;
pub use work::Work;
