//! The traces of RFC 8448, replayed as their server: its random numbers, keys and signatures are given, all else has to come
//! out as it is printed.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::handshake::traces::{Step as Printed, trace};
use crate::key_schedule::{Operation, Steps};
use crate::tickets::TicketContent;
use crate::{
    CipherSuite, ClientAuth, EphemeralKey, Hash, Identities, Identity, KeyLog, NamedGroup, SignatureScheme,
    SigningKey, Tickets, VerifyClient, Violation,
};

/// Signs with what the RFC prints, and remembers nothing.
#[derive(Debug)]
struct Recorded {
    scheme: [SignatureScheme; 1],
    signature: Vec<u8>,
}

impl SigningKey for Recorded {
    fn schemes(&self) -> &[SignatureScheme] {
        &self.scheme
    }

    fn sign(&self, _: SignatureScheme, _: &[u8], _: &Entropy) -> Result<Vec<u8>, Misuse> {
        Ok(self.signature.clone())
    }
}

#[derive(Debug)]
struct Anybody;

impl VerifyClient for Anybody {
    fn verify_client(&self, _: &[Bytes], _: wirelab_x509::Time) -> Result<(), wirelab_x509::Error> {
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Log(Mutex<Vec<(&'static str, Vec<u8>)>>);

impl KeyLog for Log {
    fn log(&self, label: &'static str, _: &[u8; 32], secret: &[u8]) {
        self.0.lock().unwrap().push((label, secret.to_vec()));
    }
}

/// Which secret of a trace has which name in key logs.
const SECRETS: [(&str, &str); 6] = [
    ("CLIENT_EARLY_TRAFFIC_SECRET", "c e traffic"),
    ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "c hs traffic"),
    ("SERVER_HANDSHAKE_TRAFFIC_SECRET", "s hs traffic"),
    ("CLIENT_TRAFFIC_SECRET_0", "c ap traffic"),
    ("SERVER_TRAFFIC_SECRET_0", "s ap traffic"),
    ("EXPORTER_SECRET", "exp master"),
];

fn messages<'t>(trace: &'t [Printed], who: &str) -> Vec<&'t [u8]> {
    let messages = trace.iter().filter(|step| step.who == who).filter_map(Printed::message);
    // Tickets are sealed with a key that only that server had.
    messages.filter(|message| message[0] != 4).collect()
}

fn derived<'t>(trace: &'t [Printed], label: &str) -> &'t [u8] {
    let does = format!("derive secret \"tls13 {label}\"");
    let has = |step: &&Printed| step.does == does && step.get("expanded").is_some();
    trace.iter().find(has).unwrap_or_else(|| panic!("no {does}")).value("expanded")
}

/// The random numbers and the key pair of the trace's server.
fn entropy(trace: &[Printed]) -> Entropy {
    let sent = messages(trace, "server");
    let Ok(Handshake::ServerHello(hello)) = decode(sent[0]) else { panic!("no ServerHello") };
    let share = hello.extensions.key_share().unwrap();
    let has =
        |step: &&Printed| step.does.starts_with("extract secret \"handshake\"") && step.get("IKM").is_some();
    let secret = trace.iter().find(has).unwrap().value("IKM");
    Entropy::recorded(hello.random, vec![EphemeralKey::replay(share.group, share.key_exchange, secret)])
}

const LIFETIME: Duration = Duration::from_secs(3600);

/// What the server is to say: nine groups, five of which are not spoken here, and the longest record that there is.
fn config(trace: &[Printed]) -> ServerConfig {
    let sent: Vec<_> =
        messages(trace, "server").into_iter().map(|message| decode(message).unwrap()).collect();
    let (mut chain, mut key) = (Vec::new(), Recorded { scheme: Default::default(), signature: Vec::new() });
    for message in &sent {
        match message {
            Handshake::Certificate(body) => {
                let list = body.certificate_list.iter();
                chain = list.map(|entry| Bytes::copy_from_slice(entry.cert_data)).collect();
            }
            Handshake::CertificateVerify(body) => {
                key = Recorded { scheme: [body.algorithm], signature: body.signature.to_vec() };
            }
            _ => {}
        }
    }
    let identity = Identity { chain, key: Box::new(key), ocsp: None };
    let groups = [0x1d, 0x17, 0x18, 0x19, 0x100, 0x101, 0x102, 0x103, 0x104].map(NamedGroup).to_vec();
    let identities = Arc::new(Identities::of(identity));
    ServerConfig { groups, record_size_limit: Some(0x4001), ..ServerConfig::new(identities) }
}

