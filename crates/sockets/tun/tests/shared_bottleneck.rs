//! Linux's CUBIC and ours on one bottleneck.
//!
//! ```text
//!   the kernel, 10.77.0.1 ─── tun0 ═══╗    queue of one bandwidth-delay product,
//!      TCP_CONGESTION = cubic         ║    10 or 40 Mbit/s, 20 ms ──▶
//!                                     ╬═══════════════════════════════ receiver, 10.77.0.2: a `Host` of ours
//!   sender, 10.77.0.3 ════════════════╝                ◀── 20 ms
//!      a `Host` of ours, CUBIC
//! ```
//!
//! Both flows go in the same direction through the same queue, and one receiver acknowledges both, every second segment at the
//! latest, with selective acknowledgments and timestamps; both send segments of 1448 bytes. What differs is who sends. The network is in
//! the process of the test, in real time; how late it was is printed and bounded.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use wirelab_sansio::Instant;
use wirelab_sim::{Link, Queue, jain};
use wirelab_socket::{ConnectOptions, Namespace, TcpInfo, TcpStream};
use wirelab_tcpip::host::{self, Host, ListenerId, SocketId};
use wirelab_tcpip::tcp::{self, Algorithm, Listen};
use wirelab_tun::{self as tun, Carried, Driver, Dumbbell, Tun};

const KERNEL: &str = "10.77.0.1";
const RECEIVER: &str = "10.77.0.2";
const SENDER: &str = "10.77.0.3";
const PORT: u16 = 9;

/// The way to the receiver, or back.
const DELAY: Duration = Duration::from_millis(20);

/// The flows have this long to leave slow start and to meet.
const WARM_UP: Duration = Duration::from_secs(5);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn config() -> tcp::Config {
    // Neither buffer is to be what limits a flow: the path holds 400 kB at 40 Mbit/s, queue included.
    tcp::Config {
        congestion_control: Algorithm::Cubic,
        send_buffer: 4 << 20,
        receive_buffer: 4 << 20,
        reassembly_gaps: 4096,
        ..tcp::Config::default()
    }
}

fn host(address: &str, secret: u8) -> Host {
    let mut host = Host::new(host::Config::default(), [secret; 32]);
    host.add_address(ip(address));
    host
}

/// Which flows there are, over what.
#[derive(Clone, Copy)]
struct Race {
    megabits: u64,
    kernel: bool,
    ours: bool,
    length: Duration,
}

/// What came of it.
#[derive(Debug)]
struct Outcome {
    /// Mbit/s that the receiver's application has got after the warm-up.
    kernel: f64,
    ours: f64,
    link: Carried,
    kernels_info: Option<TcpInfo>,
    our_info: Option<tcp::Info>,
}

/// The receiver's application: reads everything, and counts it by where it comes from.
struct Sink {
    listener: ListenerId,
    open: Vec<(SocketId, IpAddr)>,
    counted: BTreeMap<IpAddr, u64>,
    room: BytesMut,
}

impl Sink {
    fn act(&mut self, host: &mut Host, counts: bool) {
        while let Some(socket) = host.accept(self.listener) {
            let from = host.socket(socket).unwrap().endpoints().remote.ip();
            self.open.push((socket, from));
        }
        for &(socket, from) in &self.open {
            let read = host.receive_into(socket, &mut self.room);
            self.room.clear();
            *self.counted.entry(from).or_default() += if counts { read as u64 } else { 0 };
        }
    }
}

impl Race {
    fn links(self) -> (Link, Link) {
        let rate = self.megabits * 125_000;
        let product = rate as f64 * 2.0 * DELAY.as_secs_f64() / 1500.0;
        (Link::new(DELAY).rate(rate).queue(Queue::Packets(product as usize)), Link::new(DELAY))
    }

    fn driver(self) -> (Driver<Dumbbell<Host>>, Sink) {
        let tun = Tun::open(&tun::Config { ipv6: None, ..tun::Config::default() }).unwrap();
        let mut receiver = host(RECEIVER, 2);
        let listen = Listen { tcp: config(), ..Listen::default() };
        let listener = receiver.listen(SocketAddr::new(ip(RECEIVER), PORT), listen).unwrap();
        let (there, back) = self.links();
        let network = Dumbbell::new((ip(SENDER), host(SENDER, 3)), (ip(RECEIVER), receiver), there, back);
        let sink = Sink { listener, open: Vec::new(), counted: BTreeMap::new(), room: BytesMut::new() };
        (Driver::new(tun, network), sink)
    }

    fn run(self) -> Outcome {
        let _own = Namespace::enter_new().unwrap();
        let (mut driver, mut sink) = self.driver();
        let target = SocketAddr::new(ip(RECEIVER), PORT);
        let kernel = self.kernel.then(|| Kernel::start(target));
        let now = driver.now();
        let connect = |host: &mut Host| host.connect(now, target, config()).unwrap();
        let ours = self.ours.then(|| connect(driver.protocol_mut().sender_mut()));
        let end = now + WARM_UP + self.length;
        driver
            .run(end, |network, now| {
                ours.iter().for_each(|&socket| fill(network.sender_mut(), socket));
                sink.act(network.receiver_mut(), now >= Instant::ZERO + WARM_UP);
                ControlFlow::Continue(())
            })
            .unwrap();
        let rate = |from| {
            sink.counted.get(&ip(from)).copied().unwrap_or(0) as f64 * 8e-6 / self.length.as_secs_f64()
        };
        let socket = ours.and_then(|socket| driver.protocol().sender().socket(socket));
        Outcome {
            kernel: rate(KERNEL),
            ours: rate(SENDER),
            link: driver.protocol().there().carried(),
            kernels_info: kernel.map(|kernel| kernel.stop().unwrap()),
            our_info: socket.map(tcp::Connection::info),
        }
    }
}

