//! Section 2.1: the states of a TCP connection, as a reader sees them.

use wirelab_tests::programs::{is_golden, is_in_file, printed};

#[test]
fn the_states_are_the_same_every_time() {
    is_golden("ch02_tcp_states", &[]);
}

#[test]
fn the_picture_in_the_book_is_the_one_that_the_program_draws() {
    let file = format!("{}/tcp_states.svg", env!("CARGO_TARGET_TMPDIR"));
    printed("ch02_tcp_states", &["--svg", &file]);
    is_in_file(&std::fs::read_to_string(&file).unwrap(), "../book/src/figures/tcp_states.svg");
}
