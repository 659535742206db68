//! Socket options: a table for each purpose, from which the setters and getters are made.
//!
//! An entry reads `set_nodelay, nodelay: bool as Flag = NO_DELAY;`: the two methods, the value, how it is put
//! into bytes (`kinds.rs`), and the option (`sys/option.rs`). Its comment becomes the documentation of the
//! setter.

use std::io;
use std::os::fd::BorrowedFd;

use crate::sys::{self, OptionName};

mod address;
mod buffers;
mod common;
mod congestion;
mod handshake;
mod identity;
mod keep_alive;
pub(crate) mod kinds;
mod latency;
mod lifetime;
mod packet;

pub use keep_alive::KeepAlive;

pub(crate) use kinds::Kind;

/// `setsockopt`.
pub(crate) fn set<K: Kind>(fd: BorrowedFd<'_>, name: OptionName, value: K::Value) -> io::Result<()> {
    sys::set_option(fd, name, K::encode(value)?.as_ref())
}

/// `getsockopt`.
pub(crate) fn get<K: Kind>(fd: BorrowedFd<'_>, name: OptionName) -> io::Result<K::Value> {
    let mut raw = K::Raw::default();
    sys::get_option(fd, name, raw.as_mut())?;
    Ok(K::decode(raw))
}

pub(crate) fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}

/// Gives each kind of socket in the brackets the options of the table in the braces.
macro_rules! options {
    ([$($socket:ident),*] $table:tt) => {
        $($crate::options::options!(@ $socket $table);)*
    };
    (@ $socket:ident {
        $($(#[$doc:meta])* $set:ident, $get:ident: $value:ty as $kind:ident = $name:ident;)*
    }) => {
        impl $crate::$socket {
            $(
                $(#[$doc])*
                pub fn $set(&self, value: $value) -> std::io::Result<()> {
                    use std::os::fd::AsFd as _;
                    use $crate::{options, sys::OptionName};
                    options::set::<options::kinds::$kind>(self.as_fd(), OptionName::$name, value)
                }

                #[doc = concat!("`getsockopt`: what is in force, set by [`", stringify!($set), "`](Self::",
                    stringify!($set), ") or by default.")]
                ///
                /// # Errors
                /// `ENOPROTOOPT` or `EOPNOTSUPP`: this socket or this kernel does not have the option.
                pub fn $get(&self) -> std::io::Result<$value> {
                    use std::os::fd::AsFd as _;
                    use $crate::{options, sys::OptionName};
                    options::get::<options::kinds::$kind>(self.as_fd(), OptionName::$name)
                }
            )*
        }
    };
}

/// Gives each kind of socket in the brackets the methods in the braces.
macro_rules! methods {
    ([$($socket:ident),*] $methods:tt) => {
        $(impl $crate::$socket $methods)*
    };
}

pub(crate) use {methods, options};
