use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use wirelab::http::{Request, Response, StatusCode};
use wirelab::http1::{Connection, Event, Misuse};
use wirelab::sansio::Instant;
use wirelab::sim::internet::Application;
use wirelab::tcpip::host::{self, Host, ListenerId, Pumped, SocketId, pump};
use wirelab::tcpip::tcp::{self, Info, State};

use crate::send_whole;

/// What runs on a TCP of ours, in a simulated network or on a device: HTTP/1.1 on every connection, as a server or as a client.
///
/// ```
/// use std::time::Duration;
///
/// use bytes::Bytes;
/// use wirelab::sansio::Instant;
/// use wirelab::sim::internet::{HostNode, host_at};
/// use wirelab::tcpip::{host::Host, tcp};
/// use wirelab_examples::{TwoHosts, Web, get};
///
/// let (mut client, mut server) = (host_at(TwoHosts::CLIENT, 1), host_at(TwoHosts::SERVER, 2));
/// server.listen(TwoHosts::WEB.into(), tcp::Listen::default())?;
/// let socket = client.connect(Instant::ZERO, TwoHosts::WEB.into(), tcp::Config::default())?;
/// let mut asking = Web::default();
/// asking.ask(socket, get("server.example", "/hello")?)?;
///
/// let (client, server) = (HostNode::new(client, asking), HostNode::new(server, Web::serving(|path| path.to_owned().into())));
/// let mut hosts = TwoHosts::new(client, server, Duration::from_millis(10));
/// hosts.internet.run_until(Instant::ZERO + Duration::from_secs(1))?;
/// let client = hosts.internet.get::<HostNode<Host, Web>>(hosts.client).ok_or("no client")?;
/// assert_eq!(client.application.fetched.as_deref(), Some(&b"/hello"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Web {
    open: BTreeMap<SocketId, Http>,
    /// What the server has under a path.
    content: Option<fn(&str) -> Bytes>,
    /// See [`closing`](Self::closing).
    closes: bool,
    /// The content of the client's last response, once it is complete.
    pub fetched: Option<Bytes>,
    /// The last connection that was established, when it was seen last.
    pub last: Option<Info>,
}

struct Http {
    connection: Connection,
    content: BytesMut,
}

impl Web {
    /// A server that has this under a path.
    pub fn serving(content: fn(&str) -> Bytes) -> Self {
        Web { content: Some(content), ..Web::default() }
    }

    /// A client that ends its connection once it has its answer.
    pub fn closing() -> Self {
        Web { closes: true, ..Web::default() }
    }

    /// Asks on a connection that the host has begun.
    ///
    /// # Errors
    /// The request cannot be sent as it is.
    pub fn ask(&mut self, socket: SocketId, request: Request) -> Result<(), Misuse> {
        let mut connection = Connection::client();
        send_whole(&mut connection, Event::Request(request), Bytes::new())?;
        self.open.insert(socket, Http { connection, content: BytesMut::new() });
        Ok(())
    }

    fn accept(&mut self, host: &mut Host, listener: ListenerId) {
        while let Some(socket) = host.accept(listener) {
            self.open.insert(socket, Http { connection: Connection::server(), content: BytesMut::new() });
        }
    }

    // ANCHOR: act
    /// After every packet: takes new connections, and moves bytes between TCP and HTTP.
    pub fn act(&mut self, host: &mut Host, now: Instant) {
        while let Some(event) = host.poll_event() {
            if let host::Event::Acceptable(listener) = event {
                self.accept(host, listener);
            } // all other sockets are looked at in any case
        }
        let Web { open, fetched, last, .. } = self;
        open.retain(|&socket, http| {
            let Http { connection, content } = http;
            let mut is_done = false;
            let outcome = pump(host, now, socket, connection, |connection, event| match event {
                Event::Request(request) => answer(connection, self.content, request.target.path()),
                Event::Data(data) => content.extend_from_slice(&data),
                Event::End(_) if connection.unanswered() == 0 && !content.is_empty() => {
                    *fetched = Some(content.split().freeze());
                    is_done = self.closes;
                }
                _ => {}
            });
            let info = host.socket(socket).map(tcp::Connection::info);
            *last = info.filter(|info| info.state == State::Established).or(*last);
            let goes_on = matches!(outcome, Ok(Pumped::Open)) && !is_done;
            if !goes_on {
                host.release(now, socket);
            }
            goes_on
        });
    }
    // ANCHOR_END: act
}

fn answer(http: &mut Connection, content: Option<fn(&str) -> Bytes>, path: &str) {
    let (status, content) = match content {
        Some(content) => (StatusCode::OK, content(path)),
        None => (StatusCode::NOT_FOUND, Bytes::new()),
    };
    if send_whole(http, Event::Response(Response::new(status)), content).is_err() {
        http.end_after_this();
    }
}

impl Application<Host> for Web {
    fn on_event(&mut self, now: Instant, host: &mut Host, event: host::Event) {
        if let host::Event::Acceptable(listener) = event {
            self.accept(host, listener);
        }
        self.act(host, now);
    }
}
