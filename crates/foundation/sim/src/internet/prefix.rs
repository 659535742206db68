use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The addresses that agree in their first bits: `198.51.100.0/24`, `2001:db8::/32`.
///
/// ```
/// use wirelab_sim::internet::Prefix;
///
/// let prefix: Prefix = "198.51.100.0/24".parse()?;
/// assert!(prefix.contains("198.51.100.7".parse()?));
/// assert!(!prefix.contains("198.51.101.7".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    address: IpAddr,
    len: u8,
}

impl Prefix {
    /// The prefix of the first `len` bits of an address.
    ///
    /// # Errors
    /// The address has fewer bits.
    pub fn new(address: IpAddr, len: u8) -> Result<Self, PrefixError> {
        if len > bits(address).1 { Err(PrefixError) } else { Ok(Prefix { address, len }) }
    }

    /// All addresses of the family of `address`: the prefix of a default route.
    pub const fn all(address: IpAddr) -> Self {
        Prefix { address, len: 0 }
    }

    /// How many bits it fixes.
    pub const fn bits(&self) -> u8 {
        self.len
    }

    /// Whether the address begins with these bits. An address of the other family never does.
    pub fn contains(&self, address: IpAddr) -> bool {
        let ((ours, width), (theirs, other)) = (bits(self.address), bits(address));
        let differing = (ours ^ theirs).checked_shr(u32::from(width - self.len)).unwrap_or(0);
        width == other && differing == 0
    }
}

/// The address as a number, and of how many bits.
fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.len)
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (address, len) = text.split_once('/').ok_or(PrefixError)?;
        Prefix::new(address.parse().map_err(|_| PrefixError)?, len.parse().map_err(|_| PrefixError)?)
    }
}

/// A text is not an address, a slash and a number of bits that the address has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixError;

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a prefix such as 192.0.2.0/24")
    }
}

impl std::error::Error for PrefixError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn a_prefix_of_no_bits_holds_the_whole_family_and_only_that() {
        assert!(prefix("0.0.0.0/0").contains("203.0.113.9".parse().unwrap()));
        assert!(!prefix("0.0.0.0/0").contains("2001:db8::1".parse().unwrap()));
        assert!(prefix("::/0").contains("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn a_prefix_of_all_bits_holds_one_address() {
        assert!(prefix("192.0.2.1/32").contains("192.0.2.1".parse().unwrap()));
        assert!(!prefix("192.0.2.1/32").contains("192.0.2.0".parse().unwrap()));
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for text in ["192.0.2.1", "192.0.2.1/33", "x/8", "2001:db8::/129", "192.0.2.1/-1"] {
            assert_eq!(text.parse::<Prefix>(), Err(PrefixError), "{text}");
        }
    }
}
