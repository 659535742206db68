//! Ours, with its default limits and deadlines.

use std::io;
use std::net::SocketAddr;

use wirelab::http::Request;
use wirelab::reactor::Backend;
use wirelab::serve::Model;
use wirelab::server::{Config, Context, Reply, Server, Step};

use crate::server::{SERVER_NAME, announce};

/// One loop on the thread that calls.
pub(crate) fn serve(backend: Backend) -> io::Result<()> {
    bind(Config { backend, ..config() })?.run(answer)
}

/// Several threads or processes.
pub(crate) fn serve_as(model: Model) -> io::Result<()> {
    bind(config())?.run_as(model, answer)
}

/// The parent ends a server by SIGTERM, which a master of processes has to hear to end them.
fn config() -> Config {
    Config { server_name: SERVER_NAME.to_owned(), stop_on_signals: true, ..Config::default() }
}

fn bind(config: Config) -> io::Result<Server> {
    let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), config)?;
    announce(server.local_addr())?;
    Ok(server)
}

/// Content-Type is [`Reply::text`]'s; Date, Server and Content-Length are added by the server.
fn answer(_: Request, _: &Context) -> Step {
    Reply::text("OK").into()
}
