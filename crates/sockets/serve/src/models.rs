//! The models: who makes which loops and threads.

mod loops;
mod pooled;
mod processes;
mod readers;
mod threads;

use std::io;
use std::net::SocketAddr;
use std::thread::{Scope, ScopedJoinHandle};

use wirelab_reactor::Reactor;
use wirelab_socket::TcpListener;

use crate::control::StopOnPanic;
use crate::event_loop::{Common, EventLoop, Origin};
use crate::{Model, Service};

/// What the workers are called: the rows of the counters.
pub(crate) fn worker_names(model: Model) -> Vec<String> {
    let numbered = |name: &str, n: usize| (0..n).map(|k| format!("{name}-{k}")).collect::<Vec<_>>();
    let behind = |first: &str, rest: Vec<String>| [vec![first.to_owned()], rest].concat();
    match model {
        Model::SingleLoop => vec!["loop".to_owned()],
        Model::Readers(n) => behind("acceptor", numbered("reader", n)),
        Model::WorkerPool(n) => behind("loop", numbered("pool", n)),
        Model::SharedListener(n) => numbered("loop", n),
        Model::Shards(n) => numbered("shard", n),
        Model::Processes(n) => behind("master", numbered("process", n)),
        Model::ThreadPerConnection => vec!["acceptor".to_owned(), "threads".to_owned()],
    }
}

/// The listeners that the model needs, from those that there are.
pub(crate) fn complete(
    model: Model,
    listeners: Vec<TcpListener>,
    local: SocketAddr,
) -> io::Result<Vec<TcpListener>> {
    match model {
        Model::Shards(n) => loops::shard_listeners(n, listeners, local),
        _ => Ok(listeners),
    }
}

/// Runs a server whose service may be used by several threads.
pub(crate) fn run<S: Service + Sync>(
    model: Model,
    mut listeners: Vec<TcpListener>,
    common: &Common<'_, S>,
) -> io::Result<()> {
    if let Model::Shards(_) = model {
        return loops::shards(listeners, common);
    }
    let listener = listeners.remove(0); // there is one
    match model {
        Model::SingleLoop | Model::Shards(_) => single_loop(listener, common),
        Model::Readers(n) => readers::run(n, listener, common),
        Model::WorkerPool(n) => pooled::run(n, listener, common),
        Model::SharedListener(n) => loops::shared_listener(n, listener, common),
        Model::Processes(n) => processes::run(n, listener, common),
        Model::ThreadPerConnection => threads::run(listener, common),
    }
}

/// Runs everything on the calling thread.
pub(crate) fn single_loop<S: Service>(listener: TcpListener, common: &Common<'_, S>) -> io::Result<()> {
    let reactor = Reactor::with_backend(common.config.backend)?;
    EventLoop::new(0, reactor, Origin::Listener(listener), None, common)?.with_signals_and_offer()?.run()
}

/// Starts a thread of a model. When it fails or panics, the server stops: the rest is finished in good order.
fn spawn<'scope, S: Service + Sync>(
    scope: &'scope Scope<'scope, '_>,
    name: String,
    common: &'scope Common<'_, S>,
    work: impl FnOnce() -> io::Result<()> + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, io::Result<()>>> {
    let thread = std::thread::Builder::new().name(name);
    thread.spawn_scoped(scope, move || guarded(common, work))
}

/// Does a thread's work. When it fails or panics, the server stops.
fn guarded<S: Service>(common: &Common<'_, S>, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let _guard = StopOnPanic(common.control);
    work().inspect_err(|_| common.control.stop())
}

/// Waits for all; the first error counts, and a panic before it.
fn join_all(threads: Vec<ScopedJoinHandle<'_, io::Result<()>>>) -> io::Result<()> {
    let ends: Vec<_> = threads.into_iter().map(ScopedJoinHandle::join).collect();
    ends.into_iter().try_fold((), |(), end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}
