//! Entity tags: names for one version of a representation (RFC 9110 §8.8.3), and the lists of them in If-Match and
//! If-None-Match.

use std::fmt;

use bytes::Bytes;
use wirelab_wire::ByteSet;

use crate::grammar::{BLANK, trim};

/// `etagc`. A backslash is a character like any other: a tag is not a quoted-string (§8.8.3).
const TAG: &ByteSet = &ByteSet::of(&[(b'#', b'~'), (0x80, 0xff), (b'!', b'!')]);

/// A name for one version of a representation: `"xyzzy"`, or `W/"xyzzy"` when versions that differ only in
/// unimportant bytes may share it.
///
/// `==` compares the tags as written. To ask whether two tags mean the same version, use
/// [`strongly_matches`](Self::strongly_matches) or [`weakly_matches`](Self::weakly_matches).
///
/// ```
/// use wirelab_http::etag::EntityTag;
///
/// let sent = EntityTag::strong("v2").unwrap();
/// let received = EntityTag::parse(b"W/\"v2\"").unwrap();
/// assert!(received.weakly_matches(&sent) && !received.strongly_matches(&sent));
/// assert_eq!(sent.to_string(), "\"v2\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntityTag {
    weak: bool,
    opaque: Bytes,
}

impl EntityTag {
    /// A tag that changes with every byte of the representation; `None` if `opaque` has a character that no tag can
    /// have (blanks, quotes, controls).
    pub fn strong(opaque: impl Into<Bytes>) -> Option<Self> {
        let opaque = opaque.into();
        (TAG.span(&opaque) == opaque.len()).then_some(EntityTag { weak: false, opaque })
    }

    /// A tag that changes only when the meaning does; `None` as for [`strong`](Self::strong).
    pub fn weak(opaque: impl Into<Bytes>) -> Option<Self> {
        EntityTag::strong(opaque).map(|tag| EntityTag { weak: true, ..tag })
    }

    /// Reads the value of an ETag field. `None` if it is no tag: the quotes are part of the syntax.
    pub fn parse(value: &[u8]) -> Option<Self> {
        match EntityTag::take(trim(value))? {
            (tag, []) => Some(tag),
            _ => None,
        }
    }

    /// Whether it begins with `W/`.
    pub fn is_weak(&self) -> bool {
        self.weak
    }

    /// What stands between the quotes.
    pub fn opaque(&self) -> &[u8] {
        &self.opaque
    }

    /// Whether both name the same bytes: neither is weak, and they are equal (§8.8.3.2).
    pub fn strongly_matches(&self, other: &EntityTag) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// Whether both name equivalent representations: they are equal, weak or not (§8.8.3.2).
    pub fn weakly_matches(&self, other: &EntityTag) -> bool {
        self.opaque == other.opaque
    }

    /// The tag at the start of `text`, and what follows it.
    fn take(text: &[u8]) -> Option<(Self, &[u8])> {
        let (weak, quoted) = match text.strip_prefix(b"W/") {
            Some(quoted) => (true, quoted),
            None => (false, text),
        };
        let opaque = quoted.strip_prefix(b"\"")?;
        let (opaque, rest) = opaque.split_at_checked(TAG.span(opaque))?;
        let rest = rest.strip_prefix(b"\"")?;
        Some((EntityTag { weak, opaque: Bytes::copy_from_slice(opaque) }, rest))
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bytes above 0x7f have no meaning of their own; a server that makes its tags from ASCII never sees the loss.
        write!(f, "{}\"{}\"", if self.weak { "W/" } else { "" }, String::from_utf8_lossy(&self.opaque))
    }
}

/// What If-Match and If-None-Match hold: `*`, or tags (RFC 9110 §13.1.1, §13.1.2).
///
/// ```
/// use wirelab_http::etag::{EntityTag, TagList};
///
/// let list = TagList::parse([&br#""xyzzy", W/"r2d2,""#[..], b"\"c3po\""]);
/// assert_eq!(list, TagList::Tags(["xyzzy", "r2d2,", "c3po"].iter().enumerate().map(|(i, &tag)| {
///     if i == 1 { EntityTag::weak(tag).unwrap() } else { EntityTag::strong(tag).unwrap() }
/// }).collect()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagList {
    /// `*`: any current representation.
    Any,
    /// These tags. Members that are no tags match nothing and are left out.
    Tags(Vec<EntityTag>),
}