/// Runs the trace's client against a server, and compares all that the server says and derives.
fn replay(section: u8, config: ServerConfig, now: UnixMillis) -> (Server, Vec<String>) {
    let trace = trace(section);
    let log = Arc::new(Log::default());
    let config = ServerConfig { key_log: Some(log.clone()), ..config };
    let mut server = Server::new(Arc::new(config), now, entropy(&trace));
    server.shared.steps = Steps::on();
    let (mut order, mut sent) = (Vec::new(), Vec::new());
    for message in messages(&trace, "client") {
        receive(&mut server, message);
        poll(&mut server, &mut order, &mut sent);
        let printed = messages(&trace, "server");
        assert_eq!(sent[..], printed[..sent.len()], "section {section}");
    }
    assert_eq!(sent, messages(&trace, "server"), "section {section}");
    let logged = log.0.lock().unwrap();
    assert_eq!(logged.len(), if section == 4 { 6 } else { 5 });
    for (name, secret) in logged.iter() {
        let (_, label) = SECRETS.iter().find(|(known, _)| known == name).expect(name);
        assert_eq!(secret, derived(&trace, label), "section {section}, {name}");
    }
    assert_eq!(resumption_master(&server), derived(&trace, "res master"), "section {section}");
    (server, order)
}

fn resumption_master(server: &Server) -> &[u8] {
    let is = |step: &&crate::key_schedule::Step| match &step.operation {
        Operation::ExpandLabel { label, .. } => label == b"res master",
        Operation::Extract { .. } => false,
    };
    &server.shared.steps.recorded().iter().find(is).expect("res master").output
}

/// Takes a message in. The signature of section 6 is by a key of 1024 bits, which is not accepted: it alone is passed over.
fn receive(server: &mut Server, message: &[u8]) {
    if !matches!(server.step, Step::CertificateVerify(_)) {
        let epoch = server.step.epoch();
        return server.receive(epoch, message).unwrap();
    }
    let Step::CertificateVerify(mut progress) = std::mem::replace(&mut server.step, Step::Failed) else {
        return;
    };
    progress.transcript.add(message);
    server.step = Step::Finished(progress);
}

fn poll(server: &mut Server, order: &mut Vec<String>, sent: &mut Vec<Bytes>) {
    while let Some(output) = server.poll() {
        order.push(match output {
            Output::Send { epoch, message } => {
                let name = decode(&message).unwrap().msg_type();
                sent.push(message);
                format!("send {name} {epoch:?}")
            }
            Output::Keys { direction, epoch, .. } => format!("{direction:?} {epoch:?}"),
            Output::ChangeCipherSpec => "change_cipher_spec".to_owned(),
            Output::EarlyData(early) => format!("{early:?}"),
            Output::Complete(_) => "complete".to_owned(),
            Output::Ticket => "ticket".to_owned(),
        });
    }
}

#[test]
fn section_3_a_full_handshake() {
    let (server, order) = replay(3, config(&trace(3)), UnixMillis(0));
    let expected = [
        "send server_hello Initial",
        "Write Handshake",
        "send encrypted_extensions Handshake",
        "send certificate Handshake",
        "send certificate_verify Handshake",
        "send finished Handshake",
        "Write Application",
        "Read Handshake",
        "Read Application",
        "complete",
    ];
    assert_eq!(order, expected);
    let summary = &server.shared.summary;
    assert_eq!(summary.suite, Some(CipherSuite::TLS_AES_128_GCM_SHA256));
    assert_eq!(summary.server_name.as_deref(), Some("server"));
    assert!(server.shared.complete && !summary.resumed);
}

/// The ticket of section 3 as its server would open it, and the age that the client of section 4 gives to it.
fn ticket() -> (Bytes, TicketContent, UnixMillis) {
    let (third, fourth) = (trace(3), trace(4));
    let message = third.iter().filter_map(Printed::message).find(|message| message[0] == 4).unwrap();
    let Ok(Handshake::NewSessionTicket(ticket)) = decode(message) else { panic!("no ticket") };
    let psk = third.iter().find(|step| step.does.starts_with("generate resumption secret")).unwrap();
    let Ok(Handshake::ClientHello(hello)) = decode(messages(&fourth, "client")[0]) else {
        panic!("no hello")
    };
    let offered = hello.extensions.pre_shared_key().unwrap().identities[0].obfuscated_ticket_age;
    let content = TicketContent {
        suite: CipherSuite::TLS_AES_128_GCM_SHA256,
        psk: Secret::new(Hash::Sha256, psk.value("expanded")),
        issued: UnixMillis(0),
        age_add: ticket.ticket_age_add,
        max_early_data: ticket.extensions.max_early_data_size().unwrap(),
        alpn: None,
        server_name: Some("server".to_owned()),
        client_certificates: Vec::new(),
    };
    let age = offered.wrapping_sub(ticket.ticket_age_add);
    (Bytes::copy_from_slice(ticket.ticket), content, UnixMillis(age.into()))
}

/// It would take more early data now than it promised with the ticket.
fn resuming() -> (ServerConfig, UnixMillis) {
    let (ticket, content, now) = ticket();
    let mut tickets = Tickets::new(LIFETIME);
    tickets.known = Some((ticket, content));
    let tickets = Some(Arc::new(tickets));
    (ServerConfig { tickets, tickets_sent: 0, max_early_data: 4096, ..config(&trace(4)) }, now)
}

#[test]
fn section_4_resumption_with_early_data() {
    let (config, now) = resuming();
    let (server, order) = replay(4, config, now);
    let expected = [
        "send server_hello Initial",
        "Write Handshake",
        "send encrypted_extensions Handshake",
        "send finished Handshake",
        "Write Application",
        "Read EarlyData",
        "Accepted { max: 1024 }",
        "Read Handshake",
        "Read Application",
        "complete",
    ];
    assert_eq!(order, expected);
    assert!(server.shared.summary.resumed && server.shared.summary.early_data);
}

