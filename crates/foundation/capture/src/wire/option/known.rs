use wirelab_wire::{Reader, Trace};

use super::value::Shape::{self, Bytes, Flags, Resolution, Text, Time, U8, U32, U64};
use crate::wire::order::Order;

/// Whose options they are: the codes from 2 on mean other things in each kind of block.
#[derive(Clone, Copy)]
pub(crate) enum Owner {
    Section,
    Interface,
    Packet,
    Names,
    Statistics,
    Secrets,
}

pub(crate) const COMMENT: u16 = 1;

/// The name of the option that ends the list, whose code is 0.
pub(super) const END: &str = "opt_endofopt";

/// The name of an option in the draft, and the shape of its value.
type Known = (&'static str, Shape);

// The codes of each kind of block from 2 on, in their order.
const SECTION: &[Known] = &[("shb_hardware", Text), ("shb_os", Text), ("shb_userappl", Text)];
const INTERFACE: &[Known] = &[
    ("if_name", Text),
    ("if_description", Text),
    ("if_IPv4addr", Bytes),
    ("if_IPv6addr", Bytes),
    ("if_MACaddr", Bytes),
    ("if_EUIaddr", Bytes),
    ("if_speed", U64),
    ("if_tsresol", Resolution),
    ("if_tzone", U32),
    ("if_filter", Bytes),
    ("if_os", Text),
    ("if_fcslen", U8),
    ("if_tsoffset", U64),
    ("if_hardware", Text),
    ("if_txspeed", U64),
    ("if_rxspeed", U64),
];
const PACKET: &[Known] = &[
    ("epb_flags", Flags),
    ("epb_hash", Bytes),
    ("epb_dropcount", U64),
    ("epb_packetid", U64),
    ("epb_queue", U32),
    ("epb_verdict", Bytes),
];
const NAMES: &[Known] = &[("ns_dnsname", Text), ("ns_dnsIP4addr", Bytes), ("ns_dnsIP6addr", Bytes)];
const STATISTICS: &[Known] = &[
    ("isb_starttime", Time),
    ("isb_endtime", Time),
    ("isb_ifrecv", U64),
    ("isb_ifdrop", U64),
    ("isb_filteraccept", U64),
    ("isb_osdrop", U64),
    ("isb_usrdeliv", U64),
];

impl Owner {
    fn own(self) -> &'static [Known] {
        match self {
            Owner::Section => SECTION,
            Owner::Interface => INTERFACE,
            Owner::Packet => PACKET,
            Owner::Names => NAMES,
            Owner::Statistics => STATISTICS,
            Owner::Secrets => &[],
        }
    }

    /// What the draft says of a code.
    pub(super) fn known(self, code: u16) -> Known {
        let own = || self.own().get(usize::from(code).checked_sub(2)?).copied();
        match code {
            0 => (END, Bytes),
            COMMENT => ("opt_comment", Text),
            2988 | 2989 | 19372 | 19373 => ("opt_custom", Bytes),
            _ => own().unwrap_or(("unknown option", Bytes)),
        }
    }

    /// The same of the code that is read next.
    pub(super) fn ahead(self, r: &Reader<'_, impl Trace>, order: Order) -> Known {
        let code = r.remaining().first_chunk().map(|&bytes| match order {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        });
        code.map_or(("option", Bytes), |code| self.known(code))
    }
}
