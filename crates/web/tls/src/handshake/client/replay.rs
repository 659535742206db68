//! The traces of RFC 8448, replayed as their client: its ClientHellos are given, all else has to come out as it is printed.

use std::sync::Arc;

use bytes::Bytes;
use wirelab_x509::ServerName;

use super::hello;
use super::offer::{Offer, Said};
use super::psk::Psk;
use super::*;
use crate::handshake::traces::{Step as Printed, trace};
use crate::key_schedule::{Secret, Steps};
use crate::{
    CipherSuite, EphemeralKey, Hash, Identity, Insecure, MemorySessions, NamedGroup, Session, SessionStore,
    SignatureScheme, SigningKey, UnixMillis,
};

/// Signs with what somebody else has signed: the RFC prints the signature, and its key is too short for this crate.
#[derive(Debug)]
struct Recorded(Vec<u8>);

impl SigningKey for Recorded {
    fn schemes(&self) -> &[SignatureScheme] {
        &[SignatureScheme::RSA_PSS_RSAE_SHA256]
    }

    fn sign(&self, _: SignatureScheme, _: &[u8], _: &Entropy) -> Result<Vec<u8>, Misuse> {
        Ok(self.0.clone())
    }
}

/// The messages that one end constructs, in their order.
fn messages<'t>(trace: &'t [Printed], who: &str) -> Vec<&'t [u8]> {
    trace.iter().filter(|step| step.who == who).filter_map(Printed::message).collect()
}

fn value<'t>(trace: &'t [Printed], does: &str, name: &str) -> &'t [u8] {
    let has = |step: &&Printed| step.does == does && step.get(name).is_some();
    trace.iter().find(has).unwrap_or_else(|| panic!("no {does}")).value(name)
}

/// The client's key pair in a group, with the secret that came of it.
fn key(trace: &[Printed], hello: &[u8], group: NamedGroup) -> EphemeralKey {
    let Ok(Handshake::ClientHello(hello)) = decode(hello) else { panic!("no hello") };
    let shares = hello.extensions.key_shares().unwrap();
    let share = shares.iter().find(|share| share.group == group).unwrap();
    EphemeralKey::replay(group, share.key_exchange, value(trace, "extract secret \"handshake\"", "IKM"))
}

/// The session that section 3's ticket makes.
fn session() -> Session {
    let third = trace(3);
    let step = third.iter().find(|step| step.does.starts_with("generate resumption secret")).unwrap();
    let ticket = third.iter().filter_map(Printed::message).find(|message| message[0] == 4).unwrap();
    let Ok(Handshake::NewSessionTicket(ticket)) = decode(ticket) else { panic!("no ticket") };
    Session {
        ticket: Bytes::copy_from_slice(ticket.ticket),
        psk: Secret::new(Hash::Sha256, step.value("expanded")),
        suite: CipherSuite::TLS_AES_128_GCM_SHA256,
        age_add: ticket.ticket_age_add,
        received: UnixMillis(0),
        lifetime: ticket.ticket_lifetime,
        max_early_data: ticket.extensions.max_early_data_size().unwrap(),
        alpn: None,
        peer_certificates: Vec::new(),
    }
}

/// A client that has sent this hello. It may have said more than this crate says.
fn client_with(hello: &[u8], keys: Vec<EphemeralKey>, config: ClientConfig) -> Client {
    let name = ServerName::parse("server").unwrap();
    let mut shared = Shared::new(UnixMillis(0), Entropy::recorded(&[], keys), None);
    let Ok(Handshake::ClientHello(body)) = decode(hello) else { panic!("no hello") };
    let psk = body
        .extensions
        .pre_shared_key()
        .map(|_| Psk::new(session(), &config, UnixMillis(0), &mut Steps::off()).expect("it is fresh"));
    let early_data = body.extensions.contains(crate::ExtensionType::EARLY_DATA);
    let groups = body.extensions.key_shares().unwrap().iter().map(|share| share.group);
    let keys = groups.map(|group| shared.entropy.ephemeral_key(group).unwrap()).collect();
    let offer = Offer {
        message: Bytes::copy_from_slice(hello),
        said: Said::of(&body),
        keys,
        early_data: psk.as_ref().filter(|_| early_data).map(|psk| psk.session.max_early_data),
        psk,
    };
    let compatible = !body.legacy_session_id.is_empty();
    let cx = &mut Context { config: &config, name: &name, shared: &mut shared };
    let step = hello::start(offer, compatible, cx);
    Client { config: Arc::new(config), name, shared, step: Step::ServerHello(Box::new(step)) }
}

