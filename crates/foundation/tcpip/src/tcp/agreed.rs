use super::Config;
use crate::wire::{Options, Segment, Timestamps};

/// What is assumed of a peer that says nothing about its segments (RFC 9293 §3.7.1, MUST-15).
const DEFAULT_SEGMENT_SIZE: u16 = 536;
/// No shift may be more (RFC 7323 §2.3).
const MOST_SHIFT: u8 = 14;
/// A segment of less data is nearly all header; a peer that asks for it (Linux: below 48, with options 88) does not get it.
const LEAST_SEGMENT_SIZE: u16 = 88;

/// What two SYNs agreed on. It is also what a SYN cookie has to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The largest segment that the peer takes, options included, headers not (RFC 9293 §3.7.1, RFC 6691).
    pub maximum_segment_size: u16,
    /// By how much our windows and the peer's are shifted, if both offered it.
    pub window_scale: Option<(u8, u8)>,
    /// Whether every segment carries timestamps.
    pub timestamps: bool,
    /// Whether acknowledgments may be selective.
    pub selective_acknowledgment: bool,
    /// Whether packets say that they can be marked, and marks are echoed.
    pub explicit_congestion_notification: bool,
}

impl Agreed {
    /// What our SYN offers.
    pub(crate) fn offer(config: &Config) -> Agreed {
        Agreed {
            maximum_segment_size: DEFAULT_SEGMENT_SIZE,
            window_scale: config.window_scaling.then(|| (shift_for(config.receive_buffer), 0)),
            timestamps: config.timestamps,
            selective_acknowledgment: config.selective_acknowledgment,
            explicit_congestion_notification: config.explicit_congestion_notification,
        }
    }

    /// What is left of our offer when the peer's SYN has come. Options that only one side has are not used (RFC 7323 §2.2,
    /// §3.2; RFC 2018 §2).
    pub fn between(config: &Config, syn: &Segment<'_>, ecn: bool) -> Agreed {
        let (offer, options) = (Agreed::offer(config), &syn.options);
        let theirs = options.maximum_segment_size().unwrap_or(DEFAULT_SEGMENT_SIZE);
        let scale = |(ours, _): (u8, u8)| Some((ours, options.window_scale()?.min(MOST_SHIFT)));
        Agreed {
            maximum_segment_size: theirs.min(config.maximum_segment_size).max(LEAST_SEGMENT_SIZE),
            window_scale: offer.window_scale.and_then(scale),
            timestamps: offer.timestamps && options.timestamps().is_some(),
            selective_acknowledgment: offer.selective_acknowledgment && options.sack_permitted(),
            explicit_congestion_notification: offer.explicit_congestion_notification && ecn,
        }
    }

    /// The options of a SYN with this offer or agreement, in the order in which Linux has them, so that each number
    /// lies on a whole word.
    pub fn options(&self, ours: u16, timestamps: Timestamps) -> Options {
        let mut options = Options::new();
        options.push_maximum_segment_size(ours);
        if self.timestamps {
            if self.selective_acknowledgment {
                options.push_sack_permitted();
            } else {
                options.push_no_operation();
                options.push_no_operation();
            }
            options.push_timestamps(timestamps);
        } else if self.selective_acknowledgment {
            options.push_no_operation();
            options.push_no_operation();
            options.push_sack_permitted();
        }
        if let Some((ours, _)) = self.window_scale {
            options.push_no_operation();
            options.push_window_scale(ours);
        }
        options
    }

    /// How far our windows are shifted on every segment but a SYN.
    pub(crate) fn our_shift(&self) -> u8 {
        self.window_scale.map_or(0, |(ours, _)| ours)
    }

    /// How far the peer's are.
    pub(crate) fn their_shift(&self) -> u8 {
        self.window_scale.map_or(0, |(_, theirs)| theirs)
    }

    /// The bytes of options that every segment after the SYN has.
    pub(crate) fn options_len(&self) -> u16 {
        // The ten bytes of timestamps and two of padding (RFC 7323, appendix A).
        if self.timestamps { 12 } else { 0 }
    }
}

/// The smallest shift with which 16 bits can name the whole buffer.
fn shift_for(buffer: usize) -> u8 {
    let mut shift = 0;
    while shift < MOST_SHIFT && buffer >> shift > usize::from(u16::MAX) {
        shift += 1;
    }
    shift
}
