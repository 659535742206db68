use super::WhyClosed;

/// A call that the connection cannot obey. The peer can never cause one by itself, except that it may have
/// closed the connection before the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// The application has closed its direction already.
    #[error("sent after closing (RFC 9293 §3.10.2)")]
    SendAfterClose,
    /// The connection is over.
    #[error("the connection is over: {0} (RFC 9293 §3.10.2)")]
    Closed(WhyClosed),
}
