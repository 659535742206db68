//! The key schedule against the traces of RFC 8448: every step as the RFC prints it, and the stages and the transcript
//! against the same values, from the messages and the shared secrets alone.

mod support;

use support::{Step, trace};
use wirelab_tls::key_schedule::{
    EarlySecret, HandshakeSecret, MasterSecret, Operation, Secret, Steps, derive_secret, export,
    finished_key, hkdf_expand_label, hkdf_extract, next_traffic_secret, resumption_psk,
};
use wirelab_tls::{Handshake, Hash, PendingTranscript, Suite, Transcript};
use wirelab_wire::{Decode, Reader};

const SUITE: Suite = Suite::AES_128_GCM_SHA256;

fn secret(bytes: &[u8]) -> Secret {
    assert_eq!(bytes.len(), 32);
    Secret::new(Hash::Sha256, bytes)
}

/// The part between quotation marks, behind `tls13 `.
fn label(step: &Step) -> &str {
    step.does.split('"').nth(1).and_then(|label| label.strip_prefix("tls13 ")).expect(&step.does)
}

#[test]
fn every_extraction_of_rfc_8448_gives_the_secret_that_is_printed() {
    let mut seen = 0;
    for step in (3..=7).flat_map(trace).filter(|step| step.get("IKM").is_some()) {
        let salt = Secret::new(Hash::Sha256, step.value("salt"));
        let extracted = hkdf_extract(&salt, step.value("IKM"), &mut Steps::off());
        assert_eq!(extracted.as_bytes(), step.value("secret"), "{}", step.does);
        seen += 1;
    }
    assert_eq!(seen, 15);
}

#[test]
fn every_expansion_of_rfc_8448_gives_the_bytes_that_are_printed() {
    let mut seen = 0;
    for step in (3..=7).flat_map(trace).filter(|step| step.get("expanded").is_some()) {
        let label = if step.does.contains("binder") { "finished" } else { label(&step) };
        let context = if label == "finished" { &[][..] } else { step.value("hash") };
        let mut expanded = vec![0; step.value("expanded").len()];
        let prk = secret(step.value("PRK"));
        hkdf_expand_label(&prk, label.as_bytes(), context, &mut expanded, &mut Steps::off()).unwrap();
        assert_eq!(expanded, step.value("expanded"), "{}", step.does);
        if let (Some(hash), Some(finished)) = (step.get("binder hash"), step.get("finished")) {
            assert_eq!(secret(&expanded).mac(hash).as_bytes(), finished, "{}", step.does);
            assert!(secret(&expanded).verifies(hash, finished));
        }
        seen += 1;
    }
    assert_eq!(seen, 59);
}

#[test]
fn every_traffic_key_of_rfc_8448_is_the_one_that_is_printed() {
    let mut seen = 0;
    for step in (3..=7).flat_map(trace).filter(|step| step.get("key expanded").is_some()) {
        let keys = SUITE.traffic_keys(&secret(step.value("PRK")), &mut Steps::off());
        assert_eq!((keys.key(), &keys.iv()[..]), (step.value("key expanded"), step.value("iv expanded")));
        seen += 1;
    }
    assert_eq!(seen, 21);
}

/// What a trace's connection has come to, from its messages and shared secrets.
struct Replay {
    psk: Option<Vec<u8>>,
    pending: PendingTranscript,
    transcript: Option<Transcript>,
    early: Option<EarlySecret>,
    handshake: Option<HandshakeSecret>,
    master: Option<MasterSecret>,
    compared: usize,
}

impl Replay {
    fn new(psk: Option<Vec<u8>>) -> Self {
        let early = EarlySecret::new(Hash::Sha256, psk.as_deref(), &mut Steps::off());
        Replay {
            psk,
            pending: PendingTranscript::new(),
            transcript: None,
            early: Some(early),
            handshake: None,
            master: None,
            compared: 0,
        }
    }

    fn digest(&self) -> Vec<u8> {
        match &self.transcript {
            Some(transcript) => transcript.digest().as_ref().to_vec(),
            None => self.pending.digest(Hash::Sha256).as_ref().to_vec(),
        }
    }

