use bytes::BytesMut;

/// A protocol on a reliable byte stream: bytes in, events out, bytes out.
///
/// It has no clock: deadlines (for a slow head, an idle connection) belong to the driver, which sees the bytes come.
/// Every order of calls is legal, and none panics.
///
/// A driver's loop, whatever carries the bytes:
///
/// 1. while [`wants_read`](Self::wants_read): read from the socket into [`input`](Self::input); at the end of the
///    stream call [`receive_eof`](Self::receive_eof);
/// 2. [`poll_event`](Self::poll_event) until it returns `None`, acting on each event;
/// 3. [`poll_transmit`](Self::poll_transmit) and write what it appended; when it returns 0 and
///    [`wants_shutdown`](Self::wants_shutdown), shut down the sending side.
pub trait StreamProtocol {
    /// What the protocol tells the application. Events own their data, so that the application can answer
    /// inside the event loop.
    type Event;
    /// Why the connection died.
    type Error: std::error::Error;

    /// The buffer that received bytes are appended to. The driver reads from its socket straight into it, so that no
    /// byte is copied between the kernel and the protocol.
    fn input(&mut self) -> &mut BytesMut;

    /// The peer has ended its side of the stream; no more bytes will be appended to [`input`](Self::input).
    fn receive_eof(&mut self);

    /// The next event, or `None` when more bytes (or a command) are needed first.
    ///
    /// # Errors
    /// The peer broke the protocol. The connection is dead, and every later call returns the same error. What is
    /// still in [`poll_transmit`](Self::poll_transmit) should be sent all the same: it tells the peer why.
    fn poll_event(&mut self) -> Result<Option<Self::Event>, Self::Error>;

    /// Appends to `out` the bytes that are ready to be sent, and returns how many those are; 0 means nothing now.
    fn poll_transmit(&mut self, out: &mut BytesMut) -> usize;

    /// Whether the driver should read more. `false` is back-pressure: enough is buffered until the application
    /// has taken what there is.
    fn wants_read(&self) -> bool;

    /// Whether all has been said: once [`poll_transmit`](Self::poll_transmit) returns 0, the driver should shut down its
    /// sending side (TCP's FIN). A protocol that never ends by itself keeps the default.
    fn wants_shutdown(&self) -> bool {
        false
    }
}
