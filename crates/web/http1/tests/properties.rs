//! What holds for all messages and for all bytes.

mod support;

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use support::{answer_no_content, end, get, joined, tell};
use wirelab_http::{Fields, Method, Request, Response, StatusCode, Target, Version};
use wirelab_http1::state::{State, Step};
use wirelab_http1::wire::{ChunkHead, RequestHead, RequestMessage, ResponseHead, ResponseMessage};
use wirelab_http1::{Config, Connection, Error, Event, Role};
use wirelab_sansio::StreamProtocol;
use wirelab_wire::{Encode, testing};

// ---------------------------------------------------------------- Messages that can be sent

/// A field that has nothing to do with framing, connection or host.
fn field() -> impl Strategy<Value = (String, Vec<u8>)> {
    let value = vec(prop_oneof![0x20..0x7fu8, 0x80..=0xffu8, Just(b'\t')], 0..20);
    ("X[!#$%&'*+.^_`|~0-9a-zA-Z-]{0,12}", value.prop_map(|value| value.trim_ascii().to_vec()))
}

fn fields() -> impl Strategy<Value = Fields> {
    vec(field(), 0..6).prop_map(|list| {
        let mut fields = Fields::new();
        list.iter().for_each(|(name, value)| fields.push(name, value).unwrap());
        fields
    })
}

/// The pieces of a message's content, and its trailers if it goes in chunks.
fn content() -> impl Strategy<Value = (Vec<Vec<u8>>, Option<Fields>)> {
    (vec(vec(any::<u8>(), 0..40), 0..4), proptest::option::of(fields()))
}

/// A whole message: what comes before its framing fields, those, and what follows.
fn framed(mut fields: Fields, pieces: &[Vec<u8>], trailers: &Option<Fields>) -> (Fields, Vec<Event>) {
    match trailers {
        Some(_) => fields.push("Transfer-Encoding", "chunked").unwrap(),
        None => fields.push("Content-Length", pieces.concat().len().to_string()).unwrap(),
    }
    let mut events: Vec<_> = pieces.iter().map(|piece| Event::Data(piece.clone().into())).collect();
    events.push(Event::End(trailers.clone().unwrap_or_default()));
    (fields, events)
}

fn request() -> impl Strategy<Value = Vec<Event>> {
    let method = "[A-Z]{1,8}".prop_filter("another form", |name| name != "CONNECT");
    (method, "/[!-\"$-\\[\\]-~]{0,20}(\\?[!-\"$-~]{0,10})?", fields(), content()).prop_map(
        |(method, target, fields, (pieces, trailers))| {
            let mut head = Request::new(
                Method::from_bytes(method.as_bytes()).unwrap(),
                Target::parse(target.as_bytes()).unwrap(),
            );
            let (mut fields, events) = framed(fields, &pieces, &trailers);
            fields.push("Host", "a").unwrap();
            head.fields = fields;
            [vec![Event::Request(head)], events].concat()
        },
    )
}

fn response() -> impl Strategy<Value = Vec<Event>> {
    let status = (200..=999u16).prop_filter("never has content", |status| ![204, 304].contains(status));
    let reason = proptest::option::of(vec(0x21..=0x7eu8, 0..10));
    (status, reason, fields(), content()).prop_map(|(status, reason, fields, (pieces, trailers))| {
        let (fields, events) = framed(fields, &pieces, &trailers);
        let status = StatusCode(status);
        let reason = reason.map(Bytes::from).filter(|reason| reason != status.reason().as_bytes());
        let head = Response { status, reason, version: Version::HTTP_11, fields };
        [vec![Event::Response(head)], events].concat()
    })
}

/// What a connection sends for these events.
fn sent(from: &mut Connection, events: &[Event]) -> BytesMut {
    let mut out = BytesMut::new();
    for event in events {
        from.send(event).unwrap_or_else(|error| panic!("{event:?}: {error}"));
        from.poll_transmit(&mut out);
    }
    out
}

/// Bytes arrive in pieces of these lengths, the rest in one.
fn receive(to: &mut Connection, mut bytes: &[u8], cuts: &[usize]) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    for len in cuts.iter().copied().chain([usize::MAX]) {
        let (piece, rest) = bytes.split_at(len.min(bytes.len()));
        to.input().extend_from_slice(piece);
        bytes = rest;
        while let Some(event) = to.poll_event()? {
            events.push(event);
        }
    }
    Ok(events)
}

/// As they arrive: empty pieces of content are nothing.
fn as_received(events: &[Event]) -> Vec<Event> {
    joined(
        events
            .iter()
            .filter(|event| !matches!(event, Event::Data(data) if data.is_empty()))
            .cloned()
            .collect(),
    )
}

