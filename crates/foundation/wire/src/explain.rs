use std::ops::Range;

use bytes::BytesMut;

use crate::error::WireError;
use crate::reader::{Decode, Reader};
use crate::record::Recorder;
use crate::trace::{Source, Value};
use crate::writer::{Encode, Writer};

/// What is known about some bytes: the tree of their fields, and, if they were refused, where and why.
///
/// Renderings ([`terminal`](crate::render::terminal), [`html`](crate::render::html), [`json`](crate::render::json)) come
/// from this and from nothing else.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The bytes: first those that were given, then each derived buffer in the order in which they were made.
    pub buffers: Vec<Buffer>,
    /// The whole message.
    pub root: Node,
    /// Why reading stopped, if it stopped early. Everything up to there is in the tree.
    pub error: Option<WireError>,
}

/// Bytes that nodes point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// What they are, such as `"bytes"` for what was given or `"joined chunks"`.
    pub name: &'static str,
    /// The bytes themselves.
    pub bytes: Vec<u8>,
}

/// A field, or a group of fields.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name in the specification.
    pub name: &'static str,
    /// Which of [`Explanation::buffers`] it lies in.
    pub buffer: usize,
    /// Its place there, in bits; the most significant bit of a byte comes first.
    pub bits: Range<usize>,
    /// Its value, or that it is a group.
    pub value: Value,
    /// What it means, in words.
    pub note: Option<String>,
    /// Where it is specified, if that is not where its parent is.
    pub section: Option<&'static str>,
    /// The line of source code that read it; `None` for bytes that nothing read.
    pub location: Option<Source>,
    /// The parts of a group. A field with a derived buffer has that buffer's tree below it.
    pub children: Vec<Node>,
}

impl Node {
    /// The bytes that the node touches (whole bytes, where it begins or ends inside of one).
    pub fn byte_range(&self) -> Range<usize> {
        self.bits.start / 8..self.bits.end.div_ceil(8)
    }

    /// The nodes without children that lie in the same buffer, in order: together they are all of the node's bits.
    pub fn leaves(&self) -> Vec<&Node> {
        let mut leaves = Vec::new();
        self.collect_leaves(&mut leaves);
        leaves
    }

    fn collect_leaves<'n>(&'n self, leaves: &mut Vec<&'n Node>) {
        let parts = self.children.iter().filter(|child| child.buffer == self.buffer);
        let before = leaves.len();
        parts.for_each(|child| child.collect_leaves(leaves));
        // An empty group is no leaf; it has no bits to show.
        if leaves.len() == before && !self.bits.is_empty() {
            leaves.push(self);
        }
    }
}

impl Explanation {
    /// The bytes that `node` touches.
    pub fn bytes_of(&self, node: &Node) -> &[u8] {
        let buffer = self.buffers.get(node.buffer).map(|buffer| &buffer.bytes[..]).unwrap_or_default();
        buffer.get(node.byte_range()).unwrap_or_default()
    }
}

/// Reads `bytes` as a whole `M`, and tells what each of them is. On bad bytes the tree holds what was understood,
/// and a last node `not understood`.
///
/// ```
/// use wirelab_wire::{explain, Decode, Reader, Trace, WireError};
///
/// struct Point { x: u8, y: u8 }
/// impl<'a> Decode<'a> for Point {
///     const NAME: &'static str = "point";
///     const SECTION: &'static str = "here";
///     fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
///         Ok(Point { x: r.u8("x")?, y: r.u8("y")? })
///     }
/// }
///
/// let (point, explanation) = explain::<Point>(&[3, 4]);
/// assert_eq!(point.map(|point| (point.x, point.y)), Ok((3, 4)));
/// assert_eq!(explanation.root.children[1].name, "y");
/// assert_eq!(explanation.root.children[1].byte_range(), 1..2);
/// ```
pub fn explain<'a, M: Decode<'a>>(bytes: &'a [u8]) -> (Result<M, WireError>, Explanation) {
    explain_with(bytes, true, M::NAME, M::SECTION, |r| M::decode(r))
}

/// As [`explain`], for what a stream has delivered so far: bytes behind the message are `what follows`, and missing
/// ones are no mistake.
pub fn explain_prefix<'a, M: Decode<'a>>(bytes: &'a [u8]) -> (Result<M, WireError>, Explanation) {
    explain_with(bytes, false, M::NAME, M::SECTION, |r| M::decode(r))
}

/// As [`explain`], with any function as the decoder: for a row of messages, say, or one that needs to be told something.
pub fn explain_with<'a, R>(
    bytes: &'a [u8],
    whole: bool,
    name: &'static str,
    section: &'static str,
    decode: impl FnOnce(&mut Reader<'a, Recorder>) -> Result<R, WireError>,
) -> (Result<R, WireError>, Explanation) {
    let mut r = Reader::traced(bytes, whole, Recorder::new("bytes", bytes));
    let result = r.group(name, section, decode).and_then(|value| r.finish().map(|()| value));
    let explanation = r.trace.finish(bytes.len(), result.as_ref().err().copied());
    (result, explanation)
}

/// Writes `message`, and tells what each byte of it is, in the writer's words.
pub fn explain_written(
    message: &impl Encode,
    name: &'static str,
    section: &'static str,
) -> (BytesMut, Explanation) {
    let mut out = BytesMut::new();
    let mut w = Writer::traced(&mut out, Recorder::default());
    w.group(name, section, |w| message.encode(w));
    let mut recorder = w.into_trace();
    recorder.set_bytes("bytes", &out);
    let len = out.len();
    (out, recorder.finish(len, None))
}
