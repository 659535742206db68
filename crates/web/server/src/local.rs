use std::sync::Arc;

use wirelab_http::date::{Date, DateCache};
use wirelab_http::{Response, StatusCode};
use wirelab_serve::Tally;

use crate::access_log::{AccessLog, Entry};
use crate::common_fields::CommonFields;
use crate::{Body, Config, Context};

/// What the sessions of one worker share.
pub(crate) struct Local {
    pub(crate) config: Arc<Config>,
    pub(crate) log: Option<AccessLog>,
    /// The second of this turn.
    pub(crate) date: Date,
    pub(crate) dates: DateCache,
    pub(crate) common: CommonFields,
}

impl Local {
    pub(crate) fn new(config: Arc<Config>, log: Option<AccessLog>, date: Date) -> Self {
        let common = CommonFields::new(&config.server_name, date);
        Local { config, log, date, dates: DateCache::new(date), common }
    }

    /// Adds what each answer has and no handler should have to think of.
    pub(crate) fn complete_head(&mut self, head: &mut Response, body: &Body) {
        let (mut has_date, mut has_server, mut has_framing) = (false, false, false);
        for (name, _) in head.fields.iter_bytes() {
            match name.len() {
                4 => has_date |= name.eq_ignore_ascii_case(b"date"),
                6 => has_server |= name.eq_ignore_ascii_case(b"server"),
                14 => has_framing |= name.eq_ignore_ascii_case(b"content-length"),
                17 => has_framing |= name.eq_ignore_ascii_case(b"transfer-encoding"),
                _ => {}
            }
        }
        // None of these fields can be refused: they are digits, a date, and a name that was checked at the start.
        let _ = match (has_date, has_server) {
            (false, false) => head.fields.append(self.common.at(self.date)),
            // RFC 9110 §6.6.1: an origin server with a clock sends one.
            (false, true) => head.fields.push("Date", self.dates.at(self.date)),
            (true, false) => head.fields.append(self.common.server()),
            (true, true) => Ok(()),
        };
        // RFC 9110 §8.6: never with 1xx or 204; in a 304 it would have to be the length of what is not sent.
        if let (false, false, Some(len)) = (has_framing, head.status.forbids_content(), body.len()) {
            let _ = head.fields.push("Content-Length", decimal(len, &mut [0; 20]));
        }
    }

    /// Adds a line to the access log, if there is one.
    pub(crate) fn write_log(
        &mut self,
        context: &Context,
        entry: Option<&Entry>,
        status: Option<StatusCode>,
        sent: u64,
    ) {
        if let Some(log) = &mut self.log {
            log.write(context.peer(), self.dates.at(self.date), entry, status, sent);
        }
    }

    /// Writes out what the turn has added to the log.
    pub(crate) fn flush_log(&mut self, counters: &Tally) {
        if let Some(log) = &mut self.log
            && log.flush().is_err()
        {
            counters.note("log-failed");
        }
    }
}

/// The digits of a number, without an allocation.
fn decimal(mut number: u64, room: &mut [u8; 20]) -> &[u8] {
    let mut at = room.len();
    loop {
        at -= 1;
        room[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &room[at..];
        }
    }
}
