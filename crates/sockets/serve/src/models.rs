use std::io;

use wirelab_socket::TcpListener;

use crate::event_loop::{Common, EventLoop, Origin};
use crate::{Model, Service};

/// What the workers are called: the rows of the counters.
pub(crate) fn worker_names(model: Model) -> Vec<String> {
    let numbered = |name: &str, n: usize| (0..n).map(|k| format!("{name}-{k}")).collect();
    match model {
        Model::SingleLoop => vec!["loop".to_owned()],
        _ => numbered("x", 1),
    }
}

pub(crate) fn single_loop<S: Service>(listener: TcpListener, common: &Common<'_, S>) -> io::Result<()> {
    EventLoop::new(0, Origin::Listener(listener), None, common)?.with_signals()?.run()
}
