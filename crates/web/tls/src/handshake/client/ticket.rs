//! NewSessionTicket (RFC 8446 §4.6.1): what resumes the session later.

use bytes::Bytes;

use super::{Connected, Context};
use crate::key_schedule::resumption_psk;
use crate::{Error, NewSessionTicket, Output, Session};

pub(super) fn receive(
    step: &mut Connected,
    message: &NewSessionTicket<'_>,
    cx: &mut Context<'_>,
) -> Result<(), Error> {
    let Some(sessions) = &cx.config.sessions else { return Ok(()) };
    // RFC 8446 §4.6.1: a lifetime of zero says that the ticket is to be discarded at once. What is beyond the limit is not kept.
    if message.ticket_lifetime == 0 || step.tickets >= cx.config.limits.max_tickets {
        return Ok(());
    }
    let summary = &cx.shared.summary;
    let Some(suite) = summary.suite else { return Ok(()) };
    // A nonce has a length field of one byte, so that this always makes a key.
    let psk = resumption_psk(&step.resumption, message.ticket_nonce, &mut cx.shared.steps);
    let Ok(psk) = psk else { return Ok(()) };
    let session = Session {
        ticket: Bytes::copy_from_slice(message.ticket),
        psk,
        suite,
        age_add: message.ticket_age_add,
        received: cx.shared.now,
        lifetime: message.ticket_lifetime,
        max_early_data: message.extensions.max_early_data_size().unwrap_or(0),
        alpn: summary.alpn.clone(),
        peer_certificates: summary.peer_certificates.clone(),
    };
    sessions.put(&cx.name.to_string(), session);
    step.tickets += 1;
    cx.shared.push(Output::Ticket);
    Ok(())
}
