use super::Context;
use super::offer::Said;
use crate::key_schedule::{HandshakeSecret, Secret};
use crate::{Direction, Epoch, Session, Suite, Transcript};

/// What a client has between ServerHello and Finished.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) suite: Suite,
    /// All messages so far.
    pub(super) transcript: Transcript,
    /// The second stage of the key schedule.
    pub(super) stage: HandshakeSecret,
    /// `client_handshake_traffic_secret`.
    pub(super) client: Secret,
    /// `server_handshake_traffic_secret`.
    pub(super) server: Secret,
    pub(super) said: Said,
    /// The session that is resumed.
    pub(super) session: Option<Session>,
    pub(super) early: Early,
}

/// Where early data stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Early {
    /// None was offered.
    None,
    /// The server has still to say whether it takes so many bytes.
    Offered(u32),
    /// It takes them; EndOfEarlyData is to be sent.
    Accepted,
    /// It does not.
    Rejected,
}

impl Progress {
    /// From here on, what is sent is protected by the keys of the handshake.
    pub(super) fn write_handshake_keys(&self, cx: &mut Context<'_>) {
        const LABEL: &str = "CLIENT_HANDSHAKE_TRAFFIC_SECRET";
        cx.shared.keys(Direction::Write, Epoch::Handshake, self.suite, &self.client, LABEL);
    }
}
