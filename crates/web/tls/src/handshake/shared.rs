//! What both ends of a handshake need: the queue of outputs, the secrets that are left in the end, and the messages that
//! both of them send.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use wirelab_wire::{Decode, Encode, Reader, Writer};
use wirelab_x509::Certificate;

use super::rules::{self, check};
use super::{Direction, Epoch, Output, Summary};
use crate::config::{Identity, KeyLog};
use crate::key_schedule::{self, Secret, Steps, finished_key};
use crate::wire::{self, CertificateVerify, Finished, HandshakeHeader, Signer, signed_content};
use crate::{
    Entropy, Error, HandshakeType, Misuse, SignatureScheme, Suite, Transcript, UnixMillis, Violation,
};

/// One end's belongings.
#[derive(Debug)]
pub(crate) struct Shared {
    outputs: VecDeque<Output>,
    pub(crate) summary: Summary,
    pub(crate) steps: Steps,
    pub(crate) now: UnixMillis,
    pub(crate) entropy: Entropy,
    pub(crate) complete: bool,
    key_log: Option<Arc<dyn KeyLog>>,
    /// The traffic secrets of application data, for key updates: what is read, what is written.
    traffic: [Option<Secret>; 2],
    exporter: Option<Secret>,
}

impl Shared {
    pub(crate) fn new(now: UnixMillis, entropy: Entropy, key_log: Option<Arc<dyn KeyLog>>) -> Self {
        Shared {
            outputs: VecDeque::new(),
            summary: Summary::default(),
            steps: Steps::off(),
            now,
            entropy,
            complete: false,
            key_log,
            traffic: [None, None],
            exporter: None,
        }
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Queues a message that is written already.
    pub(crate) fn send_encoded(&mut self, epoch: Epoch, message: Bytes) {
        self.push(Output::Send { epoch, message });
    }

    /// Queues a message and adds it to the transcript.
    pub(crate) fn send(&mut self, epoch: Epoch, message: &wire::Handshake<'_>, transcript: &mut Transcript) {
        let message = encode(message);
        transcript.add(&message);
        self.send_encoded(epoch, message);
    }

    /// From here on, one direction has keys from this secret. `label` is its name in key logs.
    pub(crate) fn keys(
        &mut self,
        direction: Direction,
        epoch: Epoch,
        suite: Suite,
        secret: &Secret,
        label: &'static str,
    ) {
        self.log(label, secret);
        if epoch == Epoch::Application {
            self.traffic[direction as usize] = Some(secret.clone());
        }
        self.push(Output::Keys { direction, epoch, suite, secret: secret.clone() });
    }

    pub(crate) fn log(&self, label: &'static str, secret: &Secret) {
        if let Some(log) = &self.key_log {
            log.log(label, &self.summary.client_random, secret.as_bytes());
        }
    }

    pub(crate) fn set_exporter(&mut self, secret: Secret) {
        self.log("EXPORTER_SECRET", &secret);
        self.exporter = Some(secret);
    }

    pub(crate) fn finish(&mut self) {
        self.complete = true;
        self.push(Output::Complete(Box::new(self.summary.clone())));
    }

    pub(crate) fn next_secret(&mut self, direction: Direction) -> Result<Secret, Misuse> {
        let current = self.traffic[direction as usize].as_ref().filter(|_| self.complete);
        let next =
            key_schedule::next_traffic_secret(current.ok_or(Misuse::HandshakeIncomplete)?, &mut self.steps);
        self.traffic[direction as usize] = Some(next.clone());
        Ok(next)
    }

    pub(crate) fn export(&self, label: &[u8], context: &[u8], out: &mut [u8]) -> Result<(), Misuse> {
        let exporter = self.exporter.as_ref().filter(|_| self.complete).ok_or(Misuse::HandshakeIncomplete)?;
        key_schedule::export(exporter, label, context, out, &mut Steps::off())
            .map_err(|_| Misuse::ExportTooLong)
    }

    /// Sends a CertificateVerify (RFC 8446 §4.4.3) over the transcript so far.
    pub(crate) fn send_certificate_verify(
        &mut self,
        signer: Signer,
        identity: &Identity,
        algorithm: SignatureScheme,
        transcript: &mut Transcript,
    ) -> Result<(), Error> {
        let content = signed_content(signer, transcript.digest().as_ref());
        let signature = identity.key.sign(algorithm, &content, &self.entropy)?;
        let verify = CertificateVerify { algorithm, signature: &signature };
        self.send(Epoch::Handshake, &wire::Handshake::CertificateVerify(verify), transcript);
        Ok(())
    }

    /// Sends a Finished (RFC 8446 §4.4.4) over the transcript so far; `base` is this end's handshake traffic secret.
    pub(crate) fn send_finished(&mut self, base: &Secret, transcript: &mut Transcript) {
        let mac = finished_key(base, &mut self.steps).mac(transcript.digest().as_ref());
        let finished = Finished { verify_data: mac.as_bytes() };
        self.send(Epoch::Handshake, &wire::Handshake::Finished(finished), transcript);
    }

    /// Checks the peer's Finished against the transcript before it; `base` is the peer's handshake traffic secret.
    pub(crate) fn check_finished(
        &mut self,
        base: &Secret,
        finished: &Finished<'_>,
        transcript: &Transcript,
    ) -> Result<(), Error> {
        let key = finished_key(base, &mut self.steps);
        match key.verifies(transcript.digest().as_ref(), finished.verify_data) {
            true => Ok(()),
            false => Err(Violation::BadFinished.into()),
        }
    }
}

/// Checks a CertificateVerify (RFC 8446 §4.4.3): its scheme was offered, signs handshakes and fits the key of the certificate,
/// and the signature is over the transcript up to the Certificate.
pub(crate) fn check_signature(
    message: &CertificateVerify<'_>,
    offered: &[SignatureScheme],
    leaf: &[u8],
    signer: Signer,
    digest: &[u8],
) -> Result<(), Error> {
    let scheme = message.algorithm;
    check(offered.contains(&scheme), "algorithm", &rules::SCHEME_NOT_OFFERED)?;
    check(scheme.signs_handshakes(), "algorithm", &rules::SCHEME_OF_CERTIFICATES)?;
    let algorithm = scheme.algorithm();
    let algorithm = algorithm
        .ok_or(Violation::IllegalParameter { field: "algorithm", rule: &rules::SCHEME_NOT_OFFERED })?;
    let key = Certificate::from_der(leaf)?.public_key()?;
    let fits = key.key_type().algorithms().contains(&algorithm);
    check(fits, "algorithm", &rules::SCHEME_OF_OTHER_KEY)?;
    let content = signed_content(signer, digest);
    key.verify(algorithm, &content, message.signature).map_err(|_| Violation::BadSignature.into())
}

/// A message, header included.
pub(crate) fn encode(message: &wire::Handshake<'_>) -> Bytes {
    let mut out = BytesMut::new();
    message.encode(&mut Writer::new(&mut out));
    out.freeze()
}

/// Reads a whole message.
pub(crate) fn decode(message: &[u8]) -> Result<wire::Handshake<'_>, Error> {
    let mut r = Reader::whole(message);
    let decoded = wire::Handshake::decode(&mut r).and_then(|decoded| r.finish().map(|()| decoded));
    decoded.map_err(|error| Error::Wire { message: name_of(message), error })
}

/// The error that says that another message was waited for.
pub(crate) fn unexpected(got: HandshakeType, expected: &'static str) -> Error {
    Violation::UnexpectedMessage { got, expected }.into()
}

/// What a message is called that does not parse.
fn name_of(message: &[u8]) -> &'static str {
    let header = HandshakeHeader::decode(&mut Reader::prefix(message));
    header.ok().and_then(|header| header.msg_type.name()).unwrap_or("handshake message")
}
