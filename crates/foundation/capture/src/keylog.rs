use std::borrow::Cow;
use std::fmt;

use bytes::BytesMut;
use thiserror::Error;
use wirelab_wire::{ByteSet, Decode, Encode, Reader, Trace, WireError, Writer};

use crate::config::Config;
use crate::rules::keylog as rules;

const LABEL: &ByteSet = &ByteSet::of(&[(b'A', b'Z'), (b'0', b'9'), (b'_', b'_')]);
const HEX: &ByteSet = &ByteSet::of(&[(b'0', b'9'), (b'a', b'f'), (b'A', b'F')]);

/// A TLS key log: the file that browsers and curl write where the environment's `SSLKEYLOGFILE` says, and that Wireshark
/// decrypts with. Whoever has it can read the connections: it belongs to experiments.
///
/// A line is a label, the client's random number, which tells the connection, and a secret; `#` begins a line of comment.
///
/// ```
/// use wirelab_capture::{Config, KeyLog, Label, Secret};
///
/// let mut log = KeyLog::default();
/// log.push(Secret::new(Label::CLIENT_TRAFFIC_SECRET_0, [7; 32], &[1, 2, 3])?);
/// let text = log.to_string();
/// assert!(text.starts_with("CLIENT_TRAFFIC_SECRET_0 0707"));
/// assert!(text.ends_with(" 010203\n"));
/// assert_eq!(KeyLog::parse(text.as_bytes(), &Config::default())?, log);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLog {
    secrets: Vec<Secret>,
}

/// One line of a [`KeyLog`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    label: Label,
    client_random: [u8; 32],
    secret: Vec<u8>,
}

/// What a secret is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label(Cow<'static, str>);

/// A secret or a label cannot stand in a key log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyLogError {
    /// A secret has no bytes.
    #[error("a secret of no bytes")]
    Empty,
    /// A label is empty, or has other characters than capital letters, digits and underscores.
    #[error("a label consists of capital letters, digits and underscores")]
    Label,
}

impl Label {
    /// TLS 1.2 and older: the master secret, 48 bytes.
    pub const CLIENT_RANDOM: Label = Label(Cow::Borrowed("CLIENT_RANDOM"));
    /// TLS 1.3: early data.
    pub const CLIENT_EARLY_TRAFFIC_SECRET: Label = Label(Cow::Borrowed("CLIENT_EARLY_TRAFFIC_SECRET"));
    /// TLS 1.3: what the client sends of the handshake.
    pub const CLIENT_HANDSHAKE_TRAFFIC_SECRET: Label =
        Label(Cow::Borrowed("CLIENT_HANDSHAKE_TRAFFIC_SECRET"));
    /// TLS 1.3: what the server sends of the handshake.
    pub const SERVER_HANDSHAKE_TRAFFIC_SECRET: Label =
        Label(Cow::Borrowed("SERVER_HANDSHAKE_TRAFFIC_SECRET"));
    /// TLS 1.3: what the client sends afterwards, until it updates its key.
    pub const CLIENT_TRAFFIC_SECRET_0: Label = Label(Cow::Borrowed("CLIENT_TRAFFIC_SECRET_0"));
    /// TLS 1.3: what the server sends afterwards.
    pub const SERVER_TRAFFIC_SECRET_0: Label = Label(Cow::Borrowed("SERVER_TRAFFIC_SECRET_0"));
    /// TLS 1.3: what other protocols derive their keys from.
    pub const EXPORTER_SECRET: Label = Label(Cow::Borrowed("EXPORTER_SECRET"));

    /// Any label.
    ///
    /// # Errors
    /// It is empty, or has other characters than capital letters, digits and underscores.
    pub fn new(label: &str) -> Result<Label, KeyLogError> {
        match !label.is_empty() && label.bytes().all(|byte| LABEL.contains(byte)) {
            true => Ok(Label(Cow::Owned(label.to_owned()))),
            false => Err(KeyLogError::Label),
        }
    }

    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Secret {
    /// A line of a key log.
    ///
    /// # Errors
    /// There is no secret.
    pub fn new(label: Label, client_random: [u8; 32], secret: &[u8]) -> Result<Secret, KeyLogError> {
        match secret {
            [] => Err(KeyLogError::Empty),
            _ => Ok(Secret { label, client_random, secret: secret.to_vec() }),
        }
    }

    /// What it is.
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// The random number of the connection's ClientHello.
    pub fn client_random(&self) -> &[u8; 32] {
        &self.client_random
    }

    /// The secret itself.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }
}

/// Without the secret: what is printed ends up in places that nobody has thought of.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}, {} bytes)", self.label.as_str(), self.secret.len())
    }
}

