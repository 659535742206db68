//! The programs of chapter 6, and the load generator: what they promise, and how they end.

use wirelab_tests::programs::{is_in_file, printed};

#[track_caller]
fn keeps(name: &str, arguments: &[&str], promises: usize) -> String {
    let out = printed(name, arguments);
    assert_eq!(out.matches('✓').count(), promises, "{out}");
    out
}

#[test]
fn the_orders_of_two_threads_are_the_same_every_time() {
    is_in_file(&printed("ch06_race", &["--model"]), "golden/ch06_race_model.txt");
}

#[test]
fn real_threads_lose_additions_and_three_ways_mend_it() {
    let out = keeps("ch06_race", &["--count", "50000"], 8);
    assert!(out.contains("additions are lost"), "{out}");
}

#[test]
fn the_load_generator_shows_what_a_closed_loop_hides() {
    let out = keeps("load", &["--seconds", "1", "--rate", "1000"], 5);
    assert!(out.lines().any(|line| line.starts_with("open")), "{out}");
}

#[test]
fn one_thread_holds_many_and_one_handler_holds_up_all() {
    keeps("ch06_single_thread", &["--connections", "200"], 8);
}

#[test]
fn readers_balance_connections_and_not_work() {
    keeps("ch06_multi_reader", &["--seconds", "0.5"], 5);
}

#[test]
fn a_pool_gives_each_request_to_whoever_is_free() {
    keeps("ch06_worker_pool", &[], 8);
}

#[test]
fn one_socket_wakes_one_thread_and_shares_unevenly() {
    keeps("ch06_shared_listener", &["--connections", "200"], 6);
}

#[test]
fn a_worker_that_is_killed_takes_its_connections_along_and_nothing_else() {
    keeps("ch06_process_per_core", &["--seconds", "1"], 10);
}

#[test]
fn every_model_counts_what_the_load_counts() {
    let out = keeps("ch06_compare_models", &["--seconds", "0.3"], 7);
    for model in ["single-loop", "readers:4", "worker-pool:4", "shared-listener:4", "shards:4", "processes:4"]
    {
        let rows = out.lines().filter(|line| line.starts_with(model)).count();
        assert!(rows >= 5, "{model} in {rows} tables:\n{out}");
    }
}
