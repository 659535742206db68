//! A thread for each connection.

mod serving;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use wirelab_reactor::Waker;
use wirelab_socket::TcpListener;

use self::serving::serve;
use super::guarded;
use crate::Service;
use crate::accepting::Accepting;
use crate::alarm::Alarm;
use crate::control::Level;
use crate::event_loop::Common;

/// The row of the counters that all the threads share.
const ROW: usize = 1;

/// This thread accepts, and starts one for each connection.
pub(super) fn run<S: Service + Sync>(listener: TcpListener, common: &Common<'_, S>) -> io::Result<()> {
    let counters = common.table.row(ROW);
    counters.share();
    let mut accepting = Accepting::new(0, listener, common)?;
    let (alarm, running, waker) = (Alarm::new()?, AtomicUsize::new(0), accepting.waker());
    std::thread::scope(|scope| {
        let _rung = RingAtEnd(&alarm);
        guarded(common, || {
            accepting.run(&mut |stream, peer| {
                running.fetch_add(1, Ordering::Relaxed);
                counters.add(|row| &row.accepted, 1);
                let end = End { running: &running, waker: &waker, common };
                let alarm = &alarm;
                let thread = std::thread::Builder::new().name("connection".to_owned());
                let started = thread.spawn_scoped(scope, move || {
                    let _end = end;
                    serve(stream, peer, common, alarm);
                });
                if started.is_err() {
                    counters.note("no-thread"); // what it would have done is dropped, the stream and `end` with it
                }
            })?;
            alarm.ring(Level::Stop);
            accepting.watch(&|| running.load(Ordering::Acquire) == 0)
        })
    })
}

/// Ends the threads also if the accepting one fails: some would wait for ever.
struct RingAtEnd<'a>(&'a Alarm);

impl Drop for RingAtEnd<'_> {
    fn drop(&mut self) {
        self.0.ring(Level::Abort);
    }
}

/// The end of a connection's thread, in whatever way: there is a place again.
struct End<'a, S: Service> {
    running: &'a AtomicUsize,
    waker: &'a Waker,
    common: &'a Common<'a, S>,
}

impl<S: Service> Drop for End<'_, S> {
    fn drop(&mut self) {
        let counters = self.common.table.row(ROW);
        if std::thread::panicking() {
            counters.add(|row| &row.lost, 1);
        }
        counters.add(|row| &row.closed, 1);
        self.common.table.common().free_places(1);
        self.running.fetch_sub(1, Ordering::Release);
        let _ = self.waker.wake(); // its descriptor lives as long as it does
    }
}
