use std::net::IpAddr;

use ring::rand::SecureRandom;

use crate::error::Error;
use crate::private_key::PrivateKey;
use crate::wire::der::Oid;
use crate::wire::extension::{BasicConstraints, KeyUsage};
use crate::wire::{Time, Validity, oids};

/// Ten years, as long as a laboratory's root lives.
const AUTHORITY_DAYS: i64 = 3652;
/// Short, so that a lost key is of no use to anybody for long.
const LEAF_DAYS: i64 = 30;

/// What kind of key to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on P-256, which every TLS peer knows.
    P256,
    /// Ed25519, which not every TLS peer accepts in certificates.
    Ed25519,
}

impl KeyKind {
    pub(super) fn generate(self, rng: &dyn SecureRandom) -> Result<PrivateKey, Error> {
        match self {
            KeyKind::P256 => PrivateKey::generate_p256(rng),
            KeyKind::Ed25519 => PrivateKey::generate_ed25519(rng),
        }
    }
}

/// What stands in a certificate. Every field may be changed, also so that no validator may accept the result.
///
/// ```
/// use wirelab_x509::Time;
/// use wirelab_x509::authority::Profile;
///
/// let now = Time(1_800_000_000);
/// let good = Profile::server(&["localhost"], now);
/// let mut expired = good.clone();
/// expired.validity.not_after = now.plus(-1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The kind of the new key.
    pub key: KeyKind,
    /// The subject's commonName; without one the subject is empty.
    pub common_name: Option<String>,
    /// The issuer's commonName, if it should not be the one of who signs.
    pub issuer: Option<String>,
    /// From when to when.
    pub validity: Validity,
    /// The serial number, if it should not be 16 random bytes: the value bytes of an INTEGER.
    pub serial_number: Option<Vec<u8>>,
    /// Hosts in `subjectAltName`; ASCII, and otherwise unchecked.
    pub dns: Vec<String>,
    /// Addresses in `subjectAltName`.
    pub ip: Vec<IpAddr>,
    /// `basicConstraints`, critical.
    pub basic_constraints: Option<BasicConstraints>,
    /// `keyUsage`, critical.
    pub key_usage: Option<KeyUsage>,
    /// `extKeyUsage`; left out if empty.
    pub extended_key_usage: Vec<Oid<'static>>,
    /// `nameConstraints`, critical: permitted.
    pub permitted: Subtrees,
    /// `nameConstraints`, critical: excluded.
    pub excluded: Subtrees,
    /// Whether there are `subjectKeyIdentifier` and, below a root, `authorityKeyIdentifier`.
    pub key_identifiers: bool,
    /// Further extensions, written after the others as they are.
    pub extensions: Vec<RawExtension>,
    /// Whether one bit of the signature is turned over.
    pub spoil_signature: bool,
}

/// Names at and below which an authority may issue, or may not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subtrees {
    /// Hosts; each stands for itself and all below it.
    pub dns: Vec<String>,
    /// Networks: an address, and how many of its bits count.
    pub ip: Vec<(IpAddr, u8)>,
}

/// An extension as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawExtension {
    /// Its identifier.
    pub id: Oid<'static>,
    /// Whether it has to be understood.
    pub critical: bool,
    /// What `extnValue` holds.
    pub value: Vec<u8>,
}

impl Profile {
    /// A server with these names, hosts or addresses, for 30 days from an hour before `now`: clocks differ.
    pub fn server(names: &[&str], now: Time) -> Self {
        let ip = names.iter().filter_map(|name| name.parse().ok()).collect();
        let dns = names.iter().filter(|name| name.parse::<IpAddr>().is_err());
        Profile {
            dns: dns.map(|name| (*name).to_owned()).collect(),
            ip,
            key_usage: Some(KeyUsage::DIGITAL_SIGNATURE),
            extended_key_usage: vec![oids::SERVER_AUTH],
            ..Profile::empty(now)
        }
    }

    /// A client, known by its commonName, for 30 days.
    pub fn client(common_name: &str, now: Time) -> Self {
        Profile {
            common_name: Some(common_name.to_owned()),
            key_usage: Some(KeyUsage::DIGITAL_SIGNATURE),
            extended_key_usage: vec![oids::CLIENT_AUTH],
            ..Profile::empty(now)
        }
    }

    /// An authority, for ten years from a day before `now`; `path_len` is how many authorities may stand below it.
    pub fn authority(common_name: &str, now: Time, path_len: Option<u32>) -> Self {
        Profile {
            common_name: Some(common_name.to_owned()),
            validity: Validity { not_before: now.plus_days(-1), not_after: now.plus_days(AUTHORITY_DAYS) },
            basic_constraints: Some(BasicConstraints { ca: true, path_len_constraint: path_len }),
            key_usage: Some(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN),
            ..Profile::empty(now)
        }
    }

    /// No name and no extension but the key identifiers, for 30 days.
    pub fn empty(now: Time) -> Self {
        Profile {
            key: KeyKind::P256,
            common_name: None,
            issuer: None,
            validity: Validity { not_before: now.plus(-3600), not_after: now.plus_days(LEAF_DAYS) },
            serial_number: None,
            dns: Vec::new(),
            ip: Vec::new(),
            basic_constraints: None,
            key_usage: None,
            extended_key_usage: Vec::new(),
            permitted: Subtrees::default(),
            excluded: Subtrees::default(),
            key_identifiers: true,
            extensions: Vec::new(),
            spoil_signature: false,
        }
    }
}

impl Subtrees {
    pub(super) fn is_empty(&self) -> bool {
        self.dns.is_empty() && self.ip.is_empty()
    }
}
