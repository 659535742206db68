//! Several messages in a row, as one side of a connection shows them: what the decoder of one message does not do.

use wirelab::http::{Method, StatusCode};
use wirelab::http1::wire::{RequestMessage, ResponseHead, ResponseMessage};
use wirelab::wire::{Explanation, Reader, Trace, WireError, explain_with};

use crate::meaning;

/// Whether every request with one of these methods has got its final answer.
pub fn is_answered(bytes: &[u8], methods: &[Method]) -> bool {
    let mut statuses = Vec::new();
    let read = answers(&mut Reader::prefix(bytes), methods, &mut statuses);
    let finals = statuses.iter().filter(|status| !status.is_informational()).count();
    read.is_ok() && finals == methods.len()
}

/// Reads the answers to requests with these methods, for as long as there are bytes: for each, any interim ones and the
/// final one.
fn answers(
    r: &mut Reader<'_, impl Trace>,
    methods: &[Method],
    statuses: &mut Vec<StatusCode>,
) -> Result<(), WireError> {
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
}

/// The answer to HEAD looks as if content followed.
fn answer(r: &mut Reader<'_, impl Trace>, method: &Method) -> Result<StatusCode, WireError> {
    match method {
        Method::Head => r.message::<ResponseHead<'_>>().map(|head| head.line.status),
        _ => r.message::<ResponseMessage<'_>>().map(|message| message.head.line.status),
    }
}

/// Explains all requests in `bytes`.
pub fn explain_requests(bytes: &[u8]) -> Explanation {
    let (_, explanation) = explain_with(bytes, true, "what was sent", "RFC 9112", |r| {
        while !r.remaining().is_empty() {
            r.message::<RequestMessage<'_>>()?;
        }
        Ok(())
    });
    with_meaning(explanation)
}

/// Explains all answers in `bytes`; there may be fewer than requests.
pub fn explain_answers(bytes: &[u8], methods: &[Method]) -> (Vec<StatusCode>, Explanation) {
    let mut statuses = Vec::new();
    let read = |r: &mut Reader<'_, _>| answers(r, methods, &mut statuses);
    let (_, explanation) = explain_with(bytes, true, "what came back", "RFC 9112", read);
    (statuses, with_meaning(explanation))
}

/// Marks the byte at which reading stopped, if it did, and says what the fields mean.
fn with_meaning(mut explanation: Explanation) -> Explanation {
    meaning::mark_refusal(&mut explanation);
    meaning::add(&mut explanation);
    explanation
}
