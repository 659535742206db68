use wirelab_sansio::Instant;

use super::Connection;
use crate::tcp::scoreboard::Scoreboard;
use crate::tcp::send_buffer::SendBuffer;
use crate::tcp::tail_loss_probe::TailLossProbe;
use crate::wire::Seq;

/// The send sequence variables (RFC 9293 §3.3.1), and what goes with them.
///
/// ```text
///        acknowledged   on its way    may be sent     may not
///     ───────────────┬──────────────┬──────────────┬───────────▶
///                 SND.UNA        SND.NXT    SND.UNA + SND.WND
/// ```
#[derive(Clone, Debug)]
pub(super) struct Sending {
    /// ISS: our SYN has this number.
    pub(super) isn: Seq,
    /// SND.UNA: the oldest number that is not acknowledged.
    pub(super) una: Seq,
    /// SND.NXT: the number of what is sent next.
    pub(super) nxt: Seq,
    /// SND.WND, scaled.
    pub(super) window: u32,
    /// The largest window that the peer has ever offered: half of it is worth sending (RFC 9293 §3.8.6.2.1).
    pub(super) largest_window: u32,
    /// SND.WL1: the sequence number of the segment that the window was taken from.
    pub(super) wl1: Seq,
    /// SND.WL2: its acknowledgment number.
    pub(super) wl2: Seq,
    /// The bytes from `buffer_start` on: sent and not acknowledged, then not sent.
    pub(super) buffer: SendBuffer,
    pub(super) buffer_start: Seq,
    /// Whether the application was told that the buffer is full.
    pub(super) was_full: bool,
    /// Whether a FIN follows the buffer.
    pub(super) closing: bool,
    /// The number of our FIN, once it has been sent.
    pub(super) fin: Option<Seq>,
    pub(super) scoreboard: Scoreboard,
    pub(super) duplicate_acknowledgments: u32,
    pub(super) recovery: Option<Recovery>,
    /// The number of the transmission that comes next after the congestion window was reduced for a loss.
    pub(super) reduced_at: u64,
    pub(super) tail_loss_probe: TailLossProbe,
    /// A probe of the tail is due.
    pub(super) probe_tail: bool,
    /// How often the timer has run out since the last progress.
    pub(super) attempts: u32,
    /// A recovery has just begun: its first segment does not wait for room.
    pub(super) repair_at_once: bool,
    /// Send one byte although the window is closed (RFC 9293 §3.8.6.1).
    pub(super) probe_window: bool,
    /// Send an old number, so that the peer shows that it is alive.
    pub(super) probe_peer: bool,
    /// A RST of this number is to be sent.
    pub(super) reset: Option<Seq>,
    /// Up to where acknowledgments have let the congestion window grow.
    pub(super) last_growth: Seq,
    /// The peer is to be told that the congestion window was reduced (CWR).
    pub(super) tell_reduced: bool,
    /// Marks on what was sent before this number are answered already.
    pub(super) mark_answered: Seq,
    pub(super) last_sent: Instant,
    /// The path carries no more than so much data in a segment, options included.
    pub(super) path_segment_size: Option<u16>,
}

/// Losses are being repaired until this number is acknowledged: RecoveryPoint of RFC 6675, `recover` of RFC 6582.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recovery {
    pub(super) point: Seq,
    /// Whether it began with the timer; then the window grows as in any slow start.
    pub(super) by_timeout: bool,
}

impl Sending {
    pub(super) fn new(isn: Seq, now: Instant) -> Self {
        Sending {
            isn,
            una: isn,
            nxt: isn,
            window: 0,
            largest_window: 0,
            wl1: Seq(0),
            wl2: isn,
            buffer: SendBuffer::default(),
            buffer_start: isn + 1,
            was_full: false,
            closing: false,
            fin: None,
            scoreboard: Scoreboard::default(),
            duplicate_acknowledgments: 0,
            recovery: None,
            reduced_at: 0,
            tail_loss_probe: TailLossProbe::default(),
            probe_tail: false,
            attempts: 0,
            repair_at_once: false,
            probe_window: false,
            probe_peer: false,
            reset: None,
            last_growth: isn + 1,
            tell_reduced: false,
            mark_answered: isn,
            last_sent: now,
            path_segment_size: None,
        }
    }

    /// How many bytes wait that were never sent.
    pub(super) fn unsent(&self) -> u32 {
        let sent = self.nxt.since(self.buffer_start);
        (self.buffer.len() as u32).saturating_sub(sent) // a buffer is smaller than the number space
    }

    /// Whether there is data or a FIN that was never sent.
    pub(super) fn has_more(&self) -> bool {
        self.unsent() > 0 || (self.closing && self.fin.is_none())
    }

    /// Whether everything is acknowledged that was sent.
    pub(super) fn is_idle(&self) -> bool {
        self.una == self.nxt
    }

    pub(super) fn fin_is_acknowledged(&self) -> bool {
        self.fin.is_some_and(|fin| self.una > fin)
    }

    /// Drops what lies before SND.UNA.
    pub(super) fn drop_acknowledged(&mut self) {
        let len = (self.una.since(self.buffer_start) as usize).min(self.buffer.len());
        self.buffer.drop_first(len);
        self.buffer_start += len as u32;
    }

    /// Nothing is to be sent any more.
    pub(super) fn forget(&mut self) {
        self.buffer = SendBuffer::default();
        self.buffer_start = self.nxt;
        self.una = self.nxt;
        self.scoreboard = Scoreboard::default();
        self.recovery = None;
        (self.closing, self.probe_window, self.probe_peer, self.probe_tail) = (false, false, false, false);
    }
}

impl Connection {
    /// The data that goes into a full segment: what the peer and the path take, less the options (RFC 6691).
    pub(super) fn segment_size(&self) -> u32 {
        let path = self.sending.path_segment_size.unwrap_or(u16::MAX);
        let most = self.agreed.maximum_segment_size.min(path);
        u32::from(most.saturating_sub(self.agreed.options_len()).max(1))
    }

    /// The bytes on their way, as far as one can know (RFC 6675 §2, "pipe"). A peer without SACK shows only that something
    /// arrived: each duplicate acknowledgment stands for one segment (RFC 5681 §3.2).
    pub(super) fn in_flight(&self) -> u32 {
        let known = self.sending.scoreboard.in_flight();
        if self.agreed.selective_acknowledgment {
            return known;
        }
        known.saturating_sub(self.sending.duplicate_acknowledgments.saturating_mul(self.segment_size()))
    }
}
