//! EncryptedExtensions (RFC 8446 §4.3.1): the server's answers that no key depends on.

use bytes::Bytes;

use super::progress::{Early, Progress};
use super::{AwaitCertificate, AwaitEncryptedExtensions, AwaitFinished, Context, Step};
use crate::handshake::rules::{self, check};
use crate::{EarlyData, EncryptedExtensions, Error, Extensions, Output};

pub(super) fn receive(
    step: AwaitEncryptedExtensions,
    message: &EncryptedExtensions<'_>,
    bytes: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    let AwaitEncryptedExtensions { mut progress } = step;
    let answers = &message.extensions;
    progress.said.check_answers("EncryptedExtensions", answers, &[])?;
    progress.transcript.add(bytes);
    cx.shared.summary.alpn = chosen_protocol(answers, cx)?;
    cx.shared.summary.peer_record_size_limit = answers.record_size_limit();
    settle_early_data(&mut progress, answers, cx)?;
    // RFC 8446 §4.3.2, §4.4.2: who is known by a pre-shared key shows no certificate and asks for none.
    match &progress.session {
        Some(session) => {
            cx.shared.summary.peer_certificates.clone_from(&session.peer_certificates);
            Ok(Step::Finished(AwaitFinished { progress, request: None }))
        }
        None => Ok(Step::Certificate(AwaitCertificate { progress, request: None })),
    }
}

/// RFC 7301 §3.1: one of those that were offered, or none.
fn chosen_protocol(answers: &Extensions<'_>, cx: &Context<'_>) -> Result<Option<Bytes>, Error> {
    let Some([chosen, ..]) = answers.application_layer_protocols() else { return Ok(None) };
    let offered = cx.config.alpn.iter().find(|offered| offered[..] == **chosen);
    check(offered.is_some(), "protocol_name", &rules::ALPN_NOT_OFFERED)?;
    Ok(offered.cloned())
}

fn settle_early_data(
    progress: &mut Progress,
    answers: &Extensions<'_>,
    cx: &mut Context<'_>,
) -> Result<(), Error> {
    let accepted = answers.contains(crate::ExtensionType::EARLY_DATA);
    match progress.early {
        Early::Offered(max) if accepted => {
            check_early_data(progress, cx)?;
            cx.shared.summary.early_data = true;
            cx.shared.push(Output::EarlyData(EarlyData::Accepted { max }));
            progress.early = Early::Accepted;
        }
        Early::Offered(_) => {
            cx.shared.push(Output::EarlyData(EarlyData::Rejected { max: 0 }));
            progress.early = Early::Rejected;
            progress.write_handshake_keys(cx);
        }
        // That it was not offered at all is found among the answers before.
        _ => check(!accepted, "early_data", &rules::EARLY_DATA_WITHOUT_PSK)?,
    }
    Ok(())
}

/// RFC 8446 §4.2.10: early data is for the suite and the application protocol of its ticket.
fn check_early_data(progress: &Progress, cx: &Context<'_>) -> Result<(), Error> {
    let session = progress.session.as_ref();
    let suite = session.is_some_and(|session| session.suite == progress.suite.id());
    check(suite, "early_data", &rules::EARLY_DATA_SUITE)?;
    let alpn = session.is_some_and(|session| session.alpn == cx.shared.summary.alpn);
    check(alpn, "early_data", &rules::EARLY_DATA_ALPN)?;
    Ok(())
}
