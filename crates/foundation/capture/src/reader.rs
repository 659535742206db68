use std::iter::FusedIterator;

use wirelab_wire::{self as wire, WireError};

use crate::config::Config;
use crate::wire::{Block, Context, Interface, InterfaceId};

/// Reads the blocks of a file, one after the other, from the file's bytes.
///
/// It holds no more than the interfaces of the section that it is in. The first error ends it: what follows a block that is not
/// understood has no known beginning. Positions in errors count from the first byte of the file.
///
/// ```
/// use wirelab_capture::{Block, Reader, Writer, LinkType};
/// use wirelab_sansio::Instant;
///
/// let mut writer = Writer::new(Vec::new())?;
/// let lan = writer.interface("lan0", LinkType::RAW)?;
/// writer.packet(Instant::from_nanos(1_000), lan, &[0x45, 0, 0, 20])?;
/// let file = writer.into_inner();
///
/// let mut reader = Reader::new(&file);
/// let mut lengths = Vec::new();
/// while let Some(block) = reader.next() {
///     if let Block::Packet(packet) = block? {
///         lengths.push(packet.data.len());
///     }
/// }
/// assert_eq!(lengths, [4]);
/// assert_eq!(reader.interface(lan).and_then(|interface| interface.name()).as_deref(), Some("lan0"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: wire::Reader<'a>,
    context: Context<'a>,
    ended: bool,
}

impl<'a> Reader<'a> {
    /// Reads `file` within the default limits.
    pub fn new(file: &'a [u8]) -> Self {
        Reader::with_config(file, &Config::default())
    }

    /// Reads `file` within the limits of `config`.
    pub fn with_config(file: &'a [u8], config: &Config) -> Self {
        Reader { bytes: wire::Reader::whole(file), context: Context::new(config), ended: false }
    }

    /// An interface of the present section.
    pub fn interface(&self, id: InterfaceId) -> Option<&Interface<'a>> {
        self.context.interfaces.get(id.0 as usize)
    }

    /// Where the next block begins in the file.
    pub fn position(&self) -> usize {
        self.bytes.position()
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Block<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        // A file without a single block is refused by the first attempt to read one.
        if self.ended || (self.bytes.remaining().is_empty() && self.bytes.position() > 0) {
            return None;
        }
        let block = Block::decode(&mut self.bytes, &mut self.context);
        self.ended = block.is_err();
        Some(block)
    }
}

impl FusedIterator for Reader<'_> {}
