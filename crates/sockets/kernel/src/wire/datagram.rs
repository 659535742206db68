use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::message::Message;

/// What one `recvfrom` returns: netlink messages, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// The messages in their order.
    pub messages: Vec<Message<'a>>,
}

impl<'a> Decode<'a> for Datagram<'a> {
    const NAME: &'static str = "netlink datagram";
    const SECTION: &'static str = "netlink(7)";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let mut messages = Vec::new();
        while !r.remaining().is_empty() {
            messages.push(r.message()?);
        }
        Ok(Datagram { messages })
    }
}

impl Encode for Datagram<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        for message in &self.messages {
            message.encode(w);
        }
    }
}