/// What a server makes of the ClientHello of section 4, or of one that differs from it.
fn early(config: &Arc<ServerConfig>, now: UnixMillis, hello: &[u8]) -> Result<(bool, bool), Error> {
    let mut server = Server::new(config.clone(), now, entropy(&trace(4)));
    server.receive(Epoch::Initial, hello)?;
    Ok((server.shared.summary.resumed, server.shared.summary.early_data))
}

/// RFC 8446 §8.2: the same flight again is resumed, and its early data is not taken.
#[test]
fn s8_2_early_data_is_taken_once() {
    let (config, now) = resuming();
    let (config, trace) = (Arc::new(config), trace(4));
    let hello = messages(&trace, "client")[0];
    assert_eq!(early(&config, now, hello), Ok((true, true)));
    assert_eq!(early(&config, now, hello), Ok((true, false)));
}

/// RFC 8446 §8.3: a flight that was held back for more than the window has no early data taken.
#[test]
fn s8_3_early_data_is_fresh() {
    let trace = trace(4);
    let hello = messages(&trace, "client")[0];
    for (late, taken) in [(10_000, true), (10_001, false)] {
        let (config, now) = resuming();
        let now = now + Duration::from_millis(late);
        assert_eq!(early(&Arc::new(config), now, hello), Ok((true, taken)), "{late} ms");
    }
}

/// RFC 8446 §4.2.11: a binder that does not verify aborts the handshake, and no byte that it covers can be changed.
#[test]
fn s4_2_11_a_wrong_binder_is_fatal() {
    let trace = trace(4);
    let hello = messages(&trace, "client")[0];
    // A byte of the random value; the last one of the binder.
    for at in [10, hello.len() - 1] {
        let mut changed = hello.to_vec();
        changed[at] ^= 1;
        let (config, now) = resuming();
        let error = early(&Arc::new(config), now, &changed).unwrap_err();
        assert_eq!(error, Violation::BadBinder.into(), "byte {at}");
        assert_eq!(error.alert(), Some(crate::AlertDescription::DECRYPT_ERROR));
    }
}

/// RFC 8446 §4.6.1: a ticket that is too old is as none, and the handshake a full one; the server of this trace has no
/// certificate for that.
#[test]
fn s4_6_1_an_old_ticket_is_not_resumed() {
    let (config, now) = resuming();
    let trace = trace(4);
    let result = early(&Arc::new(config), now + LIFETIME, messages(&trace, "client")[0]);
    assert_eq!(result, Err(Violation::NoCertificate.into()));
}

/// A ticket holds the client's chain, and its length has two bytes.
#[test]
fn s4_6_1_no_ticket_is_sent_that_is_too_long_for_its_length() {
    for (chain, sent) in [(60_000, 2), (65_500, 0)] {
        let config = ServerConfig { tickets: Some(Arc::new(Tickets::new(LIFETIME))), ..config(&trace(3)) };
        let entropy = Entropy::new(ring::rand::SystemRandom::new());
        let mut shared = Shared::new(UnixMillis(0), entropy, None);
        shared.summary.peer_certificates = vec![Bytes::from(vec![0; chain])];
        let cx = &mut Context { config: &config, shared: &mut shared };
        let resumption = Secret::new(Hash::Sha256, &[1; 32]);
        ticket::send_all(Suite::AES_128_GCM_SHA256, &resumption, cx).unwrap();
        let outputs: Vec<Output> = std::iter::from_fn(|| shared.poll()).collect();
        assert_eq!(outputs.len(), sent, "a chain of {chain} bytes");
        for output in &outputs {
            let Output::Send { message, .. } = output else { panic!("{output:?}") };
            assert!(matches!(decode(message), Ok(Handshake::NewSessionTicket(_))));
        }
    }
}

#[test]
fn section_6_a_client_certificate() {
    let trace = trace(6);
    let schemes = trace.iter().filter_map(Printed::message).find_map(|message| match decode(message) {
        Ok(Handshake::CertificateRequest(body)) => body.extensions.signature_algorithms().map(<[_]>::to_vec),
        _ => None,
    });
    let config = ServerConfig {
        client_auth: ClientAuth::Required(Arc::new(Anybody)),
        signature_schemes: schemes.unwrap(),
        ..config(&trace)
    };
    let (server, order) = replay(6, config, UnixMillis(0));
    assert_eq!(order[3], "send certificate_request Handshake");
    assert_eq!(server.shared.summary.peer_certificates.len(), 1);
    assert!(server.shared.complete);
}

/// RFC 8446 §D.4: the session id is echoed, and change_cipher_spec follows the ServerHello.
#[test]
fn section_7_compatibility_with_middle_boxes() {
    let (_, order) = replay(7, config(&trace(7)), UnixMillis(0));
    assert_eq!(order[..3], ["send server_hello Initial", "change_cipher_spec", "Write Handshake"]);
}
