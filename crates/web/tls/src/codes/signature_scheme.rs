use wirelab_x509::{KeyType, SignatureAlgorithm};

use super::{code, grease};

code! {
    /// A way to sign: key, padding or curve, and hash, in two bytes (RFC 8446 §4.2.3).
    pub struct SignatureScheme(u16) shown as "{:#06x}" {
        /// RSA with the padding of PKCS#1 1.5 and SHA-1; only in certificates, and not any more.
        RSA_PKCS1_SHA1 = 0x0201, "rsa_pkcs1_sha1";
        /// ECDSA with SHA-1; not any more.
        ECDSA_SHA1 = 0x0203, "ecdsa_sha1";
        /// RSA, PKCS#1 1.5, SHA-256; in TLS 1.3 only in certificates.
        RSA_PKCS1_SHA256 = 0x0401, "rsa_pkcs1_sha256";
        /// RSA, PKCS#1 1.5, SHA-384; in TLS 1.3 only in certificates.
        RSA_PKCS1_SHA384 = 0x0501, "rsa_pkcs1_sha384";
        /// RSA, PKCS#1 1.5, SHA-512; in TLS 1.3 only in certificates.
        RSA_PKCS1_SHA512 = 0x0601, "rsa_pkcs1_sha512";
        /// ECDSA on P-256 with SHA-256.
        ECDSA_SECP256R1_SHA256 = 0x0403, "ecdsa_secp256r1_sha256";
        /// ECDSA on P-384 with SHA-384.
        ECDSA_SECP384R1_SHA384 = 0x0503, "ecdsa_secp384r1_sha384";
        /// ECDSA on P-521 with SHA-512.
        ECDSA_SECP521R1_SHA512 = 0x0603, "ecdsa_secp521r1_sha512";
        /// RSASSA-PSS with SHA-256, the key marked as plain RSA.
        RSA_PSS_RSAE_SHA256 = 0x0804, "rsa_pss_rsae_sha256";
        /// RSASSA-PSS with SHA-384, the key marked as plain RSA.
        RSA_PSS_RSAE_SHA384 = 0x0805, "rsa_pss_rsae_sha384";
        /// RSASSA-PSS with SHA-512, the key marked as plain RSA.
        RSA_PSS_RSAE_SHA512 = 0x0806, "rsa_pss_rsae_sha512";
        /// Ed25519 (RFC 8032).
        ED25519 = 0x0807, "ed25519";
        /// Ed448 (RFC 8032).
        ED448 = 0x0808, "ed448";
        /// RSASSA-PSS with SHA-256, the key marked as RSASSA-PSS.
        RSA_PSS_PSS_SHA256 = 0x0809, "rsa_pss_pss_sha256";
        /// RSASSA-PSS with SHA-384, the key marked as RSASSA-PSS.
        RSA_PSS_PSS_SHA384 = 0x080a, "rsa_pss_pss_sha384";
        /// RSASSA-PSS with SHA-512, the key marked as RSASSA-PSS.
        RSA_PSS_PSS_SHA512 = 0x080b, "rsa_pss_pss_sha512";
    }
}
grease!(SignatureScheme);

impl SignatureScheme {
    /// Those in which signatures are checked, the preferred one first; the last three in certificates alone.
    pub const ALL: [SignatureScheme; 9] = [
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        SignatureScheme::ED25519,
        SignatureScheme::RSA_PSS_RSAE_SHA256,
        SignatureScheme::RSA_PSS_RSAE_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA512,
        SignatureScheme::RSA_PKCS1_SHA256,
        SignatureScheme::RSA_PKCS1_SHA384,
        SignatureScheme::RSA_PKCS1_SHA512,
    ];

    /// The algorithm, if signatures of it can be checked here.
    ///
    /// ```
    /// use wirelab_tls::SignatureScheme;
    /// use wirelab_x509::SignatureAlgorithm;
    ///
    /// let scheme = SignatureScheme::ECDSA_SECP256R1_SHA256;
    /// assert_eq!(scheme.algorithm(), Some(SignatureAlgorithm::EcdsaP256Sha256));
    /// assert_eq!(SignatureScheme::ED448.algorithm(), None);
    /// ```
    pub fn algorithm(self) -> Option<SignatureAlgorithm> {
        use SignatureAlgorithm::*;
        Some(match self {
            SignatureScheme::RSA_PKCS1_SHA256 => RsaPkcs1Sha256,
            SignatureScheme::RSA_PKCS1_SHA384 => RsaPkcs1Sha384,
            SignatureScheme::RSA_PKCS1_SHA512 => RsaPkcs1Sha512,
            SignatureScheme::RSA_PSS_RSAE_SHA256 => RsaPssSha256,
            SignatureScheme::RSA_PSS_RSAE_SHA384 => RsaPssSha384,
            SignatureScheme::RSA_PSS_RSAE_SHA512 => RsaPssSha512,
            SignatureScheme::ECDSA_SECP256R1_SHA256 => EcdsaP256Sha256,
            SignatureScheme::ECDSA_SECP384R1_SHA384 => EcdsaP384Sha384,
            SignatureScheme::ED25519 => Ed25519,
            _ => return None,
        })
    }

    /// The schemes in which a key of this kind signs handshakes, the preferred one first.
    pub(crate) fn of_key(kind: KeyType) -> &'static [SignatureScheme] {
        match kind {
            KeyType::EcdsaP256 => &[SignatureScheme::ECDSA_SECP256R1_SHA256],
            KeyType::EcdsaP384 => &[SignatureScheme::ECDSA_SECP384R1_SHA384],
            KeyType::Ed25519 => &[SignatureScheme::ED25519],
            KeyType::Rsa => &[
                SignatureScheme::RSA_PSS_RSAE_SHA256,
                SignatureScheme::RSA_PSS_RSAE_SHA384,
                SignatureScheme::RSA_PSS_RSAE_SHA512,
            ],
        }
    }

    /// Whether a CertificateVerify may be signed so: not with the padding of PKCS#1 1.5, not with SHA-1, and not
    /// with a scheme of TLS 1.2 that nobody names here (RFC 8446 §4.4.3).
    pub fn signs_handshakes(self) -> bool {
        self.name().is_some() && matches!(self.0, 0x0403 | 0x0503 | 0x0603 | 0x0804..=0x080b)
    }
}
