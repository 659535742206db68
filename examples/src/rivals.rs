use std::io;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr};
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use wirelab::sansio::Instant;
use wirelab::sim::{Link, Queue};
use wirelab::socket::{ConnectOptions, Namespace, TcpInfo, TcpStream};
use wirelab::tcpip::host::{Config, Host, ListenerId, SocketId};
use wirelab::tcpip::tcp::{self, Algorithm, Info, Listen, State};
use wirelab::tun::{self, Carried, Driver, Dumbbell, Tun};

/// Linux's CUBIC and ours, in real time, alone or together on one link.
///
/// ```text
///   the kernel, 10.77.0.1 ─── tun0 ═══╗    queue of one bandwidth-delay product,
///      TCP_CONGESTION = cubic         ║    rate, 20 ms ──▶
///                                     ╬═══════════════════════════════ receiver, 10.77.0.2: a `Host` of ours
///   sender, 10.77.0.3 ════════════════╝                ◀── 20 ms
///      a `Host` of ours, CUBIC
/// ```
///
/// Both flows go in the same direction through the same queue, and one receiver acknowledges both, every second segment at
/// the latest, with selective acknowledgments and timestamps; both send segments of 1448 bytes. What differs is who sends.
#[derive(Clone, Copy, Debug)]
pub struct Rivals {
    /// Mbit/s of the link.
    pub megabits: u64,
    /// Whether the kernel sends.
    pub kernel: bool,
    /// Whether our host sends.
    pub ours: bool,
    /// How long goodput is measured, after [`Rivals::WARM_UP`].
    pub length: Duration,
}

/// What a run of [`Rivals`] has shown.
#[derive(Debug, Default)]
pub struct Rivalry {
    /// What the receiver's application got from the kernel's flow and from ours, and when.
    pub arrivals: [Vec<(Instant, u64)>; 2],
    /// What the kernel knew of its connection (TCP_INFO), and when.
    pub kernel: Vec<(Instant, TcpInfo)>,
    /// What our sender knew of its own.
    pub ours: Vec<(Instant, Info)>,
    /// What the link toward the receiver has carried, and how late this process was.
    pub link: Carried,
    /// How long goodput was measured.
    length: Duration,
}

const KERNEL: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));
const RECEIVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 77, 0, 2)), 9);
const SENDER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 3));

/// The way to the receiver, or back.
const DELAY: Duration = Duration::from_millis(20);

/// How often both senders are looked at.
const SAMPLE: Duration = Duration::from_millis(50);

/// Neither buffer is to be what limits a flow: at 40 Mbit/s the path and its queue hold 400 kB.
fn config() -> tcp::Config {
    tcp::Config {
        congestion_control: Algorithm::Cubic,
        send_buffer: 4 << 20,
        receive_buffer: 4 << 20,
        reassembly_gaps: 4096,
        ..tcp::Config::default()
    }
}

fn host(address: IpAddr, secret: u8) -> Host {
    let mut host = Host::new(Config::default(), [secret; 32]);
    host.add_address(address);
    host
}

impl Rivals {
    /// How long the flows have to leave slow start and to meet.
    pub const WARM_UP: Duration = Duration::from_secs(5);

