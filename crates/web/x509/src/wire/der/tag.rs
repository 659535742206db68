use std::fmt;

/// The first byte of an element (X.690 §8.1.2): class in the two high bits, then "constructed", then the number.
///
/// Numbers above 30 take more bytes; no certificate uses them, and they are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(
    /// The byte.
    pub u8,
);

impl Tag {
    /// BOOLEAN.
    pub const BOOLEAN: Tag = Tag(0x01);
    /// INTEGER.
    pub const INTEGER: Tag = Tag(0x02);
    /// BIT STRING.
    pub const BIT_STRING: Tag = Tag(0x03);
    /// OCTET STRING.
    pub const OCTET_STRING: Tag = Tag(0x04);
    /// NULL.
    pub const NULL: Tag = Tag(0x05);
    /// OBJECT IDENTIFIER.
    pub const OBJECT_IDENTIFIER: Tag = Tag(0x06);
    /// ENUMERATED.
    pub const ENUMERATED: Tag = Tag(0x0a);
    /// UTF8String.
    pub const UTF8_STRING: Tag = Tag(0x0c);
    /// NumericString: digits and blanks.
    pub const NUMERIC_STRING: Tag = Tag(0x12);
    /// PrintableString: letters, digits, blanks and `'()+,-./:=?`.
    pub const PRINTABLE_STRING: Tag = Tag(0x13);
    /// TeletexString (T61String); in practice ISO 8859-1.
    pub const TELETEX_STRING: Tag = Tag(0x14);
    /// IA5String: ASCII.
    pub const IA5_STRING: Tag = Tag(0x16);
    /// UTCTime: a year of two digits.
    pub const UTC_TIME: Tag = Tag(0x17);
    /// GeneralizedTime: a year of four digits.
    pub const GENERALIZED_TIME: Tag = Tag(0x18);
    /// VisibleString: printable ASCII.
    pub const VISIBLE_STRING: Tag = Tag(0x1a);
    /// UniversalString: UTF-32, big-endian.
    pub const UNIVERSAL_STRING: Tag = Tag(0x1c);
    /// BMPString: UTF-16 without surrogates, big-endian.
    pub const BMP_STRING: Tag = Tag(0x1e);
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: Tag = Tag(0x30);
    /// SET and SET OF.
    pub const SET: Tag = Tag(0x31);

    /// `[number]` in place of a primitive type's own tag: IMPLICIT. The number is below 31.
    pub const fn context(number: u8) -> Tag {
        Tag(0x80 | (number & 0x1f))
    }

    /// `[number]` around an element (EXPLICIT), or in place of a constructed type's own tag.
    pub const fn context_constructed(number: u8) -> Tag {
        Tag(0xa0 | (number & 0x1f))
    }

    /// Whether the number goes on in further bytes.
    pub const fn is_long(self) -> bool {
        self.0 & 0x1f == 0x1f
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Tag::BOOLEAN => "BOOLEAN",
            Tag::INTEGER => "INTEGER",
            Tag::BIT_STRING => "BIT STRING",
            Tag::OCTET_STRING => "OCTET STRING",
            Tag::NULL => "NULL",
            Tag::OBJECT_IDENTIFIER => "OBJECT IDENTIFIER",
            Tag::ENUMERATED => "ENUMERATED",
            Tag::UTF8_STRING => "UTF8String",
            Tag::NUMERIC_STRING => "NumericString",
            Tag::PRINTABLE_STRING => "PrintableString",
            Tag::TELETEX_STRING => "TeletexString",
            Tag::IA5_STRING => "IA5String",
            Tag::UTC_TIME => "UTCTime",
            Tag::GENERALIZED_TIME => "GeneralizedTime",
            Tag::VISIBLE_STRING => "VisibleString",
            Tag::UNIVERSAL_STRING => "UniversalString",
            Tag::BMP_STRING => "BMPString",
            Tag::SEQUENCE => "SEQUENCE",
            Tag::SET => "SET",
            Tag(byte) if byte & 0xc0 == 0x80 => return write!(f, "[{}]", byte & 0x1f),
            Tag(byte) => return write!(f, "tag {byte:#04x}"),
        };
        f.write_str(name)
    }
}
