//! Two connections, joined by a wire that a test can damage, in virtual time; and one connection, whose peer is a script.

mod attacks;
mod conversation;
mod model;
mod mutated;
mod rack;
mod rules;
mod script;
mod splits;
mod transfers;
mod transitions;
mod windows;
mod wire;