    fn message(&mut self, bytes: &[u8]) {
        match (Handshake::decode(&mut Reader::whole(bytes)).expect("a message"), &mut self.transcript) {
            (Handshake::NewSessionTicket(_), _) => {}
            (_, Some(transcript)) => transcript.add(bytes),
            (Handshake::ClientHello(_), None) => self.pending.add(bytes),
            (Handshake::HelloRetryRequest(_), None) => {
                let mut transcript = std::mem::take(&mut self.pending).decide_for_retry(Hash::Sha256);
                transcript.add(bytes);
                self.transcript = Some(transcript);
            }
            (_, None) => {
                self.pending.add(bytes);
                self.transcript = Some(std::mem::take(&mut self.pending).decide(Hash::Sha256));
            }
        }
    }

    #[track_caller]
    fn same(&mut self, step: &Step, ours: &Secret, name: &str) {
        assert_eq!(ours.as_bytes(), step.value(name), "[{}] {}", step.who, step.does);
        self.compared += 1;
    }

    fn step(&mut self, step: &Step) {
        let off = &mut Steps::off();
        let digest = self.digest();
        if let Some(message) = step.message() {
            self.message(message);
        }
        match &step.does[..] {
            "extract secret \"handshake\"" => {
                let early = self.early.take().expect("the early secret");
                self.handshake = Some(early.into_handshake(Some(step.value("IKM")), off));
            }
            "derive secret \"tls13 c e traffic\"" => {
                let ours = self.early.as_ref().map(|early| early.client_early_traffic(&digest, off)).unwrap();
                self.same(step, &ours, "expanded");
            }
            "derive secret \"tls13 e exp master\"" => {
                let ours =
                    self.early.as_ref().map(|early| early.early_exporter_master(&digest, off)).unwrap();
                self.same(step, &ours, "expanded");
            }
            "derive secret \"tls13 c hs traffic\"" => {
                let ours = self.handshake.as_ref().map(|stage| stage.client_traffic(&digest, off)).unwrap();
                self.same(step, &ours, "expanded");
            }
            "derive secret \"tls13 s hs traffic\"" => {
                let ours = self.handshake.as_ref().map(|stage| stage.server_traffic(&digest, off)).unwrap();
                self.same(step, &ours, "expanded");
            }
            "extract secret \"master\"" => {
                self.master = Some(self.handshake.take().expect("the handshake secret").into_master(off));
            }
            "derive secret \"tls13 c ap traffic\"" => {
                let ours = self.master.as_ref().map(|stage| stage.client_traffic(&digest, off)).unwrap();
                self.same(step, &ours, "expanded");
            }
            "derive secret \"tls13 s ap traffic\"" => {
                let ours = self.master.as_ref().map(|stage| stage.server_traffic(&digest, off)).unwrap();
                self.same(step, &ours, "expanded");
            }
            "derive secret \"tls13 exp master\"" => {
                let ours = self.master.as_ref().map(|stage| stage.exporter_master(&digest, off)).unwrap();
                self.same(step, &ours, "expanded");
            }
            "derive secret \"tls13 res master\"" => {
                let ours = self.master.as_ref().map(|stage| stage.resumption_master(&digest, off)).unwrap();
                self.same(step, &ours, "expanded");
            }
            "calculate finished \"tls13 finished\"" => {
                let key = finished_key(&secret(step.value("PRK")), off);
                self.same(step, &key, "expanded");
                self.same(step, &key.mac(&digest), "finished");
            }
            _ => {}
        }
    }
}

/// The pre-shared key of section 4 is that of section 3's ticket.
fn psk_of(section: u8) -> Option<Vec<u8>> {
    let third = (section == 4).then(|| trace(3))?;
    let step = third.iter().find(|step| step.does.starts_with("generate resumption secret"))?;
    Some(step.value("expanded").to_vec())
}

#[test]
fn the_stages_and_the_transcript_give_every_secret_of_rfc_8448() {
    for (section, compared) in [(3, 10), (4, 12), (5, 10), (6, 10), (7, 10)] {
        let mut replay = Replay::new(psk_of(section));
        trace(section).iter().for_each(|step| replay.step(step));
        assert_eq!(replay.compared, compared, "section {section}");
        assert_eq!(replay.psk.is_some(), section == 4);
    }
}

