//! A network device that a program holds the other end of, and the loop that runs a host on it.
//!
//! # Why a TUN device
//!
//! A program's sockets are the kernel's: its TCP shakes hands, retransmits and closes, and the program sees bytes. To
//! speak TCP oneself to a real peer, one needs the packets. A TUN device is a wire from the kernel to a program:
//!
//! ```text
//!     curl, ping, a server                           the protocol (tcpip::Host)
//!           │  sockets                                        │  receive, poll_transmit
//!     ┌─────▼──────────┐                             ┌────────▼─────────┐
//!     │ the kernel's   │   IP packets                │ Driver           │
//!     │ TCP and IP     │ ◀─────────▶ tun0 ◀────────▶ │ loss, reordering │
//!     │ 10.77.0.1      │       write, read of        │ clock, capture   │
//!     └────────────────┘       /dev/net/tun          └──────────────────┘
//! ```
//!
//! What the kernel believes to be another machine at 10.77.0.2 is this process. Every difference between our
//! TCP and the kernel's, which has talked to all others for decades, shows up at once.
//!
//! # Reading order
//!
//! `tun.rs` ([`Tun`]: making the device, reading and writing packets), `driver.rs` ([`Driver`]: the loop),
//! `impairments.rs` ([`Impairments`]: a bad network in front of a good one), `channel.rs` ([`Channel`]: a narrow and a long one,
//! with a queue), `way.rs` (both, for one direction), `dumbbell.rs` ([`Dumbbell`]: a narrow link that the kernel shares with
//! another sender), `priority.rs` ([`go_first`]: for a network that keeps its times), `capture.rs` ([`capture_into`]: a file
//! for Wireshark), `error.rs` ([`Error`]: what is missing where it does not work), `sys.rs` (the ioctls).
//!
//! # What is left out
//!
//! TAP devices, with Ethernet, ARP and neighbour discovery: a TUN device has no link layer, and its two ends need no
//! addresses of one. Segmentation and checksums left to the other side (TUN_F_TSO4, TUN_F_CSUM), which would take packets
//! off a real wire's limits. Several queues. Routes: what shares the prefix of the device's address is reached
//! through it, and no more. Systems other than Linux.
//!
//! # Example
//!
//! Waits for whatever the kernel sends through a device of its own network:
//!
//! ```no_run
//! use wirelab_socket::Namespace;
//! use wirelab_tun::{Config, Tun};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let _own = Namespace::enter_new()?;
//! let tun = Tun::open(&Config::default())?;
//! let mut room = vec![0; 65_535];
//! tun.wait(None)?;
//! while let Some(length) = tun.receive(&mut room)? {
//!     println!("version {}, {length} bytes", room[0] >> 4);      // the kernel looks for IPv6 routers first
//! }
//! # Ok(()) }
//! ```

#![deny(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod capture;
mod channel;
mod driver;
mod dumbbell;
mod error;
mod impairments;
mod priority;
#[allow(unsafe_code, reason = "the ioctls, ppoll and setpriority; the rest of the crate has none")]
mod sys;
mod tun;
mod way;

pub use capture::capture_into;
pub use channel::{Carried, Channel};
pub use driver::{Direction, Driver};
pub use dumbbell::Dumbbell;
pub use error::Error;
pub use impairments::{Fates, Impairments};
pub use priority::go_first;
pub use tun::{Config, Tun};