impl TagList {
    /// Reads the values of all fields of one name, which together are one list (§5.3).
    pub fn parse<'v>(values: impl IntoIterator<Item = &'v [u8]>) -> Self {
        let mut tags = Vec::new();
        let mut values = values.into_iter().peekable();
        while let Some(value) = values.next() {
            // `*` stands alone; within a list it is no tag.
            if tags.is_empty() && values.peek().is_none() && trim(value) == b"*" {
                return TagList::Any;
            }
            collect(value, &mut tags);
        }
        TagList::Tags(tags)
    }

    /// Whether one of the tags matches in the given sense; `*` matches whatever is there.
    pub fn matches(&self, current: Option<&EntityTag>, same: fn(&EntityTag, &EntityTag) -> bool) -> bool {
        match self {
            TagList::Any => true,
            TagList::Tags(tags) => current.is_some_and(|current| tags.iter().any(|tag| same(tag, current))),
        }
    }
}

/// Appends the tags of one field. The general list reader would not do: to it a backslash hides the quote behind it.
fn collect(value: &[u8], tags: &mut Vec<EntityTag>) {
    let mut rest = value;
    while !rest.is_empty() {
        let blanks = BLANK.span(rest);
        rest = rest.get(blanks..).unwrap_or_default();
        let found = EntityTag::take(rest);
        let after = found.as_ref().map_or(rest, |(_, after)| after);
        let comma = after.iter().position(|&byte| byte == b',');
        let (between, next) = after.split_at(comma.unwrap_or(after.len()));
        if let Some((tag, _)) = found
            && trim(between).is_empty()
        {
            tags.push(tag);
        }
        rest = next.get(1..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::{EntityTag, TagList};
    use proptest::prelude::*;

    fn tags(list: &[u8]) -> Vec<String> {
        match TagList::parse([list]) {
            TagList::Any => vec!["*".to_owned()],
            TagList::Tags(tags) => tags.iter().map(EntityTag::to_string).collect(),
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for text in [
            "",
            "xyzzy",
            "\"",
            "\"a",
            "a\"",
            "w/\"a\"",
            "W/a",
            "\"a b\"",
            "\"a\"b\"",
            "W /\"a\"",
            "\"\u{7f}\"",
        ] {
            assert_eq!(EntityTag::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(EntityTag::parse(b" \"\" "), EntityTag::strong(""), "an empty tag is a tag");
        assert_eq!(EntityTag::strong("a\"\r\nX: y"), None);
    }

    #[test]
    fn commas_and_backslashes_within_tags_are_plain_characters() {
        assert_eq!(tags(br#""a,b" ,"c\", W/"d",,"#), ["\"a,b\"", "\"c\\\"", "W/\"d\""]);
    }

    #[test]
    fn members_that_are_no_tags_are_left_out() {
        assert_eq!(tags(br#"x, "a" junk, *, "b"#), Vec::<String>::new());
        assert_eq!(tags(br#"x, "a", *"#), ["\"a\""]);
        assert_eq!(tags(b" * "), ["*"]);
        assert_eq!(
            TagList::parse([&b"*"[..], b"\"a\""]),
            TagList::Tags(vec![EntityTag::strong("a").unwrap()])
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(weak: bool, opaque in "[!#-~]{0,20}") {
            let tag = if weak { EntityTag::weak(opaque) } else { EntityTag::strong(opaque) }.unwrap();
            prop_assert_eq!(EntityTag::parse(tag.to_string().as_bytes()), Some(tag.clone()));
            prop_assert_eq!(TagList::parse([tag.to_string().as_bytes()]), TagList::Tags(vec![tag]));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, text in "[\"W/*, a\\\\]{0,30}") {
            let _ = (EntityTag::parse(&bytes), TagList::parse([&bytes[..]]));
            let _ = (EntityTag::parse(text.as_bytes()), TagList::parse([text.as_bytes()]));
        }
    }
}
