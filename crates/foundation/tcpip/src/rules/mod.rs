//! The rules that bytes can break, each with its section; a file for each protocol.

pub mod ip;
pub mod link;
pub mod tcp;
pub mod udp;
