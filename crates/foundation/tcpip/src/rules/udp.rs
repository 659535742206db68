//! The rules that bytes can break, each with its section.

use wirelab_wire::Rule;

/// The length counts the header, so it cannot be less.
pub const UDP_LENGTH_BELOW_HEADER: Rule = Rule {
    name: "udp-length-below-header",
    says: "is less than 8, the length of the header that it counts",
    section: "RFC 768",
};
