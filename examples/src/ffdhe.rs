use crate::{Big, Modulus};

/// A group for Diffie-Hellman: the powers of 2 modulo a safe prime p (RFC 7919). A safe prime is one of which (p−1)/2 is prime, too, so that no
/// small part of a secret can be found by itself.
///
/// ```
/// use wirelab_examples::{Big, FiniteField};
///
/// let group = FiniteField::ffdhe2048().ok_or("not a modulus")?;
/// let (x, y) = (Big::from(0x1234_5678), Big::from(0x8765_4321));
/// let (to_server, to_client) = (group.public(&x), group.public(&y));
/// assert_eq!(group.shared(&x, &to_client), group.shared(&y, &to_server));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug)]
pub struct FiniteField {
    /// Its name in TLS.
    pub name: &'static str,
    /// The prime p.
    pub modulus: Modulus,
    /// A cipher with keys of so many bits is as hard to break, as the RFC estimates.
    pub strength: u32,
    /// The fewest bits of a secret that keep this strength.
    pub least_secret: u32,
}

impl FiniteField {
    /// RFC 7919 Appendix A.1.
    pub fn ffdhe2048() -> Option<Self> {
        let modulus = Modulus::new(&Big::from_hex(FFDHE2048))?;
        Some(FiniteField { name: "ffdhe2048", modulus, strength: 103, least_secret: 225 })
    }

    /// RFC 7919 Appendix A.2.
    pub fn ffdhe3072() -> Option<Self> {
        let modulus = Modulus::new(&Big::from_hex(FFDHE3072))?;
        Some(FiniteField { name: "ffdhe3072", modulus, strength: 125, least_secret: 275 })
    }

    /// The length of p, and of what is sent, in bytes.
    pub fn length(&self) -> usize {
        self.modulus.number().bits().div_ceil(8)
    }

    /// 2^secret mod p: what is sent.
    pub fn public(&self, secret: &Big) -> Big {
        self.modulus.power(&Big::from(2), secret)
    }

    /// public^secret mod p: what both have in the end. `None` for a public value that an honest peer cannot have: the powers of
    /// 0, 1 and p−1 are known to everybody (RFC 7919 §5.1).
    pub fn shared(&self, secret: &Big, public: &Big) -> Option<Big> {
        let in_range = *public > Big::from(1) && *public < self.modulus.number().less_one();
        in_range.then(|| self.modulus.power(public, secret))
    }
}

/// RFC 7919 Appendix A.1: p = 2^2048 − 2^1984 + {[2^1918 · e] + 560316} · 2^64 − 1.
const FFDHE2048: &str = "\
    FFFFFFFF FFFFFFFF ADF85458 A2BB4A9A AFDC5620 273D3CF1 \
    D8B9C583 CE2D3695 A9E13641 146433FB CC939DCE 249B3EF9 \
    7D2FE363 630C75D8 F681B202 AEC4617A D3DF1ED5 D5FD6561 \
    2433F51F 5F066ED0 85636555 3DED1AF3 B557135E 7F57C935 \
    984F0C70 E0E68B77 E2A689DA F3EFE872 1DF158A1 36ADE735 \
    30ACCA4F 483A797A BC0AB182 B324FB61 D108A94B B2C8E3FB \
    B96ADAB7 60D7F468 1D4F42A3 DE394DF4 AE56EDE7 6372BB19 \
    0B07A7C8 EE0A6D70 9E02FCE1 CDF7E2EC C03404CD 28342F61 \
    9172FE9C E98583FF 8E4F1232 EEF28183 C3FE3B1B 4C6FAD73 \
    3BB5FCBC 2EC22005 C58EF183 7D1683B2 C6F34A26 C1B2EFFA \
    886B4238 61285C97 FFFFFFFF FFFFFFFF";

