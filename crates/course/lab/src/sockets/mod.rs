//! Experiments with the kernel's side of a socket: what no request shows.

pub mod nagle;
pub mod queue;
pub mod workers;