#[test]
fn the_binder_of_rfc_8448_covers_the_hello_without_its_binders() {
    let steps = trace(4);
    let step = steps.iter().find(|step| step.does == "calculate PSK binder").unwrap();
    let hello = steps.iter().find(|step| step.does.contains("ClientHello")).unwrap().message().unwrap();
    let Ok(Handshake::ClientHello(read)) = Handshake::decode(&mut Reader::whole(hello)) else {
        panic!("{hello:?}")
    };
    let truncated = &hello[..hello.len() - read.binders_len()];
    let digest = PendingTranscript::new().digest_with(Hash::Sha256, truncated);
    assert_eq!(digest.as_ref(), step.value("binder hash"));
    let psk = psk_of(4).unwrap();
    let early = EarlySecret::new(Hash::Sha256, Some(&psk), &mut Steps::off());
    let key = finished_key(&early.resumption_binder_key(&mut Steps::off()), &mut Steps::off());
    assert_eq!(key.mac(digest.as_ref()).as_bytes(), step.value("finished"));
    assert_eq!(read.extensions.pre_shared_key().unwrap().binders, [step.value("finished")]);
}

#[test]
fn the_ticket_of_rfc_8448_gives_the_key_that_is_printed() {
    let steps = trace(3);
    let step = steps.iter().find(|step| step.does.starts_with("generate resumption secret")).unwrap();
    let master = secret(step.value("PRK"));
    let psk = resumption_psk(&master, step.value("hash"), &mut Steps::off()).unwrap();
    assert_eq!(psk.as_bytes(), step.value("expanded"));
}

#[test]
fn steps_are_recorded_only_when_asked_for() {
    let mut on = Steps::on();
    let early = EarlySecret::new(Hash::Sha384, None, &mut on);
    let handshake = early.into_handshake(Some(&[7; 32]), &mut on);
    let traffic = handshake.client_traffic(&[1; 48], &mut on);
    let next = next_traffic_secret(&traffic, &mut on);
    let told: Vec<String> = on.recorded().iter().map(|step| format!("{step:?}")).collect();
    let expected = [
        "HKDF-Extract",
        "HKDF-Expand-Label(\"derived\")",
        "HKDF-Extract",
        "HKDF-Expand-Label(\"c hs traffic\")",
        "HKDF-Expand-Label(\"traffic upd\")",
    ];
    assert_eq!(told, expected);
    let last = on.recorded().last().unwrap();
    assert_eq!((&last.secret[..], &last.output[..]), (traffic.as_bytes(), next.as_bytes()));
    assert!(matches!(&last.operation, Operation::ExpandLabel { context, .. } if context.is_empty()));
    let mut off = Steps::off();
    next_traffic_secret(&traffic, &mut off);
    assert!(off.recorded().is_empty());
}

/// RFC 5869 appendix A.1 to A.3 are about HKDF with any info; here the limit of its length (§2.3) is tried.
#[test]
fn what_hkdf_cannot_make_is_refused() {
    let secret = Secret::zeros(Hash::Sha256);
    let off = &mut Steps::off();
    assert!(hkdf_expand_label(&secret, &[b'x'; 249], &[0; 255], &mut [0; 255 * 32], off).is_ok());
    assert!(hkdf_expand_label(&secret, &[b'x'; 250], &[], &mut [0; 32], off).is_err());
    assert!(hkdf_expand_label(&secret, b"x", &[0; 256], &mut [0; 32], off).is_err());
    assert!(hkdf_expand_label(&secret, b"x", &[], &mut [0; 255 * 32 + 1], off).is_err());
    assert!(export(&secret, &[b'x'; 250], &[], &mut [0; 32], off).is_err());
}

/// RFC 8446 §7.5: one value for each label and context, and no context is an empty one.
#[test]
fn exported_keying_material_depends_on_label_and_context() {
    let master = secret(&[9; 32]);
    let exported = |label: &[u8], context: &[u8]| {
        let mut out = [0; 40];
        export(&master, label, context, &mut out, &mut Steps::off()).unwrap();
        out
    };
    assert_ne!(exported(b"a", b""), exported(b"b", b""));
    assert_ne!(exported(b"a", b""), exported(b"a", b"c"));
    // The definition, written out.
    let inner = derive_secret(&master, b"a", Hash::Sha256.of(b"").as_ref(), &mut Steps::off());
    let mut out = [0; 40];
    let context = Hash::Sha256.of(b"c");
    hkdf_expand_label(&inner, b"exporter", context.as_ref(), &mut out, &mut Steps::off()).unwrap();
    assert_eq!(exported(b"a", b"c"), out);
}
