//! Speed, side by side: what the benchmarks of this package share.
//!
//! Each benchmark runs our code and the code that a user would choose instead in one process, on the same bytes, in
//! turns, so that a busy machine slows both alike. What it prints are ratios, beside the bound that no program can
//! pass. Figures, and how to run them, are in the README beside this package's `Cargo.toml`.
//!
//! [`inputs`] are the heads, [`heads`] the parsers of heads, [`rounds`] the taking of turns.

#![deny(unsafe_code)] // allowed once, in pico.rs: the binding to a C library
#![warn(missing_docs)]

pub mod heads;
pub mod inputs;
#[cfg(target_arch = "x86_64")]
mod pico;
pub mod rounds;
