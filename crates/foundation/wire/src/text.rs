//! The reader's methods for text grammars: runs of allowed characters, literals, separators.

use crate::byte_set::ByteSet;
use crate::error::{Rule, WireError};
use crate::reader::Reader;
use crate::trace::{Trace, Value};

impl<'a, T: Trace> Reader<'a, T> {
    /// The longest run of bytes in `set`, which may be empty. In a stream the byte that ends the run must have
    /// arrived, or the run might go on.
    ///
    /// ```
    /// use wirelab_wire::{ByteSet, Reader};
    /// const DIGIT: &ByteSet = &ByteSet::of(&[(b'0', b'9')]);
    ///
    /// let mut r = Reader::prefix(b"8080/");
    /// assert_eq!(r.run(DIGIT, "port")?, b"8080");
    /// assert!(Reader::prefix(b"80").run(DIGIT, "port").unwrap_err().is_incomplete());
    /// # Ok::<(), wirelab_wire::WireError>(())
    /// ```
    #[inline(always)] // for the sake of `ByteSet::span`, as below
    #[track_caller]
    pub fn run(&mut self, set: &'static ByteSet, name: &'static str) -> Result<&'a [u8], WireError> {
        let len = self.run_ahead(set, name)?;
        self.text(len, name)
    }

    /// As [`run`](Self::run), quicker where the run is mostly of no or one byte: it looks at one byte after the other.
    #[inline]
    #[track_caller]
    pub fn short_run(&mut self, set: &'static ByteSet, name: &'static str) -> Result<&'a [u8], WireError> {
        let ahead = self.remaining();
        match ahead.iter().position(|&byte| !set.contains(byte)) {
            Some(len) => self.text(len, name),
            None if self.is_whole() => self.text(ahead.len(), name),
            None => Err(self.short(ahead.len() + 1, name)),
        }
    }

    /// How long the run of bytes in `set` is that begins here, without taking it.
    #[inline(always)]
    pub fn run_ahead(&self, set: &'static ByteSet, name: &'static str) -> Result<usize, WireError> {
        let ahead = self.remaining();
        let len = set.span(ahead);
        if len == ahead.len() && !self.is_whole() {
            return Err(self.short(len + 1, name));
        }
        Ok(len)
    }

    /// `len` bytes of text. Text of no length is not a field: it leaves no trace.
    #[inline]
    #[track_caller]
    pub fn text(&mut self, len: usize, name: &'static str) -> Result<&'a [u8], WireError> {
        if len == 0 {
            return Ok(&[]);
        }
        self.take(len, name, Value::Text)
    }

    /// Exactly these bytes. The first byte that differs breaks `rule`.
    #[inline]
    #[track_caller]
    pub fn literal<const N: usize>(
        &mut self,
        expected: &'static [u8; N],
        name: &'static str,
        rule: &'static Rule,
    ) -> Result<(), WireError> {
        if self.remaining().first_chunk::<N>() != Some(expected) {
            return Err(self.literal_mismatch(expected, name, rule));
        }
        self.pass(N, name, Value::Text);
        Ok(())
    }

    /// The next byte without taking it; that there is none is an error.
    #[inline]
    pub fn peek_for(&self, name: &'static str) -> Result<u8, WireError> {
        self.peek().ok_or_else(|| self.short(1, name))
    }

    #[cold]
    fn literal_mismatch(&self, expected: &[u8], name: &'static str, rule: &'static Rule) -> WireError {
        let ahead = self.remaining();
        let equal = ahead.iter().zip(expected).take_while(|(a, b)| a == b).count();
        if equal == ahead.len() {
            return self.short(expected.len(), name);
        }
        WireError { at: self.position() + equal, ..self.invalid_here(name, rule) }
    }
}
