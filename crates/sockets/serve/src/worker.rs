use crate::buffers::Buffers;
use crate::{Config, Service, Turn};

/// What one thread serves connections with.
pub(crate) struct Worker<'a, S: Service> {
    pub(crate) service: &'a S,
    pub(crate) config: &'a Config,
    pub(crate) buffers: Buffers,
    pub(crate) turn: Turn<'a, S::Local>,
    /// Whether requests are handled on this thread; if not, they are handed over.
    pub(crate) handles: Handles,
}

/// Where requests are handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handles {
    /// On this thread, and a panic goes its way: it ends the loop.
    Here,
    /// On this thread, and a panic costs the request.
    HereCaught,
    /// On another.
    Elsewhere,
}
