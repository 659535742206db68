mod answering;
mod deadlines;
mod serving;
mod tunnel;

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use wirelab_http::{Request, StatusCode};
use wirelab_http1::{Connection as Http1, Event as Http1Event, Role};
use wirelab_sansio::StreamProtocol;
use wirelab_serve::{Facts, FilePart, Next};

use crate::exchange::{Answer, Exchange};
use crate::local::Local;
use crate::{Body, Context, Reply, Step};

/// So much is collected before it is sent, if there is so much to say.
pub(crate) const BATCH: usize = 64 * 1024;

/// What a read asks for while a request is awaited. A usual head has some hundred bytes; content comes in larger pieces.
const READ: usize = 16 * 1024;

pub(crate) type Turn<'a> = wirelab_serve::Turn<'a, Local>;

/// One connection: the protocol on it, and the request in progress. It has no socket: a
/// [model](wirelab_serve::Model) of threads brings bytes, requests to the handler, and answers back.
///
/// ```text
///               advance                      advance
///  input ──▶ http1::Connection ⇄ Exchange ──────────────▶ out
///              events              │   ▲
///                  Next::Request   ▼   │ answer (a Step)
///                                 handler
/// ```
pub(crate) struct Session {
    context: Context,
    http: Http1,
    exchange: Option<Exchange>,
    mode: Mode,
    /// The peer has ended its side.
    peer_ended: bool,
    /// The protocol writes into the turn's buffer.
    writing: bool,
    /// About how much it has written in this turn.
    produced: usize,
    /// The first byte of a head that is not complete; for the first head, the connection's first moment.
    head_began: Option<Instant>,
}

