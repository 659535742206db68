use super::Window;

/// Congestion avoidance after RFC 5681 §3.1: a segment more in each round trip, half after a loss.
///
/// The sawtooth of the textbooks. It is fair, and slow where the path is long and wide: 10 Gbit/s over 100 ms need a
/// window of 83 000 segments, and the way back from half of that takes more than an hour.
#[derive(Clone, Debug, Default)]
pub(super) struct NewReno {
    /// Bytes acknowledged since the window last grew.
    acknowledged: u32,
}

impl NewReno {
    /// A window's worth of acknowledged bytes is a round trip, and a segment (RFC 5681 §3.1, the recommended way to
    /// count).
    pub(super) fn grow(&mut self, window: &mut Window, bytes: u32) {
        self.acknowledged = self.acknowledged.saturating_add(bytes);
        if self.acknowledged >= window.bytes {
            self.acknowledged -= window.bytes;
            window.bytes = window.bytes.saturating_add(window.mss);
        }
    }

    /// RFC 5681 §3.1, equation 4.
    pub(super) fn reduced(&mut self, in_flight: u32) -> u32 {
        self.acknowledged = 0;
        in_flight / 2
    }
}
