//! Ours, with its default limits and deadlines, on the thread that calls.

use std::io;
use std::net::SocketAddr;

use wirelab::http::Request;
use wirelab::server::{Config, Context, Reply, Server, Step};

use crate::server::{SERVER_NAME, announce};

/// Content-Type is [`Reply::text`]'s; Date, Server and Content-Length are added by the server.
pub(crate) fn serve() -> io::Result<()> {
    let config = Config { server_name: SERVER_NAME.to_owned(), ..Config::default() };
    let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), config)?;
    announce(server.local_addr())?;
    server.run(|_: Request, _: &Context| Step::from(Reply::text("OK")))
}
