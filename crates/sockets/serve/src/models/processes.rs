//! A master, and processes that serve.

use std::io;

use wirelab_socket::TcpListener;

use crate::Service;
use crate::event_loop::Common;

pub(super) fn run<S: Service + Sync>(
    _n: usize,
    _listener: TcpListener,
    _common: &Common<'_, S>,
) -> io::Result<()> {
    Err(crate::model::invalid("not yet"))
}
