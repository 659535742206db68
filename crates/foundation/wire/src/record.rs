use std::ops::Range;

use crate::error::WireError;
use crate::explain::{Buffer, Explanation, Node};
use crate::trace::{Field, Source, Trace, Value};

/// The trace that keeps everything, as a tree.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    buffers: Vec<Buffer>,
    /// The derived buffers that are being read, the innermost last.
    derived: Vec<Derived>,
    /// The open groups, outermost first.
    open: Vec<Node>,
    /// What was recorded outside of all groups.
    done: Vec<Node>,
}

#[derive(Clone, Copy, Debug)]
struct Derived {
    buffer: usize,
    /// How many groups were open outside of it.
    depth: usize,
}

impl Recorder {
    /// A recorder of fields that lie in `bytes`.
    pub fn new(name: &'static str, bytes: &[u8]) -> Self {
        let mut recorder = Recorder::default();
        recorder.set_bytes(name, bytes);
        recorder
    }

    /// Sets the first buffer: a writer has its bytes only in the end.
    pub(crate) fn set_bytes(&mut self, name: &'static str, bytes: &[u8]) {
        let buffer = Buffer { name, bytes: bytes.to_vec() };
        match self.buffers.first_mut() {
            Some(first) => *first = buffer,
            None => self.buffers.push(buffer),
        }
    }

    /// The tree. Groups that an error left open end where it struck, and the bytes up to `len` that nothing has
    /// read become a node of their own, so that the leaves are all of the bytes.
    pub(crate) fn finish(mut self, len: usize, error: Option<WireError>) -> Explanation {
        self.derived.clear();
        self.close_down_to(0);
        let mut root = self.done.pop().unwrap_or_else(|| node("nothing", 0, 0..0, Value::Group, None));
        root.cover(len, if error.is_some() { "not understood" } else { "what follows" });
        Explanation { buffers: self.buffers, root, error }
    }

    /// Ends the groups that an error left open, where the last thing in them ended.
    fn close_down_to(&mut self, depth: usize) {
        while self.open.len() > depth
            && let Some(group) = self.open.last()
        {
            let end = group.children.last().map_or(group.bits.start, |child| child.bits.end);
            self.close(end);
        }
    }

    fn buffer(&self) -> usize {
        self.derived.last().map_or(0, |derived| derived.buffer)
    }

    fn siblings(&mut self) -> &mut Vec<Node> {
        match self.open.last_mut() {
            Some(group) => &mut group.children,
            None => &mut self.done,
        }
    }
}

impl Trace for Recorder {
    const ON: bool = true;

    fn field(&mut self, field: Field) {
        let bits = field.at_bit..field.at_bit + field.bits;
        let node = node(field.name, self.buffer(), bits, field.value, Some(field.location));
        self.siblings().push(node);
    }

    fn open(&mut self, name: &'static str, section: Option<&'static str>, at_bit: usize, location: Source) {
        let node = node(name, self.buffer(), at_bit..at_bit, Value::Group, Some(location));
        self.open.push(Node { section, ..node });
    }

    fn close(&mut self, at_bit: usize) {
        if let Some(mut node) = self.open.pop() {
            node.bits.end = at_bit.max(node.bits.start);
            self.siblings().push(node);
        }
    }

    fn note(&mut self, note: String) {
        if let Some(last) = self.siblings().last_mut() {
            last.note = Some(note);
        }
    }

    fn cite(&mut self, section: &'static str) {
        if let Some(last) = self.siblings().last_mut() {
            last.section = Some(section);
        }
    }

    fn patch_length(&mut self, value: u64) {
        // The block was just closed, so its length is the sibling before it.
        if let [.., length, _block] = &mut self.siblings()[..] {
            length.value = Value::Number(value);
        }
    }

    fn enter_derived(&mut self, name: &'static str, bytes: &[u8]) {
        // The field is a group for as long as its derived buffer is read; `leave_derived` puts it back.
        let parent = self.siblings().pop();
        let parent = parent.unwrap_or_else(|| {
            // Before the first field of a group there is nothing that it could hang on but an empty place.
            let at = self.open.last().map_or(0, |group| group.bits.start);
            node(name, self.buffer(), at..at, Value::Bytes, None)
        });
        self.derived.push(Derived { buffer: self.buffers.len(), depth: self.open.len() });
        self.buffers.push(Buffer { name, bytes: bytes.to_vec() });
        self.open.push(parent);
        self.open.push(node(name, self.buffer(), 0..0, Value::Group, None));
    }

    fn leave_derived(&mut self) {
        let Some(Derived { buffer, depth }) = self.derived.last().copied() else { return };
        self.close_down_to(depth + 2);
        if let Some(mut root) = self.open.pop() {
            let len = self.buffers.get(buffer).map_or(0, |buffer| buffer.bytes.len());
            root.cover(len, "not understood");
            self.siblings().push(root);
        }
        self.derived.pop();
        if let Some(parent) = self.open.pop() {
            self.siblings().push(parent);
        }
    }
}

impl Node {
    /// Extends a root to all `len` bytes of its buffer, with one more child, called `name`, for those that nothing read.
    fn cover(&mut self, len: usize, name: &'static str) {
        let read = self.children.last().map_or(self.bits.end, |last| last.bits.end);
        if read < len * 8 {
            self.children.push(node(name, self.buffer, read..len * 8, Value::Bytes, None));
        }
        self.bits.end = len * 8;
    }
}

fn node(
    name: &'static str,
    buffer: usize,
    bits: Range<usize>,
    value: Value,
    location: Option<Source>,
) -> Node {
    Node { name, buffer, bits, value, note: None, section: None, location, children: Vec::new() }
}
