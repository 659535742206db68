//! The rules of a capture file. The format is an Internet-Draft, whose sections move; they are cited by their titles.

use wirelab_wire::Rule;

/// The first block says in which order the bytes of numbers are, so there is none before it.
pub const FILE_WITHOUT_SECTION: Rule = Rule {
    name: "pcapng-file-without-section",
    says: "is another block than the Section Header Block that a file begins with",
    section: "pcapng, Section Header Block",
};

/// A number that reads differently from both ends.
pub const BYTE_ORDER_MAGIC: Rule = Rule {
    name: "pcapng-byte-order-magic",
    says: "is 1a2b3c4d in neither byte order",
    section: "pcapng, Section Header Block",
};

/// A reader must skip a section whose major version it does not know; this one stops.
pub const MAJOR_VERSION: Rule = Rule {
    name: "pcapng-major-version",
    says: "is another major version than 1",
    section: "pcapng, Section Header Block",
};

/// A block has at least its type and its length, which stands there twice.
pub const BLOCK_LENGTH_BELOW_TWELVE: Rule = Rule {
    name: "pcapng-block-length-below-twelve",
    says: "is less than 12, the bytes of a block without a body",
    section: "pcapng, General Block Structure",
};

/// Blocks are padded to whole words.
pub const BLOCK_LENGTH_NOT_IN_WORDS: Rule = Rule {
    name: "pcapng-block-length-not-in-words",
    says: "is not a multiple of 4",
    section: "pcapng, General Block Structure",
};

/// What the format does not limit, this reader does: [`Config::longest_block`](crate::Config::longest_block).
pub const BLOCK_TOO_LONG: Rule = Rule {
    name: "pcapng-block-too-long",
    says: "is more than the longest block that is accepted",
    section: "capture::Config",
};

/// The length stands at the end once more, so that a file can be read backwards.
pub const BLOCK_LENGTHS_DIFFER: Rule = Rule {
    name: "pcapng-block-lengths-differ",
    says: "is another length than the one at the beginning of the block",
    section: "pcapng, General Block Structure",
};

/// An interface is described before the first block that names it.
pub const UNKNOWN_INTERFACE: Rule = Rule {
    name: "pcapng-unknown-interface",
    says: "is the number of an interface that no block before has described",
    section: "pcapng, Interface Description Block",
};

/// [`Config::most_interfaces`](crate::Config::most_interfaces) of a section are remembered.
pub const TOO_MANY_INTERFACES: Rule = Rule {
    name: "pcapng-too-many-interfaces",
    says: "describes one interface more than are accepted in a section",
    section: "capture::Config",
};

/// An option that is known has the length that the draft gives it.
pub const OPTION_LENGTH: Rule = Rule {
    name: "pcapng-option-length",
    says: "is not the length of this option",
    section: "pcapng, Options",
};

/// The names of an address end with a zero each.
pub const NAME_WITHOUT_END: Rule = Rule {
    name: "pcapng-name-without-end",
    says: "has no zero byte that ends it",
    section: "pcapng, Name Resolution Block",
};

/// The list of names ends with a record of type and length zero.
pub const END_RECORD_WITH_LENGTH: Rule = Rule {
    name: "pcapng-end-record-with-length",
    says: "is not zero although the record is the one that ends the list",
    section: "pcapng, Name Resolution Block",
};
