//! The rules that a message can break.

use wirelab_wire::Rule;

/// The length counts the header, so it cannot be less.
pub const LENGTH_BELOW_HEADER: Rule = Rule {
    name: "nlmsg-length-below-header",
    says: "is less than 16, the length of the header that it counts",
    section: "netlink(7)",
};

/// The length of an attribute counts its own header, so it cannot be less.
pub const ATTRIBUTE_BELOW_HEADER: Rule = Rule {
    name: "nla-length-below-header",
    says: "is less than 4, the length of the header that it counts",
    section: "linux/netlink.h, struct nlattr",
};