proptest! {
    #[test]
    fn a_server_receives_what_a_client_sent(requests in vec(request(), 1..3), cuts in vec(1..50usize, 0..20)) {
        let (mut client, mut server) = (Connection::client(), Connection::server());
        let bytes = sent(&mut client, &requests.concat());
        let mut received = Vec::new();
        let mut arriving = (&bytes[..], &cuts[..]);
        for _ in &requests {
            received.extend(receive(&mut server, arriving.0, arriving.1).unwrap());
            arriving = (&[], &[]);
            answer_no_content(&mut server, &end());
        }
        prop_assert_eq!(joined(received), as_received(&requests.concat()), "{}", bytes.escape_ascii());
        prop_assert!(server.is_persistent());
    }

    #[test]
    fn a_client_receives_what_a_server_sent(response in response(), cuts in vec(1..50usize, 0..20)) {
        let (mut client, mut server) = (Connection::client(), Connection::server());
        let request = sent(&mut client, &[get("/"), end()]);
        receive(&mut server, &request, &[]).unwrap();
        let bytes = sent(&mut server, &response);
        let received = receive(&mut client, &bytes, &cuts).unwrap();
        prop_assert_eq!(joined(received), as_received(&response), "{}", bytes.escape_ascii());
        prop_assert!(client.is_idle() && server.is_idle());
    }

    #[test]
    fn heads_are_read_as_they_were_written_and_every_prefix_is_incomplete(request in request(), response in response()) {
        let (Event::Request(request), Event::Response(response)) = (&request[0], &response[0]) else { unreachable!() };
        let bytes: &'static [u8] = Vec::leak(sent(&mut Connection::client(), &[Event::Request(request.clone())]).to_vec());
        testing::strict_prefixes_are_incomplete::<RequestHead<'_>>(bytes);
        let (head, explanation) = wirelab_wire::explain::<RequestHead<'_>>(bytes);
        testing::leaves_tile_the_bytes(&explanation);
        let head = head.unwrap();
        prop_assert_eq!(head.request(), Some(request.clone()));
        testing::writer_names_equal_reader_names(&head);

        let mut bytes = BytesMut::new();
        wirelab_http1::wire::encode_response(response, &Fields::new(), &mut wirelab_wire::Writer::new(&mut bytes));
        let bytes: &'static [u8] = Vec::leak(bytes.to_vec());
        testing::strict_prefixes_are_incomplete::<ResponseHead<'_>>(bytes);
        let head = wirelab_wire::explain::<ResponseHead<'_>>(bytes).0.unwrap();
        prop_assert_eq!(&head.response().fields, &response.fields);
        testing::writer_names_equal_reader_names(&head);
    }

    #[test]
    fn every_chunk_size_is_read_as_it_was_written(size in any::<u64>(), shift in 0..64) {
        let head = ChunkHead { size: size >> shift, extensions: b"" };
        testing::decode_inverts_encode(&head);
        testing::strict_prefixes_are_incomplete::<ChunkHead<'_>>(Vec::leak(head.to_bytes().to_vec()));
    }

    /// Cut off anywhere, a message is incomplete: never complete, never something else.
    #[test]
    fn a_message_that_is_cut_off_is_truncated(request in request(), cut in any::<prop::sample::Index>()) {
        let bytes = sent(&mut Connection::client(), &request);
        let mut server = Connection::server();
        let prefix = &bytes[..cut.index(bytes.len())];
        let events = receive(&mut server, prefix, &[]).unwrap();
        prop_assert!(!events.iter().any(|event| matches!(event, Event::End(_))), "{}", tell(&events));
        server.receive_eof();
        match server.poll_event() {
            Ok(Some(Event::Closed)) => prop_assert!(prefix.is_empty()),
            Err(error) => prop_assert_eq!(error.name(), "truncated"),
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

// ---------------------------------------------------------------- Bytes of any kind

/// Pieces that a parser may stumble over, and some that it may not.
fn words() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: &[&str] = &[
        "GET / HTTP/1.1\r\n",
        "POST http://a/ HTTP/1.0\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100 \r\n",
        "HTTP/1.1 304\r\n",
        "Host: a\r\n",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Connection: upgrade, close\r\n",
        "Upgrade: x\r\n",
        "Expect: 100-continue\r\n",
        "\r\n",
        "5\r\nhello\r\n",
        "0\r\n\r\n",
        "0\r\nA: b\r\n\r\n",
        "5;a=\"b\"\r\n",
        "\r",
        "\n",
        " ",
        "\t",
        ":",
        "\0",
        "\u{e9}",
        "A",
        "CONNECT a:1 HTTP/1.1\r\n",
        "fffffffffffffffff",
        "hello",
    ];
    let word = prop_oneof![
        8 => prop::sample::select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..10),
    ];
    // Half of the time something that makes sense goes before.
    let begin = prop::sample::select(vec![
        "",
        "POST / HTTP/1.1\r\nHost: a\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ]);
    (begin, vec(word, 0..20)).prop_map(|(begin, words)| [begin.as_bytes(), &words.concat()].concat())
}

/// A connection under low limits; a client has a few requests open.
fn low(role: Role) -> Connection {
    let config = Config {
        max_start_line: 60,
        max_head: 200,
        max_fields: 5,
        max_chunk_line: 30,
        max_chunk_extensions: 40,
        max_trailers: 60,
        max_pipelined: 4,
    };
    let mut end_of_it = Connection::new(role, config);
    if role == Role::Client {
        for _ in 0..3 {
            sent(&mut end_of_it, &[get("/"), end()]);
        }
    }
    end_of_it
}

/// Polls a connection dry, and checks that the events come in a legal order. Every complete request is answered.
fn drain(connection: &mut Connection, state: &mut State, events: &mut Vec<Event>) -> Result<(), Error> {
    while let Some(event) = connection.poll_event()? {
        let step = match &event {
            Event::Request(_) => Step::Head,
            Event::Response(response) if response.status.is_informational() => Step::Interim,
            Event::Response(_) => Step::Head,
            Event::Data(_) => Step::Data,
            Event::End(_) => Step::End,
            Event::Closed => Step::Close,
        };
        *state = state.after(step).unwrap_or_else(|| panic!("{event:?} in state {}", state.name()));
        if *state == State::Complete {
            *state = State::Idle;
        }
        answer_no_content(connection, &event);
        connection.poll_transmit(&mut BytesMut::new());
        events.push(event);
    }
    Ok(())
}

/// What becomes of any bytes, in pieces: events in a legal order, then at most one error, with a name and a rule.
fn live_through(role: Role, bytes: &[u8], cuts: &[usize]) -> (Vec<Event>, Option<Error>) {
    let mut connection = low(role);
    let (mut state, mut events, mut rest) = (State::Idle, Vec::new(), bytes);
    for len in cuts.iter().copied().chain([usize::MAX]) {
        let (piece, behind) = rest.split_at(len.min(rest.len()));
        rest = behind;
        connection.input().extend_from_slice(piece);
        if drain(&mut connection, &mut state, &mut events).is_err() {
            break;
        }
    }
    connection.receive_eof();
    let error = drain(&mut connection, &mut state, &mut events).err();
    if let Some(error) = &error {
        assert!(!error.name().is_empty() && error.rule().starts_with("RFC "), "{error:?}");
        assert_eq!(connection.poll_event().as_ref(), Err(error), "an error stays");
        connection.refuse(error, &Fields::new());
        assert!(connection.wants_shutdown() && !connection.wants_read());
    }
    (joined(events), error)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_give_the_same_events_in_any_pieces(bytes in words(), cuts in vec(1..40usize, 0..20)) {
        for role in [Role::Server, Role::Client] {
            let whole = live_through(role, &bytes, &[]);
            prop_assert_eq!(live_through(role, &bytes, &cuts), whole, "{:?} {}", role, bytes.escape_ascii());
        }
    }

    #[test]
    fn any_bytes_are_explained_without_a_panic(bytes in words()) {
        let bytes: &'static [u8] = Vec::leak(bytes);
        testing::never_panics::<RequestMessage<'_>>(bytes);
        testing::never_panics::<ResponseMessage<'_>>(bytes);
        testing::never_panics::<ChunkHead<'_>>(bytes);
    }

    /// A driver that reads only when it is asked to never has more in the buffer than the greatest limit and one read.
    #[test]
    fn memory_is_bounded(bytes in words(), role in prop_oneof![Just(Role::Server), Just(Role::Client)]) {
        let mut connection = low(role);
        let bytes = if bytes.is_empty() { b"x".to_vec() } else { bytes };
        for _ in 0..300 {
            if connection.wants_read() {
                connection.input().extend_from_slice(&bytes);
            }
            while let Ok(Some(_)) = connection.poll_event() {}
            prop_assert!(connection.input().len() < 64 * 1024 + bytes.len());
        }
    }
}

/// The specifications' messages, with some bytes changed, gone, or doubled, are refused with a name or are messages.
#[test]
fn mutated_vectors_are_messages_or_are_refused_by_name() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "tree")) {
        let bytes = testing::vector(dir, path.file_stem().and_then(|name| name.to_str()).unwrap());
        for at in 0..bytes.len() {
            for mutant in mutants(bytes, at) {
                live_through(Role::Server, &mutant, &[at]);
                live_through(Role::Client, &mutant, &[at]);
            }
        }
    }
}

fn mutants(bytes: &[u8], at: usize) -> Vec<Vec<u8>> {
    let with = |middle: &[u8], from: usize| [&bytes[..at], middle, &bytes[from..]].concat();
    let replaced = b"\r\n \t:;,0\0\x7f\xff".iter().map(|byte| with(&[*byte], at + 1));
    replaced.chain([with(&[], at + 1), with(&[bytes[at]], at), with(b"\r\n", at)]).collect()
}
