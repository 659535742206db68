//! Full load on each model, for as long as `WIRELAB_SOAK_SECONDS` says (3 by default). At the end no descriptor is left, no
//! connection was lost, and both sides have counted the same. The model of processes has its own in `processes.rs`.

mod load;
mod support;

use std::time::{Duration, Instant};

use support::start_on;
use wirelab_server::{Backend, Config, DemoSite, Model, Server};

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn soak(model: Model, backend: Backend) {
    let before = open_descriptors();
    let config = Config { backend, ..Config::default() };
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), config).unwrap();
    let running = start_on(model, server, DemoSite::new());
    let seen = load::run(running.address, load::duration(), || {});
    let handle = running.stop();
    let counters = handle.counters();
    println!("{model} on {backend}: {seen:?}\n  {counters:?}");
    seen.agree_with(counters.accepted(), counters.requests(), counters.responses());
    assert_eq!((counters.open(), counters.lost()), (0, 0), "{model} on {backend}: {counters:?}");
    let began = Instant::now();
    while open_descriptors() != before {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{} descriptors, {before} before",
            open_descriptors()
        );
        std::thread::yield_now();
    }
}

/// One after the other and in one test, since the descriptors that are counted are the process's.
#[test]
#[ignore = "some seconds each; WIRELAB_SOAK_SECONDS=300 for the real thing, WIRELAB_SOAK_MODEL=shards for one"]
fn neither_a_model_nor_a_back_end_loses_anything_under_full_load() {
    let wanted = std::env::var("WIRELAB_SOAK_MODEL").unwrap_or_default();
    for model in Model::ALL.into_iter().filter(|model| !matches!(model, Model::Processes(_))) {
        if model.name().starts_with(&wanted) {
            soak(model, Backend::Epoll);
        }
    }
    for backend in [Backend::Poll, Backend::Uring] {
        if Model::SingleLoop.name().starts_with(&wanted) {
            soak(Model::SingleLoop, backend);
        }
    }
}
