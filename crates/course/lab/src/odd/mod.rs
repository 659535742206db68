//! Requests that are odd on purpose: what they are, how they are sent, and why the answer is what it is.

pub mod cases;
pub mod conversation;
pub mod experiment;
pub mod finished;
pub mod verdict;
