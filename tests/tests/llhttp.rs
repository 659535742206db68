//! The test cases of llhttp, the parser of Node.js, given to ours.
//!
//! Where llhttp is strict, both must read the same messages, or both must refuse. Where a case switches one of llhttp's
//! checks off, ours must refuse. Every exception is in [`DIFFERENCES`] with the rule behind it, and an entry there that is
//! no difference any more fails as well.
//!
//! Most requests of the cases lack the Host field that HTTP/1.1 requires (RFC 9112 §3.2). Ours refuses them as
//! `host-missing`; that is checked, and then they are read again with the field added.

use bytes::BytesMut;
use wirelab::http::{Fields, Method, Request, Response, StatusCode, Target};
use wirelab::http1::{Config, Connection, Error, Event, Role};
use wirelab::sansio::StreamProtocol;

/// How ours differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    /// llhttp takes it; ours refuses, by the rule of this name.
    Refused(&'static str),
    /// llhttp refuses; ours takes it.
    Taken,
    /// Both take it, and read different things.
    ReadOtherwise,
}

use Difference::{ReadOtherwise, Refused, Taken};

/// Number of the case, the difference, and why it is right.
const DIFFERENCES: &[(usize, Difference, &str)] = &[
    (2, Taken, AFTER_CLOSE),
    (3, Taken, AFTER_CLOSE),
    (8, Taken, AFTER_CLOSE),
    (9, Taken, AFTER_CLOSE),
    (10, Taken, AFTER_CLOSE),
    (
        36,
        ReadOtherwise,
        "llhttp was told to skip the content; for a server there is no such thing (RFC 9112 §6.3)",
    ),
    (45, Taken, ANY_METHOD),
    (55, Taken, ANY_METHOD),
    (
        79,
        ReadOtherwise,
        "Content-Length frames the content of a CONNECT, too: framing does not depend on the method (RFC 9112 §6)",
    ),
    (80, Refused("target"), "`*` is for OPTIONS alone (RFC 9112 §3.2.4)"),
    (87, Refused("version-form"), OTHER_PROTOCOL),
    (88, Refused("version-form"), OTHER_PROTOCOL),
    (89, Refused("version-form"), OTHER_PROTOCOL),
    (115, Refused("target-character"), "a request line without version is HTTP/0.9 (RFC 9112 §3)"),
    (143, Refused("target"), FRAGMENT),
    (144, Refused("target"), FRAGMENT),
    (162, Refused("target"), FRAGMENT),
    (164, Refused("target"), USER),
    (171, Taken, AFTER_CLOSE),
    (172, Taken, AFTER_CLOSE),
    (173, Taken, AFTER_CLOSE),
    (174, Taken, AFTER_CLOSE),
    (180, Refused("version-form"), EMPTY_LINE),
    (182, Refused("version-form"), EMPTY_LINE),
    (220, Refused("version-form"), EMPTY_LINE),
    (222, Refused("version-form"), OTHER_PROTOCOL),
    (223, Refused("version-form"), OTHER_PROTOCOL),
    (238, Refused("version-not-supported"), "HTTP/0.9 has no head (RFC 9110 §2.5)"),
    (240, Refused("version-form"), EMPTY_LINE),
    (242, Refused("chunked-not-last"), OTHER_CODING),
    (243, Refused("chunked-not-last"), OTHER_CODING),
    (244, Refused("chunked-not-last"), OTHER_CODING),
    (251, Refused("target"), FRAGMENT),
    (252, Refused("target"), FRAGMENT),
    (261, Refused("target"), FRAGMENT),
    (262, Refused("target"), FRAGMENT),
    (263, Refused("target"), FRAGMENT),
    (264, Refused("target"), FRAGMENT),
    (266, Refused("target"), USER),
    (267, Refused("target"), USER),
    (268, Refused("target"), ZONE),
    (269, Refused("target"), ZONE),
];

const AFTER_CLOSE: &str =
    "what follows `Connection: close` is not read at all, so it is no error (RFC 9112 §9.6)";
const ANY_METHOD: &str =
    "every token is a method; the application answers 501 to those it does not know (RFC 9110 §9.1)";
