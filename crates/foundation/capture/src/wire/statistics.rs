use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::option::{OptionValue, Options, Owner};
use super::order::Order;
use super::packet::InterfaceId;

const RECEIVED: u16 = 4;
const DROPPED: u16 = 5;

/// The Interface Statistics Block: what an interface has counted, mostly at the end of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceStatistics<'a> {
    /// Which one.
    pub interface: InterfaceId,
    /// When this was so, in the interface's units.
    pub timestamp: u64,
    /// The counters.
    pub options: Options<'a>,
}

impl<'a> InterfaceStatistics<'a> {
    /// Statistics without a counter.
    pub fn new(interface: InterfaceId, timestamp: u64) -> Self {
        InterfaceStatistics { interface, timestamp, options: Options::default() }
    }

    /// With the packets that the interface received (`isb_ifrecv`), and those of them that it lost (`isb_ifdrop`).
    #[must_use]
    pub fn with_counts(mut self, received: u64, dropped: u64) -> Self {
        self.options.push(RECEIVED, OptionValue::U64(received));
        self.options.push(DROPPED, OptionValue::U64(dropped));
        self
    }

    /// How many packets the interface received, if that was counted.
    pub fn received(&self) -> Option<u64> {
        self.counter(RECEIVED)
    }

    /// How many of them it lost, if that was counted.
    pub fn dropped(&self) -> Option<u64> {
        self.counter(DROPPED)
    }

    fn counter(&self, code: u16) -> Option<u64> {
        match self.options.value(code) {
            Some(OptionValue::U64(count)) => Some(count),
            _ => None,
        }
    }

    pub(crate) fn decode_body(
        r: &mut Reader<'a, impl Trace>,
        order: Order,
        interface: InterfaceId,
        when: impl FnOnce(u64) -> String,
    ) -> Result<Self, WireError> {
        let timestamp = order.time(r)?;
        r.note(|| when(timestamp));
        let options = Options::decode(r, order, Owner::Statistics)?;
        Ok(InterfaceStatistics { interface, timestamp, options })
    }

    pub(crate) fn body_len(&self) -> usize {
        12 + self.options.encoded_len()
    }

    pub(crate) fn encode_body(&self, w: &mut Writer<'_, impl Trace>, order: Order) {
        order.put_u32(w, self.interface.0, "interface ID");
        order.put_time(w, self.timestamp);
        self.options.encode(w, order, Owner::Statistics);
    }
}
