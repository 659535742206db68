//! CertificateVerify (RFC 8446 §4.4.3): the server has the key of its certificate.

use super::progress::Progress;
use super::{AwaitCertificateVerify, AwaitFinished, Context, Step};
use crate::handshake::shared::check_signature;
use crate::{CertificateVerify, Error, Signer, Violation};

pub(super) fn receive(
    step: AwaitCertificateVerify,
    message: &CertificateVerify<'_>,
    bytes: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    let leaf = cx.shared.summary.peer_certificates.first().ok_or(Violation::EmptyCertificate)?;
    let Progress { said, transcript, .. } = &*step.progress;
    check_signature(message, &said.schemes, leaf, Signer::Server, transcript.digest().as_ref())?;
    Ok(accept(step, message, bytes, cx))
}

/// Goes on after the signature was checked.
pub(super) fn accept(
    step: AwaitCertificateVerify,
    message: &CertificateVerify<'_>,
    bytes: &[u8],
    cx: &mut Context<'_>,
) -> Step {
    let AwaitCertificateVerify { mut progress, request } = step;
    progress.transcript.add(bytes);
    cx.shared.summary.signature = Some(message.algorithm);
    Step::Finished(AwaitFinished { progress, request })
}
