//! A network in virtual time: links, pairs of protocols, an internetwork of nodes, and the pictures of what they said.
//!
//! # Why a simulator
//!
//! On one machine the network is too good: nothing is lost, nothing takes long, and no two runs are the same. Here the
//! links have the delay, the rate, the queue and the losses that a test or a chapter asks for; time jumps from event to
//! event, so that a minute of waiting costs nothing; and all chance comes from a seed. The same seed gives the same
//! bytes, down to the pictures.
//!
//! ```text
//!    StreamProtocol ──┐                                       ┌── StreamProtocol
//!                     ├── Pair / DatagramPair ── 2 × Line ────┤
//!  DatagramProtocol ──┘          │                            └── DatagramProtocol
//!                                ▼
//!                               Log ──▶ Ladder (text, SVG)        Waterfall, Chart (text, SVG)
//! ```
//!
//! Two sizes of world share the links and the pictures. A pair joins two protocols by a model of what is below them, and
//! is enough for most tests. An [`Internet`](internet::Internet) has as many nodes as one likes, which exchange IP
//! packets: hosts with a whole TCP/IP, routers, translators, middleboxes.
//!
//! ```text
//!   HostNode ══ Router ══ Nat ══ … ══ HostNode      ══ is a Link, with two channels
//!                     │
//!                     ▼
//!                  Events ──▶ Ladder of any two nodes, queue lengths, packets as a capture sees them
//! ```
//!
//! It stands beside the drivers on real sockets: a protocol that implements the traits of `wirelab-sansio` runs on either
//! without a change.
//!
//! # Reading order
//!
//! [`Link`] and [`Line`] (what happens to a packet), [`Pair`] and [`End`] (two protocols and their applications),
//! [`DatagramPair`], [`Network`] (what both pairs have in common); [`Log`] and [`Ladder`]; [`Waterfall`]; [`Chart`] with
//! [`rate`], [`steps`] and [`jain`]; [`every_split`] (the test that every stream protocol has). Then [`internet`], which
//! has an order of its own.
//!
//! # What is left out
//!
//! Of the pairs: everything between the two ends. The stream of [`Pair`] is a model of a reliable one, described there,
//! and not TCP: it knows no handshake, acknowledgement or congestion control. Headers take up no room on a link, and
//! packets are neither duplicated nor damaged. All of this is in an [`Internet`](internet::Internet).
//!
//! Of the internetwork: everything below IP (no Ethernet, no ARP, no shared medium) and routing protocols (routes are set
//! by hand, or by an action while the world runs). Nodes take no time: a packet leaves a router at the moment at which it
//! came. Routers do not limit how many ICMP messages they send, and do not follow IPv6's extension headers. Of active
//! queue management there is CoDel, without the queues for each flow of FQ-CoDel. A node runs on one thread with all
//! others.
//!
//! Of the pictures: the arrows of a ladder in text are level, and packets that cross show only in the times (in SVG the
//! arrows slant); equal segments in a row are not folded into one, so that a long transfer makes a long ladder.
//!
//! # Example
//!
//! Two ends that exchange lines; the server thinks for 5 ms:
//!
//! ```
//! # use bytes::BytesMut;
//! # use wirelab_sansio::StreamProtocol;
//! # #[derive(Default)]
//! # struct Lines { input: BytesMut, output: BytesMut }
//! # impl Lines { fn send(&mut self, line: &str) { self.output.extend_from_slice(line.as_bytes()) } }
//! # impl StreamProtocol for Lines {
//! #     type Event = String;
//! #     type Error = std::convert::Infallible;
//! #     fn input(&mut self) -> &mut BytesMut { &mut self.input }
//! #     fn receive_eof(&mut self) {}
//! #     fn poll_event(&mut self) -> Result<Option<String>, Self::Error> {
//! #         let end = self.input.iter().position(|&byte| byte == b'\n');
//! #         Ok(end.map(|end| String::from_utf8_lossy(&self.input.split_to(end + 1)).into_owned()))
//! #     }
//! #     fn poll_transmit(&mut self, out: &mut BytesMut) -> usize {
//! #         let line = self.output.split();
//! #         out.extend_from_slice(&line);
//! #         line.len()
//! #     }
//! #     fn wants_read(&self) -> bool { true }
//! # }
//! use std::time::Duration;
//! use wirelab_sim::{Link, Pair};
//!
//! let mut pair = Pair::new(Lines::default(), Lines::default()).link(Link::new(Duration::from_millis(20)));
//! pair.client.send("hello\n");
//! pair.run(
//!     |client, line| client.note(format!("got {}", line.trim())),
//!     |server, _line| server.after(Duration::from_millis(5), |server| server.send("good day\n")),
//! )?;
//! let ladder = "
//!         client                               server
//!  0.000 ms  │─── 6 bytes ───────────────────────▶│  20.000 ms
//! 45.000 ms  │◀─────────────────────── 9 bytes ───│  25.000 ms
//! 45.000 ms  │ *  got good day                    │
//! ";
//! assert_eq!(pair.ladder().to_string(), ladder[1..]);
//! # Ok::<(), wirelab_sim::RunError>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agenda;
mod axis;
mod chart;
mod chart_svg;
mod chart_text;
mod datagram_pair;
mod end;
mod error;
mod fairness;
pub mod internet;
mod label;
mod ladder;
mod ladder_links;
mod ladder_svg;
mod line;
mod link;
mod log;
mod network;
mod pair;
mod pipe;
mod pump;
mod random;
mod route;
mod series;
mod split;
mod svg;
mod text;
mod waterfall;
mod waterfall_svg;
mod waterfall_text;
mod world;

pub use chart::Chart;
pub use datagram_pair::DatagramPair;
pub use end::End;
pub use error::RunError;
pub use fairness::jain;
pub use label::{byte_count, first_line};
pub use ladder::{ArrowLink, Ladder};
pub use line::{Fate, Line};
pub use link::{Bursts, CoDel, Link, Queue};
pub use log::{Entry, Kind, Log, PacketId, Reason, Side};
pub use network::Network;
pub use pair::Pair;
pub use random::Random;
pub use series::{rate, seconds, steps};
pub use split::{Outcome, every_split, every_split_by, every_split_with};
pub use waterfall::{Phase, Row, Waterfall};