/// RFC 7919 Appendix A.2: p = 2^3072 − 2^3008 + {[2^2942 · e] + 2625351} · 2^64 − 1.
const FFDHE3072: &str = "\
    FFFFFFFF FFFFFFFF ADF85458 A2BB4A9A AFDC5620 273D3CF1 \
    D8B9C583 CE2D3695 A9E13641 146433FB CC939DCE 249B3EF9 \
    7D2FE363 630C75D8 F681B202 AEC4617A D3DF1ED5 D5FD6561 \
    2433F51F 5F066ED0 85636555 3DED1AF3 B557135E 7F57C935 \
    984F0C70 E0E68B77 E2A689DA F3EFE872 1DF158A1 36ADE735 \
    30ACCA4F 483A797A BC0AB182 B324FB61 D108A94B B2C8E3FB \
    B96ADAB7 60D7F468 1D4F42A3 DE394DF4 AE56EDE7 6372BB19 \
    0B07A7C8 EE0A6D70 9E02FCE1 CDF7E2EC C03404CD 28342F61 \
    9172FE9C E98583FF 8E4F1232 EEF28183 C3FE3B1B 4C6FAD73 \
    3BB5FCBC 2EC22005 C58EF183 7D1683B2 C6F34A26 C1B2EFFA \
    886B4238 611FCFDC DE355B3B 6519035B BC34F4DE F99C0238 \
    61B46FC9 D6E6C907 7AD91D26 91F7F7EE 598CB0FA C186D91C \
    AEFE1309 85139270 B4130C93 BC437944 F4FD4452 E2D74DD3 \
    64F2E21E 71F54BFF 5CAE82AB 9C9DF69E E86D2BC5 22363A0D \
    ABC52197 9B0DEADA 1DBF9A42 D5C4484E 0ABCD06B FA53DDEF \
    3C1B20EE 3FD59D7C 25E41D2B 66C62E37 FFFFFFFF FFFFFFFF";

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::FiniteField;
    use crate::{Big, Modulus};

    /// A digit that was copied wrongly would leave a number that is not prime, with certainty for all practical ends.
    #[test]
    fn both_moduli_are_safe_primes_and_two_generates_half_of_the_numbers() {
        for group in [FiniteField::ffdhe2048(), FiniteField::ffdhe3072()].map(Option::unwrap) {
            let q = group.modulus.number().half();
            assert_eq!(group.public(&q), Big::from(1), "{}: 2^((p−1)/2)", group.name);
            let below = Modulus::new(&q).unwrap();
            assert_eq!(
                below.power(&Big::from(3), &q.less_one()),
                Big::from(1),
                "{}: q is not prime",
                group.name
            );
            assert_eq!(group.modulus.number().bits() / 8, group.length());
        }
    }

    #[test]
    fn s5_1_public_values_whose_powers_everybody_knows_are_refused() {
        let group = FiniteField::ffdhe2048().unwrap();
        let p = group.modulus.number();
        for bad in [Big::from(0), Big::from(1), p.less_one(), p.clone()] {
            assert_eq!(group.shared(&Big::from(5), &bad), None, "{bad}");
        }
        assert_eq!(group.shared(&Big::from(5), &Big::from(2)), Some(Big::from(32)));
    }

    /// Somebody else's copy: `ffdhe2048` in OpenSSL is the same prime.
    #[test]
    #[ignore = "needs openssl"]
    fn openssl_has_the_same_primes() {
        for group in [FiniteField::ffdhe2048(), FiniteField::ffdhe3072()].map(Option::unwrap) {
            let option = format!("group:{}", group.name);
            let arguments = ["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", &option];
            let mut parameters =
                Command::new("openssl").args(arguments).stdout(Stdio::piped()).spawn().unwrap();
            let mut parse = Command::new("openssl");
            let output = parse.arg("asn1parse").stdin(parameters.stdout.take().unwrap()).output().unwrap();
            assert!(parameters.wait().unwrap().success());
            let text = String::from_utf8(output.stdout).unwrap();
            // The integers of the sequence, in hexadecimal: p, then g.
            let mut integers = text.lines().filter(|line| line.contains("INTEGER"));
            let p = integers.next().and_then(|line| line.rsplit(':').next()).map(Big::from_hex);
            assert_eq!(p, Some(group.modulus.number()), "{}: {text}", group.name);
        }
    }
}
