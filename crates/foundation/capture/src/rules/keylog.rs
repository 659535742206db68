//! The rules of a key log.

use wirelab_wire::Rule;

/// A line begins with a label in capital letters.
pub const LABEL: Rule = Rule {
    name: "keylog-label",
    says: "is no label: capital letters, digits and underscores",
    section: "SSLKEYLOGFILE",
};

/// One space separates the three parts of a line.
pub const SPACE: Rule = Rule {
    name: "keylog-space",
    says: "is not the space behind this part of the line",
    section: "SSLKEYLOGFILE",
};

/// The second part is the 32 bytes of the client's random number.
pub const CLIENT_RANDOM: Rule = Rule {
    name: "keylog-client-random",
    says: "is not the 64 hexadecimal digits of a client's random number",
    section: "SSLKEYLOGFILE",
};

/// The third part is the secret.
pub const SECRET: Rule = Rule {
    name: "keylog-secret",
    says: "is not whole bytes in hexadecimal digits",
    section: "SSLKEYLOGFILE",
};

/// A line ends with LF or CR LF.
pub const LINE_END: Rule = Rule {
    name: "keylog-line-end",
    says: "is not the end of the line that should be here",
    section: "SSLKEYLOGFILE",
};

/// [`Config::longest_key_line`](crate::Config::longest_key_line).
pub const LINE_TOO_LONG: Rule = Rule {
    name: "keylog-line-too-long",
    says: "is longer than the longest line that is accepted",
    section: "capture::Config",
};

/// [`Config::most_secrets`](crate::Config::most_secrets).
pub const TOO_MANY_SECRETS: Rule = Rule {
    name: "keylog-too-many-secrets",
    says: "is one secret more than are accepted",
    section: "capture::Config",
};
