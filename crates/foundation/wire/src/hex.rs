//! Bytes as hexadecimal text, in both directions.
//!
//! ```
//! use wirelab_wire::hex;
//!
//! let bytes = hex::parse("c0:00 0035   # two ports\n0x0008 0000")?;
//! assert_eq!(bytes, [0xc0, 0x00, 0x00, 0x35, 0x00, 0x08, 0x00, 0x00]);
//! assert_eq!(hex::dump(&bytes[..4]), "0000  c0 00 00 35                                      |...5|\n");
//! # Ok::<(), hex::HexError>(())
//! ```

use thiserror::Error;

/// Why a text is not bytes in hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HexError {
    /// There is a character that is neither a digit nor a separator.
    #[error("line {line}: {found:?} is not a hexadecimal digit")]
    NotADigit {
        /// The line, counted from 1.
        line: usize,
        /// The character.
        found: char,
    },
    /// A run of digits ends in the middle of a byte.
    #[error("line {line}: {digits} hexadecimal digits in a row are not whole bytes")]
    HalfAByte {
        /// The line, counted from 1.
        line: usize,
        /// How many digits the run has.
        digits: usize,
    },
}

/// Reads bytes from pairs of hexadecimal digits. Blanks, line ends, `:`, `-`, `,` and `_` may stand between bytes, `0x` before
/// them, and `#` begins a comment that lasts to the end of the line.
///
/// # Errors
/// Anything else; the error tells the line.
pub fn parse(text: &str) -> Result<Vec<u8>, HexError> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for (index, line) in text.lines().enumerate() {
        let digits = line.split('#').next().unwrap_or_default();
        for run in digits.split(is_separator).filter(|run| !run.is_empty()) {
            parse_run(run, index + 1, &mut bytes)?;
        }
    }
    Ok(bytes)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '-' | ',' | '_')
}

fn parse_run(run: &str, line: usize, bytes: &mut Vec<u8>) -> Result<(), HexError> {
    let run = run.strip_prefix("0x").or_else(|| run.strip_prefix("0X")).unwrap_or(run);
    let mut high = None;
    for found in run.chars() {
        let digit = found.to_digit(16).ok_or(HexError::NotADigit { line, found })? as u8;
        high = match high {
            None => Some(digit),
            Some(high) => {
                bytes.push(high << 4 | digit);
                None
            }
        };
    }
    match high {
        None => Ok(()),
        Some(_) => Err(HexError::HalfAByte { line, digits: run.len() }),
    }
}

/// Sixteen bytes a line: offset, hex, and what is printable ASCII (`.` for the rest).
pub fn dump(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (row, chunk) in bytes.chunks(16).enumerate() {
        let hex: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let text: String = chunk.iter().map(|&byte| printable(byte)).collect();
        out.push_str(&format!("{:04x}  {:<47}  |{text}|\n", row * 16, hex.join(" ")));
    }
    out
}

/// The character of a byte of printable ASCII, a dot for any other.
pub(crate) fn printable(byte: u8) -> char {
    if matches!(byte, b' '..=b'~') { char::from(byte) } else { '.' }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_line_of_a_mistake_is_told() {
        assert_eq!(parse("00 11\n2g"), Err(HexError::NotADigit { line: 2, found: 'g' }));
        assert_eq!(parse("# a\n\n123"), Err(HexError::HalfAByte { line: 3, digits: 3 }));
        assert_eq!(parse("1 2"), Err(HexError::HalfAByte { line: 1, digits: 1 }));
        assert_eq!(parse("# nothing\n"), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read(text in "\\PC*") {
            let _ = parse(&text);
        }

        #[test]
        fn the_hex_of_a_dump_is_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..70)) {
            let columns: String = dump(&bytes).lines().map(|line| format!("{}\n", &line[6..53])).collect();
            prop_assert_eq!(parse(&columns), Ok(bytes));
        }
    }
}
