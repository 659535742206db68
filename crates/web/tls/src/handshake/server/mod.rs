//! The server's end.

use std::sync::Arc;

use super::shared::Shared;
use super::{Epoch, Output};
use crate::{Entropy, Error, ServerConfig, UnixMillis};

/// A server in the middle of a handshake, or behind it.
#[derive(Debug)]
pub(crate) struct Server {
    config: Arc<ServerConfig>,
    shared: Shared,
}

impl Server {
    pub(crate) fn new(config: Arc<ServerConfig>, now: UnixMillis, entropy: Entropy) -> Self {
        let shared = Shared::new(now, entropy, config.key_log.clone());
        Server { config, shared }
    }

    pub(crate) fn receive(&mut self, epoch: Epoch, message: &[u8]) -> Result<(), Error> {
        let _ = (&self.config, epoch, message);
        todo!("not written yet")
    }

    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.shared.poll()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn shared_mut(&mut self) -> &mut Shared {
        &mut self.shared
    }
}
