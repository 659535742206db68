//! What our HTTP/1.1 says about bytes, without any socket: the same code that the server runs.

use wirelab::http::{Response, StatusCode};
use wirelab::http1::{Connection, Error, Event};
use wirelab::sansio::StreamProtocol;

/// How many events of one conversation are looked at.
const EVENTS: usize = 1000;

/// The rule that `bytes` break, if they break one.
pub fn of(bytes: &[u8]) -> Option<Error> {
    let mut server = Connection::server();
    server.input().extend_from_slice(bytes);
    for _ in 0..EVENTS {
        match server.poll_event() {
            Err(error) => return Some(error),
            Ok(Some(Event::End(_))) => {
                // The next request is read when this one is answered.
                let head = Response::new(StatusCode::OK).with("Content-Length", 0);
                let answered = server
                    .send(&Event::Response(head))
                    .and_then(|()| server.send(&Event::End(Default::default())));
                answered.ok()?;
            }
            Ok(Some(_)) => {}
            Ok(None) => return None,
        }
    }
    None
}
