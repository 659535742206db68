use wirelab_http::grammar::{BLANK, HEX_DIGIT, TOKEN};
use wirelab_wire::{ByteSet, Decode, Encode, Reader, Trace, WireError, Writer};

use super::line::end_of_line;
use super::rules::{CHUNK_END, CHUNK_EXTENSION, CHUNK_SIZE_DIGITS, CHUNK_SIZE_OVERFLOW};

/// The line before the data of a chunk (RFC 9112 §7.1). Size 0 is the last chunk: the trailers follow.
///
/// ```text
/// 1*HEXDIG *( BWS ";" BWS name [ BWS "=" BWS value ] ) CRLF
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkHead<'a> {
    /// How many bytes of data follow.
    pub size: u64,
    /// `;name=value…` as it came, mostly empty. A recipient ignores the extensions that it does not know, and it knows
    /// none: nobody has ever registered one.
    pub extensions: &'a [u8],
}

/// What a quoted string may hold besides escapes (RFC 9110 §5.6.4).
const QUOTED_TEXT: &ByteSet =
    &ByteSet::of(&[(b'#', b'['), (b']', b'~'), (b' ', b'!'), (b'\t', b'\t'), (0x80, 0xff)]);

impl<'a> Decode<'a> for ChunkHead<'a> {
    const NAME: &'static str = "chunk head";
    const SECTION: &'static str = "RFC 9112 §7.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let size = size(r)?;
        let ahead = r.remaining();
        let begins = r.position();
        while matches!(r.peek_for("end of line")?, b';' | b' ' | b'\t') {
            r.group("chunk extension", "RFC 9112 §7.1.1", extension)?;
        }
        let extensions = ahead.get(..r.position() - begins).unwrap_or_default();
        end_of_line(r, "chunk size", &CHUNK_SIZE_DIGITS)?;
        Ok(ChunkHead { size, extensions })
    }
}

impl Encode for ChunkHead<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.text(&HexDigits::of(self.size), "chunk size");
        w.text(self.extensions, "chunk extension");
        w.text(b"\r\n", "end of line");
    }
}

fn size(r: &mut Reader<'_, impl Trace>) -> Result<u64, WireError> {
    let digits = r.short_run(HEX_DIGIT, "chunk size")?;
    // More than 16 digits do not fit into 64 bits, and leading zeros without end are somebody's experiment.
    if digits.len() > 16 {
        return Err(r.invalid("chunk size", &CHUNK_SIZE_OVERFLOW));
    }
    if digits.is_empty() {
        return Err(r.invalid_here("chunk size", &CHUNK_SIZE_DIGITS));
    }
    let value = |digit: &u8| u64::from(char::from(*digit).to_digit(16).unwrap_or_default());
    let size = digits.iter().fold(0, |size, digit| size << 4 | value(digit));
    r.note(|| match size {
        0 => "the last chunk: trailers follow, mostly none".into(),
        size => format!("{size} bytes of data follow"),
    });
    Ok(size)
}

/// `;name`, `;name=value` or `;name="value"`, with blanks that should not be there but may (`BWS`).
fn extension(r: &mut Reader<'_, impl Trace>) -> Result<(), WireError> {
    r.short_run(BLANK, "blanks")?;
    r.literal(b";", "semicolon", &CHUNK_EXTENSION)?;
    r.short_run(BLANK, "blanks")?;
    if r.run(TOKEN, "extension name")?.is_empty() {
        return Err(r.invalid_here("extension name", &CHUNK_EXTENSION));
    }
    // Blanks here belong to a `=` or to the next `;`: look before taking them.
    let blanks = r.remaining().iter().take_while(|&&byte| BLANK.contains(byte)).count();
    match r.remaining().get(blanks) {
        None => Err(r.short(blanks + 1, "chunk extension")),
        Some(b'=') => {
            r.text(blanks, "blanks")?;
            r.literal(b"=", "equals sign", &CHUNK_EXTENSION)?;
            r.short_run(BLANK, "blanks")?;
            extension_value(r)
        }
        Some(_) => Ok(()),
    }
}

fn extension_value(r: &mut Reader<'_, impl Trace>) -> Result<(), WireError> {
    if r.peek_for("extension value")? != b'"' {
        let token = r.run(TOKEN, "extension value")?;
        return if token.is_empty() {
            Err(r.invalid_here("extension value", &CHUNK_EXTENSION))
        } else {
            Ok(())
        };
    }
    let text = r.remaining();
    let mut len = 1;
    loop {
        len += QUOTED_TEXT.span(text.get(len..).unwrap_or_default());
        match text.get(len..) {
            Some([b'"', ..]) => return r.text(len + 1, "extension value").map(|_| ()),
            Some([b'\\', b'\t' | b' '..=b'~' | 0x80.., ..]) => len += 2,
            Some([] | [b'\\']) | None => return Err(r.short(len + 2, "extension value")),
            Some(_) => {
                // Takes what was good, so that the error points at the byte that was not.
                r.text(len, "extension value")?;
                return Err(r.invalid_here("extension value", &CHUNK_EXTENSION));
            }
        }
    }
}

/// The CRLF behind the data of a chunk.
pub(crate) fn chunk_end(r: &mut Reader<'_, impl Trace>) -> Result<(), WireError> {
    end_of_line(r, "chunk data", &CHUNK_END)
}

/// A number in hexadecimal, without allocation.
struct HexDigits {
    digits: [u8; 16],
    len: usize,
}

impl HexDigits {
    fn of(number: u64) -> Self {
        let len = (64 - number.leading_zeros() as usize).div_ceil(4).max(1);
        let mut digits = [b'0'; 16];
        for (i, digit) in digits.iter_mut().take(len).enumerate() {
            let nibble = (number >> (4 * (len - 1 - i)) & 0xf) as usize;
            *digit = b"0123456789abcdef".get(nibble).copied().unwrap_or(b'0');
        }
        HexDigits { digits, len }
    }
}

impl std::ops::Deref for HexDigits {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or_default()
    }
}
