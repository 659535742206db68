use std::collections::BTreeSet;

use wirelab::sim::Side;
use wirelab::tcpip::{Segment, Seq};

use super::SEGMENT;

/// Calls segments by their numbers: the first with data is 1.
#[derive(Default)]
pub(super) struct Names {
    first: Option<Seq>,
    sent: BTreeSet<u32>,
}

impl Names {
    /// `None` for what came before the first data.
    pub(super) fn name(&mut self, from: Side, segment: &Segment<'_>) -> Option<String> {
        if from == Side::Server {
            return self.first.map(|first| acknowledgment(first, segment));
        }
        if segment.payload.is_empty() {
            return None;
        }
        let first = *self.first.get_or_insert(segment.sequence);
        let offset = segment.sequence.since(first);
        let again = if self.sent.insert(offset) { "" } else { " again" };
        let part = if segment.payload.len() == 1 { ", one byte" } else { "" };
        Some(format!("{}{part}{again}", number(offset)))
    }
}

/// The number of the segment that this byte is in.
fn number(offset: u32) -> u32 {
    offset / SEGMENT + 1
}

fn acknowledgment(first: Seq, segment: &Segment<'_>) -> String {
    let mut text = format!("ACK, wants {}", number(segment.acknowledgment.since(first)));
    for block in segment.options.sack().as_slice() {
        let (from, to) = (number(block.left.since(first)), number(block.right.since(first) - 1));
        text += &if from == to { format!(", has {from}") } else { format!(", has {from} to {to}") };
    }
    if segment.window == 0 { text + ", window 0" } else { text }
}