impl KeyLog {
    /// Reads a key log.
    ///
    /// # Errors
    /// A line is none, or is longer than [`Config::longest_key_line`], or there are more secrets than
    /// [`Config::most_secrets`].
    pub fn parse(text: &[u8], config: &Config) -> Result<KeyLog, WireError> {
        KeyLog::decode_limited(&mut Reader::whole(text), config)
    }

    /// Adds a line.
    pub fn push(&mut self, secret: Secret) {
        self.secrets.push(secret);
    }

    /// The lines in their order.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    fn decode_limited(r: &mut Reader<'_, impl Trace>, config: &Config) -> Result<KeyLog, WireError> {
        let mut secrets = Vec::new();
        while let Some(first) = r.peek() {
            check_length(r, config.longest_key_line)?;
            match first {
                b'#' => {
                    let len = line_len(r);
                    r.text(len, "comment")?;
                }
                b'\r' | b'\n' => {}
                _ if secrets.len() == config.most_secrets => {
                    return Err(r.invalid_here("label", &rules::TOO_MANY_SECRETS));
                }
                _ => secrets.push(r.group("secret", "SSLKEYLOGFILE", secret)?),
            }
            line_end(r)?;
        }
        Ok(KeyLog { secrets })
    }
}

impl<'a> Decode<'a> for KeyLog {
    const NAME: &'static str = "TLS key log";
    const SECTION: &'static str = "SSLKEYLOGFILE";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        KeyLog::decode_limited(r, &Config::default())
    }
}

impl Encode for KeyLog {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        for Secret { label, client_random, secret } in &self.secrets {
            w.group("secret", "SSLKEYLOGFILE", |w| {
                w.text(label.as_str().as_bytes(), "label");
                w.text(b" ", "space");
                w.text(digits(client_random).as_bytes(), "client random");
                w.text(b" ", "space");
                w.text(digits(secret).as_bytes(), "secret");
            });
            w.text(b"\n", "line end");
        }
    }
}

/// The text of the file.
impl fmt::Display for KeyLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: BytesMut = self.to_bytes();
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

/// The bytes before the next CR or LF.
fn line_len(r: &Reader<'_, impl Trace>) -> usize {
    let ahead = r.remaining();
    ahead.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(ahead.len())
}

fn check_length(r: &Reader<'_, impl Trace>, longest: usize) -> Result<(), WireError> {
    match line_len(r) > longest {
        true => Err(r.invalid_here("line", &rules::LINE_TOO_LONG)),
        false => Ok(()),
    }
}

fn secret(r: &mut Reader<'_, impl Trace>) -> Result<Secret, WireError> {
    let label = r.run(LABEL, "label")?;
    let Some(label) = str::from_utf8(label).ok().and_then(|label| Label::new(label).ok()) else {
        return Err(r.invalid_here("label", &rules::LABEL));
    };
    r.literal(b" ", "space", &rules::SPACE)?;
    let client_random = bytes(r.run(HEX, "client random")?);
    let client_random = client_random.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let client_random = client_random.ok_or_else(|| r.invalid("client random", &rules::CLIENT_RANDOM))?;
    r.literal(b" ", "space", &rules::SPACE)?;
    let secret =
        bytes(r.run(HEX, "secret")?).and_then(|bytes| Secret::new(label, client_random, &bytes).ok());
    secret.ok_or_else(|| r.invalid("secret", &rules::SECRET))
}

/// The last line may lack its end.
fn line_end(r: &mut Reader<'_, impl Trace>) -> Result<(), WireError> {
    match r.peek() {
        None => Ok(()),
        Some(b'\r') => r.literal(b"\r\n", "line end", &rules::LINE_END),
        Some(_) => r.literal(b"\n", "line end", &rules::LINE_END),
    }
}

/// Pairs of digits as bytes; `None` if one is left over.
fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    let digit = |digit: u8| char::from(digit).to_digit(16).map(|digit| digit as u8); // below 16
    let bytes = pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
