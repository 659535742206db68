use std::collections::VecDeque;
use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use wirelab_sansio::Instant;
use wirelab_tcpip::host::{Config, Host};

use super::{Node, PortId};

/// What a [`HostNode`] drives: the sans-IO core of a host, one IP packet at a time.
pub trait Device: 'static {
    /// What it tells its application.
    type Event;

    /// An IP packet has arrived.
    fn receive(&mut self, now: Instant, packet: &[u8]);

    /// Appends one IP packet to `out`; `false` if there is none to send now.
    fn poll_transmit(&mut self, now: Instant, out: &mut BytesMut) -> bool;

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, and why.
    fn poll_timeout(&self) -> Option<(Instant, &'static str)>;

    /// The time has come. A call too early or too often does nothing.
    fn handle_timeout(&mut self, now: Instant);

    /// The next event.
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// The addresses that it answers to.
    fn addresses(&self) -> Vec<IpAddr>;
}

/// What runs on a host: it gets the host's events, one at a time, and acts on the host. A closure is one that has no timers.
pub trait Application<D: Device>: 'static {
    /// Something has happened.
    fn on_event(&mut self, now: Instant, host: &mut D, event: D::Event);

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, and why.
    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        None
    }

    /// The time has come. A call too early or too often does nothing.
    fn handle_timeout(&mut self, _now: Instant, _host: &mut D) {}

    /// The next remark for the log: asked for after everything that happens to the host, so that it can tell of changes.
    fn poll_note(&mut self, _host: &D) -> Option<String> {
        None
    }
}

impl<D: Device, F: FnMut(Instant, &mut D, D::Event) + 'static> Application<D> for F {
    fn on_event(&mut self, now: Instant, host: &mut D, event: D::Event) {
        self(now, host, event);
    }
}

/// An application that lets every event pass: for a host that is commanded from outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Idle;

impl<D: Device> Application<D> for Idle {
    fn on_event(&mut self, _now: Instant, _host: &mut D, _event: D::Event) {}
}

/// A host with one port, and the application on it.
///
/// ```text
///            ┌─────────────── HostNode ───────────────┐
///   packets  │ ┌────────────┐ events   ┌────────────┐ │
///   ◀══════▶ │ │   Device   │ ───────▶ │Application │ │
///    port 0  │ │ (the host) │ ◀─────── │            │ │
///            │ └────────────┘ commands └────────────┘ │
///            └────────────────────────────────────────┘
/// ```
///
/// A server that says the time to everybody, and a client that reads it:
///
/// ```
/// use bytes::BytesMut;
/// use std::time::Duration;
/// use wirelab_sansio::Instant;
/// use wirelab_sim::Link;
/// use wirelab_sim::internet::{HostNode, Idle, Internet, host_at};
/// use wirelab_tcpip::host::{Event, Host};
/// use wirelab_tcpip::tcp;
///
/// let mut server = host_at([198, 51, 100, 1], 1);
/// server.listen(([198, 51, 100, 1], 13).into(), tcp::Listen::default())?;
/// let clock = |now: Instant, host: &mut Host, event: Event| {
///     if let Event::Acceptable(listener) = event {
///         while let Some(socket) = host.accept(listener) {
///             let _ = host.send(socket, now.to_string().as_bytes());
///             host.close(socket);
///         }
///     }
/// };
/// let mut internet = Internet::new(1);
/// let a = internet.add("client", HostNode::new(host_at([192, 0, 2, 1], 2), Idle));
/// let b = internet.add("server", HostNode::new(server, clock));
/// internet.link(a, b, Link::new(Duration::from_millis(20)));
///
/// let client = &mut internet.get_mut::<HostNode<Host>>(a).ok_or("it is a host")?.host;
/// let socket = client.connect(Instant::ZERO, ([198, 51, 100, 1], 13).into(), tcp::Config::default())?;
/// internet.run_until(Instant::ZERO + Duration::from_secs(1))?;
/// let client = &mut internet.get_mut::<HostNode<Host>>(a).ok_or("it is a host")?.host;
/// let mut text = BytesMut::new();
/// client.receive_into(socket, &mut text);
/// assert_eq!(&text[..], b"60.000 ms", "a round trip and a half");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct HostNode<D: Device, A: Application<D> = Idle> {
    /// The host. Command it through [`Internet::get_mut`](super::Internet::get_mut).
    pub host: D,
    /// The application.
    pub application: A,
    notes: VecDeque<String>,
}

impl<D: Device, A: Application<D>> HostNode<D, A> {
    /// An application on a host.
    pub fn new(host: D, application: A) -> Self {
        HostNode { host, application, notes: VecDeque::new() }
    }

    /// Writes a remark into the log.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push_back(text.into());
    }

    /// Until no event is left; what the application does may cause more.
    fn pump(&mut self, now: Instant) {
        while let Some(event) = self.host.poll_event() {
            self.application.on_event(now, &mut self.host, event);
        }
    }
}

impl<D: Device, A: Application<D>> Node for HostNode<D, A> {
    fn receive(&mut self, now: Instant, _port: PortId, packet: Bytes) {
        self.host.receive(now, &packet);
        self.pump(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<(PortId, Bytes)> {
        self.pump(now);
        let mut packet = BytesMut::new();
        let any = self.host.poll_transmit(now, &mut packet);
        self.pump(now);
        any.then(|| (PortId(0), packet.freeze()))
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let both = [self.host.poll_timeout(), self.application.poll_timeout()];
        both.into_iter().flatten().min_by_key(|&(when, _)| when)
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.host.handle_timeout(now);
        self.application.handle_timeout(now, &mut self.host);
        self.pump(now);
    }

    fn poll_note(&mut self) -> Option<String> {
        self.notes.pop_front().or_else(|| self.application.poll_note(&self.host))
    }

    fn addresses(&self) -> Vec<IpAddr> {
        self.host.addresses()
    }
}

/// A host with this address and the usual settings. Its secret is 32 times the same byte, which everybody may know: enough
/// for a simulation, and for nothing else.
pub fn host_at(address: impl Into<IpAddr>, secret: u8) -> Host {
    let mut host = Host::new(Config::default(), [secret; 32]);
    host.add_address(address.into());
    host
}

impl Device for Host {
    type Event = wirelab_tcpip::host::Event;

    fn receive(&mut self, now: Instant, packet: &[u8]) {
        self.receive(now, packet);
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut BytesMut) -> bool {
        self.poll_transmit(now, out)
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.handle_timeout(now);
    }

    fn poll_event(&mut self) -> Option<Self::Event> {
        self.poll_event()
    }

    fn addresses(&self) -> Vec<IpAddr> {
        self.addresses().to_vec()
    }
}
