//! How long what may take.

use std::time::Instant;

use wirelab_http::StatusCode;

use super::{Ended, Mode, Session, Turn};
use crate::Reply;
use crate::exchange::{Answer, Content};

impl Session {
    /// The first moment at which something must have happened.
    pub(super) fn next_deadline(&self, active: Instant, turn: &Turn<'_>) -> Option<Instant> {
        let config = &turn.local.config;
        match (&self.mode, &self.exchange) {
            (Mode::Tunnel(tunnel), _) => tunnel.until,
            (_, Some(exchange)) => Some(exchange.wakes().unwrap_or(active + config.stall_time)),
            (_, None) => {
                let idle = active + config.idle_time;
                let awaited = self.head_began.map_or(idle, |began| began + config.head_time);
                let farewell = turn.stopping.map(|stopped| stopped + config.farewell_time);
                // Who is in the middle of a head may finish it; who has said nothing has this long to begin.
                let speaks = self.is_head_begun();
                Some(farewell.filter(|_| !speaks).map_or(awaited, |farewell| awaited.min(farewell)))
            }
        }
    }

    fn is_head_begun(&self) -> bool {
        self.head_began.is_some() && self.context.received > 0
    }

    /// Nothing has happened. What can still be said, is.
    pub(super) fn time_out(&mut self, turn: &mut Turn<'_>) -> Result<(), Ended> {
        let name = match (&self.mode, &self.exchange) {
            (_, Some(_)) | (Mode::Ending | Mode::Over(_) | Mode::Tunnel(_), _) => "stall-time",
            (_, None) if turn.stopping.is_some() => return Err(Ended(None)),
            (_, None) if self.head_began.is_some() => "head-time",
            (_, None) => "idle-time",
        };
        turn.counters.note(name);
        let half_a_head = name == "head-time" && self.is_head_begun();
        match &mut self.exchange {
            Some(exchange) if matches!(exchange.answer, Answer::Awaited) => {
                exchange.content = Content::Unread;
                self.http.end_after_this();
                self.respond(&mut Reply::error(StatusCode::REQUEST_TIMEOUT), turn)
            }
            None if half_a_head => {
                self.http.time_out(turn.local.common.at(turn.local.date));
                turn.local.write_log(&self.context, None, Some(StatusCode::REQUEST_TIMEOUT), 0);
                self.mode = Mode::Ending;
                Ok(())
            }
            _ => Err(Ended(None)),
        }
    }
}
