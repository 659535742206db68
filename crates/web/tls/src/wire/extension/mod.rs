//! Extensions (RFC 8446 §4.2): what a message says beyond its fixed fields. One kind a file; this one tells them apart.

mod alpn;
mod certificate_authorities;
mod extensions;
mod key_share;
mod oid_filters;
mod pre_shared_key;
mod psk_key_exchange_modes;
mod record_size_limit;
mod server_name;
mod signature_algorithms;
mod status_request;
mod supported_groups;
mod supported_versions;

use wirelab_wire::{Reader, Trace, WireError, Writer};

pub use extensions::Extensions;
pub use key_share::KeyShareEntry;
pub use oid_filters::OidFilter;
pub use pre_shared_key::{OfferedPsks, PskIdentity, fill_binders};
pub use server_name::ServerName;
pub use status_request::CertificateStatusRequest;

use crate::codes::{ExtensionType, NamedGroup, ProtocolVersion, PskKeyExchangeMode, SignatureScheme, Within};
use crate::wire::vector::{self, Names, Prefix::U16};

const COOKIE: Names = ("cookie length", "cookie");

/// An extension. Some kinds look different from message to message; each form is a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extension<'a> {
    /// server_name in a ClientHello.
    ServerName(Vec<ServerName<'a>>),
    /// server_name in EncryptedExtensions: empty, the name was used.
    ServerNameAcknowledged,
    /// status_request in a ClientHello.
    StatusRequest(CertificateStatusRequest<'a>),
    /// status_request in a CertificateRequest: empty.
    StatusRequested,
    /// status_request beside a certificate: an OCSP response in DER, 1 to 2^24 - 1 bytes.
    CertificateStatus(&'a [u8]),
    /// supported_groups: at least one, the preferred one first.
    SupportedGroups(Vec<NamedGroup>),
    /// signature_algorithms: at least one.
    SignatureAlgorithms(Vec<SignatureScheme>),
    /// signature_algorithms_cert: at least one.
    SignatureAlgorithmsCert(Vec<SignatureScheme>),
    /// application_layer_protocol_negotiation: names of 1 to 255 bytes, at least one; exactly one in EncryptedExtensions.
    ApplicationLayerProtocolNegotiation(Vec<&'a [u8]>),
    /// record_size_limit: at least 64.
    RecordSizeLimit(u16),
    /// pre_shared_key in a ClientHello, its last extension.
    PreSharedKey(OfferedPsks<'a>),
    /// pre_shared_key in a ServerHello: which of the offered ones, counted from 0.
    SelectedIdentity(u16),
    /// early_data in a ClientHello or EncryptedExtensions: empty.
    EarlyData,
    /// early_data in a NewSessionTicket: how many bytes of 0-RTT data the server takes.
    MaxEarlyDataSize(u32),
    /// supported_versions in a ClientHello: 1 to 127 of them.
    SupportedVersions(Vec<ProtocolVersion>),
    /// supported_versions in a ServerHello or HelloRetryRequest.
    SelectedVersion(ProtocolVersion),
    /// cookie: 1 to 65 535 bytes.
    Cookie(&'a [u8]),
    /// psk_key_exchange_modes: 1 to 255 of them.
    PskKeyExchangeModes(Vec<PskKeyExchangeMode>),
    /// certificate_authorities: distinguished names in DER.
    CertificateAuthorities(Vec<&'a [u8]>),
    /// oid_filters.
    OidFilters(Vec<OidFilter<'a>>),
    /// post_handshake_auth: empty.
    PostHandshakeAuth,
    /// key_share in a ClientHello; it may be empty, which asks for a HelloRetryRequest.
    KeyShares(Vec<KeyShareEntry<'a>>),
    /// key_share in a ServerHello.
    KeyShare(KeyShareEntry<'a>),
    /// key_share in a HelloRetryRequest.
    SelectedGroup(NamedGroup),
    /// Any other, as it came.
    Unknown {
        /// Its type.
        extension_type: ExtensionType,
        /// Its content, up to 65 535 bytes.
        extension_data: &'a [u8],
    },
}

impl<'a> Extension<'a> {
    /// The type, whatever the form.
    pub fn extension_type(&self) -> ExtensionType {
        use Extension as E;
        match self {
            E::ServerName(_) | E::ServerNameAcknowledged => ExtensionType::SERVER_NAME,
            E::StatusRequest(_) | E::StatusRequested | E::CertificateStatus(_) => {
                ExtensionType::STATUS_REQUEST
            }
            E::SupportedGroups(_) => ExtensionType::SUPPORTED_GROUPS,
            E::SignatureAlgorithms(_) => ExtensionType::SIGNATURE_ALGORITHMS,
            E::SignatureAlgorithmsCert(_) => ExtensionType::SIGNATURE_ALGORITHMS_CERT,
            E::ApplicationLayerProtocolNegotiation(_) => {
                ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION
            }
            E::RecordSizeLimit(_) => ExtensionType::RECORD_SIZE_LIMIT,
            E::PreSharedKey(_) | E::SelectedIdentity(_) => ExtensionType::PRE_SHARED_KEY,
            E::EarlyData | E::MaxEarlyDataSize(_) => ExtensionType::EARLY_DATA,
            E::SupportedVersions(_) | E::SelectedVersion(_) => ExtensionType::SUPPORTED_VERSIONS,
            E::Cookie(_) => ExtensionType::COOKIE,
            E::PskKeyExchangeModes(_) => ExtensionType::PSK_KEY_EXCHANGE_MODES,
            E::CertificateAuthorities(_) => ExtensionType::CERTIFICATE_AUTHORITIES,
            E::OidFilters(_) => ExtensionType::OID_FILTERS,
            E::PostHandshakeAuth => ExtensionType::POST_HANDSHAKE_AUTH,
            E::KeyShares(_) | E::KeyShare(_) | E::SelectedGroup(_) => ExtensionType::KEY_SHARE,
            E::Unknown { extension_type, .. } => *extension_type,
        }
    }

    /// Reads the content of an extension that `within` may hold, to the end of its block.
    fn read_data<T: Trace>(
        r: &mut Reader<'a, T>,
        extension_type: ExtensionType,
        within: Within,
    ) -> Result<Self, WireError> {
        use ExtensionType as Type;
        use Within::{CertificateRequest, ClientHello, HelloRetryRequest, NewSessionTicket, ServerHello};
        Ok(match (extension_type, within) {
            (Type::SERVER_NAME, ClientHello) => Extension::ServerName(server_name::read(r)?),
            (Type::SERVER_NAME, _) => Extension::ServerNameAcknowledged,
            (Type::STATUS_REQUEST, ClientHello) => Extension::StatusRequest(status_request::read_request(r)?),
            (Type::STATUS_REQUEST, CertificateRequest) => Extension::StatusRequested,
            (Type::STATUS_REQUEST, _) => Extension::CertificateStatus(status_request::read_response(r)?),
            (Type::SUPPORTED_GROUPS, _) => Extension::SupportedGroups(supported_groups::read(r)?),
            (Type::SIGNATURE_ALGORITHMS, _) => Extension::SignatureAlgorithms(signature_algorithms::read(r)?),
            (Type::SIGNATURE_ALGORITHMS_CERT, _) => {
                Extension::SignatureAlgorithmsCert(signature_algorithms::read(r)?)
            }
            (Type::APPLICATION_LAYER_PROTOCOL_NEGOTIATION, _) => {
                Extension::ApplicationLayerProtocolNegotiation(alpn::read(r, within)?)
            }
            (Type::RECORD_SIZE_LIMIT, _) => Extension::RecordSizeLimit(record_size_limit::read(r)?),
            (Type::PRE_SHARED_KEY, ClientHello) => Extension::PreSharedKey(pre_shared_key::read_offered(r)?),
            (Type::PRE_SHARED_KEY, _) => Extension::SelectedIdentity(r.u16("selected_identity")?),
            (Type::EARLY_DATA, NewSessionTicket) => {
                Extension::MaxEarlyDataSize(r.u32("max_early_data_size")?)
            }
            (Type::EARLY_DATA, _) => Extension::EarlyData,
            (Type::SUPPORTED_VERSIONS, ClientHello) => {
                Extension::SupportedVersions(supported_versions::read_offered(r)?)
            }
            (Type::SUPPORTED_VERSIONS, _) => {
                Extension::SelectedVersion(supported_versions::read_selected(r)?)
            }
            (Type::COOKIE, _) => Extension::Cookie(vector::opaque(r, U16, COOKIE, 1)?),
            (Type::PSK_KEY_EXCHANGE_MODES, _) => {
                Extension::PskKeyExchangeModes(psk_key_exchange_modes::read(r)?)
            }
            (Type::CERTIFICATE_AUTHORITIES, _) => {
                Extension::CertificateAuthorities(certificate_authorities::read(r)?)
            }
            (Type::OID_FILTERS, _) => Extension::OidFilters(oid_filters::read(r)?),
            (Type::POST_HANDSHAKE_AUTH, _) => Extension::PostHandshakeAuth,
            (Type::KEY_SHARE, ServerHello) => Extension::KeyShare(key_share::read_entry(r)?),
            (Type::KEY_SHARE, HelloRetryRequest) => Extension::SelectedGroup(key_share::read_selected(r)?),
            (Type::KEY_SHARE, _) => Extension::KeyShares(key_share::read_offered(r)?),
            _ => Extension::read_unknown(r, extension_type),
        })
    }

    /// Keeps the content as it is.
    fn read_unknown(r: &mut Reader<'a, impl Trace>, extension_type: ExtensionType) -> Self {
        Extension::Unknown { extension_type, extension_data: r.rest("extension_data") }
    }

    fn write_data<T: Trace>(&self, w: &mut Writer<'_, T>) {
        match self {
            Extension::ServerNameAcknowledged
            | Extension::StatusRequested
            | Extension::EarlyData
            | Extension::PostHandshakeAuth => {}
            Extension::ServerName(names) => server_name::write(w, names),
            Extension::StatusRequest(request) => status_request::write_request(w, request),
            Extension::CertificateStatus(response) => status_request::write_response(w, response),
            Extension::SupportedGroups(groups) => supported_groups::write(w, groups),
            Extension::SignatureAlgorithms(schemes) | Extension::SignatureAlgorithmsCert(schemes) => {
                signature_algorithms::write(w, schemes);
            }
            Extension::ApplicationLayerProtocolNegotiation(protocols) => alpn::write(w, protocols),
            Extension::RecordSizeLimit(limit) => w.u16(*limit, "record_size_limit"),
            Extension::PreSharedKey(psks) => pre_shared_key::write_offered(w, psks),
            Extension::SelectedIdentity(identity) => w.u16(*identity, "selected_identity"),
            Extension::MaxEarlyDataSize(size) => w.u32(*size, "max_early_data_size"),
            Extension::SupportedVersions(versions) => supported_versions::write_offered(w, versions),
            Extension::SelectedVersion(version) => w.u16(version.0, "selected_version"),
            Extension::Cookie(cookie) => vector::write_opaque(w, U16, COOKIE, cookie),
            Extension::PskKeyExchangeModes(modes) => psk_key_exchange_modes::write(w, modes),
            Extension::CertificateAuthorities(names) => certificate_authorities::write(w, names),
            Extension::OidFilters(filters) => oid_filters::write(w, filters),
            Extension::KeyShares(shares) => key_share::write_offered(w, shares),
            Extension::KeyShare(share) => key_share::write_entry(w, share),
            Extension::SelectedGroup(group) => w.u16(group.0, "selected_group"),
            Extension::Unknown { extension_data, .. } => w.bytes(extension_data, "extension_data"),
        }
    }
}
