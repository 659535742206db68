//! DER as text (RFC 7468): base64 between a line `-----BEGIN label-----` and one `-----END label-----`.
//!
//! What stands between blocks is explanation for people, and is passed over. Within a block there is base64 and nothing
//! else; the headers that encrypted keys once had are refused.
//!
//! ```
//! use wirelab_x509::pem;
//!
//! let text = pem::encode("EXAMPLE", b"hello");
//! assert_eq!(text, "-----BEGIN EXAMPLE-----\naGVsbG8=\n-----END EXAMPLE-----\n");
//! let block = pem::blocks(&text).next().ok_or("no block")??;
//! assert_eq!((block.label, &block.der[..]), ("EXAMPLE", &b"hello"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use wirelab_wire::{ErrorKind, Rule, WireError};

use crate::base64;
use crate::error::Error;
use crate::rules;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block<'t> {
    /// What it says that it is: `CERTIFICATE`, `PRIVATE KEY`.
    pub label: &'t str,
    /// The bytes.
    pub der: Vec<u8>,
}

/// The blocks of a text, in order. After an error there are none.
pub fn blocks(text: &str) -> Blocks<'_> {
    Blocks { text, at: 0 }
}

/// The DER of each certificate in a text; blocks of other kinds are passed over.
///
/// # Errors
/// A block is damaged. That there is none is not an error.
pub fn certificates(text: &str) -> Result<Vec<Vec<u8>>, Error> {
    // RFC 7468 §5.1: the second and third are old names of the same.
    let labels = ["CERTIFICATE", "X509 CERTIFICATE", "X.509 CERTIFICATE"];
    let wanted = blocks(text).filter(|block| match block {
        Ok(block) => labels.contains(&block.label),
        Err(_) => true,
    });
    wanted.map(|block| block.map(|block| block.der)).collect()
}

/// A block of this label: lines of 64 characters that end in LF (RFC 7468 §2).
pub fn encode(label: &str, der: &[u8]) -> String {
    // All at once: a text that grows leaves copies behind, and it may be a key.
    let mut text = String::with_capacity(der.len().div_ceil(48) * 65 + 2 * label.len() + 64);
    text.push_str(&format!("{BEGIN}{label}{DASHES}\n"));
    // 48 bytes are 64 characters.
    for line in der.chunks(48) {
        base64::encode(line, &mut text);
        text.push('\n');
    }
    text.push_str(&format!("{END}{label}{DASHES}\n"));
    text
}

/// Over the blocks of a text.
#[derive(Clone, Debug)]
pub struct Blocks<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Blocks<'t> {
    /// The next line, without its end and trailing blanks, and where it begins.
    fn line(&mut self) -> Option<(usize, &'t str)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let line = rest.split_inclusive('\n').next().unwrap_or(rest);
        self.at += line.len();
        Some((start, line.trim_end()))
    }

    fn block(&mut self, begin: usize, label: &'t str) -> Result<Block<'t>, Error> {
        let ahead = self.text.get(self.at..).unwrap_or_default();
        let mut decoder = base64::Decoder::for_text(ahead.find(END).unwrap_or_default());
        while let Some((at, line)) = self.line() {
            if let Some(end) = line.strip_prefix(END) {
                let der = decoder.finish().ok_or_else(|| error(at, "base64", &rules::PEM_BASE64))?;
                return match end.strip_suffix(DASHES) == Some(label) {
                    true => Ok(Block { label, der }),
                    false => Err(error(at, "end", &rules::PEM_END)),
                };
            }
            if !decoder.line(line.as_bytes()) {
                return Err(error(at, "base64", &rules::PEM_BASE64));
            }
        }
        Err(error(begin, "end", &rules::PEM_END))
    }
}

impl<'t> Iterator for Blocks<'t> {
    type Item = Result<Block<'t>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (at, line) = self.line()?;
            let Some(label) = line.strip_prefix(BEGIN) else { continue };
            let block = match label.strip_suffix(DASHES) {
                Some(label) => self.block(at, label),
                None => Err(error(at, "begin", &rules::PEM_BEGIN)),
            };
            if block.is_err() {
                self.at = self.text.len();
            }
            return Some(block);
        }
    }
}

/// `at` counts bytes of the text.
fn error(at: usize, field: &'static str, rule: &'static Rule) -> Error {
    Error::Wire(WireError { at, field, kind: ErrorKind::Invalid(rule) })
}
