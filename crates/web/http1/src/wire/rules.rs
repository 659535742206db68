//! The rules of the format that a head or a chunk can break, each with its name.
//!
//! All of these are refused because two readers that disagree about them can be made to disagree about where a
//! message ends: that is request smuggling (RFC 9112 §11.2).

use wirelab_wire::Rule;

macro_rules! rules {
    ($($constant:ident $name:literal $section:literal $says:literal)*) => {
        $(#[doc = concat!("`", $name, "`: ", $says, " (", $section, ").")]
        pub static $constant: Rule = Rule { name: $name, says: $says, section: $section };)*

        /// All of them, in the order of the RFC.
        pub static ALL: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    BARE_CR "bare-cr" "RFC 9112 §2.2" "a CR that no LF follows"
    BARE_LF "bare-lf" "RFC 9112 §2.2" "a line ends in LF without CR before it"
    BLANK_BEFORE_FIRST_FIELD "blank-before-first-field" "RFC 9112 §2.2" "a blank between the start line and the first field"
    METHOD_TOKEN "method-token" "RFC 9112 §3.1" "a method is a token and one blank follows it"
    TARGET_CHARACTER "target-character" "RFC 9112 §3.2" "a request target has only printable ASCII characters, and one blank follows it"
    VERSION_FORM "version-form" "RFC 9112 §2.3" "the version is `HTTP/`, a digit, a dot, a digit, and ends its part of the line"
    STATUS_DIGITS "status-digits" "RFC 9112 §4" "a status code is three digits, the first 1 to 9, and a blank follows it"
    REASON_CHARACTER "reason-character" "RFC 9112 §4" "a control character in the reason phrase"
    FIELD_NAME_EMPTY "field-name-empty" "RFC 9112 §5" "a field line has no name"
    FIELD_NAME_CHARACTER "field-name-character" "RFC 9110 §5.1" "a character in a field name that no token has"
    BLANK_BEFORE_COLON "blank-before-colon" "RFC 9112 §5.1" "a blank between field name and colon"
    OBS_FOLD "obs-fold" "RFC 9112 §5.2" "a field value goes on in the next line"
    VALUE_CHARACTER "value-character" "RFC 9110 §5.5" "a control character in a field value"
    CHUNK_SIZE_DIGITS "chunk-size-digits" "RFC 9112 §7.1" "a chunk begins with its size in hexadecimal digits"
    CHUNK_SIZE_OVERFLOW "chunk-size-overflow" "RFC 9112 §7.1" "a chunk size of more than 16 hexadecimal digits"
    CHUNK_EXTENSION "chunk-extension" "RFC 9112 §7.1.1" "a chunk extension is `;name` or `;name=value`"
    CHUNK_END "chunk-end" "RFC 9112 §7.1" "the data of a chunk is longer than its size, or lacks its CRLF"
}
