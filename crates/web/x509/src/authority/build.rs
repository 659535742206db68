//! From a profile to a signed certificate.

use std::net::IpAddr;

use ring::rand::SecureRandom;
use wirelab_wire::{Encode, Trace, Writer};

use super::key_identifier;
use super::profile::{Profile, RawExtension, Subtrees};
use crate::error::{Error, Misuse};
use crate::private_key::PrivateKey;
use crate::wire::der::{BitString, DerWriter, Oid, Tag, to_vec, unsigned};
use crate::wire::extension::{AuthorityKeyIdentifier, GeneralName, KeyPurpose};
use crate::wire::{AlgorithmIdentifier, Certificate, oids};

/// A certificate for `key` by `signer`, whose certificate is `issuer`; a root has none yet.
pub(super) fn certificate(
    profile: &Profile,
    key: &PrivateKey,
    issuer: Option<&Certificate<'_>>,
    signer: &PrivateKey,
    rng: &dyn SecureRandom,
) -> Result<Vec<u8>, Error> {
    check(profile)?;
    let algorithm = signer.algorithms().first().ok_or(Misuse::KeyHasOtherAlgorithms)?;
    let identifier = algorithm.identifier();
    let tbs = tbs_certificate(profile, key, issuer, &identifier, rng)?;
    let mut signature = signer.sign(*algorithm, &tbs, rng)?;
    if let (true, Some(last)) = (profile.spoil_signature, signature.last_mut()) {
        *last ^= 1;
    }
    Ok(signed(&tbs, "tbsCertificate", &identifier, &signature))
}

/// What is signed, the algorithm, the signature: certificates and revocation lists end alike.
pub(super) fn signed(
    tbs: &[u8],
    name: &'static str,
    algorithm: &AlgorithmIdentifier<'_>,
    signature: &[u8],
) -> Vec<u8> {
    to_vec(|w| {
        w.sequence("signed", |w| {
            w.bytes(tbs, name);
            algorithm.write(w, "signatureAlgorithm");
            BitString::of_bytes(signature).write(w, Tag::BIT_STRING, "signatureValue");
        });
    })
}

fn tbs_certificate(
    profile: &Profile,
    key: &PrivateKey,
    issuer: Option<&Certificate<'_>>,
    algorithm: &AlgorithmIdentifier<'_>,
    rng: &dyn SecureRandom,
) -> Result<Vec<u8>, Error> {
    let serial = match &profile.serial_number {
        Some(serial) => serial.clone(),
        None => random_serial(rng)?,
    };
    let subject = name(profile.common_name.as_deref());
    let issuer_name = match (&profile.issuer, issuer) {
        (Some(other), _) => name(Some(other)),
        (None, Some(issuer)) => to_vec(|w| issuer.subject.write(w, "issuer")),
        (None, None) => subject.clone(),
    };
    let extensions = extensions(profile, key, issuer);
    Ok(to_vec(|w| {
        w.sequence("tbsCertificate", |w| {
            w.constructed(Tag::context_constructed(0), "version", |w| {
                w.primitive(Tag::INTEGER, &[2], "version");
            });
            w.primitive(Tag::INTEGER, &serial, "serialNumber");
            algorithm.write(w, "signature");
            w.bytes(&issuer_name, "issuer");
            profile.validity.encode(w);
            w.bytes(&subject, "subject");
            key.public_key_info().encode(w);
            write_extensions(w, 3, &extensions);
        });
    }))
}

/// `[number] EXPLICIT Extensions`; nothing if there are none.
pub(super) fn write_extensions(w: &mut Writer<'_, impl Trace>, number: u8, list: &[RawExtension]) {
    if list.is_empty() {
        return;
    }
    w.constructed(Tag::context_constructed(number), "extensions", |w| {
        w.sequence("extensions", |w| list.iter().for_each(|extension| write_extension(w, extension)));
    });
}

fn write_extension(w: &mut Writer<'_, impl Trace>, extension: &RawExtension) {
    w.sequence("extension", |w| {
        extension.id.write(w, Tag::OBJECT_IDENTIFIER, "extnID");
        w.boolean_default_false(extension.critical, "critical");
        w.primitive(Tag::OCTET_STRING, &extension.value, "extnValue");
    });
}

