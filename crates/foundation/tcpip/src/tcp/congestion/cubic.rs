use std::time::Duration;

use wirelab_sansio::Instant;

use super::Window;

/// C: how steep the curve is, in segments per second cubed (RFC 8312 §5.1).
const C: f64 = 0.4;

/// β: what is left of the window after a loss (RFC 8312 §4.5).
const BETA: f64 = 0.7;

/// The window as a cubic function of the time since the last loss (RFC 8312).
///
/// ```text
///  segments                               ╱
///  W_max ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄___________┄┄┄┄┄┄   convex: beyond what was known
///                 ___╱
///               ╱          concave: quickly back, and then carefully
///  β W_max    ╱
///             0              K           time
/// ```
///
/// It is time that makes the window grow, not the number of round trips: a long path gets as much as a short one.
/// Where that would be less than RFC 5681 gives, which it is on short paths, the window follows that (RFC 8312 §4.2).
///
/// The sums are `f64`, of `+ - * /` alone, which IEEE 754 defines to the last bit: a run gives the same numbers on
/// every machine. `f64::cbrt` and `powf` are left to each platform's library, so that [`cube_root`] is our own.
#[derive(Clone, Debug, Default)]
pub(super) struct Cubic {
    /// `W_max`: the window at the last loss, in segments; 0 if there is none to aim at.
    w_max: f64,
    /// `W_last_max`: the one before, for fast convergence.
    w_last_max: f64,
    curve: Option<Curve>,
    /// Bytes by which the window should have grown, below one.
    fraction: f64,
}

/// The stage of congestion avoidance that we are in.
#[derive(Clone, Copy, Debug)]
struct Curve {
    began: Instant,
    /// When the window grew, or could have, the last time.
    last: Instant,
    /// The window at the beginning, in segments.
    start: f64,
    origin: f64,
    /// K: when the curve comes to its origin, in seconds.
    k: f64,
}

impl Curve {
    /// RFC 8312 says K = ∛(W_max (1−β) / C), for a window that begins at β W_max. After fast convergence it does not,
    /// and the window would jump; K is computed from where it does begin, as RFC 9438 §4.2 has corrected it.
    fn from(now: Instant, window: f64, w_max: f64) -> Self {
        let origin = w_max.max(window);
        Curve { began: now, last: now, start: window, origin, k: cube_root((origin - window) / C) }
    }

    /// `W_cubic(t)`, in segments (RFC 8312 §4.1, equation 1).
    fn at(&self, seconds: f64) -> f64 {
        let t = seconds - self.k;
        C * t * t * t + self.origin
    }

    /// `W_est`: what RFC 5681 would have by now, if it reduced by β as well (RFC 8312 §4.2, equation 4).
    fn standard(&self, seconds: f64, rtt: f64) -> f64 {
        if rtt <= 0.0 {
            return 0.0;
        }
        self.start + 3.0 * (1.0 - BETA) / (1.0 + BETA) * (seconds / rtt)
    }
}

impl Cubic {
    /// The window after `bytes` were acknowledged in congestion avoidance.
    pub(super) fn grow(&mut self, window: &mut Window, now: Instant, bytes: u32, rtt: Duration) {
        let current = in_segments(window);
        let curve = self.curve.get_or_insert_with(|| Curve::from(now, current, self.w_max));
        curve.last = now;
        let elapsed = seconds(now - curve.began);
        let rtt = seconds(rtt);
        let acknowledged = f64::from(bytes) / f64::from(window.mss);
        let standard = curve.standard(elapsed, rtt);
        let more = if curve.at(elapsed) < standard {
            standard - current
        } else {
            // RFC 8312 §4.3: so that the window is where the curve will be when these bytes have made their round.
            (curve.at(elapsed + rtt) - current) / current * acknowledged
        };
        // Never faster than by half in a round trip (RFC 9438 §4.2), and never backwards.
        let more = more.min(acknowledged / 2.0).max(0.0);
        self.add(window, more * f64::from(window.mss));
    }

    fn add(&mut self, window: &mut Window, bytes: f64) {
        let bytes = bytes + self.fraction;
        // Whole bytes: `as` cuts the fraction off, and stops at the end of the range.
        let whole = bytes as u32;
        self.fraction = bytes - f64::from(whole);
        window.bytes = window.bytes.saturating_add(whole);
    }

    /// The application had nothing to send: that time does not count (RFC 8312 §5.8).
    pub(super) fn pause(&mut self, now: Instant) {
        if let Some(curve) = &mut self.curve {
            curve.began += now - curve.last;
            curve.last = now;
        }
    }

    /// The threshold after a loss, and what the curve will aim at.
    pub(super) fn reduced(&mut self, window: &Window, in_flight: u32) -> u32 {
        let current = in_segments(window);
        // RFC 8312 §4.6, fast convergence: a window that has become smaller makes room for a newcomer.
        self.w_max = if current < self.w_last_max { current * (1.0 + BETA) / 2.0 } else { current };
        self.w_last_max = current;
        (f64::from(in_flight) * BETA) as u32
    }

    /// Congestion avoidance begins now: the loss is repaired.
    pub(super) fn begin(&mut self, window: &Window, now: Instant) {
        self.curve = Some(Curve::from(now, in_segments(window), self.w_max));
    }

    /// Congestion avoidance is over; it begins anew, at the latest, with the next acknowledgment above the threshold.
    pub(super) fn end(&mut self) {
        self.curve = None;
        self.fraction = 0.0;
    }

    /// After a timeout: K = 0, and the window at the beginning is the origin (RFC 8312 §4.7).
    pub(super) fn forget(&mut self) {
        self.w_max = 0.0;
        self.end();
    }
}

fn in_segments(window: &Window) -> f64 {
    f64::from(window.bytes) / f64::from(window.mss)
}

/// `Duration::as_secs_f64` adds seconds and a quotient, as here; written out because the result must be the same
/// everywhere.
fn seconds(duration: Duration) -> f64 {
    duration.as_secs() as f64 + f64::from(duration.subsec_nanos()) / 1e9
}

/// ∛`a` by Newton's method, from above: each step is smaller than the one before until rounding ends it.
fn cube_root(a: f64) -> f64 {
    if a <= 0.0 {
        return 0.0;
    }
    let mut root = a.max(1.0);
    loop {
        let next = (2.0 * root + a / (root * root)) / 3.0;
        if next >= root {
            return root;
        }
        root = next;
    }
}

#[cfg(test)]
mod tests;
