//! The server's flight: ServerHello, the keys, EncryptedExtensions, CertificateRequest, Certificate, CertificateVerify, Finished
//! (RFC 8446 §2, figure 1).

use super::negotiate::{self, Choice};
use super::resume::{self, Resumed};
use super::{Context, Progress, Step};
use crate::config::ClientAuth;
use crate::key_schedule::{EarlySecret, HandshakeSecret, Secret};
use crate::{
    Certificate, CertificateEntry, CertificateRequest, ClientHello, Direction, EarlyData,
    EncryptedExtensions, Epoch, Error, Extension, Extensions, Handshake, KeyShareEntry, Output,
    ProtocolVersion, ServerHello, SharedSecret, Signer, Transcript,
};

/// The server's half of the key exchange, and what came of it.
pub(super) struct Exchange {
    pub(super) public_key: Vec<u8>,
    pub(super) secret: SharedSecret,
}

/// What the flight is made of.
pub(super) struct Flight<'f, 'a> {
    pub(super) hello: &'f ClientHello<'a>,
    pub(super) message: &'f [u8],
    pub(super) choice: &'f Choice,
    /// Up to this ClientHello, without it.
    pub(super) transcript: Transcript,
    pub(super) exchange: Exchange,
    pub(super) resumed: Option<Resumed>,
    /// Whether early data is taken; `None` if there is none.
    pub(super) early: Option<bool>,
    pub(super) after_retry: bool,
}

/// The two secrets under which the rest of the handshake travels.
struct HandshakeKeys {
    stage: HandshakeSecret,
    client: Secret,
    server: Secret,
}

pub(super) fn send(mut flight: Flight<'_, '_>, cx: &mut Context<'_>) -> Result<Step, Error> {
    let suite = flight.choice.suite;
    flight.transcript.add(flight.message);
    let early_traffic = early_traffic(&flight, cx);
    send_server_hello(&mut flight, cx)?;
    let HandshakeKeys { stage, client, server } = derive(&mut flight, cx);
    cx.shared.keys(Direction::Write, Epoch::Handshake, suite, &server, "SERVER_HANDSHAKE_TRAFFIC_SECRET");
    cx.shared.log("CLIENT_HANDSHAKE_TRAFFIC_SECRET", &client);

    let asks = flight.resumed.is_none() && !matches!(cx.config.client_auth, ClientAuth::None);
    send_encrypted_extensions(&mut flight, cx);
    if flight.resumed.is_none() {
        send_certificate(&mut flight, asks, cx)?;
    }
    cx.shared.send_finished(&server, &mut flight.transcript);

    let steps = &mut cx.shared.steps;
    let master = stage.into_master(steps);
    let digest = flight.transcript.digest();
    let client_application = master.client_traffic(digest.as_ref(), steps);
    let server_application = master.server_traffic(digest.as_ref(), steps);
    let exporter = master.exporter_master(digest.as_ref(), steps);
    cx.shared.set_exporter(exporter);
    let label = "SERVER_TRAFFIC_SECRET_0";
    cx.shared.keys(Direction::Write, Epoch::Application, suite, &server_application, label);

    let Flight { transcript, early, .. } = flight;
    let progress = Box::new(Progress { suite, transcript, client, client_application, master, asks });
    Ok(read_on(progress, early, early_traffic, cx))
}

/// With which keys the client is read now.
fn read_on(
    progress: Box<Progress>,
    early: Option<bool>,
    early_traffic: Option<(Secret, u32)>,
    cx: &mut Context<'_>,
) -> Step {
    if let Some((secret, max)) = early_traffic {
        let label = "CLIENT_EARLY_TRAFFIC_SECRET";
        cx.shared.keys(Direction::Read, Epoch::EarlyData, progress.suite, &secret, label);
        cx.shared.push(Output::EarlyData(EarlyData::Accepted { max }));
        return Step::EndOfEarlyData(progress);
    }
    let next = read_handshake(progress, cx);
    if early == Some(false) {
        let max = resume::skipped(cx.config);
        cx.shared.push(Output::EarlyData(EarlyData::Rejected { max }));
    }
    next
}

/// EndOfEarlyData (RFC 8446 §4.5) changes the keys.
pub(super) fn after_early_data(mut progress: Box<Progress>, bytes: &[u8], cx: &mut Context<'_>) -> Step {
    progress.transcript.add(bytes);
    read_handshake(progress, cx)
}

fn read_handshake(progress: Box<Progress>, cx: &mut Context<'_>) -> Step {
    let (suite, secret) = (progress.suite, progress.client.clone());
    cx.shared.push(Output::Keys { direction: Direction::Read, epoch: Epoch::Handshake, suite, secret });
    if progress.asks { Step::Certificate(progress) } else { Step::Finished(progress) }
}

/// The secret of early data, of the transcript up to the ClientHello (RFC 8446 §7.1), and how much of it may come.
fn early_traffic(flight: &Flight<'_, '_>, cx: &mut Context<'_>) -> Option<(Secret, u32)> {
    let resumed = flight.resumed.as_ref().filter(|_| flight.early == Some(true))?;
    let digest = flight.transcript.digest();
    let secret = resumed.early.client_early_traffic(digest.as_ref(), &mut cx.shared.steps);
    Some((secret, resumed.max_early_data()))
}

