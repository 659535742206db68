use std::fmt;

/// Why bytes were refused: at which byte, in which field, and what was wrong with it.
///
/// ```
/// use wirelab_wire::Reader;
///
/// let mut r = Reader::whole(&[0x00, 0x35, 0x00]);
/// r.u16("source port").unwrap();
/// let error = r.u16("destination port").unwrap_err();
/// assert_eq!(error.to_string(), "byte 2, field `destination port`: runs 1 byte past the end of its enclosing block");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireError {
    /// The offset of the byte, counted from the start of what the reader was given.
    pub at: usize,
    /// The name of the field, as the reader's call gave it.
    pub field: &'static str,
    /// What was wrong.
    pub kind: ErrorKind,
}

/// The ways in which bytes can fail to parse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nothing is wrong yet: the stream has to deliver at least this many more bytes.
    Incomplete {
        /// A lower bound on what is missing, at least 1.
        needed: usize,
    },
    /// The field does not fit into the block (or datagram) that holds it.
    Overrun {
        /// How many bytes stick out, at least 1.
        by: usize,
    },
    /// The block (or datagram) is longer than what it should hold.
    Leftover {
        /// How many bytes were not read.
        count: usize,
    },
    /// The bytes break a rule of the format.
    Invalid(&'static Rule),
}

/// A rule of a format, so that a refusal can be looked up: its name, what it says, and where that is written.
///
/// A format declares its rules as constants beside the code that checks them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// A short name for logs, counters and tests, such as `"bare-lf"`.
    pub name: &'static str,
    /// What was wrong, as the end of the sentence "byte 14, field `data`: …".
    pub says: &'static str,
    /// Where the rule stands, such as `"RFC 9112 §2.2"`.
    pub section: &'static str,
}

impl WireError {
    /// Whether more bytes may mend this.
    pub fn is_incomplete(&self) -> bool {
        matches!(self.kind, ErrorKind::Incomplete { .. })
    }

    /// The rule that was broken, if it was one of the format's own (and not a matter of length).
    pub fn rule(&self) -> Option<&'static Rule> {
        match self.kind {
            ErrorKind::Invalid(rule) => Some(rule),
            _ => None,
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}, field `{}`: {}", self.at, self.field, self.kind)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        match *self {
            ErrorKind::Incomplete { needed } => {
                write!(f, "needs at least {needed} more byte{}", plural(needed))
            }
            ErrorKind::Overrun { by } => {
                write!(f, "runs {by} byte{} past the end of its enclosing block", plural(by))
            }
            ErrorKind::Leftover { count } => {
                write!(f, "{count} byte{} left over behind it", plural(count))
            }
            ErrorKind::Invalid(rule) => write!(f, "{} ({})", rule.says, rule.section),
        }
    }
}

impl std::error::Error for WireError {}
