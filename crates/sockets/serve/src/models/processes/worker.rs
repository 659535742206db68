//! What a worker process does.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use wirelab_reactor::Reactor;
use wirelab_socket::TcpListener;

use super::STOP_ALL;
use crate::control::Level;
use crate::event_loop::{Common, EventLoop, Origin};
use crate::{Service, sys};

/// Serves until it is told to stop; returns the exit code.
pub(super) fn work<S: Service>(
    number: usize,
    parent: u32,
    listener: TcpListener,
    common: &Common<'_, S>,
) -> i32 {
    if !sys::end_with_parent(parent) {
        return 0; // the master has ended already
    }
    common.control.forget_listeners();
    // Nothing may return into the parent's frames, not even a panic.
    let served = catch_unwind(AssertUnwindSafe(|| -> io::Result<()> {
        let reactor = Reactor::with_backend(common.config.backend)?;
        let origin = Origin::Shared(listener);
        let event_loop = EventLoop::new(number, reactor, origin, None, common)?.with_orders_of_master()?;
        // From here on orders are heard. One that came earlier is lost, but not what it was about.
        if common.table.common().is_told_to_stop() {
            common.control.stop();
        }
        event_loop.run()
    }));
    let _ = io::stdout().flush(); // the last line may have no end
    match served {
        Ok(Ok(())) if common.control.level() == Level::Run => 0, // by SIGTERM
        Ok(Ok(())) => STOP_ALL,
        Ok(Err(error)) => {
            let _ = writeln!(io::stderr(), "worker {number}: {error}");
            1
        }
        Err(_) => 101, // its message is written
    }
}
