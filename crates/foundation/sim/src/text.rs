//! What the pictures share: text that is printable and of a bounded width.

/// Replaces what neither a terminal nor XML can show.
pub(crate) fn printable(text: &str) -> String {
    let hidden = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// Cuts a text that is too long, and marks the cut.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

pub(crate) fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_that_is_too_long_is_cut() {
        assert_eq!(shorten("größe", 5), "größe");
        assert_eq!(shorten("größer", 5), "größ…");
    }
}
