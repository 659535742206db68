use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::block::Block;
use super::context::Context;
use super::order::Order;
use crate::config::Config;

/// A whole file: blocks, the first of them a section. For files that are not small there are
/// [`Reader`](crate::Reader) and [`Writer`](crate::Writer), which hold one block at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File<'a> {
    /// The blocks in their order.
    pub blocks: Vec<Block<'a>>,
}

impl<'a> Decode<'a> for File<'a> {
    const NAME: &'static str = "pcapng file";
    const SECTION: &'static str = "draft-ietf-opsawg-pcapng";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let mut context = Context::new(&Config::default());
        let mut blocks = vec![Block::decode(r, &mut context)?];
        while !r.remaining().is_empty() {
            blocks.push(Block::decode(r, &mut context)?);
        }
        Ok(File { blocks })
    }
}

impl Encode for File<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        let mut order = Order::default();
        for block in &self.blocks {
            if let Block::Section(section) = block {
                order = section.order;
            }
            block.encode(w, order);
        }
    }
}