const OTHER_PROTOCOL: &str = "HTTP-name is `HTTP`, and neither RTSP nor ICE (RFC 9112 §2.3)";
const FRAGMENT: &str = "a target has no fragment (RFC 9112 §3.2, RFC 3986 §4.3)";
const USER: &str = "user information in a URI of http is to be treated as an error (RFC 9110 §4.2.4)";
const ZONE: &str =
    "a zone means something on its own host only, and is not part of a URI of http (RFC 3986 §3.2.2)";
const EMPTY_LINE: &str =
    "empty lines are forgiven before a request line, not before a status line (RFC 9112 §2.2)";
const OTHER_CODING: &str =
    "legal up to the end of the stream, but what was applied cannot be removed (RFC 9112 §6.3)";

// ---------------------------------------------------------------- What was read

/// One message, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Message {
    /// Method, target and version; or version, reason (unless it is empty) and status.
    start: Vec<String>,
    fields: Vec<(String, String)>,
    content: String,
    trailers: Vec<(String, String)>,
    complete: bool,
}

/// All messages whose heads are complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Reading {
    messages: Vec<Message>,
    /// The bytes behind a switch of protocols.
    left_over: Option<String>,
}

struct Case {
    number: usize,
    name: String,
    mode: String,
    input: Vec<u8>,
    events: Vec<String>,
    fails: bool,
}

fn cases() -> Vec<Case> {
    let json: serde_json::Value = serde_json::from_str(include_str!("../vectors/llhttp-cases.json")).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_string();
    let case = |(number, case): (usize, &serde_json::Value)| Case {
        number,
        name: text(&case["name"]),
        mode: text(&case["type"]),
        input: wirelab::wire::hex::parse(&text(&case["input_hex"])).unwrap(),
        events: case["events"].as_array().unwrap().iter().map(text).collect(),
        fails: case["error"].as_bool().unwrap(),
    };
    json["cases"].as_array().unwrap().iter().enumerate().map(case).collect()
}

fn printable(bytes: &[u8]) -> String {
    bytes.trim_ascii().escape_ascii().to_string()
}

impl Case {
    /// llhttp's reading: `Err` with its reason where it stops.
    fn theirs(&self) -> Result<Reading, String> {
        let mut heads: Vec<(bool, Message)> = Vec::new();
        let mut error = None;
        for event in &self.events {
            let offset = |key: &str| event.split(key).nth(1)?.split(' ').next()?.parse::<usize>().ok();
            let at = offset("off=").unwrap_or_default();
            if event.ends_with("message begin") {
                heads.push(Default::default());
            } else if event.contains(" error code=22 ") {
                let left = printable(&self.input[at..]);
                return Ok(Reading { messages: complete_heads(heads), left_over: Some(left) });
            } else if event.contains(" error ") {
                error = Some(event.clone());
            }
            let Some((has_head, message)) = heads.last_mut() else { continue };
            if event.contains("headers complete") {
                *has_head = true;
                let status = event.split("status=").nth(1).and_then(|rest| rest.split(' ').next());
                message.start.extend(status.map(String::from));
            } else if event.ends_with("message complete") {
                message.complete = true;
            } else if let Some(len) = offset("len=") {
                let what = event.split(['[', ']']).nth(1).unwrap_or_default();
                message.add(what, &self.input[at..at + len], *has_head);
            } else if event.ends_with("header_field complete") {
                // What follows is a value, perhaps an empty one.
                let fields = if *has_head { &mut message.trailers } else { &mut message.fields };
                fields.last_mut().unwrap().1 = String::new();
            }
        }
        if self.events.iter().any(|event| event.ends_with("finish=2")) {
            error = Some("unsafe to finish".into());
        }
        if self.events.iter().any(|event| event.ends_with("finish=1")) {
            heads.last_mut().unwrap().1.complete = true;
        }
        match error {
            Some(error) => Err(error),
            None => Ok(Reading { messages: complete_heads(heads), left_over: None }),
        }
    }

    fn is_request(&self) -> bool {
        self.mode.starts_with("request")
    }

    fn is_lenient(&self) -> bool {
        self.mode.contains("lenient")
    }

