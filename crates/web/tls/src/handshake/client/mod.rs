//! The client's end.

use std::sync::Arc;

use wirelab_x509::ServerName;

use super::shared::Shared;
use super::{Epoch, Output};
use crate::{ClientConfig, Entropy, Error, UnixMillis};

/// A client in the middle of a handshake, or behind it.
#[derive(Debug)]
pub(crate) struct Client {
    config: Arc<ClientConfig>,
    shared: Shared,
}

impl Client {
    pub(crate) fn new(
        config: Arc<ClientConfig>,
        name: ServerName,
        now: UnixMillis,
        entropy: Entropy,
    ) -> Result<Self, Error> {
        let _ = name;
        let shared = Shared::new(now, entropy, config.key_log.clone());
        Ok(Client { config, shared })
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
