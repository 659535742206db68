//! Sockets between processes of one machine: no network, no addresses of hosts, and more than bytes.

mod address;
mod credentials;
mod datagram;
mod descriptors;
mod listener;
mod stream;

pub use address::UnixAddress;
pub use credentials::Credentials;
pub use datagram::UnixDatagram;
pub use descriptors::MAX_DESCRIPTORS;
pub use listener::UnixListener;
pub use stream::UnixStream;
