use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use crate::wait_until;

/// A thread of this process as the scheduler sees it, from any other thread: `/proc/self/task`.
///
/// ```
/// use wirelab_examples::ThreadWatch;
///
/// # fn main() -> std::io::Result<()> {
/// let (end, ended) = std::sync::mpsc::channel::<()>();
/// let (thread, watch) = ThreadWatch::spawn(move || ended.recv().is_err())?; // waits until `end` is dropped
/// watch.wait_until_waiting()?;
/// assert!(watch.wakes()? < 10);
/// drop(end);
/// # thread.join().unwrap(); Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct ThreadWatch {
    folder: PathBuf,
}

impl ThreadWatch {
    /// Watches the calling thread.
    ///
    /// # Errors
    /// `/proc` is not mounted.
    pub fn current() -> io::Result<Self> {
        // The link reads PROCESS/task/THREAD.
        Ok(ThreadWatch { folder: PathBuf::from("/proc").join(fs::read_link("/proc/thread-self")?) })
    }

    /// Starts a thread that is watched from its beginning.
    ///
    /// # Errors
    /// Those of [`current`](Self::current) and of starting a thread.
    pub fn spawn<T: Send + 'static>(
        body: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<(JoinHandle<T>, ThreadWatch)> {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new().spawn(move || {
            let _ = sender.send(ThreadWatch::current()); // the receiver waits for it below
            body()
        })?;
        let watch = receiver.recv().map_err(|_| io::Error::other("the thread did not begin"))??;
        Ok((thread, watch))
    }

    /// Waits until it sleeps.
    ///
    /// # Errors
    /// Those of [`is_waiting`](Self::is_waiting) and [`wait_until`].
    pub fn wait_until_waiting(&self) -> io::Result<()> {
        wait_until("a thread to wait", || self.is_waiting())
    }

    /// Whether it sleeps: it has called the kernel, and the kernel has not yet what it wants. It says nothing of what
    /// it waits for.
    ///
    /// # Errors
    /// The thread has ended.
    pub fn is_waiting(&self) -> io::Result<bool> {
        Ok(self.status("State:")?.starts_with('S'))
    }

    /// How often it has gone to sleep, and so been woken, since it began.
    ///
    /// # Errors
    /// The thread has ended.
    pub fn wakes(&self) -> io::Result<u64> {
        self.status("voluntary_ctxt_switches:")?
            .parse()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn status(&self, name: &str) -> io::Result<String> {
        let text = fs::read_to_string(self.folder.join("status"))?;
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        value.map(|value| value.trim().to_owned()).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}
