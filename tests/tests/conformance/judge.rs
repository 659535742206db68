//! Whether what came back is one of the answers that a probe allows, and keeps the rules that every answer must keep.

use super::probe::{Answer, Probe, Then};
use super::response::Response;
use super::runner::{Heard, LAST_CONTENT};

/// # Errors
/// What is wrong, in a sentence.
pub(crate) fn judge(probe: &Probe, heard: &Heard) -> Result<(), String> {
    if let Some(problem) = &heard.problem {
        return Err(problem.clone());
    }
    let mut input = &heard.bytes[..];
    let mut last = None;
    for answer in &probe.answers {
        if answer.optional && is_missing(answer, input) {
            continue;
        }
        if last.as_ref().is_some_and(|response: &Response| response.has_option("close")) {
            return Err("`Connection: close` in an answer that is not the last (RFC 9112 §9.6)".to_owned());
        }
        let response = Response::take(&mut input, answer.to_head)?;
        matches(answer, &response)?;
        keeps_the_rules(&response, answer.to_head)?;
        last = Some(response);
    }
    let is_kept = match input {
        [] => false,
        _ => is_answer_to_last_request(&mut input)?,
    };
    if !input.is_empty() {
        return Err(format!("{} bytes that nobody asked for", input.len()));
    }
    ends_rightly(probe, last.as_ref(), is_kept)
}

/// Nothing has come, or the final answer in place of one that would have come before it.
fn is_missing(answer: &Answer, mut input: &[u8]) -> bool {
    let is_interim = answer.statuses.iter().all(|status| *status < 200);
    input.is_empty()
        || is_interim && Response::take(&mut input, false).is_ok_and(|response| response.status >= 200)
}

fn matches(answer: &Answer, response: &Response) -> Result<(), String> {
    let status = response.status;
    if !answer.statuses.contains(&status) {
        return Err(format!("status {status}, allowed is {:?}", answer.statuses));
    }
    for (name, value) in &answer.has {
        match (response.field(name), value) {
            (None, _) => return Err(format!("no {name}, or several")),
            (Some(found), Some(value)) if found != value => {
                return Err(format!("{name} is {found:?}, not {value:?}"));
            }
            _ => {}
        }
    }
    if let Some(name) = answer.lacks.iter().find(|name| response.all(name).next().is_some()) {
        return Err(format!("{name} must not be there"));
    }
    // The content of a refusal is the server's own affair.
    match &answer.content {
        Some(content) if status < 300 && *content != response.content => {
            Err(format!("the content is \"{}\"", response.content.escape_ascii()))
        }
        _ => Ok(()),
    }
}

/// What holds for every answer of an origin server.
fn keeps_the_rules(response: &Response, to_head: bool) -> Result<(), String> {
    let Response { status, .. } = *response;
    let has = |name| response.all(name).next().is_some();
    let needs = |name: &str, rule: &str| match response.field(name) {
        Some(_) => Ok(()),
        None => Err(format!("{status} without {name} ({rule})")),
    };
    if (200..500).contains(&status) {
        needs("date", "RFC 9110 §6.6.1")?;
    }
    if let Some(date) = response.field("date")
        && !is_fixed_date(date)
    {
        return Err(format!("Date is {date:?} (RFC 9110 §5.6.7)"));
    }
    if has("content-length") && has("transfer-encoding") {
        return Err("Content-Length and Transfer-Encoding (RFC 9112 §6.2)".to_owned());
    }
    if (status < 200 || status == 204) && (has("content-length") || has("transfer-encoding")) {
        return Err(format!("{status} with framing fields (RFC 9110 §8.6, RFC 9112 §6.1)"));
    }
    if status == 205 && !response.content.is_empty() {
        return Err("205 with content (RFC 9110 §15.3.6)".to_owned());
    }
    if !response.content.is_empty() && !to_head {
        needs("content-type", "RFC 9110 §8.3")?;
    }
    match status {
        401 => needs("www-authenticate", "RFC 9110 §15.5.2"),
        405 => needs("allow", "RFC 9110 §15.5.6"),
        407 => needs("proxy-authenticate", "RFC 9110 §15.5.8"),
        416 => needs("content-range", "RFC 9110 §15.5.17"),
        426 => needs("upgrade", "RFC 9110 §15.5.22"),
        _ => Ok(()),
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, by shape.
fn is_fixed_date(text: &str) -> bool {
    const SHAPE: &[u8] = b"Aaa, 00 Aaa 0000 00:00:00 GMT";
    let fits = |(byte, shape): (u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        b'A' => byte.is_ascii_uppercase(),
        b'a' => byte.is_ascii_lowercase(),
        other => byte == *other,
    };
    text.len() == SHAPE.len() && text.bytes().zip(SHAPE).all(fits)
}

fn is_answer_to_last_request(input: &mut &[u8]) -> Result<bool, String> {
    let response =
        Response::take(input, false).map_err(|problem| format!("behind the answers: {problem}"))?;
    if response.status == 200 && response.content == LAST_CONTENT {
        keeps_the_rules(&response, false)?;
        return Ok(true);
    }
    Err(format!(
        "an answer too many: {} \"{}\"",
        response.status,
        String::from_utf8_lossy(&response.content).escape_default()
    ))
}

fn ends_rightly(probe: &Probe, last: Option<&Response>, is_kept: bool) -> Result<(), String> {
    let refused = last.is_some_and(|response| response.status >= 400);
    let must_be_kept = match probe.then {
        Then::Kept => true,
        Then::Closed | Then::ClosedInSilence => false,
        Then::ClosedIfRefused => !refused,
        Then::Either => is_kept,
    };
    match (must_be_kept, is_kept) {
        (true, false) => return Err("the next request was not answered".to_owned()),
        (false, true) => return Err("the next request was answered".to_owned()),
        _ => {}
    }
    let may_end_in_silence = probe.half_closes || probe.then == Then::ClosedInSilence;
    let says_close = last.is_some_and(|response| response.has_option("close"));
    match last {
        Some(_) if is_kept && says_close => {
            Err("`Connection: close`, and yet the connection went on (RFC 9112 §9.6)".to_owned())
        }
        Some(_) if !is_kept && !says_close && !may_end_in_silence => {
            Err("the connection ended without `Connection: close` (RFC 9112 §9.6)".to_owned())
        }
        _ => Ok(()),
    }
}