fn extensions(profile: &Profile, key: &PrivateKey, issuer: Option<&Certificate<'_>>) -> Vec<RawExtension> {
    let mut list = Vec::new();
    let mut add = |id: Oid<'static>, critical, value| list.push(RawExtension { id, critical, value });
    if let Some(constraints) = profile.basic_constraints {
        add(oids::BASIC_CONSTRAINTS, true, constraints.to_bytes().to_vec());
    }
    if let Some(usage) = profile.key_usage {
        add(oids::KEY_USAGE, true, usage.to_bytes().to_vec());
    }
    if !profile.extended_key_usage.is_empty() {
        add(oids::EXTENDED_KEY_USAGE, false, purposes(&profile.extended_key_usage));
    }
    if !(profile.dns.is_empty() && profile.ip.is_empty()) {
        // RFC 5280 §4.2.1.6: critical where the subject is empty.
        add(oids::SUBJECT_ALT_NAME, profile.common_name.is_none(), alt_names(profile));
    }
    if !(profile.permitted.is_empty() && profile.excluded.is_empty()) {
        add(oids::NAME_CONSTRAINTS, true, name_constraints(profile));
    }
    if profile.key_identifiers {
        let id = key_identifier(key);
        let value = to_vec(|w| w.primitive(Tag::OCTET_STRING, &id, "subjectKeyIdentifier"));
        add(oids::SUBJECT_KEY_IDENTIFIER, false, value);
        if let Some(value) = authority_key_identifier(issuer) {
            add(oids::AUTHORITY_KEY_IDENTIFIER, false, value);
        }
    }
    list.extend_from_slice(&profile.extensions);
    list
}

/// Points at the issuer's `subjectKeyIdentifier`, if it has one.
pub(super) fn authority_key_identifier(issuer: Option<&Certificate<'_>>) -> Option<Vec<u8>> {
    let key_identifier = Some(issuer?.subject_key_identifier()?);
    let id = AuthorityKeyIdentifier { key_identifier, ..AuthorityKeyIdentifier::default() };
    Some(id.to_bytes().to_vec())
}

fn purposes(purposes: &[Oid<'_>]) -> Vec<u8> {
    to_vec(|w| {
        w.sequence("extKeyUsage", |w| purposes.iter().for_each(|purpose| KeyPurpose(*purpose).encode(w)));
    })
}

fn alt_names(profile: &Profile) -> Vec<u8> {
    to_vec(|w| {
        w.sequence("subjectAltName", |w| {
            profile.dns.iter().for_each(|dns| GeneralName::DnsName(dns).encode(w));
            profile.ip.iter().for_each(|&ip| GeneralName::IpAddress(&bytes_of(ip)).encode(w));
        });
    })
}

fn name_constraints(profile: &Profile) -> Vec<u8> {
    to_vec(|w| {
        w.sequence("nameConstraints", |w| {
            write_subtrees(w, 0, &profile.permitted);
            write_subtrees(w, 1, &profile.excluded);
        });
    })
}

fn write_subtrees(w: &mut Writer<'_, impl Trace>, number: u8, subtrees: &Subtrees) {
    if subtrees.is_empty() {
        return;
    }
    w.constructed(Tag::context_constructed(number), "subtrees", |w| {
        for dns in &subtrees.dns {
            w.sequence("generalSubtree", |w| GeneralName::DnsName(dns).encode(w));
        }
        for &(ip, prefix) in &subtrees.ip {
            let range = [bytes_of(ip), mask(ip, prefix)].concat();
            w.sequence("generalSubtree", |w| GeneralName::IpAddress(&range).encode(w));
        }
    });
}

fn bytes_of(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// `prefix` ones, then zeros, as long as the address.
fn mask(ip: IpAddr, prefix: u8) -> Vec<u8> {
    let len = bytes_of(ip).len();
    let ones = u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0);
    ones.to_be_bytes().into_iter().take(len).collect()
}

/// A name of one commonName, or an empty one.
fn name(common_name: Option<&str>) -> Vec<u8> {
    to_vec(|w| {
        w.sequence("rdnSequence", |w| {
            let Some(common_name) = common_name else { return };
            w.constructed(Tag::SET, "relativeDistinguishedName", |w| {
                w.sequence("attributeTypeAndValue", |w| {
                    oids::COMMON_NAME.write(w, Tag::OBJECT_IDENTIFIER, "type");
                    w.characters(Tag::UTF8_STRING, common_name.as_bytes(), "value");
                });
            });
        });
    })
}

/// 126 random bits behind the bits 01: positive, not zero, and not to be guessed.
fn random_serial(rng: &dyn SecureRandom) -> Result<Vec<u8>, Error> {
    let mut serial = [0; 16];
    rng.fill(&mut serial).map_err(|_| Misuse::RandomFailed)?;
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    Ok(unsigned(&serial))
}

/// What would make bytes that are not even a certificate.
fn check(profile: &Profile) -> Result<(), Misuse> {
    let mut hosts = profile.dns.iter().chain(&profile.permitted.dns).chain(&profile.excluded.dns);
    if !hosts.all(|host| host.is_ascii()) {
        return Err(Misuse::Profile("a host's name is not ASCII"));
    }
    match profile.serial_number.as_ref().is_some_and(Vec::is_empty) {
        true => Err(Misuse::Profile("the serial number has no bytes")),
        false => Ok(()),
    }
}
