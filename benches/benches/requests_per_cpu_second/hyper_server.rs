//! hyper as its users run it: a task for each connection, Nagle's algorithm off, and `pipeline_flush`, which collects the
//! answers to pipelined requests into one write. On one thread it has a current-thread runtime, on several the one
//! that moves tasks between its threads.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue, SERVER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::server;

/// With `deadlines`, hyper is given a timer, and with it holds clients to its 30 seconds for a head.
pub(crate) fn serve(deadlines: bool) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(accept(deadlines))
}

/// On several threads, with deadlines.
pub(crate) fn serve_on(threads: usize) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    runtime.block_on(async { tokio::spawn(accept(true)).await.map_err(io::Error::other)? })
}

async fn accept(deadlines: bool) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    server::announce(listener.local_addr()?)?;
    let mut builder = http1::Builder::new();
    builder.pipeline_flush(true);
    if deadlines {
        builder.timer(TokioTimer::new());
    }
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = builder.serve_connection(TokioIo::new(stream), service_fn(answer));
        tokio::spawn(async move {
            let _ = connection.await; // the load closes its connections as it likes
        });
    }
}

/// Date and Content-Length are added by hyper.
async fn answer(_: Request<hyper::body::Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"OK")));
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(server::CONTENT_TYPE));
    fields.insert(SERVER, HeaderValue::from_static(server::SERVER_NAME));
    Ok(response)
}
