//! The rules of a segment's bytes.

use wirelab_wire::Rule;

/// The data offset counts the header, so it cannot be less than five words.
pub const DATA_OFFSET_BELOW_HEADER: Rule = Rule {
    name: "tcp-data-offset-below-header",
    says: "is less than 5, the words of the header that it counts",
    section: "RFC 9293 §3.1",
};

/// The length of an option counts its kind and itself.
pub const OPTION_LENGTH_BELOW_TWO: Rule = Rule {
    name: "tcp-option-length-below-two",
    says: "is less than 2, the two bytes that it counts",
    section: "RFC 9293 §3.1",
};

/// An option that is known has the length that its specification gives it.
pub const OPTION_LENGTH_WRONG: Rule = Rule {
    name: "tcp-option-length-wrong",
    says: "is not the length of this kind of option",
    section: "RFC 9293 §3.2",
};

/// A SACK option holds one to four blocks of eight bytes.
pub const SACK_LENGTH_WRONG: Rule = Rule {
    name: "tcp-sack-length-wrong",
    says: "is not 2 and eight for each of one to four blocks",
    section: "RFC 2018 §3",
};
