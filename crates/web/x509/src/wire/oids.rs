//! Object identifiers that are known here.

use super::der::Oid;

macro_rules! oids {
    ($($(#[$meta:meta])* $constant:ident $name:literal $bytes:literal)*) => {
        $(#[doc = concat!("`", $name, "`.")] pub const $constant: Oid<'static> = Oid::known($bytes);)*

        /// All of them, with their names.
        pub static ALL: &[(Oid<'static>, &str)] = &[$(($constant, $name)),*];
    };
}

/// What an identifier stands for.
pub fn name(oid: Oid<'_>) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

oids! {
    COMMON_NAME "commonName" b"\x55\x04\x03"
    SURNAME "surname" b"\x55\x04\x04"
    SERIAL_NUMBER "serialNumber" b"\x55\x04\x05"
    COUNTRY "countryName" b"\x55\x04\x06"
    LOCALITY "localityName" b"\x55\x04\x07"
    STATE "stateOrProvinceName" b"\x55\x04\x08"
    STREET "streetAddress" b"\x55\x04\x09"
    ORGANIZATION "organizationName" b"\x55\x04\x0a"
    ORGANIZATIONAL_UNIT "organizationalUnitName" b"\x55\x04\x0b"
    TITLE "title" b"\x55\x04\x0c"
    BUSINESS_CATEGORY "businessCategory" b"\x55\x04\x0f"
    POSTAL_CODE "postalCode" b"\x55\x04\x11"
    GIVEN_NAME "givenName" b"\x55\x04\x2a"
    DN_QUALIFIER "dnQualifier" b"\x55\x04\x2e"
    DOMAIN_COMPONENT "domainComponent" b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"
    EMAIL_ADDRESS "emailAddress" b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"

    SUBJECT_DIRECTORY_ATTRIBUTES "subjectDirectoryAttributes" b"\x55\x1d\x09"
    SUBJECT_KEY_IDENTIFIER "subjectKeyIdentifier" b"\x55\x1d\x0e"
    KEY_USAGE "keyUsage" b"\x55\x1d\x0f"
    PRIVATE_KEY_USAGE_PERIOD "privateKeyUsagePeriod" b"\x55\x1d\x10"
    SUBJECT_ALT_NAME "subjectAltName" b"\x55\x1d\x11"
    ISSUER_ALT_NAME "issuerAltName" b"\x55\x1d\x12"
    BASIC_CONSTRAINTS "basicConstraints" b"\x55\x1d\x13"
    CRL_NUMBER "cRLNumber" b"\x55\x1d\x14"
    REASON_CODE "reasonCode" b"\x55\x1d\x15"
    INVALIDITY_DATE "invalidityDate" b"\x55\x1d\x18"
    DELTA_CRL_INDICATOR "deltaCRLIndicator" b"\x55\x1d\x1b"
    ISSUING_DISTRIBUTION_POINT "issuingDistributionPoint" b"\x55\x1d\x1c"
    CERTIFICATE_ISSUER "certificateIssuer" b"\x55\x1d\x1d"
    NAME_CONSTRAINTS "nameConstraints" b"\x55\x1d\x1e"
    CRL_DISTRIBUTION_POINTS "cRLDistributionPoints" b"\x55\x1d\x1f"
    CERTIFICATE_POLICIES "certificatePolicies" b"\x55\x1d\x20"
    ANY_POLICY "anyPolicy" b"\x55\x1d\x20\x00"
    POLICY_MAPPINGS "policyMappings" b"\x55\x1d\x21"
    AUTHORITY_KEY_IDENTIFIER "authorityKeyIdentifier" b"\x55\x1d\x23"
    POLICY_CONSTRAINTS "policyConstraints" b"\x55\x1d\x24"
    EXTENDED_KEY_USAGE "extKeyUsage" b"\x55\x1d\x25"
    ANY_EXTENDED_KEY_USAGE "anyExtendedKeyUsage" b"\x55\x1d\x25\x00"
    FRESHEST_CRL "freshestCRL" b"\x55\x1d\x2e"
    INHIBIT_ANY_POLICY "inhibitAnyPolicy" b"\x55\x1d\x36"
    AUTHORITY_INFO_ACCESS "authorityInfoAccess" b"\x2b\x06\x01\x05\x05\x07\x01\x01"
    SUBJECT_INFO_ACCESS "subjectInfoAccess" b"\x2b\x06\x01\x05\x05\x07\x01\x0b"
    TLS_FEATURE "tlsfeature" b"\x2b\x06\x01\x05\x05\x07\x01\x18"
    SIGNED_CERTIFICATE_TIMESTAMPS "signedCertificateTimestamps" b"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02"
    PRECERTIFICATE_POISON "precertificatePoison" b"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03"

    CPS "cps" b"\x2b\x06\x01\x05\x05\x07\x02\x01"
    USER_NOTICE "unotice" b"\x2b\x06\x01\x05\x05\x07\x02\x02"
    SERVER_AUTH "serverAuth" b"\x2b\x06\x01\x05\x05\x07\x03\x01"
    CLIENT_AUTH "clientAuth" b"\x2b\x06\x01\x05\x05\x07\x03\x02"
    CODE_SIGNING "codeSigning" b"\x2b\x06\x01\x05\x05\x07\x03\x03"
    EMAIL_PROTECTION "emailProtection" b"\x2b\x06\x01\x05\x05\x07\x03\x04"
    TIME_STAMPING "timeStamping" b"\x2b\x06\x01\x05\x05\x07\x03\x08"
    OCSP_SIGNING "OCSPSigning" b"\x2b\x06\x01\x05\x05\x07\x03\x09"
    OCSP "ocsp" b"\x2b\x06\x01\x05\x05\x07\x30\x01"
    CA_ISSUERS "caIssuers" b"\x2b\x06\x01\x05\x05\x07\x30\x02"
    EXTENDED_VALIDATED "extendedValidated" b"\x67\x81\x0c\x01\x01"
    DOMAIN_VALIDATED "domainValidated" b"\x67\x81\x0c\x01\x02\x01"
    ORGANIZATION_VALIDATED "organizationValidated" b"\x67\x81\x0c\x01\x02\x02"

    RSA_ENCRYPTION "rsaEncryption" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
    MD5_WITH_RSA "md5WithRSAEncryption" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"
    SHA1_WITH_RSA "sha1WithRSAEncryption" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"
    MGF1 "id-mgf1" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
    RSASSA_PSS "id-RSASSA-PSS" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
    SHA256_WITH_RSA "sha256WithRSAEncryption" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"
    SHA384_WITH_RSA "sha384WithRSAEncryption" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"
    SHA512_WITH_RSA "sha512WithRSAEncryption" b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"
    EC_PUBLIC_KEY "id-ecPublicKey" b"\x2a\x86\x48\xce\x3d\x02\x01"
    SECP256R1 "secp256r1" b"\x2a\x86\x48\xce\x3d\x03\x01\x07"
    SECP384R1 "secp384r1" b"\x2b\x81\x04\x00\x22"
    SECP521R1 "secp521r1" b"\x2b\x81\x04\x00\x23"
    ECDSA_WITH_SHA1 "ecdsa-with-SHA1" b"\x2a\x86\x48\xce\x3d\x04\x01"
    ECDSA_WITH_SHA256 "ecdsa-with-SHA256" b"\x2a\x86\x48\xce\x3d\x04\x03\x02"
    ECDSA_WITH_SHA384 "ecdsa-with-SHA384" b"\x2a\x86\x48\xce\x3d\x04\x03\x03"
    ECDSA_WITH_SHA512 "ecdsa-with-SHA512" b"\x2a\x86\x48\xce\x3d\x04\x03\x04"
    DSA "id-dsa" b"\x2a\x86\x48\xce\x38\x04\x01"
    X25519 "X25519" b"\x2b\x65\x6e"
    ED25519 "Ed25519" b"\x2b\x65\x70"
    ED448 "Ed448" b"\x2b\x65\x71"
    SHA1 "id-sha1" b"\x2b\x0e\x03\x02\x1a"
    SHA256 "id-sha256" b"\x60\x86\x48\x01\x65\x03\x04\x02\x01"
    SHA384 "id-sha384" b"\x60\x86\x48\x01\x65\x03\x04\x02\x02"
    SHA512 "id-sha512" b"\x60\x86\x48\x01\x65\x03\x04\x02\x03"
}

#[cfg(test)]
mod tests {
    use super::{ALL, Oid};

    #[test]
    fn the_constants_are_identifiers_and_differ() {
        for (i, (oid, name)) in ALL.iter().enumerate() {
            assert_eq!(Oid::new(oid.as_bytes()), Some(*oid), "{name}");
            assert!(ALL.iter().skip(i + 1).all(|(other, _)| other != oid), "{name} is there twice");
        }
    }
}
