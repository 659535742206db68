//! The numbers of TLS. Each code is a newtype over its integer, so that one that nobody here knows survives being read and
//! written again, and is still told apart.

mod alert;
mod cipher_suite;
mod content_type;
mod extension_type;
mod handshake_type;
mod named_group;
mod psk_mode;
mod signature_scheme;
mod version;

pub use alert::AlertDescription;
pub use cipher_suite::CipherSuite;
pub use content_type::ContentType;
pub use extension_type::{ExtensionType, Within};
pub use handshake_type::HandshakeType;
pub use named_group::NamedGroup;
pub use psk_mode::PskKeyExchangeMode;
pub use signature_scheme::SignatureScheme;
pub use version::ProtocolVersion;

/// A newtype over an integer with named constants, a `name`, and a `Display` that falls back to the number.
macro_rules! code {
    (
        $(#[$outer:meta])*
        pub struct $type:ident($integer:ty) shown as $shown:literal {
            $( $(#[$inner:meta])* $constant:ident = $value:literal, $name:literal; )*
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(pub $integer);

        impl $type {
            $( $(#[$inner])* pub const $constant: $type = $type($value); )*

            /// The name in its registry, if it is one of those that are named here.
            pub fn name(self) -> Option<&'static str> {
                Some(match self {
                    $( $type::$constant => $name, )*
                    _ => return None,
                })
            }
        }

        /// The name, or the number where there is none.
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, $shown, self.0),
                }
            }
        }
    };
}
pub(crate) use code;

/// `is_grease` for codes of two bytes.
macro_rules! grease {
    ($type:ident) => {
        impl $type {
            /// Whether this is one of the sixteen values that mean nothing, `0x0a0a` to `0xfafa` (RFC 8701 §2): a client sends
            /// them so that servers which stumble over unknown values are found early.
            pub fn is_grease(self) -> bool {
                let [high, low] = self.0.to_be_bytes();
                high == low && low & 0x0f == 0x0a
            }

            /// What an explanation says of it: its name, that it is GREASE, or that it is unknown.
            pub(crate) fn note(self) -> String {
                match self.name() {
                    Some(name) => name.to_owned(),
                    None if self.is_grease() => "GREASE: reserved, means nothing (RFC 8701)".to_owned(),
                    None => "not known here".to_owned(),
                }
            }
        }
    };
}
pub(crate) use grease;