    /// Ours, of these bytes.
    fn ours(&self, input: &[u8]) -> Result<Reading, Error> {
        let mut connection = if self.is_request() { Connection::server() } else { self.client() };
        connection.input().extend_from_slice(input);
        let mut reading = Reading::default();
        reading.add_all(&mut connection)?;
        if self.mode.contains("finish") {
            connection.receive_eof();
            reading.add_all(&mut connection)?;
        }
        if connection.is_tunnel() {
            reading.left_over = Some(printable(&connection.take_leftover()));
        }
        Ok(reading)
    }

    /// A client that waits for the responses of this case.
    fn client(&self) -> Connection {
        let mut client = Connection::new(Role::Client, Config::default());
        let skips = self.events.iter().any(|event| event.ends_with("skip body"));
        let switches = self.input.starts_with(b"HTTP/1.1 101");
        let method = if skips { Method::Head } else { Method::Get };
        let mut request = Request::new(method, Target::parse(b"/").unwrap()).with("Host", "a");
        if switches {
            request = request.with("Connection", "upgrade").with("Upgrade", "h2c");
        }
        for _ in 0..if switches { 1 } else { 5 } {
            client.send(&Event::Request(request.clone())).unwrap();
            client.send(&Event::End(Fields::new())).unwrap();
        }
        client
    }
}

fn complete_heads(heads: Vec<(bool, Message)>) -> Vec<Message> {
    heads.into_iter().filter(|(has_head, _)| *has_head).map(|(_, message)| message).collect()
}

impl Message {
    /// A span of llhttp's. The version comes before the status, and behind method and target.
    fn add(&mut self, what: &str, bytes: &[u8], behind_head: bool) {
        let text = bytes.escape_ascii().to_string();
        let fields = if behind_head { &mut self.trailers } else { &mut self.fields };
        match what {
            "method" | "url" | "version" | "status" if !text.is_empty() => self.start.push(text),
            "header_field" => fields.push((text.to_ascii_lowercase(), "?".into())),
            "header_value" => fields.last_mut().unwrap().1 += &printable(bytes),
            "body" => self.content += &text,
            _ => {}
        }
    }
}

impl Reading {
    fn add_all(&mut self, connection: &mut Connection) -> Result<(), Error> {
        while let Some(event) = connection.poll_event()? {
            self.add(event, connection);
        }
        Ok(())
    }

    /// An event of ours. A complete request is answered so that the next one is read: by a switch of protocols where the
    /// request offers one.
    fn add(&mut self, event: Event, connection: &mut Connection) {
        match event {
            Event::Request(head) => {
                let target = head.target.as_str().escape_default().to_string();
                let start = vec![head.method.to_string(), target, digits(head.version)];
                self.messages.push(Message { start, fields: list(&head.fields), ..Message::default() });
            }
            Event::Response(head) => {
                let reason = head.reason.as_deref().unwrap_or(head.status.reason().as_bytes());
                let reason = reason.escape_ascii().to_string();
                let parts = [digits(head.version), reason, head.status.0.to_string()];
                let start = parts.into_iter().filter(|part| !part.is_empty()).collect();
                let complete = head.status.is_informational();
                self.messages.push(Message {
                    start,
                    fields: list(&head.fields),
                    complete,
                    ..Message::default()
                });
            }
            Event::Data(data) => {
                self.messages.last_mut().unwrap().content += &data.escape_ascii().to_string()
            }
            Event::End(trailers) => {
                let message = self.messages.last_mut().unwrap();
                (message.trailers, message.complete) = (list(&trailers), true);
                answer(connection);
            }
            Event::Closed => {}
        }
    }
}

fn answer(server: &mut Connection) {
    let statuses = [StatusCode::SWITCHING_PROTOCOLS, StatusCode::OK, StatusCode::NO_CONTENT];
    for status in statuses {
        if server.send(&Event::Response(Response::new(status))).is_ok() {
            break;
        }
    }
    let _ = server.send(&Event::End(Fields::new()));
    server.poll_transmit(&mut BytesMut::new());
}

fn list(fields: &Fields) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), printable(value))).collect()
}

fn digits(version: wirelab::http::Version) -> String {
    format!("{}.{}", version.major, version.minor)
}

// ---------------------------------------------------------------- The comparison

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdict {
    difference: Option<Difference>,
    /// Ours refused it for want of a Host; the rest of the verdict is about the bytes with one.
    host_was_missing: bool,
    story: String,
}

