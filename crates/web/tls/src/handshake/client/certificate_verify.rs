//! CertificateVerify (RFC 8446 §4.4.3): the server has the key of its certificate.

use wirelab_x509::Certificate;

use crate::handshake::rules::{self, check};
use super::{AwaitCertificateVerify, AwaitFinished, Context, Step};
use crate::{CertificateVerify, Error, Signer, Violation, signed_content};

pub(super) fn receive(
    step: AwaitCertificateVerify,
    message: &CertificateVerify<'_>,
    bytes: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    check_signature(&step, message, cx)?;
    Ok(accept(step, message, bytes, cx))
}

fn check_signature(
    step: &AwaitCertificateVerify,
    message: &CertificateVerify<'_>,
    cx: &Context<'_>,
) -> Result<(), Error> {
    let scheme = message.algorithm;
    check(step.progress.said.schemes.contains(&scheme), "algorithm", &rules::SCHEME_NOT_OFFERED)?;
    check(scheme.signs_handshakes(), "algorithm", &rules::SCHEME_OF_CERTIFICATES)?;
    let algorithm = scheme.algorithm();
    let algorithm = algorithm
        .ok_or(Violation::IllegalParameter { field: "algorithm", rule: &rules::SCHEME_NOT_OFFERED })?;
    let leaf = cx.shared.summary.peer_certificates.first().ok_or(Violation::EmptyCertificate)?;
    let key = Certificate::from_der(leaf)?.public_key()?;
    let fits = key.key_type().algorithms().contains(&algorithm);
    check(fits, "algorithm", &rules::SCHEME_OF_OTHER_KEY)?;
    let content = signed_content(Signer::Server, step.progress.transcript.digest().as_ref());
    key.verify(algorithm, &content, message.signature).map_err(|_| Violation::BadSignature.into())
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
