use bytes::Bytes;

use super::psk::Psk;
use crate::{
    CipherSuite, ClientHello, EphemeralKey, Error, ExtensionType, NamedGroup, SignatureScheme, Violation,
};

/// A ClientHello that was sent, and what belongs to it and is not sent.
#[derive(Debug)]
pub(super) struct Offer {
    /// The message. It joins the transcript when the server has chosen a hash.
    pub(super) message: Bytes,
    /// What it says.
    pub(super) said: Said,
    /// The private halves of its key shares.
    pub(super) keys: Vec<EphemeralKey>,
    /// The pre-shared key that it names.
    pub(super) psk: Option<Psk>,
    /// How many bytes of early data may follow it, if it says that some do.
    pub(super) early_data: Option<u32>,
}

/// What a ClientHello says, as far as answers are compared with it. GREASE is left out: a server that chooses it is
/// refused as for any other value that was not offered (RFC 8701 §4).
#[derive(Debug)]
pub(super) struct Said {
    pub(super) session_id: Vec<u8>,
    pub(super) suites: Vec<CipherSuite>,
    pub(super) groups: Vec<NamedGroup>,
    pub(super) schemes: Vec<SignatureScheme>,
    pub(super) extensions: Vec<ExtensionType>,
}

impl Said {
    pub(super) fn of(hello: &ClientHello<'_>) -> Self {
        let groups = hello.extensions.supported_groups().unwrap_or_default();
        let kinds = hello.extensions.iter().map(|extension| extension.extension_type());
        Said {
            session_id: hello.legacy_session_id.to_vec(),
            suites: hello.cipher_suites.iter().copied().filter(|suite| !suite.is_grease()).collect(),
            groups: groups.iter().copied().filter(|group| !group.is_grease()).collect(),
            schemes: hello.extensions.signature_algorithms().unwrap_or_default().to_vec(),
            extensions: kinds.filter(|kind| !kind.is_grease()).collect(),
        }
    }

    /// RFC 8446 §4.2: an answer holds no extension that was not asked for. `unasked` may come all the same.
    pub(super) fn check_answers(
        &self,
        message: &'static str,
        answers: &crate::Extensions<'_>,
        unasked: &[ExtensionType],
    ) -> Result<(), Error> {
        for extension in answers.iter().map(|answer| answer.extension_type()) {
            if !self.extensions.contains(&extension) && !unasked.contains(&extension) {
                return Err(Violation::UnsolicitedExtension { message, extension }.into());
            }
        }
        Ok(())
    }
}
