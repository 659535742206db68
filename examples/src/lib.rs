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
//!   ask       requests and their answers on one connection of the client         send_whole  a message, without a socket
//!   Site      a server on threads of its own, until it is stopped          Served  in a process of its own
//!   thread_times  how long each thread of a process has run
//!   own_network  a network namespace, where the program may have one
//!   Site      a server on threads of its own, until it is stopped
//!   socket_table  sockets as the kernel tells of them, a line each
//!   TcpWatch  what passes between the two ends of a connection, as a ladder
//!   Acceptors  threads that accept on one socket
//!   CallNames  system calls that read the same in every run
//!   ThreadWatch  whether a thread waits, and how often it was woken        wait_until  something has happened
//!   times     what a load has measured, as cells of a table
//!   Work      a site whose pages keep their thread busy in different ways
//!   Meter     what messages cost the thread that serves them: calls, wake-ups, processor time
//!   Source    the same bytes sent in several ways: the calls and the time of each
//!   EchoLoad  messages for an echo service, whose cost is measured
//!   Orders    every order of two threads' steps
//!   Transfer  bytes from one end to the other in virtual time, and which of their segments get lost
//!   Bottleneck  senders that share a narrow link, in virtual time          Rivals  the kernel and we, in real time
//!   converse  requests over one connection in virtual time          Percentiles
//!   TwoHosts  two hosts in virtual time, and a link between them
//!   Web       HTTP on our own TCP, simulated or on a device
//!   Conversations  who speaks with whom in a capture, as ladders
//!   Recording  the packets that the program's sockets cause, as such a file, with --pcap FILE
//!   write_capture, write_packets  what a node of a simulated network saw, as a file for Wireshark
//!   FewPorts  a client that runs out of ports soon         Attempts  until one is refused
//!   Big, Modulus  whole numbers of any size, and powers modulo N: to be read, and never to keep a secret with
//!   discrete_log  what the eavesdropper computes
//!   FiniteField  the groups of RFC 7919          TeachingRsa  a key that everybody knows
//!   tls12_shape  the key derivation and the records of TLS 1.2
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

mod acceptors;
mod args;
mod attempts;
mod bars;
mod big;
mod bottleneck;
mod call_names;
mod capture_file;
mod checks;
mod conversations;
pub mod discrete_log;
mod echo;
mod few_ports;
mod ffdhe;
mod flood;
mod measured;
mod meter;
mod orders;
mod own_network;
mod percentiles;
mod recorder;
mod recording;
mod rivals;
mod served;
mod site;
mod socket_table;
mod source;
mod stack;
mod table;
mod talk;
mod tcp_watch;
mod teaching_rsa;
mod thread_times;
mod thread_watch;
pub mod tls12_shape;
mod transfer;
mod two_hosts;
mod virtual_time;
mod visited;
mod wait;
mod web;
mod work;

pub use acceptors::{AcceptLog, Acceptors};
pub use args::Args;
pub use attempts::Attempts;
pub use bars::Bars;
pub use big::{Big, Modulus};
pub use bottleneck::{Bottleneck, RATE, ROUND_TRIP, Run};
pub use call_names::CallNames;
pub use capture_file::{write_capture, write_packets};
pub use checks::{Checks, Failure, Outcome};
pub use conversations::Conversations;
pub use echo::EchoLoad;
pub use few_ports::FewPorts;
pub use ffdhe::FiniteField;
pub use flood::Flood;
pub use measured::{TIMES, milliseconds, patient, times, what_became};
pub use meter::{Cost, Meter};
pub use orders::{Orders, Step};
pub use own_network::own_network;
pub use percentiles::Percentiles;
pub use recorder::Recorded;
pub use recording::{PCAP, Recording, Traffic};
pub use rivals::{Rivalry, Rivals};
pub use served::{Served, Told, WorkerTold, serve};
pub use site::{Goodbye, Site};
pub use socket_table::{socket_details, socket_table, unix_table};
pub use source::{Delivered, SendStep, Source};
pub use stack::Stack;
pub use table::Table;
pub use talk::{Answer, answer, ask, queue, send_whole};
pub use tcp_watch::TcpWatch;
pub use teaching_rsa::{PrivateExponent, TeachingRsa};
pub use thread_times::{ThreadTime, processor_time, thread_times, used_between};
pub use thread_watch::ThreadWatch;
pub use transfer::{Pace, SEGMENT, Transfer, Transferred};
pub use two_hosts::TwoHosts;
pub use virtual_time::{Conversation, Times, converse, get};
pub use visited::{Visit, Visited};
pub use wait::wait_until;
pub use web::Web;
pub use work::Work;
