//! NewSessionTicket (RFC 8446 §4.6.1): all that the server wants to know later, sealed, for the client to keep.

use super::Context;
use crate::handshake::shared::encode;
use crate::key_schedule::{Secret, resumption_psk};
use crate::tickets::TicketContent;
use crate::wire::NewSessionTicket as Message;
use crate::{Epoch, Error, Extension, Extensions, Handshake, Suite};

pub(super) fn send_all(suite: Suite, resumption: &Secret, cx: &mut Context<'_>) -> Result<(), Error> {
    let Some(tickets) = &cx.config.tickets else { return Ok(()) };
    for number in 0..cx.config.tickets_sent.min(255) {
        // RFC 8446 §4.6.1: a nonce that no other ticket of this connection has.
        let nonce = [number as u8];
        // A nonce of one byte always makes a key.
        let Ok(psk) = resumption_psk(resumption, &nonce, &mut cx.shared.steps) else { continue };
        let age_add = u32::from_be_bytes(cx.shared.entropy.array()?);
        let summary = &cx.shared.summary;
        let content = TicketContent {
            suite: suite.id(),
            psk,
            issued: cx.shared.now,
            age_add,
            max_early_data: cx.config.max_early_data,
            alpn: summary.alpn.clone(),
            server_name: summary.server_name.clone(),
            client_certificates: summary.peer_certificates.clone(),
        };
        let ticket = tickets.seal(&content, cx.shared.now, &cx.shared.entropy)?;
        // A client that has shown a very long chain gets none: the length has two bytes.
        if ticket.len() > usize::from(u16::MAX) {
            return Ok(());
        }
        let early =
            (cx.config.max_early_data > 0).then_some(Extension::MaxEarlyDataSize(cx.config.max_early_data));
        let message = Message {
            ticket_lifetime: u32::try_from(tickets.lifetime().as_secs()).unwrap_or(Message::MAX_LIFETIME),
            ticket_age_add: age_add,
            ticket_nonce: &nonce,
            ticket: &ticket,
            extensions: Extensions::from_iter(early),
        };
        cx.shared.send_encoded(Epoch::Application, encode(&Handshake::NewSessionTicket(message)));
    }
    Ok(())
}
