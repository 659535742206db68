/// How much something is wanted: 0 (not at all) to 1000 (most), in thousandths (RFC 9110 §12.4.2).
///
/// ```
/// use wirelab_http::accept::Quality;
///
/// assert_eq!(Quality::parse(b"0.5"), Some(Quality(500)));
/// assert_eq!(Quality::parse(b"1.1"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality(
    /// Thousandths.
    pub u16,
);

impl Quality {
    /// Not acceptable.
    pub const NONE: Quality = Quality(0);
    /// What counts when no quality is given.
    pub const BEST: Quality = Quality(1000);
    /// Acceptable when there is nothing else.
    pub(super) const LAST_RESORT: Quality = Quality(1);

    /// Reads `0`, `1`, or up to three digits behind the point.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (whole, digits) = match text {
            [whole] => (whole, &[][..]),
            [whole, b'.', digits @ ..] if digits.len() <= 3 => (whole, digits),
            _ => return None,
        };
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let digit = |at: usize| u16::from(digits.get(at).map_or(0, |digit| digit - b'0'));
        let thousandths = digit(0) * 100 + digit(1) * 10 + digit(2);
        match (whole, thousandths) {
            (b'0', _) => Some(Quality(thousandths)),
            (b'1', 0) => Some(Quality::BEST),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quality;

    #[test]
    fn qualities_have_at_most_three_digits_behind_the_point() {
        for (text, quality) in
            [("0", 0), ("1", 1000), ("0.", 0), ("0.5", 500), ("0.123", 123), ("1.000", 1000)]
        {
            assert_eq!(Quality::parse(text.as_bytes()), Some(Quality(quality)), "{text}");
        }
        for text in ["", "2", "1.001", "0.1234", ".5", "0,5", "-0", "0.5 "] {
            assert_eq!(Quality::parse(text.as_bytes()), None, "{text}");
        }
    }
}
