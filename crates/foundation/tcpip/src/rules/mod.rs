//! The rules that bytes can break, each with its section; a file for each protocol.

pub mod tcp;
pub mod udp;
