//! The rules that bytes can break, each with its section; a file for each format.

pub mod keylog;
pub mod pcapng;
