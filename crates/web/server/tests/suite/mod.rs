//! What every server promises. The files are tests of a server that `on` describes.

/// The tests of a file in `suite/`, in a model and on a back end: a module in which `on` says what a server is.
macro_rules! suite {
    ($name:ident, $model:expr, $backend:expr, [$($file:ident),*]) => {
        #[path = "suite"]
        mod $name {
            mod on {
                #![allow(dead_code, unused_imports, reason = "each file uses its part")]

                use crate::support::{Running, start_on};
                use wirelab_server::{Backend, Config, Handler, Model, Server};

                pub(crate) fn serve(handler: impl Handler + Send + Sync + 'static) -> Running {
                    serve_with(Config::default(), handler)
                }

                pub(crate) fn serve_with(
                    config: Config,
                    handler: impl Handler + Send + Sync + 'static,
                ) -> Running {
                    let config = Config { backend: $backend, ..config };
                    start(Server::bind("127.0.0.1:0".parse().unwrap(), config).unwrap(), handler)
                }

                pub(crate) fn start(server: Server, handler: impl Handler + Send + Sync + 'static) -> Running {
                    start_on($model, server, handler)
                }
            }
            $(mod $file;)*
        }
    };
}
pub(crate) use suite;
