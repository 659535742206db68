//! An internetwork in virtual time: nodes that exchange IP packets over links.
//!
//! ```text
//!   ┌──────────┐  Link  ┌────────┐  Link  ┌─────┐  Link  ┌──────────┐
//!   │ HostNode │ ══════ │ Router │ ══════ │ Nat │ ══════ │ HostNode │     every box is a Node
//!   └──────────┘ port 0 └────────┘        └─────┘        └──────────┘
//!        every ══════ is two channels, one each way, with a queue, a rate, a delay and faults of their own
//! ```
//!
//! Here the ends are not joined by a model of a transport, as in a [`Pair`](crate::Pair): they send whole IP packets, and
//! what is between them forwards, translates, changes and drops these, as on the real Internet. Time jumps from event to
//! event; all chance comes from the seed; the same seed gives the same [`Events`], to the byte.
//!
//! # Reading order
//!
//! [`Node`] (packets in, packets out), [`Internet`] (the world: nodes, links, the agenda), then what happens on a link:
//! `channel.rs` and `codel.rs`. [`Events`] (the log, and what is drawn from it) with `flows.rs` (a packet in words) and
//! `segments.rs` (what a node saw of TCP) and `follow.rs` (a packet over several links). The nodes: [`Router`], [`Nat`], [`Middlebox`], [`HostNode`]. Under them
//! `packet.rs` (the header as a forwarder reads and changes it), `build.rs` and `icmp.rs` (packets that a node makes
//! itself).
//!
//! # Example
//!
//! ```
//! use std::net::IpAddr;
//! use std::time::Duration;
//! use wirelab_sim::Link;
//! use wirelab_sim::internet::{Internet, PortId, Router, build};
//!
//! let mut internet = Internet::new(1);
//! let ip = |text: &str| text.parse::<IpAddr>();
//! // Routers answer pings: enough to see a packet go and come.
//! let a = internet.add("a", Router::new(ip("192.0.2.1")?).route("198.51.100.0/24".parse()?, PortId(0)));
//! let b = internet.add("b", Router::new(ip("198.51.100.1")?).route("192.0.2.0/24".parse()?, PortId(0)));
//! internet.link(a, b, Link::new(Duration::from_millis(20)));
//! let ping = build::echo_request(ip("192.0.2.1")?, ip("198.51.100.1")?, 7, 1, b"hello");
//! internet.send_from(a, PortId(0), ping);
//! internet.run()?;
//! let ladder = "
//!            a                                    b
//!  0.000 ms  │─── echo request id=7 seq=1 ───────▶│  20.000 ms
//! 40.000 ms  │◀───────── echo reply id=7 seq=1 ───│  20.000 ms
//! ";
//! assert_eq!(internet.ladder(a, b).to_string(), ladder[1..]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod build;
mod channel;
mod codel;
mod events;
mod flows;
mod follow;
mod fragment;
mod host;
mod icmp;
mod middlebox;
mod nat;
mod nat_table;
mod node;
mod packet;
mod prefix;
mod router;
mod segments;
pub mod stock;
mod world;

pub use channel::Counters;
pub use events::{Captured, Event, Events, QueueSample, TransitId, What};
pub use flows::Flows;
pub use host::{Application, Device, HostNode, Idle, host_at};
pub use middlebox::{Heading, Middlebox, Verdict};
pub use nat::{Dependence, Nat, NatConfig};
pub use node::{ChannelId, LinkId, Node, NodeId, PortId};
pub use packet::Header;
pub use prefix::{Prefix, PrefixError};
pub use router::Router;
pub use world::Internet;