fn send_server_hello(flight: &mut Flight<'_, '_>, cx: &mut Context<'_>) -> Result<(), Error> {
    let random = cx.shared.entropy.array::<32>()?;
    let Choice { suite, group, .. } = flight.choice;
    let key_exchange = &flight.exchange.public_key[..];
    let mut extensions = Extensions::new();
    if let Some(resumed) = &flight.resumed {
        extensions.push(Extension::SelectedIdentity(resumed.index));
    }
    extensions.push(Extension::KeyShare(KeyShareEntry { group: *group, key_exchange }));
    extensions.push(Extension::SelectedVersion(ProtocolVersion::TLS1_3));
    let hello = Handshake::ServerHello(ServerHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: &random,
        legacy_session_id_echo: flight.hello.legacy_session_id,
        cipher_suite: suite.id(),
        extensions,
    });
    cx.shared.send(Epoch::Initial, &hello, &mut flight.transcript);
    // RFC 8446 §D.4: once, and for a client that has a session id to be echoed.
    if !flight.hello.legacy_session_id.is_empty() && !flight.after_retry {
        cx.shared.push(Output::ChangeCipherSpec);
    }
    Ok(())
}

fn derive(flight: &mut Flight<'_, '_>, cx: &mut Context<'_>) -> HandshakeKeys {
    let steps = &mut cx.shared.steps;
    let early = match &flight.resumed {
        Some(resumed) => resumed.early.clone(),
        None => EarlySecret::new(flight.choice.suite.hash(), None, steps),
    };
    let stage = early.into_handshake(Some(&flight.exchange.secret), steps);
    let digest = flight.transcript.digest();
    let client = stage.client_traffic(digest.as_ref(), steps);
    let server = stage.server_traffic(digest.as_ref(), steps);
    cx.shared.summary.resumed = flight.resumed.is_some();
    cx.shared.summary.early_data = flight.early == Some(true);
    if let Some(resumed) = &flight.resumed {
        cx.shared.summary.peer_certificates = resumed.peer_certificates();
    }
    HandshakeKeys { stage, client, server }
}

/// Answers to what the client has offered, and nothing else (RFC 8446 §4.3.1).
fn send_encrypted_extensions(flight: &mut Flight<'_, '_>, cx: &mut Context<'_>) {
    let mut extensions = Extensions::new();
    // RFC 8446 §4.2.7: so the client learns with which share its next hello saves a round trip.
    extensions.push(Extension::SupportedGroups(cx.config.groups.clone()));
    let alpn = flight.choice.alpn.clone();
    if let Some(alpn) = &alpn {
        extensions.push(Extension::ApplicationLayerProtocolNegotiation(vec![&alpn[..]]));
    }
    if let Some(limit) =
        cx.config.record_size_limit.filter(|_| flight.hello.extensions.record_size_limit().is_some())
    {
        extensions.push(Extension::RecordSizeLimit(limit)); // RFC 8449 §4
    }
    if cx.shared.summary.server_name.is_some() {
        extensions.push(Extension::ServerNameAcknowledged); // RFC 6066 §3
    }
    if flight.early == Some(true) {
        extensions.push(Extension::EarlyData);
    }
    let message = Handshake::EncryptedExtensions(EncryptedExtensions { extensions });
    cx.shared.send(Epoch::Handshake, &message, &mut flight.transcript);
}

fn send_certificate(flight: &mut Flight<'_, '_>, asks: bool, cx: &mut Context<'_>) -> Result<(), Error> {
    let (identity, scheme) = negotiate::identity(flight.hello, cx)?;
    if asks {
        send_request(&mut flight.transcript, cx);
    }
    let asked_for_status = flight.hello.extensions.status_request().is_some();
    let status = identity.ocsp.as_ref().filter(|_| asked_for_status);
    let entries = identity.chain.iter().enumerate().map(|(index, certificate)| {
        // RFC 8446 §4.4.2.1: the response about a certificate is an extension of its entry.
        let status = status.filter(|_| index == 0).map(|response| Extension::CertificateStatus(response));
        CertificateEntry { cert_data: certificate, extensions: Extensions::from_iter(status) }
    });
    let certificate = Certificate { certificate_request_context: &[], certificate_list: entries.collect() };
    cx.shared.send(Epoch::Handshake, &Handshake::Certificate(certificate), &mut flight.transcript);
    cx.shared.summary.signature = Some(scheme);
    cx.shared.send_certificate_verify(Signer::Server, &identity, scheme, &mut flight.transcript)
}

/// CertificateRequest (RFC 8446 §4.3.2).
fn send_request(transcript: &mut Transcript, cx: &mut Context<'_>) {
    let authorities = match &cx.config.client_auth {
        ClientAuth::None => Vec::new(),
        ClientAuth::Optional(verifier) | ClientAuth::Required(verifier) => verifier.authorities(),
    };
    let mut extensions = Extensions::new();
    extensions.push(Extension::SignatureAlgorithms(cx.config.signature_schemes.clone()));
    if !authorities.is_empty() {
        extensions
            .push(Extension::CertificateAuthorities(authorities.iter().map(|name| &name[..]).collect()));
    }
    let request = CertificateRequest { certificate_request_context: &[], extensions };
    cx.shared.send(Epoch::Handshake, &Handshake::CertificateRequest(request), transcript);
}
