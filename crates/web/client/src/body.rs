use std::fmt;
use std::io::{self, Read};

use bytes::{Bytes, BytesMut};

type Pieces = Box<dyn Iterator<Item = io::Result<Bytes>> + Send>;

/// The content of a request.
#[derive(Default)]
pub(crate) enum Body {
    #[default]
    Empty,
    /// Known as a whole: its length is announced, and it can be sent again.
    Whole(Bytes),
    /// Made on the way: it is sent in chunks, once.
    Pieces { pieces: Pieces, begun: bool },
}

impl Body {
    pub(crate) fn from_pieces(pieces: impl Iterator<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Body::Pieces { pieces: Box::new(pieces), begun: false }
    }

    pub(crate) fn from_reader(reader: impl Read + Send + 'static) -> Self {
        Body::from_pieces(ReaderPieces { reader, done: false })
    }

    /// Whether all of it can be sent (again).
    pub(crate) fn is_complete(&self) -> bool {
        !matches!(self, Body::Pieces { begun: true, .. })
    }

    /// Calls `send` with each piece, until that returns `false`. Says whether it got to the end.
    pub(crate) fn for_each<E: From<RequestContent>>(
        &mut self,
        mut send: impl FnMut(Bytes) -> Result<bool, E>,
    ) -> Result<bool, E> {
        match self {
            Body::Empty => Ok(true),
            Body::Whole(bytes) => {
                let mut rest = bytes.clone();
                while !rest.is_empty() {
                    if !send(rest.split_to(rest.len().min(PIECE)))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Body::Pieces { pieces, begun } => {
                *begun = true;
                for piece in pieces {
                    if !send(piece.map_err(RequestContent)?)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }
}

/// How much is sent between two looks at what the server says to it.
const PIECE: usize = 64 * 1024;

/// The source of the content failed.
pub(crate) struct RequestContent(io::Error);

impl From<RequestContent> for crate::Error {
    fn from(RequestContent(error): RequestContent) -> Self {
        crate::Error::RequestContent(error)
    }
}

/// A reader as pieces of what each read returns.
struct ReaderPieces<R> {
    reader: R,
    done: bool,
}

impl<R: Read> Iterator for ReaderPieces<R> {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.done {
            return None;
        }
        let mut buffer = BytesMut::zeroed(PIECE / 4);
        let read = loop {
            match self.reader.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.done = !matches!(read, Ok(1..));
        match read {
            Ok(0) => None,
            Ok(len) => {
                buffer.truncate(len);
                Some(Ok(buffer.freeze()))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Empty => f.write_str("Empty"),
            Body::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Body::Pieces { begun, .. } => write!(f, "Pieces {{ begun: {begun} }}"),
        }
    }
}
