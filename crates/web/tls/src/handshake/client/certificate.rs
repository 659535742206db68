//! Certificate (RFC 8446 §4.4.2), and the CertificateRequest that may stand before it (§4.3.2).

use bytes::Bytes;
use wirelab_x509::Time;

use super::{AwaitCertificate, AwaitCertificateVerify, Context, Step};
use crate::handshake::rules::{self, check};
use crate::handshake::shared::unexpected;
use crate::{
    AlertDescription, Certificate, CertificateRequest, Error, HandshakeType, SignatureScheme, Violation,
};

/// What the server wants of a certificate of ours. Which authorities it names is not looked at: an identity is configured
/// for a server, and the server judges it.
#[derive(Debug)]
pub(super) struct Request {
    /// The signatures that it can check.
    pub(super) schemes: Vec<SignatureScheme>,
}

pub(super) fn receive_request(
    mut step: AwaitCertificate,
    message: &CertificateRequest<'_>,
    bytes: &[u8],
) -> Result<Step, Error> {
    if step.request.is_some() {
        return Err(unexpected(HandshakeType::CERTIFICATE_REQUEST, "Certificate"));
    }
    // RFC 8446 §4.3.2: the context is for requests after the handshake.
    let context = message.certificate_request_context;
    check(context.is_empty(), "certificate_request_context", &rules::CONTEXT_NOT_EMPTY)?;
    // The message does not parse without them.
    let schemes = message.extensions.signature_algorithms().unwrap_or_default().to_vec();
    step.progress.transcript.add(bytes);
    step.request = Some(Request { schemes });
    Ok(Step::Certificate(step))
}

pub(super) fn receive(
    step: AwaitCertificate,
    message: &Certificate<'_>,
    bytes: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    let AwaitCertificate { mut progress, request } = step;
    let context = message.certificate_request_context;
    check(context.is_empty(), "certificate_request_context", &rules::CONTEXT_NOT_EMPTY)?;
    // RFC 8446 §4.4.2.4: a server always shows a certificate.
    let first = message.certificate_list.first().ok_or(Violation::EmptyCertificate)?;
    let limit = cx.config.limits.max_certificates;
    if message.certificate_list.len() > limit {
        let (what, alert) = ("certificates in a chain", AlertDescription::BAD_CERTIFICATE);
        return Err(Violation::TooMany { what, limit, alert }.into());
    }
    for entry in &message.certificate_list {
        // RFC 8446 §4.4.2: they answer extensions of the ClientHello.
        progress.said.check_answers("Certificate", &entry.extensions, &[])?;
    }
    let list = message.certificate_list.iter();
    let chain: Vec<Bytes> = list.map(|entry| Bytes::copy_from_slice(entry.cert_data)).collect();
    let ocsp = first.extensions.certificate_status();
    let now = Time(cx.shared.now.seconds());
    cx.config.verifier.verify_server(&chain, cx.name, ocsp, now)?;
    progress.transcript.add(bytes);
    cx.shared.summary.peer_certificates = chain;
    Ok(Step::CertificateVerify(AwaitCertificateVerify { progress, request }))
}
