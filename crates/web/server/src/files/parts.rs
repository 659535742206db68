//! Several ranges of a file in one answer.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::BuildHasher;
use std::os::unix::fs::FileExt;
use std::vec::IntoIter;

use wirelab_http::Fields;
use wirelab_http::multipart::{ByteRanges, Piece};
use wirelab_http::range::Part;

use crate::{Pull, Source};

/// Reads the parts one after the other. `sendfile` would need a system call for every head and every part.
pub(super) struct Parts {
    file: File,
    content_type: String,
    content_length: u64,
    pieces: IntoIter<Piece>,
    /// What is left of the part being sent.
    current: Option<Part>,
}

impl Parts {
    pub(super) fn new(file: File, parts: Vec<Part>, content_type: &str, complete: u64) -> Option<Self> {
        let answer = ByteRanges::new(&boundary(), Some(content_type), parts, complete).ok()?;
        Some(Parts {
            file,
            content_type: answer.content_type(),
            content_length: answer.content_length(),
            pieces: answer.pieces().collect::<Vec<_>>().into_iter(),
            current: None,
        })
    }

    pub(super) fn content_type(&self) -> &str {
        &self.content_type
    }

    pub(super) fn content_length(&self) -> u64 {
        self.content_length
    }

    fn read(&mut self, part: Part, room: usize) -> Pull {
        let len = part.len().min(room as u64);
        let mut bytes = vec![0; len as usize];
        if self.file.read_exact_at(&mut bytes, part.first).is_err() {
            return Pull::Fail; // the file has become shorter, or the disk fails
        }
        let first = part.first + len;
        self.current = (first <= part.last).then_some(Part { first, last: part.last });
        Pull::Data(bytes.into())
    }
}

impl Source for Parts {
    fn pull(&mut self, room: usize) -> Pull {
        if let Some(part) = self.current {
            return self.read(part, room);
        }
        match self.pieces.next() {
            Some(Piece::Text(text)) => Pull::Data(text),
            Some(Piece::Content(part)) => self.read(part, room),
            None => Pull::End(Fields::new()),
        }
    }
}

/// Random, so that no file can be made to contain it. The hasher's keys come from the system's generator.
fn boundary() -> String {
    let number = || RandomState::new().hash_one(0);
    format!("{:016x}{:016x}", number(), number())
}
