use std::fmt;
use std::sync::Arc;

use wirelab_http1::Tapped;

/// Something that passed on a connection.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'s> {
    /// Bytes that the kernel has taken over, exactly as they travel.
    Sent(&'s [u8]),
    /// Bytes that the kernel has delivered, as they came.
    Received(&'s [u8]),
    /// A head, a chunk or a piece of content, each of its bytes explained.
    Explained(&'s Tapped),
}

/// Somebody who looks on, or nobody.
#[derive(Clone, Default)]
pub(crate) struct Watcher(Option<Arc<Watch>>);

type Watch = dyn Fn(Seen<'_>) + Send + Sync;

impl Watcher {
    pub(crate) fn new(watch: impl Fn(Seen<'_>) + Send + Sync + 'static) -> Self {
        Watcher(Some(Arc::new(watch)))
    }

    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn show(&self, seen: Seen<'_>) {
        if let Some(watch) = &self.0 {
            watch(seen);
        }
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_there() { "Watcher(somebody)" } else { "Watcher(nobody)" })
    }
}
