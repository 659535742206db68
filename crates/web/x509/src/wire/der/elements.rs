use std::fmt;
use std::marker::PhantomData;

use wirelab_wire::{Decode, Encode, Reader, Trace, Writer};

/// The elements of a SEQUENCE OF or SET OF, borrowed. They were checked when the list was read; iterating reads them
/// again, so that a list costs no memory.
pub struct Elements<'a, M> {
    bytes: &'a [u8],
    item: PhantomData<fn() -> M>,
}

impl<'a, M: Decode<'a>> Elements<'a, M> {
    /// A list whose bytes have been read once without an error.
    pub(crate) fn checked(bytes: &'a [u8]) -> Self {
        Elements { bytes, item: PhantomData }
    }

    /// The elements, in their order.
    pub fn iter(&self) -> Iter<'a, M> {
        Iter { reader: Reader::whole(self.bytes), item: PhantomData }
    }

    /// How many there are. It reads them all.
    pub fn count(&self) -> usize {
        self.iter().count()
    }

    /// The DER of the elements, without the list's own tag and length.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Over [`Elements`].
#[derive(Debug)]
pub struct Iter<'a, M> {
    reader: Reader<'a>,
    item: PhantomData<fn() -> M>,
}

impl<'a, M: Decode<'a>> Iterator for Iter<'a, M> {
    type Item = M;

    fn next(&mut self) -> Option<M> {
        match self.reader.remaining().is_empty() {
            true => None,
            false => M::decode(&mut self.reader).ok(),
        }
    }
}

impl<'a, M: Decode<'a>> IntoIterator for &Elements<'a, M> {
    type Item = M;
    type IntoIter = Iter<'a, M>;

    fn into_iter(self) -> Iter<'a, M> {
        self.iter()
    }
}

impl<'a, M: Decode<'a> + Encode> Encode for Elements<'a, M> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        for item in self {
            item.encode(w);
        }
    }
}

// By hand, since a derive would ask all of these of `M`.
impl<M> Clone for Elements<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Elements<'_, M> {}

impl<M> PartialEq for Elements<'_, M> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<M> Eq for Elements<'_, M> {}

impl<'a, M: Decode<'a> + fmt::Debug> fmt::Debug for Elements<'a, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}
