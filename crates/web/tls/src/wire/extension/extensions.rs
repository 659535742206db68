//! The list of extensions of a message.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::{CertificateStatusRequest, Extension, KeyShareEntry, OfferedPsks, ServerName};
use crate::codes::{ExtensionType, NamedGroup, ProtocolVersion, PskKeyExchangeMode, SignatureScheme, Within};
use crate::rules::{EXTENSION_MISPLACED, EXTENSION_TWICE, EXTENSIONS_TOO_MANY, PRE_SHARED_KEY_NOT_LAST};
use crate::wire::vector::{self, Names, Prefix::U16};

const NAMES: Names = ("extensions length", "extensions");
const SECTION: &str = "RFC 8446 §4.2";

/// How many extensions a message may have. Browsers send fewer than twenty; the search for one that stands twice takes
/// time that grows with the square of this.
const MOST: usize = 256;

/// The extensions of a message, in their order, no two of a type.
///
/// Built with [`push`](Self::push); read with the getters, each of which looks for one form of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions<'a> {
    list: Vec<Extension<'a>>,
    /// A hello of TLS 1.2 may end before this block.
    absent: bool,
}

macro_rules! getters {
    ($( $(#[$doc:meta])* $name:ident: $variant:ident -> $type:ty; )*) => {
        $( $(#[$doc])* pub fn $name(&self) -> Option<$type> {
            for extension in &self.list {
                if let Extension::$variant(value) = extension {
                    return Some(value);
                }
            }
            None
        } )*
    };
}

impl<'a> Extensions<'a> {
    /// No extensions.
    pub fn new() -> Self {
        Extensions::default()
    }

    /// Adds one, in the place of one of the same type if there is one.
    pub fn push(&mut self, extension: Extension<'a>) {
        let kind = extension.extension_type();
        match self.list.iter_mut().find(|other| other.extension_type() == kind) {
            Some(other) => *other = extension,
            None => self.list.push(extension),
        }
        self.absent = false;
    }

    /// All of them, in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Extension<'a>> {
        self.list.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether one of this type is there.
    pub fn contains(&self, extension_type: ExtensionType) -> bool {
        self.list.iter().any(|extension| extension.extension_type() == extension_type)
    }

    getters! {
        /// server_name of a ClientHello: the list; see [`host_name`](Self::host_name).
        server_names: ServerName -> &[ServerName<'a>];
        /// status_request of a ClientHello.
        status_request: StatusRequest -> &CertificateStatusRequest<'a>;
        /// supported_groups.
        supported_groups: SupportedGroups -> &[NamedGroup];
        /// signature_algorithms.
        signature_algorithms: SignatureAlgorithms -> &[SignatureScheme];
        /// signature_algorithms_cert.
        signature_algorithms_cert: SignatureAlgorithmsCert -> &[SignatureScheme];
        /// application_layer_protocol_negotiation.
        application_layer_protocols: ApplicationLayerProtocolNegotiation -> &[&'a [u8]];
        /// pre_shared_key of a ClientHello.
        pre_shared_key: PreSharedKey -> &OfferedPsks<'a>;
        /// supported_versions of a ClientHello.
        supported_versions: SupportedVersions -> &[ProtocolVersion];
        /// psk_key_exchange_modes.
        psk_key_exchange_modes: PskKeyExchangeModes -> &[PskKeyExchangeMode];
        /// certificate_authorities.
        certificate_authorities: CertificateAuthorities -> &[&'a [u8]];
        /// key_share of a ClientHello.
        key_shares: KeyShares -> &[KeyShareEntry<'a>];
    }

    /// What `pick` finds first.
    fn pick<R>(&self, pick: impl FnMut(&Extension<'a>) -> Option<R>) -> Option<R> {
        self.list.iter().find_map(pick)
    }

    /// The host of server_name in a ClientHello.
    pub fn host_name(&self) -> Option<&'a [u8]> {
        let is_host = |name: &&ServerName<'a>| name.name_type == ServerName::HOST_NAME;
        self.server_names()?.iter().find(is_host).map(|name| name.name)
    }

    /// key_share of a ServerHello.
    pub fn key_share(&self) -> Option<KeyShareEntry<'a>> {
        self.pick(|extension| match extension {
            Extension::KeyShare(share) => Some(*share),
            _ => None,
        })
    }

    /// key_share of a HelloRetryRequest.
    pub fn selected_group(&self) -> Option<NamedGroup> {
        self.pick(|extension| match extension {
            Extension::SelectedGroup(group) => Some(*group),
            _ => None,
        })
    }

    /// supported_versions of a ServerHello or HelloRetryRequest.
    pub fn selected_version(&self) -> Option<ProtocolVersion> {
        self.pick(|extension| match extension {
            Extension::SelectedVersion(version) => Some(*version),
            _ => None,
        })
    }

    /// pre_shared_key of a ServerHello.
    pub fn selected_identity(&self) -> Option<u16> {
        self.pick(|extension| match extension {
            Extension::SelectedIdentity(identity) => Some(*identity),
            _ => None,
        })
    }

    /// early_data of a NewSessionTicket, in bytes.
    pub fn max_early_data_size(&self) -> Option<u32> {
        self.pick(|extension| match extension {
            Extension::MaxEarlyDataSize(size) => Some(*size),
            _ => None,
        })
    }

    /// record_size_limit, in bytes of plaintext.
    pub fn record_size_limit(&self) -> Option<u16> {
        self.pick(|extension| match extension {
            Extension::RecordSizeLimit(limit) => Some(*limit),
            _ => None,
        })
    }

    /// cookie.
    pub fn cookie(&self) -> Option<&'a [u8]> {
        self.pick(|extension| match extension {
            Extension::Cookie(cookie) => Some(*cookie),
            _ => None,
        })
    }

    /// The OCSP response beside a certificate.
    pub fn certificate_status(&self) -> Option<&'a [u8]> {
        self.pick(|extension| match extension {
            Extension::CertificateStatus(response) => Some(*response),
            _ => None,
        })
    }

    /// The bytes of an extension that this crate does not read, such as those of QUIC.
    pub fn unknown(&self, wanted: ExtensionType) -> Option<&'a [u8]> {
        self.pick(|extension| match extension {
            Extension::Unknown { extension_type, extension_data } if *extension_type == wanted => {
                Some(*extension_data)
            }
            _ => None,
        })
    }

    /// Reads the block. What TLS 1.3 does not allow in this message is refused.
    pub(crate) fn read<T: Trace>(r: &mut Reader<'a, T>, within: Within) -> Result<Self, WireError> {
        let mut list = Vec::new();
        vector::block(r, U16, NAMES, 0, |r| {
            while r.peek().is_some() {
                // The group has the extension's name, which its first two bytes tell.
                let kind = r
                    .remaining()
                    .first_chunk()
                    .and_then(|kind| ExtensionType(u16::from_be_bytes(*kind)).name());
                let name = kind.unwrap_or("unknown extension");
                let extension = r.group(name, SECTION, |r| read_one(r, within, &list))?;
                list.push(extension);
            }
            Ok(())
        })?;
        Ok(Extensions { list, absent: false })
    }

    /// As [`read`](Self::read), for hellos, which before TLS 1.3 could end here.
    pub(crate) fn read_if_there<T: Trace>(r: &mut Reader<'a, T>, within: Within) -> Result<Self, WireError> {
        match r.peek() {
            None => Ok(Extensions { list: Vec::new(), absent: true }),
            Some(_) => Extensions::read(r, within),
        }
    }

    /// Whether one is there that TLS 1.3 does not allow in this message.
    pub(crate) fn has_misplaced(&self, within: Within) -> bool {
        self.list.iter().any(|extension| !extension.extension_type().allowed_in(within))
    }

    pub(crate) fn write<T: Trace>(&self, w: &mut Writer<'_, T>) {
        if self.absent {
            return;
        }
        vector::write_block(w, U16, NAMES, |w| {
            for extension in &self.list {
                let kind = extension.extension_type();
                w.group(kind.name().unwrap_or("unknown extension"), SECTION, |w| {
                    w.u16(kind.0, "extension_type");
                    w.block::<2>("extension_data length", "extension_data", |w| extension.write_data(w));
                });
            }
        });
    }
}

fn read_one<'a, T: Trace>(
    r: &mut Reader<'a, T>,
    within: Within,
    before: &[Extension<'a>],
) -> Result<Extension<'a>, WireError> {
    let kind = ExtensionType(r.u16("extension_type")?);
    r.note(|| kind.note());
    // RFC 8446 §4.2: "There MUST NOT be more than one extension of the same type in a given extension block."
    if before.iter().any(|other| other.extension_type() == kind) {
        return Err(r.invalid("extension_type", &EXTENSION_TWICE));
    }
    if before.len() >= MOST {
        return Err(r.invalid("extension_type", &EXTENSIONS_TOO_MANY));
    }
    // RFC 8446 §4.2.11: it MUST be the last of a ClientHello.
    if let Some(Extension::PreSharedKey(_)) = before.last() {
        return Err(r.invalid("extension_type", &PRE_SHARED_KEY_NOT_LAST));
    }
    let allowed = kind.allowed_in(within);
    // A ServerHello of TLS 1.2 holds others, and is to be refused for its version and not for these: it says later which.
    if !allowed && within != Within::ServerHello {
        return Err(r.invalid("extension_type", &EXTENSION_MISPLACED));
    }
    let len = r.u16("extension_data length")?;
    r.block(len.into(), "extension_data", |r| match allowed {
        true => Extension::read_data(r, kind, within),
        false => Ok(Extension::read_unknown(r, kind)),
    })
}

impl<'a> FromIterator<Extension<'a>> for Extensions<'a> {
    /// Of two of a type, the later one counts.
    fn from_iter<I: IntoIterator<Item = Extension<'a>>>(extensions: I) -> Self {
        let mut list = Extensions::new();
        extensions.into_iter().for_each(|extension| list.push(extension));
        list
    }
}

impl<'a, 'e> IntoIterator for &'e Extensions<'a> {
    type Item = &'e Extension<'a>;
    type IntoIter = std::slice::Iter<'e, Extension<'a>>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
