//! One end of a connection in a test: what it was given, what it said, and a transcript that a failing test prints.

#![allow(dead_code, reason = "every test file uses some of these")]

use bytes::BytesMut;
use wirelab_http::{Fields, Method, Request, Response, StatusCode, Target};
use wirelab_http1::{Config, Connection, Error, Event, Misuse, Role};
use wirelab_sansio::StreamProtocol;

pub(crate) struct Talk {
    pub(crate) end: Connection,
    transcript: Vec<String>,
}

impl Talk {
    pub(crate) fn new(role: Role, config: Config) -> Self {
        Talk { end: Connection::new(role, config), transcript: vec![format!("{role:?}")] }
    }

    pub(crate) fn server() -> Self {
        Talk::new(Role::Server, Config::default())
    }

    /// A client that has sent these requests, and their ends.
    pub(crate) fn client(requests: &[Event]) -> Self {
        let mut talk = Talk::new(Role::Client, Config::default());
        for request in requests {
            talk.send(request.clone()).unwrap();
            talk.send(end()).unwrap();
        }
        talk
    }

    /// Bytes arrive; every event that they make.
    pub(crate) fn try_receive(&mut self, bytes: impl AsRef<[u8]>) -> Result<Vec<Event>, Error> {
        self.transcript.push(format!("<- \"{}\"", bytes.as_ref().escape_ascii()));
        self.end.input().extend_from_slice(bytes.as_ref());
        self.poll()
    }

    /// As `try_receive`, told; an error is told as well.
    pub(crate) fn receive(&mut self, bytes: impl AsRef<[u8]>) -> String {
        self.try_receive(bytes)
            .map_or_else(|error| format!("refused: {}", error.name()), |events| tell(&events))
    }

    /// The stream ends.
    pub(crate) fn eof(&mut self) -> String {
        self.transcript.push("<- end of stream".into());
        self.end.receive_eof();
        self.poll().map_or_else(|error| format!("refused: {}", error.name()), |events| tell(&events))
    }

    pub(crate) fn poll(&mut self) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        loop {
            let polled = self.end.poll_event();
            self.transcript.push(format!("   {polled:?}"));
            match polled? {
                Some(event) => events.push(event),
                None => return Ok(events),
            }
        }
    }

    pub(crate) fn send(&mut self, event: Event) -> Result<(), Misuse> {
        let result = self.end.send(&event);
        self.transcript.push(format!("   send {event:?} {}", if result.is_err() { "FAILED" } else { "" }));
        result
    }

    /// A whole response with this content, framed by length.
    pub(crate) fn answer(&mut self, status: u16, content: &str) {
        self.send(response(status, &[("Content-Length", &content.len().to_string())])).unwrap();
        self.send(Event::Data(content.to_string().into())).unwrap();
        self.send(end()).unwrap();
    }

    /// What waits to be sent.
    pub(crate) fn sent(&mut self) -> String {
        let mut out = BytesMut::new();
        self.end.poll_transmit(&mut out);
        self.transcript.push(format!("-> \"{}\"", out.escape_ascii()));
        String::from_utf8_lossy(&out).into_owned()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the conversation so far:\n{}", self.transcript.join("\n"));
        }
    }
}

/// Events in one line: `POST /a | "content" | end`. Neighbouring pieces of content are one.
pub(crate) fn tell(events: &[Event]) -> String {
    let words = joined(events.to_vec()).into_iter().map(|event| match event {
        Event::Request(request) => format!("{} {}", request.method, request.target),
        Event::Response(response) => response.status.0.to_string(),
        Event::Data(data) => format!("\"{}\"", data.escape_ascii()),
        Event::End(trailers) if trailers.is_empty() => "end".into(),
        Event::End(trailers) => format!("end {trailers:?}"),
        Event::Closed => "closed".into(),
    });
    words.collect::<Vec<_>>().join(" | ")
}

/// The events with neighbouring pieces of content as one, since where they are cut means nothing.
pub(crate) fn joined(events: Vec<Event>) -> Vec<Event> {
    let mut joined: Vec<Event> = Vec::new();
    for event in events {
        match (joined.last_mut(), event) {
            (Some(Event::Data(before)), Event::Data(data)) => *before = [&before[..], &data].concat().into(),
            (_, event) => joined.push(event),
        }
    }
    joined
}

/// Answers every complete request with 204, so that the next one is read.
pub(crate) fn answer_no_content(server: &mut Connection, event: &Event) {
    if let Event::End(_) = event {
        let _ = server.send(&response(204, &[]));
        let _ = server.send(&end());
    }
}

pub(crate) fn request(method: &str, target: &str, fields: &[(&str, &str)]) -> Event {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = Request::new(method, Target::parse(target.as_bytes()).unwrap());
    fields.iter().for_each(|(name, value)| request.fields.push(name, value).unwrap());
    Event::Request(request)
}

pub(crate) fn get(target: &str) -> Event {
    request("GET", target, &[("Host", "a")])
}

pub(crate) fn response(status: u16, fields: &[(&str, &str)]) -> Event {
    let mut response = Response::new(StatusCode(status));
    fields.iter().for_each(|(name, value)| response.fields.push(name, value).unwrap());
    Event::Response(response)
}

pub(crate) fn data(text: &str) -> Event {
    Event::Data(text.to_string().into())
}

pub(crate) fn end() -> Event {
    Event::End(Fields::new())
}
