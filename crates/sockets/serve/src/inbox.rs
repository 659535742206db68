use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use wirelab_reactor::Waker;
use wirelab_socket::TcpStream;

/// Connections on their way from the thread that accepted them to the loop that will serve them.
///
/// It is as bounded as the connections are: each has its place already.
#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    waker: OnceLock<Waker>,
}

#[derive(Default)]
struct State {
    connections: Vec<(TcpStream, SocketAddr)>,
    is_closed: bool,
}

impl Inbox {
    /// Whom to wake.
    pub(crate) fn belongs_to(&self, waker: Waker) {
        let _ = self.waker.set(waker); // a second loop would be a mistake of ours, and do no harm
    }

    pub(crate) fn push(&self, stream: TcpStream, peer: SocketAddr) {
        self.locked().connections.push((stream, peer));
        self.wake();
    }

    pub(crate) fn take(&self) -> Vec<(TcpStream, SocketAddr)> {
        std::mem::take(&mut self.locked().connections)
    }

    /// Nothing more will come.
    pub(crate) fn close(&self) {
        self.locked().is_closed = true;
        self.wake();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.locked().is_closed
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            let _ = waker.wake(); // its descriptor lives as long as it does
        }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        // A list is whole after every step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
