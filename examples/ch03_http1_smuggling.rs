//! Section 3.1: request smuggling. Two readers of one byte stream disagree about where a message ends, and what is content to
//! one of them is a request to the other.

use std::collections::BTreeSet;
use std::error::Error;

use bytes::BytesMut;
use wirelab::http1::Connection;
use wirelab::http1::wire::RequestMessage;
use wirelab::sansio::StreamProtocol;
use wirelab::wire::explain;
use wirelab::wire::render::{Style, terminal};
use wirelab_examples::{Args, Checks, Outcome};

const ABOUT: &str =
    "Request smuggling: a front end and a back end disagree about where a request ends (section 3.1).
Look at the two columns: which request does each take a line for? Then look at who gets whose answer.";

/// **Broken on purpose, for this program only**: a reader that guesses where it should refuse.
mod careless {
    /// Whether the content is taken for chunks, given the lines of the head.
    pub(super) type SeesChunks = fn(&[&str]) -> bool;

    /// Where each request of `stream` ends. Whatever there is besides chunks, Content-Length is believed.
    pub(super) fn ends(stream: &str, sees_chunks: SeesChunks) -> Vec<usize> {
        let next = |end: &usize| request_end(stream, *end, sees_chunks);
        std::iter::successors(Some(0), next).skip(1).collect()
    }

    fn request_end(stream: &str, begin: usize, sees_chunks: SeesChunks) -> Option<usize> {
        let content = begin + stream[begin..].find("\r\n\r\n")? + 4;
        let head: Vec<&str> = stream[begin..content].split("\r\n").collect();
        let length = head.iter().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
        let end =
            if sees_chunks(&head) { last_chunk_end(stream, content)? } else { content + length.unwrap_or(0) };
        (end <= stream.len()).then_some(end)
    }

    fn last_chunk_end(stream: &str, chunk: usize) -> Option<usize> {
        let line_end = chunk + stream.get(chunk..)?.find("\r\n")?;
        let size = usize::from_str_radix(&stream[chunk..line_end], 16).ok()?;
        let end = line_end + 2 + size + 2;
        if size == 0 { Some(end) } else { last_chunk_end(stream, end) }
    }
}

/// Two readers that differ, and bytes that they read differently.
struct Attack {
    name: &'static str,
    front: careless::SeesChunks,
    back: careless::SeesChunks,
    /// The fields that say two things about where the content ends.
    fields: &'static str,
    content: &'static str,
    /// What ours calls it.
    refused_as: &'static str,
}

const ATTACKS: [Attack; 2] = [
    Attack {
        name: "CL.TE: the front end believes Content-Length, the back end Transfer-Encoding",
        front: |_head| false,
        back: |head| head.contains(&"Transfer-Encoding: chunked"),
        fields: "Content-Length: 43\r\nTransfer-Encoding: chunked\r\n",
        content: "0\r\n\r\nGET /coupon?for=attacker HTTP/1.1\r\nX: ",
        refused_as: "length-with-transfer-coding",
    },
    // To a reader of chunks all of the content is content. To one who believes Content-Length it ends behind the chunk's size;
    // then a request begins, and its own content reaches to the end of the victim's.
    Attack {
        name: "TE.TE: both know chunks, but only the front end forgives a blank before the colon",
        front: |head| {
            head.iter().any(|line| line.starts_with("Transfer-Encoding") && line.ends_with("chunked"))
        },
        back: |head| head.contains(&"Transfer-Encoding: chunked"),
        fields: "Content-Length: 4\r\nTransfer-Encoding : chunked\r\n",
        content: "3f\r\nPOST /coupon?for=attacker HTTP/1.1\r\nContent-Length: 78\r\n\r\nkeep=\r\n0\r\n\r\n",
        refused_as: "blank-before-colon",
    },
];

/// What the victim asks for, behind the attacker, on the connection that the front end keeps to the back end.
const VICTIM: &str = "GET /news HTTP/1.1\r\nHost: site.example\r\nCookie: session=victim\r\n\r\n";

