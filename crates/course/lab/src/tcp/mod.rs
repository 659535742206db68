//! A transfer between two of our own hosts, over a path that the visitor describes, in virtual time.
//!
//! Nothing of it waits: the simulation is over before the page is sent, and the same parameters give the same page.
//!
//! `parameters.rs`, `number.rs`, `choice.rs`: what can be chosen. `world.rs`, `ends.rs`: what is simulated. `run.rs`: the simulation;
//! `shown.rs`, `chart.rs`: what is seen of it.

pub mod chart;
pub mod choice;
pub mod ends;
pub mod number;
pub mod parameters;
pub mod run;
pub mod shown;
pub mod world;
