//! `cargo run`: the lab. Everything is in the library, where it can be tested.

use std::process::ExitCode;

fn main() -> ExitCode {
    wirelab_lab::main()
}