fn main() -> Outcome {
    let args = Args::parse(ABOUT, &[("--explain", "shows what our decoder makes of the attacker's bytes")]);
    let mut checks = Checks::default();
    for attack in &ATTACKS {
        let bytes =
            format!("POST /search HTTP/1.1\r\nHost: site.example\r\n{}\r\n{}", attack.fields, attack.content);
        println!("── {}\n", attack.name);
        smuggle(attack, &bytes, &mut checks);
        if args.has("--explain") {
            println!("\n{}", terminal(&explain::<RequestMessage<'_>>(bytes.as_bytes()).1, Style::detect()));
        }
        defend(attack, &bytes, &mut checks)?;
        println!();
    }
    Ok(checks.exit_code())
}

/// The front end forwards what it takes for two requests. The back end answers what it takes for requests, and the front
/// end hands out the answers in their order.
fn smuggle(attack: &Attack, bytes: &str, checks: &mut Checks) {
    let stream = bytes.to_string() + VICTIM;
    let (front, back) = (careless::ends(&stream, attack.front), careless::ends(&stream, attack.back));
    show(&stream, &front, &back);
    let (first, second) = (start_line(&stream), start_line(&stream[back[0]..]));
    println!("\nthe attacker gets the answer to {first}\nthe victim gets the answer to   {second}\n");
    checks.check("the front end saw one request of each", front == [bytes.len(), stream.len()]);
    let fooled = back.len() == 2 && second.contains("/coupon?for=attacker");
    checks.check("the victim asked for /news, and got what the attacker had ordered in its name", fooled);
}

/// The bytes between front end and back end, and the request that each of them takes them for.
fn show(stream: &str, front: &[usize], back: &[usize]) {
    println!(" byte  front end  back end   bytes");
    let line_ends = stream.match_indices('\n').map(|(at, _)| at + 1);
    let ends: BTreeSet<usize> = line_ends.chain(front.iter().chain(back).copied()).collect();
    let mut at = 0;
    for end in ends {
        let number = |ends: &[usize]| ends.iter().filter(|&&end| end <= at).count() + 1;
        println!(
            "{at:>5}  request {}  request {}  {}",
            number(front),
            number(back),
            stream[at..end].escape_debug()
        );
        at = end;
    }
}

fn start_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// Ours in the place of the front end, and the same careless back end behind it.
fn defend(attack: &Attack, bytes: &str, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let (refusal, answer, forwarded) = forward(bytes)?;
    let reason = answer.lines().last().unwrap_or_default();
    println!("\nours in front: {}, {reason}", start_line(&answer));
    let refused = answer.starts_with("HTTP/1.1 400 ") && refusal == Some(attack.refused_as);
    checks.check(format!("400, the reason is {}", attack.refused_as), refused);
    checks.check("no byte of the attacker's reached the back end", forwarded.is_empty());
    let (refusal, _, forwarded) = forward(VICTIM)?;
    let through = start_line(&forwarded) == start_line(VICTIM)
        && careless::ends(&forwarded, attack.back) == [forwarded.len()];
    checks.check("the victim's request went through, as one request", refusal.is_none() && through);
    Ok(())
}

/// A front end: what arrives is read as requests, and each request is written anew for the back end. Returns why it refused,
/// what it answered itself, and what it forwarded.
fn forward(bytes: &str) -> Result<(Option<&'static str>, String, String), Box<dyn Error>> {
    let (mut from_client, mut to_back_end) = (Connection::server(), Connection::client());
    from_client.input().extend_from_slice(bytes.as_bytes());
    let refusal = loop {
        match from_client.poll_event() {
            Ok(Some(event)) => to_back_end.send(&event)?,
            Ok(None) => break None,
            Err(error) => {
                from_client.refuse(&error, &wirelab::http::Fields::new());
                break Some(error.name());
            }
        }
    };
    let (mut answer, mut forwarded) = (BytesMut::new(), BytesMut::new());
    from_client.poll_transmit(&mut answer);
    to_back_end.poll_transmit(&mut forwarded);
    Ok((refusal, String::from_utf8(answer.to_vec())?, String::from_utf8(forwarded.to_vec())?))
}