/// Takes a message in. The signature of RFC 8448 is by a key of 1024 bits, which is not accepted: it alone is passed over.
fn receive(client: &mut Client, epoch: Epoch, message: &[u8]) {
    let body = decode(message).unwrap();
    let (Step::CertificateVerify(_), Handshake::CertificateVerify(body)) = (&client.step, &body) else {
        return client.receive(epoch, message).unwrap();
    };
    let Step::CertificateVerify(step) = std::mem::replace(&mut client.step, Step::Failed) else { return };
    let cx = &mut Context { config: &client.config, name: &client.name, shared: &mut client.shared };
    client.step = certificate_verify::accept(step, body, message, cx);
}

/// What came out, in a line each, and the messages and secrets.
#[derive(Default)]
struct Seen {
    order: Vec<String>,
    sent: Vec<Bytes>,
    secrets: Vec<(String, Vec<u8>)>,
}

impl Seen {
    fn poll(&mut self, client: &mut Client) {
        while let Some(output) = client.poll() {
            self.order.push(match output {
                Output::Send { epoch, message } => {
                    let name = decode(&message).unwrap().msg_type();
                    self.sent.push(message);
                    format!("send {name} {epoch:?}")
                }
                Output::Keys { direction, epoch, secret, .. } => {
                    let line = format!("{direction:?} {epoch:?}");
                    self.secrets.push((line.clone(), secret.as_bytes().to_vec()));
                    line
                }
                Output::ChangeCipherSpec => "change_cipher_spec".to_owned(),
                Output::EarlyData(early) => format!("{early:?}"),
                Output::Complete(_) => "complete".to_owned(),
                Output::Ticket => "ticket".to_owned(),
            });
        }
    }
}

/// Which secret of a trace belongs to which keys.
const SECRETS: [(&str, &str); 5] = [
    ("Write EarlyData", "derive secret \"tls13 c e traffic\""),
    ("Write Handshake", "derive secret \"tls13 c hs traffic\""),
    ("Read Handshake", "derive secret \"tls13 s hs traffic\""),
    ("Write Application", "derive secret \"tls13 c ap traffic\""),
    ("Read Application", "derive secret \"tls13 s ap traffic\""),
];

fn replay(section: u8, mut config: ClientConfig) -> (Client, Seen) {
    let trace = trace(section);
    let hellos = messages(&trace, "client");
    let retried = section == 5;
    let mut keys = vec![match retried {
        true => {
            let Ok(Handshake::ClientHello(first)) = decode(hellos[0]) else { panic!("no hello") };
            let share = first.extensions.key_shares().unwrap()[0];
            EphemeralKey::replay(share.group, share.key_exchange, &[])
        }
        false => key(&trace, hellos[0], NamedGroup::X25519),
    }];
    if retried {
        keys.push(key(&trace, hellos[1], NamedGroup::SECP256R1));
    }
    let sessions = Arc::new(MemorySessions::default());
    config.sessions = Some(sessions.clone());
    config.early_data = true;
    let mut client = client_with(hellos[0], keys, config);
    let mut seen = Seen::default();
    for message in messages(&trace, "server") {
        let epoch = match &client.step {
            Step::Connected(_) => Epoch::Application,
            step => step.epoch(),
        };
        seen.poll(&mut client);
        receive(&mut client, epoch, message);
        if let (Step::ServerHello(step), true) = (&mut client.step, retried) {
            // The RFC's client also pads its second hello, and puts the cookie elsewhere.
            step.offer.message = Bytes::copy_from_slice(hellos[1]);
        }
    }
    seen.poll(&mut client);
    compare(section, &trace, &hellos, &seen);
    if section == 3 {
        let kept = sessions.take("server").expect("a ticket");
        assert_eq!(kept.psk.as_bytes(), session().psk.as_bytes());
    }
    (client, seen)
}

