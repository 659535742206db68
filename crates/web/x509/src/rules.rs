//! The rules of the formats that bytes can break, each with its name and section.

use wirelab_wire::Rule;

macro_rules! rules {
    ($($constant:ident $name:literal $section:literal $says:literal)*) => {
        $(#[doc = concat!("`", $name, "`: ", $says, " (", $section, ").")]
        pub static $constant: Rule = Rule { name: $name, says: $says, section: $section };)*

        /// All of them.
        pub static ALL: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    TAG "tag" "X.690 §8.1.2" "has another type than the one that belongs here"
    TAG_NUMBER "tag-number" "X.690 §8.1.2.4" "has a tag number above 30, which no certificate uses"
    LENGTH_INDEFINITE "length-indefinite" "X.690 §10.1" "has no definite length, which only BER allows"
    LENGTH_NOT_MINIMAL "length-not-minimal" "X.690 §10.1" "is written in more bytes than it takes"
    LENGTH_TOO_LONG "length-too-long" "X.690 §8.1.3.5" "takes more than three bytes: nothing here is that large"
    LIST_EMPTY "list-empty" "RFC 5280 §4.1" "has no elements, and must have at least one"
    BOOLEAN "boolean" "X.690 §11.1" "is neither 0x00 nor 0xff in one byte"
    DEFAULT_WRITTEN "default-written" "X.690 §11.5" "is the default value, which DER leaves out"
    INTEGER "integer" "X.690 §8.3.2" "is empty or begins with a byte that it does not need"
    INTEGER_RANGE "integer-range" "RFC 5280 §4.2" "is not a number of the range that it may have"
    BIT_STRING "bit-string" "X.690 §8.6.2" "is empty, or more than 7 bits of its last byte do not count"
    BIT_STRING_PADDING "bit-string-padding" "X.690 §11.2.1" "has bits set that do not count"
    NAMED_BITS "named-bits" "X.690 §11.2.2" "ends in zero bits, which DER leaves out"
    OID "oid" "X.690 §8.19.2" "is empty, ends inside of a number, or has a number with a leading zero"
    NULL "null" "X.690 §8.8" "is a NULL with a value"
    UTF8 "utf8" "RFC 5280 §4.1.2.4" "is not UTF-8"
    IA5 "ia5" "RFC 5280 §4.2.1.6" "has a byte that is not ASCII"
    TIME "time" "RFC 5280 §4.1.2.5" "is not a date and time to the second that ends in Z"
    TIME_FORM "time-form" "RFC 5280 §4.1.2.5" "has a year before 2050 and is not a UTCTime"
    VERSION "version" "RFC 5280 §4.1.2.1" "is not a version that belongs here"
    CRL_VERSION "crl-version" "RFC 5280 §5.1.2.1" "is there, and is not version 2"
    SERIAL_NUMBER_LENGTH "serial-number-length" "RFC 5280 §4.1.2.2" "is a number of more than 20 bytes"
    VERSION_TOO_LOW "version-too-low" "RFC 5280 §4.1.2.9" "is there, but the version has no such field"
    ALGORITHMS_DIFFER "algorithms-differ" "RFC 5280 §4.1.1.2" "is not the algorithm that the signed part names"
    EXTENSIONS_TOO_MANY "extensions-too-many" "RFC 5280 §4.1.2.9" "is one of more than 256 extensions"
    EXTENSION_REPEATED "extension-repeated" "RFC 5280 §4.2" "is there more than once"
    GENERAL_NAME "general-name" "RFC 5280 §4.2.1.6" "is none of the nine kinds of GeneralName"
    ADDRESS_LENGTH "address-length" "RFC 5280 §4.2.1.6" "is not an address of 4 or 16 bytes"
    ADDRESS_RANGE "address-range" "RFC 5280 §4.2.1.10" "is not an address and a mask of equal length, 8 or 32 bytes in all"
    ADDRESS_MASK "address-mask" "RFC 4632 §3.1" "has a mask whose ones do not all come first"
    SUBTREE_BASE_DISTANCE "subtree-base-distance" "RFC 5280 §4.2.1.10" "has a minimum or maximum, which this profile forbids"
    NO_CONSTRAINTS "no-constraints" "RFC 5280 §4.2.1.10" "permits and excludes nothing"
    AUTHORITY_ISSUER_SERIAL "authority-issuer-serial" "RFC 5280 §4.2.1.1" "has one of issuer and serial number, and not the other"
    DISTRIBUTION_POINT "distribution-point" "RFC 5280 §4.2.1.13" "says neither where the list is nor who issues it"
    PRIVATE_KEY "private-key" "RFC 5958 §2" "is not a private key of its algorithm"
    PEM_BEGIN "pem-begin" "RFC 7468 §2" "is not a line `-----BEGIN label-----`"
    PEM_END "pem-end" "RFC 7468 §2" "has no line `-----END label-----` of the same label"
    PEM_BASE64 "pem-base64" "RFC 7468 §3" "is not base64"
}
