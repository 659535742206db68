use std::io;

use thiserror::Error;

/// Why there is no device.
#[derive(Debug, Error)]
pub enum Error {
    /// The system has no TUN devices.
    #[error(
        "there is no /dev/net/tun: the kernel's module is not loaded (`modprobe tun`), or this container was not \
         given the device (`docker run --device /dev/net/tun`)"
    )]
    NoTun,
    /// `CAP_NET_ADMIN` is missing.
    #[error(
        "{0} is not permitted: it takes CAP_NET_ADMIN, which root has, and everybody in a network namespace of their \
         own (Namespace::enter_new)"
    )]
    NotPermitted(&'static str),
    /// Another program holds the other end of the device with this name.
    #[error("the device {0} is in use")]
    InUse(String),
    /// The kernel refuses names of more than 15 bytes, and some bytes in them.
    #[error("{0:?} cannot be the name of a device: it has 1 to 15 bytes, and no `/`, `:` or space")]
    Name(String),
    /// Any other refusal.
    #[error("{doing}: {error}")]
    Call {
        /// What was tried.
        doing: &'static str,
        /// What the kernel said.
        #[source]
        error: io::Error,
    },
}

impl Error {
    /// What the error number means of a call that was `doing` this.
    pub(crate) fn of(doing: &'static str) -> impl FnOnce(io::Error) -> Error {
        move |error| match error.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => Error::NotPermitted(doing),
            _ => Error::Call { doing, error },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_permission_says_who_has_it_and_other_refusals_what_was_tried() {
        let refused = |number| Error::of("setting the MTU")(io::Error::from_raw_os_error(number)).to_string();
        assert!(refused(libc::EPERM).starts_with("setting the MTU is not permitted: it takes CAP_NET_ADMIN"));
        assert!(refused(libc::EINVAL).starts_with("setting the MTU: Invalid argument"));
    }
}
