//! HKDF (RFC 5869) on HMAC, and the two functions that TLS makes of it (RFC 8446 §7.1).
//!
//! ring has an HKDF of its own; here each step is taken by itself so that it can be read, and shown.

use ring::hmac;
use zeroize::Zeroizing;

use super::secret::Secret;
use super::steps::{Operation, Step, Steps};
use crate::hash::Hash;

/// What stands before each label of TLS 1.3, and of QUIC.
const PREFIX: &[u8] = b"tls13 ";

/// `HKDF-Extract(salt, IKM)` (RFC 5869 §2.2): one HMAC, with the salt as its key.
pub fn hkdf_extract(salt: &Secret, ikm: &[u8], steps: &mut Steps) -> Secret {
    hkdf_extract_with(salt.hash(), salt.as_bytes(), ikm, steps)
}

/// The same with a salt that is no secret of the schedule, such as that of QUIC's initial keys (RFC 9001 §5.2).
pub fn hkdf_extract_with(hash: Hash, salt: &[u8], ikm: &[u8], steps: &mut Steps) -> Secret {
    let extracted = hmac::sign(&hmac::Key::new(hash.hmac(), salt), ikm);
    let output = Secret::new(hash, extracted.as_ref());
    steps.record(|| Step {
        operation: Operation::Extract { ikm: copy(ikm) },
        secret: copy(salt),
        output: copy(output.as_bytes()),
    });
    output
}

/// `HKDF-Expand-Label(Secret, Label, Context, Length)`, where `out` gives the length (RFC 8446 §7.1).
///
/// ```text
/// struct {
///     uint16 length;
///     opaque label<7..255> = "tls13 " + Label;
///     opaque context<0..255>;
/// } HkdfLabel;
/// ```
///
/// # Errors
/// The label is longer than 249 bytes, the context longer than 255, or the output longer than HKDF can make it: 255 times the
/// hash. What TLS itself asks for never is.
pub fn hkdf_expand_label(
    secret: &Secret,
    label: &[u8],
    context: &[u8],
    out: &mut [u8],
    steps: &mut Steps,
) -> Result<(), TooLong> {
    let label_len = u8::try_from(PREFIX.len() + label.len()).map_err(|_| TooLong)?;
    let context_len = u8::try_from(context.len()).map_err(|_| TooLong)?;
    let len = u16::try_from(out.len()).map_err(|_| TooLong)?;
    let info = [&len.to_be_bytes()[..], &[label_len], PREFIX, label, &[context_len], context];
    hkdf_expand(secret, &info, out)?;
    steps.record(|| Step {
        operation: Operation::ExpandLabel { label: label.to_vec(), context: context.to_vec() },
        secret: copy(secret.as_bytes()),
        output: copy(out),
    });
    Ok(())
}

/// `HKDF-Expand(PRK, info, L)` (RFC 5869 §2.3), `info` in pieces: T(1) = HMAC(PRK, info, 1), and each T(n) is
/// the HMAC of T(n - 1), info and n.
fn hkdf_expand(secret: &Secret, info: &[&[u8]], out: &mut [u8]) -> Result<(), TooLong> {
    let key = secret.hmac_key();
    let mut previous: Option<hmac::Tag> = None;
    for (block, n) in out.chunks_mut(secret.hash().len()).zip(1_usize..) {
        let n = u8::try_from(n).map_err(|_| TooLong)?;
        let mut context = hmac::Context::with_key(&key);
        if let Some(previous) = &previous {
            context.update(previous.as_ref());
        }
        info.iter().for_each(|piece| context.update(piece));
        context.update(&[n]);
        let tag = context.sign();
        block.iter_mut().zip(tag.as_ref()).for_each(|(place, byte)| *place = *byte);
        previous = Some(tag);
    }
    Ok(())
}

/// The same for the labels, contexts and lengths of TLS itself, which always fit.
pub(super) fn expand_label(
    secret: &Secret,
    label: &'static [u8],
    context: &[u8],
    out: &mut [u8],
    steps: &mut Steps,
) {
    let made = hkdf_expand_label(secret, label, context, out, steps);
    debug_assert_eq!(made, Ok(()), "a label of TLS, and a context of at most 255 bytes");
}

/// A secret of the same hash for one purpose.
pub(super) fn expand_secret(
    secret: &Secret,
    label: &'static [u8],
    context: &[u8],
    steps: &mut Steps,
) -> Secret {
    let mut output = Secret::zeros(secret.hash());
    expand_label(secret, label, context, output.as_mut(), steps);
    output
}

/// `Derive-Secret(Secret, Label, Messages)` (RFC 8446 §7.1), with the digest of the messages in place of them.
pub fn derive_secret(secret: &Secret, label: &'static [u8], transcript: &[u8], steps: &mut Steps) -> Secret {
    expand_secret(secret, label, transcript, steps)
}

fn copy(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(bytes.to_vec())
}

/// A label, a context or an output is longer than HKDF-Expand-Label allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a label, context or output is longer than HKDF-Expand-Label allows (RFC 8446 §7.1)")]
pub struct TooLong;