fn fill(host: &mut Host, socket: SocketId) {
    let ready = host.socket(socket).is_some_and(|connection| connection.state() == tcp::State::Established);
    while ready && host.send(socket, &[0; 16 * 1024]).unwrap() > 0 {}
}

/// The kernel's sender: a thread that writes for as long as the connection takes it.
struct Kernel(thread::JoinHandle<io::Result<TcpStream>>, std::sync::mpsc::Receiver<TcpStream>);

impl Kernel {
    fn start(target: SocketAddr) -> Kernel {
        let (tell, told) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            // `cubic` may be missing from a kernel: then nothing can be compared, and the test says so by its failure.
            let stream =
                ConnectOptions::default().congestion_control("cubic").connect(target).map_err(|error| {
                    io::Error::new(error.kind(), format!("a connection with TCP_CONGESTION=cubic: {error}"))
                })?;
            tell.send(stream.try_clone()?).map_err(io::Error::other)?;
            while stream.write(&[0; 64 * 1024]).is_ok_and(|taken| taken > 0) {}
            Ok(stream)
        });
        Kernel(thread, told)
    }

    fn stop(self) -> io::Result<TcpInfo> {
        let stream = match self.1.try_recv() {
            Ok(stream) => stream,
            Err(_) => self.0.join().unwrap()?,
        };
        let info = stream.tcp_info()?;
        assert_eq!(stream.congestion_control()?, "cubic");
        stream.shutdown(Shutdown::Both)?;
        Ok(info)
    }
}

impl Outcome {
    fn print(&self, name: &str, megabits: u64) {
        let (sum, link) = (self.kernel + self.ours, self.link);
        println!(
            "{megabits} Mbit/s, {name}: kernel {:.2}, ours {:.2} Mbit/s, {:.1} % of what the link has; {} of {} packets turned away; \
             the network was {:?} late on average, {:?} at most",
            self.kernel,
            self.ours,
            100.0 * sum / available(megabits),
            link.turned_away,
            link.packets,
            link.mean_lateness(),
            link.latest,
        );
        if let Some(info) = self.kernels_info {
            println!(
                "  kernel: cwnd {}, ssthresh {}, rtt {:?}, min_rtt {:?}, mss {}, sent again {}",
                info.snd_cwnd, info.snd_ssthresh, info.rtt, info.min_rtt, info.snd_mss, info.total_retrans
            );
        }
        if let Some(info) = self.our_info {
            let segments = |bytes: u32| bytes / info.segment_size;
            println!(
                "  ours:   cwnd {}, ssthresh {}, rtt {:?}, mss {}, sent again {}, recoveries {}, timeouts {}",
                segments(info.congestion_window),
                segments(info.slow_start_threshold),
                info.smoothed_rtt.unwrap_or_default(),
                info.segment_size,
                info.retransmissions,
                info.fast_recoveries,
                info.timeouts
            );
        }
    }
}

/// Of a packet of 1500 bytes 1448 are data.
fn available(megabits: u64) -> f64 {
    megabits as f64 * 1448.0 / 1500.0
}

/// Both alone, each with a link of its own, and then both on one.
fn compare(megabits: u64, alone: u64, together: u64) -> [Outcome; 3] {
    let race =
        move |kernel, ours, seconds| Race { megabits, kernel, ours, length: Duration::from_secs(seconds) };
    let kernel = thread::spawn(move || race(true, false, alone).run());
    let ours = thread::spawn(move || race(false, true, alone).run());
    let [kernel, ours] = [kernel, ours].map(|thread| thread.join().unwrap());
    kernel.print("the kernel alone", megabits);
    ours.print("ours alone", megabits);
    let both = race(true, true, together).run();
    both.print("together", megabits);
    println!("  Jain's index {:.3}", jain(&[both.kernel, both.ours]));
    [kernel, ours, both]
}

fn check(megabits: u64, [kernel, ours, both]: [Outcome; 3]) {
    for outcome in [&kernel, &ours, &both] {
        let late = outcome.link.mean_lateness();
        assert!(late < Duration::from_millis(2), "this machine is too busy for real time: {late:?} late");
    }
    let (kernel, ours) = (kernel.kernel, ours.ours);
    assert!((kernel - ours).abs() <= 0.1 * kernel.max(ours), "alone: kernel {kernel}, ours {ours} Mbit/s");
    let used = (both.kernel + both.ours) / available(megabits);
    assert!(used >= 0.9, "together: {used} of the link");
    let fairness = jain(&[both.kernel, both.ours]);
    assert!(fairness >= 0.9, "kernel {}, ours {} Mbit/s: {fairness}", both.kernel, both.ours);
}

#[test]
#[ignore = "needs root, /dev/net/tun and a minute"]
fn linux_s_cubic_and_ours_share_10_megabits_evenly() {
    check(10, compare(10, 10, 40));
}

#[test]
#[ignore = "needs root, /dev/net/tun and a minute and a half"]
fn linux_s_cubic_and_ours_share_40_megabits_evenly() {
    check(40, compare(40, 15, 60));
}
