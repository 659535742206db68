//! One thread accepts; others read, handle and write.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use wirelab_reactor::{Reactor, Waker};
use wirelab_socket::TcpListener;

use super::{guarded, join_all, spawn};
use crate::Service;
use crate::accepting::Accepting;
use crate::counters::Table;
use crate::event_loop::{Common, EventLoop, Origin};
use crate::inbox::Inbox;

/// This thread accepts, and gives each connection to the one of `n` loops that has the fewest open (the first of them, if
/// there are several). What a connection will cost is not known when it comes; how many a loop has is the best guess.
pub(super) fn run<S: Service + Sync>(
    n: usize,
    listener: TcpListener,
    common: &Common<'_, S>,
) -> io::Result<()> {
    let mut accepting = Accepting::new(0, listener, common)?;
    let inboxes: Vec<Inbox> = (0..n).map(|_| Inbox::default()).collect();
    let running = AtomicUsize::new(n);
    std::thread::scope(|scope| {
        let _closed = Close(&inboxes);
        let readers = (1..).zip(&inboxes).map(|(number, inbox)| {
            let done = Done { running: &running, waker: accepting.waker() };
            spawn(scope, format!("reader-{}", number - 1), common, move || {
                let _done = done;
                let reactor = Reactor::with_backend(common.config.backend)?;
                EventLoop::new(number, reactor, Origin::Inbox(inbox), None, common)?.run()
            })
        });
        let readers = readers.collect::<io::Result<Vec<_>>>()?;
        let accepted = guarded(common, || {
            let mut given = vec![0; n];
            accepting.run(&mut |stream, peer| {
                let reader = fewest(&given, common.table);
                given[reader] += 1;
                inboxes[reader].push(stream, peer);
            })?;
            close_all(&inboxes);
            accepting.watch(&|| running.load(Ordering::Acquire) == 0)
        });
        close_all(&inboxes);
        join_all(readers).and(accepted)
    })
}

/// The reader with the fewest connections, open or on their way to it. Rows are numbered from 1, behind the acceptor's.
fn fewest(given: &[u64], table: &Table) -> usize {
    let load = |reader: usize| given[reader].saturating_sub(table.row(reader + 1).closed.get());
    (0..given.len()).min_by_key(|&reader| load(reader)).unwrap_or(0)
}

fn close_all(inboxes: &[Inbox]) {
    inboxes.iter().for_each(Inbox::close);
}

/// Closes the inboxes also if this thread fails: the readers would wait for ever.
struct Close<'a>(&'a [Inbox]);

impl Drop for Close<'_> {
    fn drop(&mut self) {
        close_all(self.0);
    }
}

/// Tells the accepting thread that a reader has ended, in whatever way.
struct Done<'a> {
    running: &'a AtomicUsize,
    waker: Waker,
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.running.fetch_sub(1, Ordering::Release);
        let _ = self.waker.wake(); // its descriptor lives as long as it does
    }
}
