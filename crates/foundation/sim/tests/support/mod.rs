//! Two protocols small enough to see through: lines on a stream, and a ping that is sent again on datagrams.
#![allow(dead_code, reason = "each test file uses its part")]

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use wirelab_sansio::{DatagramProtocol, Instant, StreamProtocol, Transmit};
use wirelab_sim::Side;

/// Lines of at most 80 bytes. `bye` says that nothing more will be sent.
#[derive(Default)]
pub(crate) struct Lines {
    input: BytesMut,
    output: BytesMut,
    leaving: bool,
    peer_left: bool,
    pub(crate) paused: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    Line(String),
    Left,
}

#[derive(Debug, PartialEq)]
pub(crate) struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line is longer than 80 bytes")
    }
}

impl std::error::Error for TooLong {}

impl Lines {
    pub(crate) fn say(&mut self, line: &str) {
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\n");
    }

    pub(crate) fn bye(&mut self) {
        self.leaving = true;
    }
}

impl StreamProtocol for Lines {
    type Event = Said;
    type Error = TooLong;

    fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    fn receive_eof(&mut self) {
        self.peer_left = true;
    }

    fn poll_event(&mut self) -> Result<Option<Said>, TooLong> {
        match self.input.iter().position(|&byte| byte == b'\n') {
            Some(end) if end <= 80 => {
                let line = self.input.split_to(end);
                self.input.advance(1);
                Ok(Some(Said::Line(String::from_utf8_lossy(&line).into_owned())))
            }
            None if self.input.len() <= 80 => Ok(std::mem::take(&mut self.peer_left).then_some(Said::Left)),
            _ => Err(TooLong),
        }
    }

    fn poll_transmit(&mut self, out: &mut BytesMut) -> usize {
        let bytes = self.output.split();
        out.extend_from_slice(&bytes);
        bytes.len()
    }

    fn wants_read(&self) -> bool {
        !self.paused
    }

    fn wants_shutdown(&self) -> bool {
        self.leaving
    }
}

/// Sends numbered pings one after another, each again every 50 ms until it is answered; answers those of its peer.
pub(crate) struct Ping {
    peer: SocketAddr,
    wanted: u8,
    next: u8,
    deadline: Option<Instant>,
    ready: Vec<[u8; 2]>,
    events: Vec<u8>,
}

pub(crate) const RETRY: Duration = Duration::from_millis(50);

impl Ping {
    /// One that pings `wanted` times (0: only answers).
    pub(crate) fn new(peer: &str, wanted: u8) -> Self {
        let peer = peer.parse().expect("an address");
        Ping { peer, wanted, next: 1, deadline: None, ready: Vec::new(), events: Vec::new() }
    }
}

/// What the log calls a ping.
pub(crate) fn name(_from: Side, packet: &[u8]) -> String {
    match packet {
        [b'?', number] => format!("ping {number}"),
        [b'!', number] => format!("pong {number}"),
        _ => "?".into(),
    }
}

impl DatagramProtocol for Ping {
    type Event = u8;

    fn receive(&mut self, _now: Instant, from: SocketAddr, datagram: &mut [u8]) {
        match *datagram {
            [b'?', number] if from == self.peer => self.ready.push([b'!', number]),
            [b'!', number] if number == self.next => {
                self.events.push(number);
                self.next += 1;
                self.deadline = None;
            }
            _ => {} // late, or not ours
        }
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut BytesMut) -> Option<Transmit> {
        if self.next <= self.wanted && self.deadline.is_none() {
            self.deadline = Some(now + RETRY);
            self.ready.push([b'?', self.next]);
        }
        let datagram = self.ready.pop()?;
        out.extend_from_slice(&datagram);
        Some(Transmit { to: self.peer, len: 2, segment_size: None })
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.deadline.map(|when| (when, "no answer"))
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_some_and(|when| when <= now) {
            self.deadline = None; // the next poll_transmit sends it again
        }
    }

    fn poll_event(&mut self) -> Option<u8> {
        self.events.pop()
    }
}

pub(crate) const CLIENT: &str = "192.0.2.1:50000";
pub(crate) const SERVER: &str = "198.51.100.1:443";

pub(crate) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(crate) fn at_ms(n: u64) -> Instant {
    Instant::ZERO + ms(n)
}
