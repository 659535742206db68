//! Sections 3.3 and 3.5: a conversation is recorded, and the server's private key leaks later. With the RSA key exchange of
//! TLS 1.2 the recording opens; with ephemeral Diffie-Hellman, and the same key, it does not.

use ring::digest::{SHA384, digest};
use ring::rand::SystemRandom;
use ring::signature::RSA_PKCS1_SHA256;
use wirelab_examples::tls12_shape::{Keys, Side, keys};
use wirelab_examples::{
    Args, Big, Checks, Failure, FiniteField, Outcome, PrivateExponent, Table, TeachingRsa,
};

const ABOUT: &str = "A recording, and a private key that leaks later (sections 3.3, 3.5).
Look at what the attacker has in both cases, and at which of it is missing in the second.";

/// What is sent, and what the attacker wants.
const TEXTS: [(Side, &[u8]); 2] = [
    (Side::Client, b"GET /salary HTTP/1.1\r\nHost: bank.example\r\nCookie: session=5f0c\r\n\r\n"),
    (Side::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n4200"),
];

/// What passed over the wire. The attacker has it all.
#[derive(Default)]
struct Recording(Vec<(Side, &'static str, Vec<u8>)>);

impl Recording {
    fn message(&self, name: &str) -> &[u8] {
        self.0.iter().find(|(_, message, _)| *message == name).map_or(&[], |(.., bytes)| bytes)
    }

    fn send(&mut self, from: Side, name: &'static str, bytes: Vec<u8>) {
        self.0.push((from, name, bytes));
    }

    /// Both random numbers, and the server's public key, which its certificate holds.
    fn begin() -> Self {
        let mut recording = Recording::default();
        recording.send(Side::Client, "client random", secret("client random", 32));
        recording.send(Side::Server, "server random", secret("server random", 32));
        recording
    }

    fn talk(&mut self, keys: &Keys) -> Option<()> {
        for (side, text) in TEXTS {
            self.send(side, "record", keys.seal(side, 1, text)?);
        }
        Some(())
    }

    fn keys(&self, premaster: &[u8]) -> Option<Keys> {
        keys(premaster, self.message("client random"), self.message("server random"))
    }

    /// The records' texts under these keys.
    fn open(&self, keys: &Keys) -> Vec<Option<String>> {
        let records = self.0.iter().filter(|(_, name, _)| *name == "record");
        let open = |record: &(Side, _, Vec<u8>)| keys.open(record.0, &record.2);
        records.map(|record| open(record).and_then(|text| String::from_utf8(text).ok())).collect()
    }

    fn show(&self) {
        let mut table = Table::new(["sent by", "what", "bytes", "begins with"]);
        for (side, name, bytes) in &self.0 {
            let start: String = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            table = table.cells(&[&format!("{side:?}"), name, &bytes.len(), &start]);
        }
        println!("{table}");
    }
}

/// The same in every run, so that the program's output is: nobody's secret.
fn secret(label: &str, length: usize) -> Vec<u8> {
    digest(&SHA384, label.as_bytes()).as_ref().iter().copied().take(length).collect()
}

fn main() -> Outcome {
    Args::parse(ABOUT, &[]);
    println!("{ABOUT}\n");
    let mut checks = Checks::default();
    let key = TeachingRsa::public().ok_or("no modulus")?;
    let group = FiniteField::ffdhe2048().ok_or("no modulus")?;
    let leaked = TeachingRsa::private();

    println!("1. RSA key exchange (TLS 1.2), recorded:\n");
    let rsa = with_rsa(&key).ok_or("the conversation failed")?;
    rsa.show();
    println!(
        "A year later the server's private key leaks. The attacker decrypts the premaster secret with it:\n"
    );
    checks.check(
        "the recording opens, both sides of it",
        print_opened(&attack(&rsa, &key, &leaked, "RSA(premaster)")) == 2,
    );

    println!("\n2. The same words, the same server key, ephemeral Diffie-Hellman in {}:\n", group.name);
    let ephemeral = with_diffie_hellman(&group)?;
    ephemeral.recording.show();
    after_the_leak(&ephemeral, &key, &group, &leaked, &mut checks);
    Ok(checks.exit_code())
}

// ANCHOR: exchanges
/// The client makes the secret up and sends it, locked (RFC 5246 §7.4.7.1). The server adds nothing to it.
fn with_rsa(key: &TeachingRsa) -> Option<Recording> {
    let mut recording = Recording::begin();
    let premaster = [vec![3, 3], secret("premaster", 46)].concat();
    let padding = (0..8).flat_map(|part| secret(&format!("padding {part}"), 48));
    recording.send(Side::Client, "RSA(premaster)", key.encrypt(&premaster, padding)?);
    let keys = recording.keys(&premaster)?;
    recording.talk(&keys)?;
    Some(recording)
}

/// A recording, and the one number that the server threw away afterwards.
struct Ephemeral {
    recording: Recording,
    thrown_away: Big,
}

/// Both send a share of a secret that neither sends. The server's key signs, and hides nothing (RFC 5246 §7.4.3, RFC 7919 §3).
fn with_diffie_hellman(group: &FiniteField) -> Result<Ephemeral, Failure> {
    let mut recording = Recording::begin();
    let (x, y) = (Big::from_bytes(&secret("X", 48)), Big::from_bytes(&secret("Y", 48)));
    recording.send(Side::Server, "G^Y mod N", group.public(&y).to_bytes(group.length()));
    let signed = [
        recording.message("client random"),
        recording.message("server random"),
        recording.message("G^Y mod N"),
    ];
    let signature = sign(&signed.concat())?;
    recording.send(Side::Server, "signature", signature);
    recording.send(Side::Client, "G^X mod N", group.public(&x).to_bytes(group.length()));
    let keys = shared(&recording, group, &y, "G^X mod N").ok_or("no shared secret")?;
    recording.talk(&keys).ok_or("no record")?;
    Ok(Ephemeral { recording, thrown_away: y })
}

/// The keys that follow from one side's secret and the other's share. The premaster secret is without zeros in front (RFC 5246 §8.1.2).
fn shared(recording: &Recording, group: &FiniteField, secret: &Big, share: &str) -> Option<Keys> {
    let premaster = group.shared(secret, &Big::from_bytes(recording.message(share)))?;
    recording.keys(&premaster.to_bytes(premaster.bits().div_ceil(8)))
}
// ANCHOR_END: exchanges

fn sign(message: &[u8]) -> Result<Vec<u8>, Failure> {
    let key = TeachingRsa::signing().map_err(|error| error.to_string())?;
    let mut signature = vec![0; TeachingRsa::LENGTH];
    let done = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
    done.map_err(|_| "ring does not sign")?;
    Ok(signature)
}

// ANCHOR: attack
/// Takes a message of the recording for a premaster secret under the leaked key, and tries the keys that follow.
fn attack(
    recording: &Recording,
    key: &TeachingRsa,
    leaked: &PrivateExponent,
    message: &str,
) -> Vec<Option<String>> {
    let premaster = key.decrypt(leaked, recording.message(message));
    premaster.and_then(|premaster| recording.keys(&premaster)).map_or(vec![], |keys| recording.open(&keys))
}
// ANCHOR_END: attack

/// Prints what opened, and counts it.
fn print_opened(texts: &[Option<String>]) -> usize {
    for text in texts.iter().flatten() {
        println!("  {}", text.escape_debug());
    }
    texts.iter().flatten().count()
}

fn after_the_leak(
    ephemeral: &Ephemeral,
    key: &TeachingRsa,
    group: &FiniteField,
    leaked: &PrivateExponent,
    checks: &mut Checks,
) {
    let Ephemeral { recording, thrown_away } = ephemeral;
    println!("The same key leaks. What the attacker tries:\n");
    let mut opened = 0;
    for message in ["G^X mod N", "G^Y mod N", "signature"] {
        let texts = attack(recording, key, leaked, message);
        opened += texts.iter().flatten().count();
        println!(
            "  {message}, decrypted with the leaked key: {}",
            if texts.is_empty() { "no padding, no secret" } else { "a secret" }
        );
    }
    let exponent = Big::from_bytes(&secret("a guess", 48));
    let guess = shared(recording, group, &exponent, "G^X mod N").map_or(vec![], |keys| recording.open(&keys));
    println!("  a Y of her own: {} records open", guess.iter().flatten().count());
    opened += guess.iter().flatten().count();
    println!("  what is left: Y from G^Y mod N, about 2^{} steps (RFC 7919 A.1)\n", group.strength);
    checks.check("the recording stays closed", opened == 0);
    println!(
        "\nThe server's Y, had it been kept (in a core dump, in a log, as a key for all connections):\n"
    );
    let kept =
        shared(recording, group, thrown_away, "G^X mod N").map_or(vec![], |keys| recording.open(&keys));
    checks.check("opens it: the secrecy is in throwing Y away", print_opened(&kept) == 2);
    tomorrow(recording, key, group, &exponent, checks);
}

/// Forward secrecy keeps the past. In the next connection the thief is the server, until the certificate is taken back.
fn tomorrow(seen: &Recording, key: &TeachingRsa, group: &FiniteField, own: &Big, checks: &mut Checks) {
    let share = group.public(own).to_bytes(group.length());
    let params = [secret("client random of tomorrow", 32), secret("her random", 32), share].concat();
    let forged = sign(&params).is_ok_and(|signature| key.verifies(&params, &signature));
    let replayed = key.verifies(&params, seen.message("signature"));
    println!("\nTomorrow the attacker answers in the server's place, with a share of her own:\n");
    checks.check("the signature that she has recorded does not fit it", !replayed);
    checks.check("one that she makes with the leaked key does: the client believes her", forged);
}
