//! Several loops, each of which does everything.

use std::io;
use std::net::SocketAddr;

use wirelab_reactor::Reactor;
use wirelab_socket::{ListenOptions, TcpListener};

use super::{guarded, join_all, spawn, worker_names};
use crate::event_loop::{Common, EventLoop, Origin};
use crate::{Model, Service};

/// `n` loops accept from one socket.
///
/// All watch it, and the kernel wakes one that sleeps for each connection that comes (`EPOLLEXCLUSIVE`). It does not see to
/// it that they get equally many: a loop that is quick, or awake already, gets more.
pub(super) fn shared_listener<S: Service + Sync>(
    n: usize,
    listener: TcpListener,
    common: &Common<'_, S>,
) -> io::Result<()> {
    let mut listeners = (1..n).map(|_| listener.try_clone()).collect::<io::Result<Vec<_>>>()?;
    listeners.insert(0, listener);
    let origins = listeners.into_iter().map(Origin::Shared).collect();
    run(worker_names(Model::SharedListener(n)), origins, common)
}

/// `n` loops, each with a socket of its own on the same port.
///
/// The kernel chooses the socket when the SYN comes, by a hash of the four numbers of the connection; whether its loop has
/// time does not matter. The spread is that of a hash: even for many clients, and anything for few.
///
/// When the server stops, each loop takes what is in its own queue before it closes its socket. A handshake that is not
/// complete at that moment, or completes between the last `accept` and `close`, is lost, unless
/// `net.ipv4.tcp_migrate_req` is 1: then the kernel moves it to a socket of the port that still listens, one of another
/// process, say.
pub(super) fn shards<S: Service + Sync>(
    listeners: Vec<TcpListener>,
    common: &Common<'_, S>,
) -> io::Result<()> {
    let names = worker_names(Model::Shards(listeners.len()));
    run(names, listeners.into_iter().map(Origin::Listener).collect(), common)
}

/// As many sockets of one port as there are shards. The first listens already. The kernel looks at the option when the next
/// is bound, and puts both into one group when that one listens.
pub(super) fn shard_listeners(
    n: usize,
    mut listeners: Vec<TcpListener>,
    local: SocketAddr,
) -> io::Result<Vec<TcpListener>> {
    let mut options = ListenOptions::default().reuse_port(true);
    if let Some(first) = listeners.first() {
        first.set_reuse_port(true)?;
        options = options.backlog(first.accept_queue()?.limit);
    }
    while listeners.len() < n {
        let listener = options.bind(local)?;
        listener.set_nonblocking(true)?;
        listeners.push(listener);
    }
    Ok(listeners)
}

/// The first loop runs on this thread, and hears the signals.
fn run<S: Service + Sync>(
    names: Vec<String>,
    mut origins: Vec<Origin<'_>>,
    common: &Common<'_, S>,
) -> io::Result<()> {
    let first = origins.remove(0);
    let reactor = Reactor::with_backend(common.config.backend)?;
    // Before the others start: they inherit that the signals are blocked.
    let first = EventLoop::new(0, reactor, first, None, common)?.with_signals_and_offer()?;
    std::thread::scope(|scope| {
        let numbered = (1..).zip(names.into_iter().skip(1)).zip(origins);
        let threads = numbered.map(|((number, name), origin)| {
            spawn(scope, name, common, move || {
                let reactor = Reactor::with_backend(common.config.backend)?;
                EventLoop::new(number, reactor, origin, None, common)?.run()
            })
        });
        let threads = threads.collect::<io::Result<Vec<_>>>().inspect_err(|_| common.control.stop())?;
        let first = guarded(common, || first.run());
        join_all(threads).and(first)
    })
}
