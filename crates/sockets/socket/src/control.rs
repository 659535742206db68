//! Control messages: what `sendmsg` and `recvmsg` carry beside the bytes (`cmsg(3)`).
//!
//! ```text
//!  0               8               12              16                    16 + n
//!  ├───────────────┼───────────────┼───────────────┼─────────────────────┼─────────┤
//!  │    length     │     level     │     type      │   n bytes of data   │ padding │ next message …
//!  ├───────────────┴───────────────┴───────────────┴─────────────────────┤         │
//!  │◀─────────────────────── length = 16 + n ───────────────────────────▶│         │
//!  │◀────────────────────── space, a multiple of 8 ───────────────────────────────▶│
//! ```
//!
//! The offsets are those of 64-bit Linux; where `size_t` has four bytes, so has the length, and everything is
//! padded to four. All numbers are in the machine's byte order. They are read and written here as bytes, so
//! that the buffer need not be aligned.

use libc::c_int;

const WORD: usize = size_of::<usize>();
/// Length, level and type.
const HEADER: usize = WORD + 8;

/// What one message with `data` bytes of data occupies without the padding (`CMSG_LEN`). A buffer of this size
/// takes no more than it.
pub(crate) const fn length(data: usize) -> usize {
    HEADER + data
}

/// What it occupies with the padding (`CMSG_SPACE`).
pub(crate) const fn space(data: usize) -> usize {
    length(data).next_multiple_of(WORD)
}

/// Writes one message at the beginning of `buffer` and returns the space of it; 0 if it does not fit.
pub(crate) fn write(buffer: &mut [u8], level: c_int, kind: c_int, data: &[u8]) -> usize {
    let (length, space) = (length(data.len()), space(data.len()));
    let Some(message) = buffer.get_mut(..space) else { return 0 };
    message[..WORD].copy_from_slice(&length.to_ne_bytes());
    message[WORD..WORD + 4].copy_from_slice(&level.to_ne_bytes());
    message[WORD + 4..HEADER].copy_from_slice(&kind.to_ne_bytes());
    message[HEADER..length].copy_from_slice(data);
    message[length..].fill(0);
    space
}

/// A message as it was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) level: c_int,
    pub(crate) kind: c_int,
    pub(crate) data: &'a [u8],
}

/// The messages in what the kernel has written. It ends at the first that does not fit, as the last one does
/// not if the buffer was too small (`MSG_CTRUNC`).
pub(crate) fn messages(mut rest: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk()?;
        let (level, after) = after.split_first_chunk()?;
        let (kind, _) = after.split_first_chunk()?;
        let length = usize::from_ne_bytes(*length);
        let data = rest.get(HEADER..length)?;
        rest = rest.get(length.next_multiple_of(WORD)..).unwrap_or_default();
        Some(Message { level: c_int::from_ne_bytes(*level), kind: c_int::from_ne_bytes(*kind), data })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(
        unsafe_code,
        reason = "C's macros have become unsafe functions, although they compute with integers only"
    )]
    fn messages_have_the_layout_of_cmsghdr() {
        assert_eq!(HEADER, size_of::<libc::cmsghdr>());
        for data in 0..20u32 {
            // SAFETY: computes with integers only.
            assert_eq!(length(data as usize), unsafe { libc::CMSG_LEN(data) } as usize);
            // SAFETY: as above.
            assert_eq!(space(data as usize), unsafe { libc::CMSG_SPACE(data) } as usize);
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_no_more() {
        let mut buffer = [0xff; 64];
        let first = write(&mut buffer, 1, 2, b"abc");
        let second = write(&mut buffer[first..], -3, 4, b"");
        assert_eq!((first, second), (space(3), space(0)));
        let written = &buffer[..first + second];
        let expected =
            [Message { level: 1, kind: 2, data: b"abc" }, Message { level: -3, kind: 4, data: b"" }];
        assert_eq!(messages(written).collect::<Vec<_>>(), expected);
        assert_eq!(write(&mut [0; 16], 1, 2, b"x"), 0, "it does not fit");
        // Cut anywhere, what is whole comes out and nothing else.
        for cut in 0..written.len() {
            let count = messages(&written[..cut]).count();
            assert_eq!(count, usize::from(cut >= length(3)) + usize::from(cut >= first + length(0)), "{cut}");
        }
    }

    #[test]
    fn lengths_that_lie_end_the_list() {
        for lie in [0, 1, HEADER - 1, 65, usize::MAX, usize::MAX - 7] {
            let mut buffer = [0; 64];
            buffer[..WORD].copy_from_slice(&lie.to_ne_bytes());
            assert_eq!(messages(&buffer).count(), 0, "{lie}");
        }
    }
}
