//! Finished (RFC 8446 §4.4.4): the server's, then the client's last flight, and the keys of application data.

use super::certificate::Request;
use super::progress::{Early, Progress};
use super::{AwaitFinished, Connected, Context, Step};
use crate::key_schedule::MasterSecret;
use crate::{
    Certificate, CertificateEntry, Direction, EndOfEarlyData, Epoch, Error, Extensions, Finished, Handshake,
    Identity, SignatureScheme, Signer,
};

pub(super) fn receive(
    step: AwaitFinished,
    message: &Finished<'_>,
    bytes: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    let AwaitFinished { mut progress, request } = step;
    cx.shared.check_finished(&progress.server, message, &progress.transcript)?;
    progress.transcript.add(bytes);
    let digest = progress.transcript.digest();
    let steps = &mut cx.shared.steps;
    let master = progress.stage.clone().into_master(steps);
    let client = master.client_traffic(digest.as_ref(), steps);
    let server = master.server_traffic(digest.as_ref(), steps);
    let exporter = master.exporter_master(digest.as_ref(), steps);
    cx.shared.set_exporter(exporter);
    let suite = progress.suite;
    cx.shared.keys(Direction::Read, Epoch::Application, suite, &server, "SERVER_TRAFFIC_SECRET_0");
    send_flight(&mut progress, request, cx)?;
    cx.shared.keys(Direction::Write, Epoch::Application, suite, &client, "CLIENT_TRAFFIC_SECRET_0");
    let connected = connected(&progress, &master, cx);
    cx.shared.finish();
    Ok(Step::Connected(connected))
}

fn connected(progress: &Progress, master: &MasterSecret, cx: &mut Context<'_>) -> Connected {
    let digest = progress.transcript.digest();
    let resumption = master.resumption_master(digest.as_ref(), &mut cx.shared.steps);
    Connected { resumption, tickets: 0 }
}

/// What the client has still to say: EndOfEarlyData under the keys of early data, then the rest under those of the handshake.
fn send_flight(progress: &mut Progress, request: Option<Request>, cx: &mut Context<'_>) -> Result<(), Error> {
    if progress.early == Early::Accepted {
        // RFC 8446 §4.5: only if the server has taken early data.
        let end = Handshake::EndOfEarlyData(EndOfEarlyData);
        cx.shared.send(Epoch::EarlyData, &end, &mut progress.transcript);
        progress.write_handshake_keys(cx);
    }
    if let Some(request) = request {
        send_certificate(progress, &request, cx)?;
    }
    let Progress { client, transcript, .. } = progress;
    cx.shared.send_finished(client, transcript);
    Ok(())
}

/// RFC 8446 §4.4.2: whoever is asked answers, with an empty list if there is nothing that the server could check.
fn send_certificate(progress: &mut Progress, request: &Request, cx: &mut Context<'_>) -> Result<(), Error> {
    let identity = cx.config.identity.as_deref();
    let chosen = identity.and_then(|identity| Some((identity, scheme_for(identity, request)?)));
    let chain = chosen.map(|(identity, _)| &identity.chain[..]).unwrap_or_default();
    let entry = |der| CertificateEntry { cert_data: der, extensions: Extensions::new() };
    let certificate = Certificate {
        certificate_request_context: &[],
        certificate_list: chain.iter().map(|der| entry(der)).collect(),
    };
    cx.shared.send(Epoch::Handshake, &Handshake::Certificate(certificate), &mut progress.transcript);
    if let Some((identity, scheme)) = chosen {
        cx.shared.send_certificate_verify(Signer::Client, identity, scheme, &mut progress.transcript)?;
    }
    Ok(())
}

/// The first scheme of the key that the server can check and that may sign a handshake (RFC 8446 §4.4.3).
fn scheme_for(identity: &Identity, request: &Request) -> Option<SignatureScheme> {
    let mut schemes = identity.key.schemes().iter().copied();
    schemes.find(|scheme| scheme.signs_handshakes() && request.schemes.contains(scheme))
}
