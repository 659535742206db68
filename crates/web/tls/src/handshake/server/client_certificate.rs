//! The client's Certificate and CertificateVerify (RFC 8446 §4.4.2, §4.4.3), where it was asked for them.

use bytes::Bytes;
use wirelab_x509::Time;

use super::{Context, Progress, Step};
use crate::config::ClientAuth;
use crate::handshake::rules::{self, check};
use crate::handshake::shared::check_signature;
use crate::{
    AlertDescription, Certificate, CertificateVerify, Error, Extension, ExtensionType, Signer, Violation,
};

pub(super) fn receive(
    mut progress: Box<Progress>,
    message: &Certificate<'_>,
    bytes: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    let context = message.certificate_request_context;
    check(context.is_empty(), "certificate_request_context", &rules::CONTEXT_NOT_EMPTY)?;
    let limit = cx.config.limits.max_certificates;
    if message.certificate_list.len() > limit {
        let (what, alert) = ("certificates in a chain", AlertDescription::BAD_CERTIFICATE);
        return Err(Violation::TooMany { what, limit, alert }.into());
    }
    let extensions = message.certificate_list.iter().flat_map(|entry| entry.extensions.iter());
    // RFC 8446 §4.4.2: they answer extensions of the CertificateRequest, which asks for none of those that are known.
    if let Some(extension) = extensions.map(Extension::extension_type).next() {
        return unasked(extension);
    }
    progress.transcript.add(bytes);
    match (&cx.config.client_auth, message.certificate_list.is_empty()) {
        // RFC 8446 §4.4.2.4: an empty list says that the client has none that would do.
        (ClientAuth::Required(_), true) => Err(Violation::CertificateRequired.into()),
        (_, true) => Ok(Step::Finished(progress)),
        (ClientAuth::Optional(verifier) | ClientAuth::Required(verifier), false) => {
            let list = message.certificate_list.iter();
            let chain: Vec<Bytes> = list.map(|entry| Bytes::copy_from_slice(entry.cert_data)).collect();
            verifier.verify_client(&chain, Time(cx.shared.now.seconds()))?;
            cx.shared.summary.peer_certificates = chain;
            Ok(Step::CertificateVerify(progress))
        }
        // It was not asked, and so this step is never reached.
        (ClientAuth::None, false) => unasked(ExtensionType::SIGNATURE_ALGORITHMS),
    }
}

fn unasked(extension: ExtensionType) -> Result<Step, Error> {
    Err(Violation::UnsolicitedExtension { message: "Certificate", extension }.into())
}

pub(super) fn receive_verify(
    mut progress: Box<Progress>,
    message: &CertificateVerify<'_>,
    bytes: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    let leaf = cx.shared.summary.peer_certificates.first().ok_or(Violation::EmptyCertificate)?;
    let digest = progress.transcript.digest();
    check_signature(message, &cx.config.signature_schemes, leaf, Signer::Client, digest.as_ref())?;
    progress.transcript.add(bytes);
    Ok(Step::Finished(progress))
}
