//! One loop reads and writes; others handle requests.

use std::io;

use wirelab_reactor::Reactor;
use wirelab_socket::TcpListener;

use super::{guarded, join_all, spawn};
use crate::Service;
use crate::event_loop::{Common, EventLoop, Origin};
use crate::pool::Pool;

/// This thread accepts, reads and writes; `n` threads handle what it finds, in the order in which it came.
pub(super) fn run<S: Service + Sync>(
    n: usize,
    listener: TcpListener,
    common: &Common<'_, S>,
) -> io::Result<()> {
    let reactor = Reactor::with_backend(common.config.backend)?;
    let pool = Pool::new(common.config.max_queue, reactor.waker());
    let origin = Origin::Listener(listener);
    let event_loop = EventLoop::new(0, reactor, origin, Some(&pool), common)?.with_signals_and_offer()?;
    std::thread::scope(|scope| {
        let _closed = Close(&pool);
        let threads = (0..n).map(|k| {
            let (pool, counters) = (&pool, common.table.row(1 + k));
            spawn(scope, format!("pool-{k}"), common, move || {
                pool.run(common.service, counters);
                Ok(())
            })
        });
        let threads = threads.collect::<io::Result<Vec<_>>>()?;
        let served = guarded(common, || event_loop.run());
        pool.close();
        join_all(threads).and(served)
    })
}

/// Ends the threads also if the loop panics: they would wait for ever.
struct Close<'a, S: Service>(&'a Pool<S>);

impl<S: Service> Drop for Close<'_, S> {
    fn drop(&mut self) {
        self.0.close();
    }
}
