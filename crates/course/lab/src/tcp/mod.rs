//! A transfer between two of our own hosts, over a path that the visitor describes, in virtual time.
//!
//! Nothing of it waits: the simulation is over before the page is sent, and the same parameters give the same page.

pub mod ends;
pub mod parameters;
pub mod run;
