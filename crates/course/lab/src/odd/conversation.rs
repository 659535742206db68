//! Several messages in a row, as one side of a connection shows them: what the decoder of one message does not do.

use wirelab::http::{Method, StatusCode};
use wirelab::http1::wire::{RequestMessage, ResponseHead, ResponseMessage};
use wirelab::wire::{Explanation, Reader, Trace, WireError, explain_with};

use crate::meaning;

/// Reads the answers to requests with these methods: for each, any interim ones and the final one.
///
/// # Errors
/// They are not complete, or no answers.
pub fn answers(r: &mut Reader<'_, impl Trace>, methods: &[Method]) -> Result<Vec<StatusCode>, WireError> {
    let mut statuses = Vec::new();
    for method in methods {
        loop {
            let status = answer(r, method)?;
            statuses.push(status);
            if !status.is_informational() {
                break;
            }
        }
    }
    Ok(statuses)
}

/// The answer to HEAD looks as if content followed.
fn answer(r: &mut Reader<'_, impl Trace>, method: &Method) -> Result<StatusCode, WireError> {
    match method {
        Method::Head => r.message::<ResponseHead<'_>>().map(|head| head.line.status),
        _ => r.message::<ResponseMessage<'_>>().map(|message| message.head.line.status),
    }
}

/// Explains all requests in `bytes`, and marks the byte at which reading stopped, if it did.
pub fn explain_requests(bytes: &[u8]) -> Explanation {
    let (_, mut explanation) = explain_with(bytes, true, "what was sent", "RFC 9112", |r| {
        while !r.remaining().is_empty() {
            r.message::<RequestMessage<'_>>()?;
        }
        Ok(())
    });
    meaning::mark_refusal(&mut explanation);
    meaning::add(&mut explanation);
    explanation
}

/// Explains all answers in `bytes`; there may be fewer than requests.
pub fn explain_answers(bytes: &[u8], methods: &[Method]) -> (Vec<StatusCode>, Explanation) {
    let mut statuses = Vec::new();
    let (_, mut explanation) = explain_with(bytes, true, "what came back", "RFC 9112", |r| {
        for method in methods {
            while !r.remaining().is_empty() {
                let status = answer(r, method)?;
                statuses.push(status);
                if !status.is_informational() {
                    break;
                }
            }
        }
        Ok(())
    });
    meaning::mark_refusal(&mut explanation);
    meaning::add(&mut explanation);
    (statuses, explanation)
}