    /// Lets it happen, in a network namespace of its own: what the kernel remembers of a path would help the next run. The calling
    /// thread stays there, and goes before others from now on.
    ///
    /// # Errors
    /// There is no namespace or no device to be had, which take root; or the kernel has no `cubic`.
    pub fn run(self) -> io::Result<Rivalry> {
        let _own = Namespace::enter_new()?;
        tun::go_first()?;
        let (mut driver, mut sink) = self.driver()?;
        let mut kernel = self.kernel.then(Kernel::start);
        let now = driver.now();
        let sender = driver.protocol_mut().sender_mut();
        let ours = self.ours.then(|| sender.connect(now, RECEIVER, config())).transpose();
        let ours = ours.map_err(io::Error::other)?;
        let mut seen = Rivalry { length: self.length, ..Rivalry::default() };
        let mut sample = now;
        driver.run(Instant::ZERO + Rivals::WARM_UP + self.length, |network, now| {
            ours.iter().for_each(|&socket| fill(network.sender_mut(), socket));
            sink.act(now, network.receiver_mut(), &mut seen.arrivals);
            if sample <= now {
                sample = now + SAMPLE;
                let info = ours.and_then(|socket| network.sender().socket(socket)).map(tcp::Connection::info);
                seen.ours.extend(info.map(|info| (now, info)));
                seen.kernel.extend(kernel.as_mut().and_then(Kernel::info).map(|info| (now, info)));
            }
            let over = kernel.as_ref().is_some_and(|kernel| kernel.thread.is_finished());
            if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        seen.link = driver.protocol().there().carried();
        kernel.map(Kernel::stop).transpose()?;
        Ok(seen)
    }

    fn driver(self) -> io::Result<(Driver<Dumbbell<Host>>, Sink)> {
        let config_of_device = tun::Config { ipv6: None, ..tun::Config::default() };
        let device = Tun::open(&config_of_device).map_err(io::Error::other)?;
        let mut receiver = host(RECEIVER.ip(), 2);
        let listen = Listen { tcp: config(), ..Listen::default() };
        let listener = receiver.listen(RECEIVER, listen).map_err(io::Error::other)?;
        let (there, back) = self.links();
        let network = Dumbbell::new((SENDER, host(SENDER, 3)), (RECEIVER.ip(), receiver), there, back);
        Ok((Driver::new(device, network), Sink { listener, open: Vec::new(), room: BytesMut::new() }))
    }

    // ANCHOR: links
    /// The link toward the receiver, and the one back, which only acknowledgments use.
    fn links(self) -> (Link, Link) {
        let rate = self.megabits * 125_000;
        let product = rate as f64 * 2.0 * DELAY.as_secs_f64() / 1500.0;
        (Link::new(DELAY).rate(rate).queue(Queue::Packets(product as usize)), Link::new(DELAY))
    }
    // ANCHOR_END: links
}

impl Rivalry {
    /// Mbit/s that the receiver's application got from the kernel and from us, after the warm-up.
    pub fn goodput(&self) -> [f64; 2] {
        let counts = |&&(when, _): &&(Instant, u64)| when >= Instant::ZERO + Rivals::WARM_UP;
        self.arrivals.each_ref().map(|flow| {
            let bytes: u64 = flow.iter().filter(counts).map(|&(_, bytes)| bytes).sum();
            bytes as f64 * 8e-6 / self.length.as_secs_f64()
        })
    }
}

/// Hands over all that there is room for.
fn fill(host: &mut Host, socket: SocketId) {
    let ready = host.socket(socket).is_some_and(|connection| connection.state() == State::Established);
    while ready && host.send(socket, &[0; 16 * 1024]).is_ok_and(|taken| taken > 0) {}
}

/// The receiver's application: it reads everything at once.
struct Sink {
    listener: ListenerId,
    open: Vec<(SocketId, IpAddr)>,
    room: BytesMut,
}

impl Sink {
    fn act(&mut self, now: Instant, host: &mut Host, arrivals: &mut [Vec<(Instant, u64)>; 2]) {
        while let Some(socket) = host.accept(self.listener) {
            let from = host.socket(socket).map(|connection| connection.endpoints().remote.ip());
            self.open.extend(from.map(|from| (socket, from)));
        }
        for &(socket, from) in &self.open {
            let read = host.receive_into(socket, &mut self.room);
            self.room.clear();
            let flow = &mut arrivals[usize::from(from != KERNEL)];
            flow.extend((read > 0).then_some((now, read as u64)));
        }
    }
}

/// The kernel's sender: a thread that writes for as long as the connection takes it.
struct Kernel {
    thread: thread::JoinHandle<io::Result<()>>,
    connected: mpsc::Receiver<TcpStream>,
    stream: Option<TcpStream>,
}

impl Kernel {
    fn start() -> Kernel {
        let (tell, connected) = mpsc::channel();
        let thread = thread::spawn(move || {
            let stream = ConnectOptions::default().congestion_control("cubic").connect(RECEIVER);
            let stream = stream.map_err(|error| {
                io::Error::new(error.kind(), format!("connecting with TCP_CONGESTION=cubic: {error}"))
            })?;
            tell.send(stream.try_clone()?).map_err(io::Error::other)?;
            while stream.write(&[0; 64 * 1024]).is_ok_and(|taken| taken > 0) {}
            Ok(())
        });
        Kernel { thread, connected, stream: None }
    }

    fn info(&mut self) -> Option<TcpInfo> {
        self.stream = self.stream.take().or_else(|| self.connected.try_recv().ok());
        self.stream.as_ref()?.tcp_info().ok()
    }

    /// Ends the thread, and says why it ended before, if it did.
    fn stop(mut self) -> io::Result<()> {
        if self.info().is_some() && !self.thread.is_finished() {
            self.stream.iter().try_for_each(|stream| stream.shutdown(Shutdown::Both))?;
        }
        self.thread.join().map_err(|_| io::Error::other("the kernel's sender panicked"))?
    }
}
