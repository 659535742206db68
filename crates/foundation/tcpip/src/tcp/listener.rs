use std::collections::VecDeque;
use std::time::Duration;

use wirelab_sansio::Instant;

use super::Config;

/// How somebody listens: the limits of both queues, and what happens when they are full.
///
/// ```text
///            SYN                          final ACK                    accept()
///   peer ──────────▶  SYN queue (half-open) ──────────▶  accept queue ──────────▶ application
///                     full: cookie or drop               full: drop the ACK, or RST
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// How many finished connections may wait to be accepted: `listen`'s argument. As in Linux the queue is full when it holds
    /// *more* than that, so that 0 leaves room for one.
    pub backlog: usize,
    /// How many handshakes may be half done (`net.ipv4.tcp_max_syn_backlog`).
    pub syn_backlog: usize,
    /// When a SYN is answered without being remembered (`net.ipv4.tcp_syncookies`).
    pub cookies: Cookies,
    /// Answer a final ACK that finds the accept queue full with RST (`net.ipv4.tcp_abort_on_overflow`). Otherwise it is dropped
    /// as if it had been lost, and the client, which believes to be connected, has its data acknowledged later.
    pub abort_on_overflow: bool,
    /// What the accepted connections may do.
    pub tcp: Config,
}

/// When a listener sends SYN cookies. The values are those of `net.ipv4.tcp_syncookies`: 0, 1 and 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cookies {
    /// Never: a SYN for which there is no room is dropped.
    Never,
    /// For a SYN for which there is no room.
    #[default]
    WhenFull,
    /// For every SYN: for seeing what is lost by it.
    Always,
}

impl Default for Listen {
    fn default() -> Self {
        Listen {
            backlog: 128,
            syn_backlog: 256,
            cookies: Cookies::WhenFull,
            abort_on_overflow: false,
            tcp: Config::default(),
        }
    }
}

/// What becomes of a SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnSyn {
    /// It is remembered in the SYN queue.
    Remember,
    /// It is answered with a cookie.
    Cookie,
    /// The accept queue is full: a connection more would only wait behind it.
    Overflow,
    /// The SYN queue is full.
    Drop,
}

/// How long after its last cookie a listener still expects one back: two steps of the cookie's clock.
const COOKIES_EXPECTED: Duration = Duration::from_secs(128);

/// The two queues of a listener; `Id` names a connection.
#[derive(Clone, Debug)]
pub(crate) struct Listener<Id> {
    pub(crate) options: Listen,
    half_open: usize,
    waiting: VecDeque<Id>,
    last_cookie: Option<Instant>,
}

impl<Id: PartialEq> Listener<Id> {
    pub(crate) fn new(options: Listen) -> Self {
        Listener { options, half_open: 0, waiting: VecDeque::new(), last_cookie: None }
    }

    /// Whether the accept queue is full, as Linux counts.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() > self.options.backlog
    }

    /// What becomes of a SYN; `room` says whether the host can hold one more connection.
    pub(crate) fn on_syn(&self, room: bool) -> OnSyn {
        match self.options.cookies {
            _ if self.is_full() => OnSyn::Overflow,
            Cookies::Always => OnSyn::Cookie,
            _ if room && self.half_open < self.options.syn_backlog => OnSyn::Remember,
            Cookies::WhenFull => OnSyn::Cookie,
            Cookies::Never => OnSyn::Drop,
        }
    }

    /// A SYN was remembered.
    pub(crate) fn opened(&mut self) {
        self.half_open += 1;
    }

    /// A remembered SYN came to nothing.
    pub(crate) fn given_up(&mut self) {
        self.half_open = self.half_open.saturating_sub(1);
    }

    /// A handshake is over: the connection moves from the SYN queue to the accept queue.
    pub(crate) fn established(&mut self, id: Id) {
        self.given_up();
        self.waiting.push_back(id);
    }

    /// A cookie came back: its connection was never in the SYN queue.
    pub(crate) fn returned(&mut self, id: Id) {
        self.waiting.push_back(id);
    }

    pub(crate) fn accept(&mut self) -> Option<Id> {
        self.waiting.pop_front()
    }

    pub(crate) fn cookie_sent(&mut self, now: Instant) {
        self.last_cookie = Some(now);
    }

    /// Whether an ACK may be a cookie. Without this a forger would have his chances, and cost us a hash for each, all the time.
    pub(crate) fn expects_cookies(&self, now: Instant) -> bool {
        self.last_cookie.is_some_and(|sent| now - sent < COOKIES_EXPECTED)
    }

    pub(crate) fn half_open(&self) -> usize {
        self.half_open
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}
