//! All that the server promises, in every model of threads: the answers, the limits and the end are the same.

#![allow(clippy::duplicate_mod, reason = "the same tests, of other servers")]

mod suite;
mod support;

use suite::suite;

suite!(readers, Model::Readers(3), Backend::Epoll, [conversation, files, limits, shutdown]);

suite!(worker_pool, Model::WorkerPool(3), Backend::Epoll, [conversation, files, limits, shutdown]);

suite!(shared_listener, Model::SharedListener(3), Backend::Epoll, [conversation, files, limits, shutdown]);

suite!(shards, Model::Shards(3), Backend::Epoll, [conversation, files, limits, shutdown]);

suite!(
    thread_per_connection,
    Model::ThreadPerConnection,
    Backend::Epoll,
    [conversation, files, limits, shutdown]
);
