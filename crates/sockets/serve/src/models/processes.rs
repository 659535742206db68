//! A master, and processes that serve.

mod master;
mod worker;

use std::io;

use wirelab_socket::TcpListener;

use self::master::{Master, Role};
use crate::event_loop::Common;
use crate::{Service, sys};

/// A worker's exit code when its handler asked for the server's end.
const STOP_ALL: i32 = 3;

/// A master forks `n` workers, which accept from one socket, and restarts those that die.
///
/// Processes share nothing but the listener and the counters: what ends one, a crash or SIGKILL, costs the connections
/// that it has, and no others. SIGTERM to a worker ends it in good order, and another takes its place; SIGTERM to the
/// master ends all.
pub(super) fn run<S: Service>(n: usize, listener: TcpListener, common: &Common<'_, S>) -> io::Result<()> {
    let mut master = Master::new(n, listener, common)?;
    match master.supervise()? {
        Role::Master => Ok(()),
        Role::Worker { number, parent, listener } => {
            master.leave_to_parent();
            sys::exit_at_once(worker::work(number, parent, listener, common))
        }
    }
}