fn judge(case: &Case) -> Verdict {
    let theirs = case.theirs();
    let mut ours = case.ours(&case.input);
    let mut input = case.input.clone();
    // Where llhttp refuses a head before it is complete, ours has yet to see that there is none.
    let host_was_missing =
        is(&ours, "host-missing") || theirs.is_err() && is(&case.ours(&completed(&input)), "host-missing");
    if host_was_missing {
        input = with_host(&input);
        ours = case.ours(&input).map(without_host);
    }
    // Ours judges whole lines, and the framing once the head is complete.
    if let (Err(_), Ok(_), Err(error)) = (&theirs, &ours, case.ours(&completed(&input))) {
        ours = Err(error);
    }
    let story = format!("theirs: {theirs:?}\nours:   {ours:?}");
    let difference = match (&theirs, &ours) {
        (_, Err(_)) if case.is_lenient() => None,
        (_, Ok(_)) if case.is_lenient() => Some(Taken),
        (Err(_), Err(_)) => None,
        (Err(_), Ok(_)) => Some(Taken),
        (Ok(_), Err(error)) => Some(Refused(error.name())),
        (Ok(theirs), Ok(ours)) => (theirs != ours).then_some(ReadOtherwise),
    };
    Verdict { difference, host_was_missing, story }
}

fn is(result: &Result<Reading, Error>, name: &str) -> bool {
    matches!(result, Err(error) if error.name() == name)
}

/// With the end of the line and of the head that a case may lack.
fn completed(input: &[u8]) -> Vec<u8> {
    [input, b"\r\n\r\n"].concat()
}

/// Every request line is given a Host field behind it, one that agrees with an absolute target.
fn with_host(input: &[u8]) -> Vec<u8> {
    let text: String = input.iter().map(|&byte| char::from(byte)).collect();
    let lines = text.split_inclusive("\r\n").map(|line| {
        let authority = line.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', ' ']).next());
        match line.ends_with(" HTTP/1.1\r\n") {
            true => format!("{line}Host: {}\r\n", authority.unwrap_or("added")),
            false => line.to_string(),
        }
    });
    lines.collect::<String>().chars().map(|c| c as u8).collect()
}

fn without_host(mut reading: Reading) -> Reading {
    for message in &mut reading.messages {
        message.fields.retain(|(name, _)| name != "host");
    }
    reading
}

/// A target by itself.
fn judge_url(case: &Case) -> Verdict {
    let ours = Target::parse(&case.input);
    let difference = match (case.fails, &ours) {
        (false, Err(_)) => Some(Refused("target")),
        (true, Ok(_)) => Some(Taken),
        _ => None,
    };
    Verdict { difference, host_was_missing: false, story: format!("{ours:?}") }
}

#[test]
fn every_case_ends_as_in_llhttp_or_is_listed_with_the_reason() {
    let cases = cases();
    assert_eq!(cases.len(), 272);
    let (mut mismatches, mut totals) = (Vec::new(), [0; 6]);
    for case in &cases {
        let verdict = if case.mode == "url" { judge_url(case) } else { judge(case) };
        let listed = DIFFERENCES.iter().find(|(number, ..)| *number == case.number).map(|(_, what, _)| *what);
        if verdict.difference != listed {
            let input = case.input.escape_ascii();
            mismatches.push(format!(
                "{} {} ({})\n{input}\n{}\nfound {:?}, listed {listed:?}\n",
                case.number, case.name, case.mode, verdict.story, verdict.difference
            ));
        }
        let kind = match verdict.difference {
            None if case.is_lenient() => 1,
            None => 0,
            Some(Refused(_)) => 2,
            Some(Taken) => 3,
            Some(ReadOtherwise) => 4,
        };
        totals[kind] += 1;
        totals[5] += usize::from(verdict.host_was_missing);
    }
    let [same, lenient, refused, taken, otherwise, hosts] = totals;
    println!("{} cases: {same} as in llhttp, {lenient} lenient ones refused;", cases.len());
    println!(
        "{refused} refused by ours alone, {taken} taken by ours alone, {otherwise} read otherwise: all listed;"
    );
    println!("{hosts} were first refused for want of a Host.");
    assert!(mismatches.is_empty(), "{} not as listed:\n\n{}", mismatches.len(), mismatches.join("\n"));
}
