use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, PoisonError};

use crate::control::Level;

/// Tells threads that wait in `poll` how far the server is to stop.
///
/// A pipe whose writing end is closed is ready for ever and for everybody who waits for it: one `close` wakes any number of
/// threads, and those that come later do not wait. Nothing is ever written.
pub(crate) struct Alarm {
    stop: Bell,
    abort: Bell,
}

struct Bell {
    reader: PipeReader,
    writer: Mutex<Option<PipeWriter>>,
}

impl Alarm {
    /// # Errors
    /// No descriptor is free.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Alarm { stop: Bell::new()?, abort: Bell::new()? })
    }

    /// Wakes those who have not heard of this level.
    pub(crate) fn ring(&self, level: Level) {
        if level >= Level::Stop {
            self.stop.ring();
        }
        if level >= Level::Abort {
            self.abort.ring();
        }
    }

    /// What becomes ready with the level after this one.
    pub(crate) fn after(&self, level: Level) -> Option<BorrowedFd<'_>> {
        match level {
            Level::Run => Some(self.stop.reader.as_fd()),
            Level::Stop => Some(self.abort.reader.as_fd()),
            Level::Abort => None,
        }
    }
}

impl Bell {
    fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Bell { reader, writer: Mutex::new(Some(writer)) })
    }

    fn ring(&self) {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