enum Mode {
    Serving,
    /// Another protocol has taken over.
    Tunnel(tunnel::State),
    /// The last word is said.
    Ending,
    /// Nothing more is to be said; the reason, if it is one to be counted.
    Over(Option<&'static str>),
}

/// Why a connection ends without further words; the name is for the counters.
struct Ended(Option<&'static str>);

/// A request with its circumstances, on its way to the handler.
pub(crate) type Asked = (Request, Context);

impl Session {
    pub(crate) fn new(facts: Facts, config: &wirelab_http1::Config) -> Self {
        let head_began = Some(facts.accepted);
        let context = Context { facts: Arc::new(facts), number: 0, received: 0, stopping: false };
        Session {
            context,
            http: Http1::new(Role::Server, config.clone()),
            exchange: None,
            mode: Mode::Serving,
            peer_ended: false,
            writing: false,
            produced: 0,
            head_began,
        }
    }

    /// Lends the turn's buffer to the protocol, and with [`give_back`](Self::give_back) it comes back with what was
    /// written: two swaps, and no byte is copied.
    fn lend(&mut self, turn: &mut Turn<'_>) {
        if !std::mem::replace(&mut self.writing, true) {
            self.http.poll_transmit(&mut turn.out);
        }
    }

    fn give_back(&mut self, turn: &mut Turn<'_>) {
        if std::mem::take(&mut self.writing) {
            self.http.poll_transmit(&mut turn.out);
        }
        self.produced = 0;
    }

    /// Goes as far as it can. A request for the handler is left in `asked`: it is large, and the results of these functions
    /// are copied from one to the next.
    fn go_on(&mut self, asked: &mut Option<Asked>, turn: &mut Turn<'_>) -> Result<Next<()>, Ended> {
        if let Some(exchange) = &mut self.exchange {
            exchange.forget_waits(turn.now);
        }
        loop {
            match self.mode {
                Mode::Serving => {
                    if let Some(next) = self.serve(asked, turn)? {
                        return Ok(next);
                    }
                }
                Mode::Tunnel(_) => return self.tunnel(turn),
                Mode::Ending => return Ok(Next::Shutdown),
                Mode::Over(name) => return Ok(Next::Close(name)),
            }
        }
    }

    /// Events to the handler and answers to the protocol, until either has no more or there is enough to send; nothing
    /// when the mode has changed.
    fn serve(&mut self, asked: &mut Option<Asked>, turn: &mut Turn<'_>) -> Result<Option<Next<()>>, Ended> {
        while matches!(self.mode, Mode::Serving) {
            if self.produced >= BATCH {
                return Ok(Some(Next::More));
            }
            if let Some(amount) = self.advance_answer(turn)? {
                self.produced += amount;
                continue;
            }
            self.finish_exchange(turn);
            if self.is_over() {
                self.mode = Mode::Ending;
                continue;
            }
            let event = if self.polls(turn.now) { self.http.poll_event() } else { Ok(None) };
            match event {
                Ok(Some(Http1Event::Request(request))) => {
                    if self.begin_exchange(&request, turn)? {
                        *asked = Some((request, self.context.clone()));
                        return Ok(Some(Next::Request(())));
                    }
                }
                Ok(Some(Http1Event::Closed)) => self.mode = Mode::Ending,
                Ok(Some(event)) => self.on_content(event, turn)?,
                Ok(None) if self.file_part().is_some() => return Ok(Some(Next::File)),
                Ok(None) => return Ok(Some(Next::Wait)),
                Err(error) => self.refuse(&error, turn),
            }
        }
        Ok(None)
    }

    fn is_over(&self) -> bool {
        let answered = self.exchange.as_ref().is_none_or(Exchange::is_answered);
        // An answer that came before the end of the content, on a connection that will have no other.
        let rest_unwanted = self.exchange.is_some() && !self.http.is_persistent();
        answered && (self.http.wants_shutdown() || rest_unwanted)
    }

    fn file_part(&self) -> Option<&crate::FilePart> {
        match &self.exchange {
            Some(Exchange { answer: Answer::Sending(Body::File(part), _), .. }) => Some(part),
            _ => None,
        }
    }

    /// Whether the protocol's next event has somewhere to go.
    fn polls(&self, now: Instant) -> bool {
        self.exchange.as_ref().is_none_or(|exchange| exchange.takes_content(now))
    }

    /// A head that has begun must be completed in time.
    fn note_beginning(&mut self, now: Instant) {
        let awaits_head = self.exchange.is_none() && !self.http.input().is_empty();
        if awaits_head && self.head_began.is_none() {
            self.head_began = Some(now);
        }
    }
}

impl wirelab_serve::Session for Session {
    type Local = Local;
    type Request = Asked;
    type Answer = Step;

    fn input(&mut self) -> &mut BytesMut {
        match &mut self.mode {
            Mode::Tunnel(tunnel) => &mut tunnel.input,
            _ => self.http.input(),
        }
    }

    fn received(&mut self, count: usize) {
        self.context.received += count as u64;
    }

    fn receive_eof(&mut self) {
        self.peer_ended = true;
        self.http.receive_eof();
    }

    fn wants_read(&self, now: Instant) -> bool {
        match &self.mode {
            Mode::Serving => self.polls(now) && self.http.wants_read(),
            Mode::Tunnel(tunnel) => tunnel.wants_read(),
            Mode::Ending | Mode::Over(_) => false,
        }
    }

    fn room(&self) -> usize {
        if self.exchange.is_some() { BATCH } else { READ }
    }

    fn advance(&mut self, turn: &mut Turn<'_>) -> Next<Asked> {
        self.lend(turn);
        let mut asked = None;
        let next = self.go_on(&mut asked, turn);
        if let Some(asked) = asked {
            return Next::Request(asked);
        }
        self.give_back(turn);
        self.note_beginning(turn.now);
        match next {
            Ok(Next::Wait | Next::Request(())) => Next::Wait,
            Ok(Next::More) => Next::More,
            Ok(Next::File) => Next::File,
            Ok(Next::Shutdown) => Next::Shutdown,
            Ok(Next::Close(name)) | Err(Ended(name)) => Next::Close(name),
        }
    }

    fn handed_over(&mut self, turn: &mut Turn<'_>) {
        self.give_back(turn);
    }

    fn answer(&mut self, step: Step, turn: &mut Turn<'_>) {
        self.lend(turn);
        if let Err(Ended(name)) = self.take_step(step, turn) {
            self.mode = Mode::Over(name);
        }
    }

    /// A handler that panicked may have left anything half done, and so the connection ends behind the answer.
    fn fail(&mut self, turn: &mut Turn<'_>) {
        self.http.end_after_this();
        self.answer(Reply::error(StatusCode::INTERNAL_SERVER_ERROR).into(), turn);
    }

    fn file(&self) -> Option<FilePart<'_>> {
        let part = self.file_part()?;
        Some(FilePart { file: &part.file, offset: part.offset, len: part.len })
    }

    fn file_sent(&mut self, count: usize, turn: &mut Turn<'_>) {
        if let Err(Ended(name)) = self.count_of_file(count as u64, turn) {
            self.mode = Mode::Over(name);
        }
    }

    fn deadline(&self, active: Instant, turn: &Turn<'_>) -> Option<Instant> {
        self.next_deadline(active, turn)
    }

    fn handle_timeout(&mut self, turn: &mut Turn<'_>) {
        self.lend(turn);
        if let Err(Ended(name)) = self.time_out(turn) {
            self.mode = Mode::Over(name);
        }
    }

    fn stop(&mut self, _turn: &mut Turn<'_>) {
        self.context.stopping = true;
        self.http.end_after_this();
    }

    fn closed(&mut self, turn: &mut Turn<'_>) {
        self.log_unfinished(turn);
    }
}
