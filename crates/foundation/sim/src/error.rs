use std::fmt;

use wirelab_sansio::Instant;

use crate::Side;

/// Why a simulation ended before all was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// The two ends keep each other (or themselves) busy for ever, or the bound is too low for what they do.
    TooManySteps {
        /// The bound, see [`Pair::max_steps`](crate::Pair::max_steps).
        steps: usize,
        /// The time in the simulation when it was reached.
        at: Instant,
    },
    /// The protocol of one end found its peer at fault. Reported after the rest of the conversation has run, so that the
    /// peer has got the last words. `poll_event` of that end returns the error itself again.
    Failed {
        /// Whose protocol returned the error.
        side: Side,
        /// When.
        at: Instant,
        /// The error's text.
        error: String,
    },
    /// A segment of a stream was lost again and again.
    GaveUp {
        /// Who sent it.
        side: Side,
        /// When the last attempt was made.
        at: Instant,
        /// How often it was sent.
        attempts: u32,
    },
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::TooManySteps { steps, at } => {
                write!(f, "not at rest after {steps} steps, at {at}: the ends keep each other busy")
            }
            RunError::Failed { side, at, error } => write!(f, "at {at} the {side} failed: {error}"),
            RunError::GaveUp { side, at, attempts } => {
                write!(f, "at {at} the {side} gave up: a segment was lost {attempts} times")
            }
        }
    }
}

impl std::error::Error for RunError {}
