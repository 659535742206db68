use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::codes::Within;
use crate::rules::TICKET_LIFETIME;
use crate::wire::extension::Extensions;
use crate::wire::vector::{self, Names, Prefix::U8, Prefix::U16};

const NONCE: Names = ("ticket_nonce length", "ticket_nonce");
const TICKET: Names = ("ticket length", "ticket");

/// A NewSessionTicket (RFC 8446 §4.6.1): with it the next handshake can do without certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSessionTicket<'a> {
    /// How long it is good for, in seconds: at most 604 800, seven days.
    pub ticket_lifetime: u32,
    /// A random number that hides the ticket's age from who listens.
    pub ticket_age_add: u32,
    /// What tells the tickets of a connection apart, 0 to 255 bytes.
    pub ticket_nonce: &'a [u8],
    /// The ticket, 1 to 65 535 bytes, of which only the server knows what they mean.
    pub ticket: &'a [u8],
    /// The extensions; `early_data` if the server takes 0-RTT data with it.
    pub extensions: Extensions<'a>,
}

impl NewSessionTicket<'_> {
    /// The longest `ticket_lifetime`, in seconds.
    pub const MAX_LIFETIME: u32 = 604_800;
}

impl<'a> Decode<'a> for NewSessionTicket<'a> {
    const NAME: &'static str = "NewSessionTicket";
    const SECTION: &'static str = "RFC 8446 §4.6.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let ticket_lifetime = r.u32("ticket_lifetime")?;
        r.note(|| format!("{ticket_lifetime} s"));
        // RFC 8446 §4.6.1: "Servers MUST NOT use any value greater than 604800 seconds (7 days)."
        if ticket_lifetime > NewSessionTicket::MAX_LIFETIME {
            return Err(r.invalid("ticket_lifetime", &TICKET_LIFETIME));
        }
        Ok(NewSessionTicket {
            ticket_lifetime,
            ticket_age_add: r.u32("ticket_age_add")?,
            ticket_nonce: vector::opaque(r, U8, NONCE, 0)?,
            ticket: vector::opaque(r, U16, TICKET, 1)?,
            extensions: Extensions::read(r, Within::NewSessionTicket)?,
        })
    }
}

impl Encode for NewSessionTicket<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u32(self.ticket_lifetime, "ticket_lifetime");
        w.u32(self.ticket_age_add, "ticket_age_add");
        vector::write_opaque(w, U8, NONCE, self.ticket_nonce);
        vector::write_opaque(w, U16, TICKET, self.ticket);
        self.extensions.write(w);
    }
}
