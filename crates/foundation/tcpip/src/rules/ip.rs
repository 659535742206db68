//! The rules of IP packets and of their extension headers.

use wirelab_wire::Rule;

/// There are two versions.
pub const VERSION: Rule =
    Rule { name: "ip-version", says: "is neither 4 nor 6", section: "RFC 1122 §3.2.1.1" };

/// An IPv4 packet says that it is one.
pub const IPV4_VERSION: Rule = Rule { name: "ipv4-version", says: "is not 4", section: "RFC 1122 §3.2.1.1" };

/// The header length counts the header, so it cannot be less than five words.
pub const IPV4_HEADER_LENGTH: Rule = Rule {
    name: "ipv4-header-length-below-header",
    says: "is less than 5, the words of the header that it counts",
    section: "RFC 791 §3.1",
};

/// The total length counts the header.
pub const IPV4_TOTAL_LENGTH: Rule = Rule {
    name: "ipv4-total-length-below-header",
    says: "is less than the header that it counts",
    section: "RFC 791 §3.1",
};

/// An IPv6 packet says that it is one.
pub const IPV6_VERSION: Rule = Rule { name: "ipv6-version", says: "is not 6", section: "RFC 8200 §3" };

/// A receiver may limit how long it follows a chain.
pub const IPV6_EXTENSION_COUNT: Rule = Rule {
    name: "ipv6-too-many-extension-headers",
    says: "are more than are followed here",
    section: "RFC 8200 §4.1",
};

/// Hop-by-hop options are read by routers, which look no further than the first header.
pub const IPV6_HOP_BY_HOP_FIRST: Rule = Rule {
    name: "ipv6-hop-by-hop-not-first",
    says: "names hop-by-hop options, which come immediately after the IPv6 header only",
    section: "RFC 8200 §4.1",
};

/// A routing header of a type that is not known must have done its work.
pub const IPV6_SEGMENTS_LEFT: Rule = Rule {
    name: "ipv6-segments-left",
    says: "is not 0, and no kind of routing is done here",
    section: "RFC 8200 §4.4",
};

/// An unknown option of the kind 01…: discard in silence.
pub const IPV6_OPTION_DISCARD: Rule = Rule {
    name: "ipv6-option-discard",
    says: "is unknown, and says to discard the packet then",
    section: "RFC 8200 §4.2",
};

/// An unknown option of the kind 10…: discard and report.
pub const IPV6_OPTION_REPORT: Rule = Rule {
    name: "ipv6-option-report",
    says: "is unknown, and says to discard the packet then and to report it",
    section: "RFC 8200 §4.2",
};

/// An unknown option of the kind 11…: discard, and report what was not multicast.
pub const IPV6_OPTION_REPORT_TO_UNICAST: Rule = Rule {
    name: "ipv6-option-report-unless-multicast",
    says: "is unknown, and says to discard the packet then and to report it unless it was multicast",
    section: "RFC 8200 §4.2",
};
