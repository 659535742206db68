//! Connections and listeners through each back end.

#[path = "../support/mod.rs"]
mod support;

mod accepting;
mod echo;
mod echo_server;
mod endings;
mod fairness;
mod files;
mod idle;
mod pairs;
mod ring;
