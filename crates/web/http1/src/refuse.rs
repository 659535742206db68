//! What a server says to a request that it cannot hand on.

use wirelab_http::{Fields, Method, Response, StatusCode};

use crate::connection::Connection;
use crate::state::{State, Step};
use crate::{Error, Role};

impl Connection {
    /// Sends an error response in place of the answer that cannot be given, if none has been begun, and ends the
    /// connection. For a server, after [`poll_event`](wirelab_sansio::StreamProtocol::poll_event) has failed. `more` are the fields that it
    /// sends with every response (Date, which needs a clock; Server).
    pub fn refuse(&mut self, error: &Error, more: &Fields) {
        if let Some(status) = error.status() {
            self.put_refusal(status, &format!("{status}\n\n{error}\n"), more);
        }
        self.persistent = false;
        self.advance_both(Step::Close);
    }

    /// Sends 408 (Request Timeout) if no answer has been begun, and ends the connection. For a server whose patience is
    /// over before a head is complete (RFC 9110 §15.5.9); the deadline is the driver's, and so are the fields `more`.
    pub fn time_out(&mut self, more: &Fields) {
        self.put_refusal(StatusCode::REQUEST_TIMEOUT, "408 Request Timeout\n", more);
        self.persistent = false;
        self.advance_both(Step::Close);
    }

    fn put_refusal(&mut self, status: StatusCode, text: &str, more: &Fields) {
        if let (Role::Server, State::Idle) = (self.role, self.ours) {
            let head = Response::new(status)
                .with("Content-Type", "text/plain; charset=utf-8")
                .with("Content-Length", text.len())
                .with("Connection", "close");
            self.put_response(&head, more);
            let request = self.requests.front().map(|request| &request.method);
            // RFC 9110 §9.3.2: the refusal of a HEAD, too, has no content.
            let omitted = request.map_or(self.head.is_head(), |method| *method == Method::Head);
            if !omitted {
                self.output.extend_from_slice(text.as_bytes());
                self.tap.sent_data(text.as_bytes());
            }
        }
    }
}
