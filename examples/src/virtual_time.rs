use std::error::Error;
use std::time::Duration;

use wirelab::http::{Fields, InvalidTarget, Method, Request, Response, StatusCode, Target};
use wirelab::http1::{Connection, Event};
use wirelab::sansio::Instant;
use wirelab::sim::{End, Ladder, Link, Pair, Side, first_line};
use wirelab::wire::render::{Style, terminal};

/// One connection of HTTP/1.1 in virtual time: what was asked on it, and how it went.
#[derive(Debug)]
pub struct Conversation {
    /// Of each request, in order.
    pub times: Vec<Times>,
    /// The packets.
    pub ladder: Ladder,
    /// All bytes in both directions, without headers of TCP and IP.
    pub bytes: usize,
    /// What the client sent and received, field by field; empty if nobody asked for it.
    pub explained: String,
}

/// The moments of a request.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// It was sent.
    pub sent: Instant,
    /// The head of its answer arrived.
    pub began: Instant,
    /// Its answer was complete.
    pub done: Instant,
}

/// Sends `requests` over one connection: so many `ahead` of their answers at once, and one more for each answer.
///
/// The link has this round trip, no losses and no limit of rate. The simulator's connections are open at time zero; here the
/// client first waits one round trip, which is what TCP's handshake costs it, and notes so in the ladder. The server
/// answers `/delay/N` after N milliseconds and everything else at once, one request at a time.
///
/// # Errors
/// The conversation did not come to its end.
pub fn converse(
    requests: Vec<Request>,
    ahead: usize,
    round_trip: Duration,
    explain: bool,
) -> Result<Conversation, Box<dyn Error>> {
    let link = Link::new(round_trip / 2);
    let mut pair = Pair::new(Connection::client(), Connection::server()).link(link).label(start_lines);
    pair.client.tap(explain);
    let connected = Instant::ZERO + round_trip;
    let mut unsent = requests.into_iter();
    let first: Vec<Request> = unsent.by_ref().take(ahead).collect();
    let mut times = vec![Times { sent: connected, began: connected, done: connected }; first.len()];
    pair.client.note("SYN");
    pair.client.after(round_trip, |client| {
        client.note("SYN+ACK is here: connected");
        first.into_iter().for_each(|request| fetch(client, request));
    });
    let mut answers = 0;
    let on_client = |client: &mut End<Connection>, event| {
        let now = client.now();
        match (event, times.get_mut(answers)) {
            (Event::Response(_), Some(times)) => times.began = now,
            (Event::End(_), Some(answered)) => {
                answered.done = now;
                answers += 1;
                if let Some(request) = unsent.next() {
                    times.push(Times { sent: now, began: now, done: now });
                    fetch(client, request);
                }
            }
            _ => {}
        }
    };
    pair.run(on_client, pages())?;
    if answers < times.len() {
        return Err(format!("{answers} of {} requests were answered\n{}", times.len(), pair.ladder()).into());
    }
    let bytes = [Side::Client, Side::Server].map(|side| pair.log().traffic(side).1).iter().sum();
    let pieces = std::iter::from_fn(|| pair.client.poll_tap());
    let explained = pieces.map(|piece| terminal(&piece.explanation, Style::detect()) + "\n").collect();
    Ok(Conversation { times, ladder: pair.ladder(), bytes, explained })
}

/// A GET request.
///
/// # Errors
/// The path is none.
pub fn get(host: &str, path: &str) -> Result<Request, InvalidTarget> {
    Ok(Request::new(Method::Get, Target::parse(path.as_bytes())?).with("Host", host))
}

/// If it cannot be sent, the ladder says so, and no answer comes.
fn fetch(client: &mut End<Connection>, request: Request) {
    let sent = client.send(&Event::Request(request)).and_then(|()| client.send(&Event::End(Fields::new())));
    sent.unwrap_or_else(|misuse| client.note(format!("cannot ask: {misuse}")));
}

fn pages() -> impl FnMut(&mut End<Connection>, Event) {
    let mut delay = Duration::ZERO;
    move |server, event| match event {
        Event::Request(request) => {
            let ms = request.target.path().strip_prefix("/delay/").and_then(|ms| ms.parse().ok());
            delay = Duration::from_millis(ms.unwrap_or(0));
        }
        Event::End(_) => server.after(delay, answer),
        _ => {}
    }
}

fn answer(server: &mut End<Connection>) {
    let head = Response::new(StatusCode::OK).with("Content-Length", 2);
    let sent = server.send(&Event::Response(head)).and_then(|()| server.send_data(b"OK"));
    let sent = sent.and_then(|()| server.send(&Event::End(Fields::new())));
    sent.unwrap_or_else(|misuse| server.note(format!("cannot answer: {misuse}")));
}

/// A packet's label: its first line, and how many heads follow in the same packet.
fn start_lines(from: Side, packet: &[u8]) -> String {
    let heads = packet.windows(4).filter(|end| end == b"\r\n\r\n").count();
    let more = if heads > 1 { format!(" and {} more", heads - 1) } else { String::new() };
    first_line(from, packet) + &more
}