fn compare(section: u8, trace: &[Printed], constructed: &[&[u8]], seen: &Seen) {
    let sent = seen.sent.iter().map(|message| &message[..]);
    let same = sent.zip(constructed).enumerate().filter(|(at, _)| !(section == 5 && *at == 1));
    same.for_each(|(at, (sent, printed))| assert_eq!(sent, *printed, "section {section}, message {at}"));
    assert_eq!(seen.sent.len(), constructed.len());
    for (keys, secret) in &seen.secrets {
        let (_, does) = SECRETS.iter().find(|(name, _)| name == keys).expect(keys);
        assert_eq!(secret, value(trace, does, "expanded"), "section {section}, {keys}");
    }
}

fn config() -> ClientConfig {
    ClientConfig::new(Arc::new(Insecure))
}

#[test]
fn section_3_a_full_handshake() {
    let (client, seen) = replay(3, config());
    let order = [
        "send client_hello Initial",
        "Read Handshake",
        "Write Handshake",
        "Read Application",
        "send finished Handshake",
        "Write Application",
        "complete",
        "ticket",
    ];
    assert_eq!(seen.order, order);
    assert!(client.shared.complete && !client.shared.summary.resumed);
}

#[test]
fn section_4_resumption_with_early_data() {
    let (client, seen) = replay(4, config());
    let order = [
        "send client_hello Initial",
        "Write EarlyData",
        "Offered { max: 1024 }",
        "Read Handshake",
        "Accepted { max: 1024 }",
        "Read Application",
        "send end_of_early_data EarlyData",
        "Write Handshake",
        "send finished Handshake",
        "Write Application",
        "complete",
    ];
    assert_eq!(seen.order, order);
    assert!(client.shared.summary.resumed && client.shared.summary.early_data);
}

#[test]
fn section_5_a_hello_retry_request() {
    let (client, seen) = replay(5, config());
    let second = &seen.sent[1];
    let printed = trace(5);
    let printed = messages(&printed, "client")[1];
    let (Ok(Handshake::ClientHello(ours)), Ok(Handshake::ClientHello(theirs))) =
        (decode(second), decode(printed))
    else {
        panic!("no hellos")
    };
    assert_eq!((ours.random, &ours.cipher_suites), (theirs.random, &theirs.cipher_suites));
    for extension in &ours.extensions {
        assert!(theirs.extensions.iter().any(|other| other == extension), "{extension:?}");
    }
    // Theirs has padding beside.
    assert_eq!(ours.extensions.iter().count() + 1, theirs.extensions.iter().count());
    assert!(client.shared.complete && client.shared.summary.hello_retry);
}

#[test]
fn section_6_a_client_certificate() {
    let trace = trace(6);
    let sent = messages(&trace, "client");
    let decoded: Vec<_> = sent.iter().map(|message| decode(message).unwrap()).collect();
    let [_, Handshake::Certificate(certificate), Handshake::CertificateVerify(verify), _] = &decoded[..]
    else {
        panic!("{decoded:?}")
    };
    let chain = certificate.certificate_list.iter().map(|entry| Bytes::copy_from_slice(entry.cert_data));
    let key = Box::new(Recorded(verify.signature.to_vec()));
    let identity = Identity { chain: chain.collect(), key, ocsp: None };
    let (_, seen) = replay(6, ClientConfig { identity: Some(Arc::new(identity)), ..config() });
    let order = [
        "send client_hello Initial",
        "Read Handshake",
        "Write Handshake",
        "Read Application",
        "send certificate Handshake",
        "send certificate_verify Handshake",
        "send finished Handshake",
        "Write Application",
        "complete",
    ];
    assert_eq!(seen.order, order);
}

/// RFC 8446 §D.4: with a session id, one change_cipher_spec before the second flight.
#[test]
fn section_7_compatibility_with_middle_boxes() {
    let (_, seen) = replay(7, config());
    assert_eq!(
        seen.order[..4],
        ["send client_hello Initial", "Read Handshake", "change_cipher_spec", "Write Handshake"]
    );
}
