//! What the tests share.

use wirelab_reactor::Backend;

/// Runs a test on each back end that works here; a failure names its back end.
pub(crate) fn on_each(test: impl Fn(Backend)) {
    for backend in Backend::ALL {
        match backend.is_available() {
            Ok(()) => {
                let _named = Named(backend);
                test(backend);
            }
            // Without io_uring the other two are tested; `backends.rs` says so once.
            Err(reason) => eprintln!("{backend} is not tested: {reason}"),
        }
    }
}

/// Says on which back end a test failed.
struct Named(Backend);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("*** on {} ***", self.0);
        }
    }
}
