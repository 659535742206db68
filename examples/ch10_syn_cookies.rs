//! Section 10.3: a SYN flood in virtual time, against our own TCP, with SYN cookies and without; what a cookie holds, what is lost by
//! it, and what happens when the other queue is full. Nothing leaves this process.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::BytesMut;
use wirelab::sansio::Instant;
use wirelab::sim::Link;
use wirelab::sim::internet::{Application, Header, HostNode, Internet, NodeId, PortId, Router};
use wirelab::tcpip::host::{self, Counters, Event, Host, ListenerId, SocketId};
use wirelab::tcpip::tcp::{self, Agreed, Cookies, Listen, SynCookies, TimestampCookie, WhyClosed};
use wirelab::tcpip::{Flags, Segment, Seq};
use wirelab::wire::{Decode, Reader};
use wirelab_examples::{Args, Checks, Flood, Outcome, Table, write_capture};

const ABOUT: &str = "SYN cookies and the two queues, in virtual time (section 10.3).
Look at how the client fares in the flood, and at what the server remembers of it.";

const CLIENTS: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)];
const SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
const PORT: u16 = 80;

/// What the server's cookies are made with.
const SECRET: [u8; 32] = [7; 32];

/// The room for half-open connections.
const SYN_QUEUE: usize = 64;

/// 100 SYNs a second.
const PACE: Duration = Duration::from_millis(10);

/// How many visits the client makes, one every half second.
const VISITS: u32 = 20;

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[("--pcap FILE", "writes what the server's interface saw of the flood that cookies answer")],
    );
    println!("{ABOUT}\n");
    let mut checks = Checks::default();
    let world = floods(&mut checks)?;
    if let Some(file) = args.get("--pcap") {
        write_capture(&world.internet, world.server, file)?;
    }
    a_cookie(&world, &mut checks)?;
    what_is_lost(&mut checks)?;
    full_accept_queue(&mut checks)?;
    Ok(checks.exit_code())
}

/// Clients and a server, each on a link of its own to a router; on a fourth, perhaps, a flood. A round trip takes 40 ms.
struct World {
    internet: Internet,
    clients: [NodeId; 2],
    server: NodeId,
}

impl World {
    fn new(listen: Listen, accepts_after: Duration, flood: u32) -> Result<World, Box<dyn Error>> {
        let mut internet = Internet::new(1);
        let router = Router::new([192, 0, 2, 254].into())
            .route("192.0.2.1/32".parse()?, PortId(0))
            .route("192.0.2.2/32".parse()?, PortId(1))
            .route("198.51.100.0/24".parse()?, PortId(2))
            .route("198.18.0.0/15".parse()?, PortId(3));
        let router = internet.add("router", router.silent());
        let mut secret = 0;
        let clients = CLIENTS.map(|address| {
            secret += 1;
            // The packets of a DSL line: they carry segments of 1452 bytes.
            let mut host = Host::new(host::Config { mtu: 1492, ..host::Config::default() }, [secret; 32]);
            host.add_address(address.into());
            internet.add(format!("client {secret}"), HostNode::new(host, Client::default()))
        });
        let mut host = Host::new(host::Config::default(), SECRET);
        host.add_address(SERVER.into());
        let listener = host.listen((SERVER, PORT).into(), listen)?;
        let server = internet.add("server", HostNode::new(host, Server::new(listener, accepts_after)));
        let flood = internet.add("flood", Flood::new((SERVER, PORT).into(), flood, PACE));
        for node in [clients[0], clients[1], server, flood] {
            internet.link(router, node, Link::new(Duration::from_millis(10)));
        }
        Ok(World { internet, clients, server })
    }

    fn visit(&mut self, client: usize, at: Duration, config: tcp::Config) {
        let id = self.clients[client];
        self.internet.at(Instant::ZERO + at, move |internet| {
            let now = internet.now();
            let Some(node) = internet.get_mut::<HostNode<Host, Client>>(id) else { return };
            match node.host.connect(now, SocketAddr::from((SERVER, PORT)), config) {
                Ok(socket) => {
                    node.application.visits.insert(socket, Visit { begun: now, ..Visit::default() })
                }
                Err(misuse) => return internet.note(id, misuse.to_string()),
            };
        });
    }

    fn run(&mut self, seconds: u64) -> Result<(), Box<dyn Error>> {
        let server = self.server;
        for tenth in 0..seconds * 10 {
            self.internet.at(Instant::ZERO + Duration::from_millis(100 * tenth), move |internet| {
                if let Some(node) = internet.get_mut::<HostNode<Host, Server>>(server) {
                    node.application.look(&node.host);
                }
            });
        }
        Ok(self.internet.run_until(Instant::ZERO + Duration::from_secs(seconds))?)
    }

    fn server(&self) -> Result<&HostNode<Host, Server>, &'static str> {
        self.internet.get(self.server).ok_or("there is no server")
    }

    fn visits(&self, client: usize) -> Vec<Visit> {
        let node = self.internet.get::<HostNode<Host, Client>>(self.clients[client]);
        node.map(|node| node.application.visits.values().copied().collect()).unwrap_or_default()
    }
}

#[derive(Clone, Copy, Default)]
struct Visit {
    begun: Instant,
    connected: Option<Instant>,
    answered: Option<Instant>,
    failed: Option<WhyClosed>,
}

impl Visit {
    fn took(&self) -> Option<Duration> {
        Some(self.answered? - self.begun)
    }
}

/// Says hello on each connection, and leaves when it is answered.
#[derive(Default)]
struct Client {
    visits: BTreeMap<SocketId, Visit>,
}

impl Application<Host> for Client {
    fn on_event(&mut self, now: Instant, host: &mut Host, event: Event) {
        let Event::Tcp(id, event) = event else { return };
        let Some(visit) = self.visits.get_mut(&id) else { return };
        match event {
            tcp::Event::Established => {
                visit.connected = Some(now);
                let _ = host.send(id, b"hello"); // unsent is unanswered
            }
            tcp::Event::Readable => {
                visit.answered = Some(now);
                host.receive_into(id, &mut BytesMut::new());
                host.release(now, id);
            }
            tcp::Event::Closed(why) => visit.failed = Some(why),
            _ => {}
        }
    }
}

/// Answers whatever it reads, and accepts nobody before a certain time.
struct Server {
    listener: ListenerId,
    accepts: Option<Instant>,
    agreed: Option<Agreed>,
    most_half_open: usize,
}

impl Server {
    fn new(listener: ListenerId, accepts_after: Duration) -> Self {
        let accepts = Some(Instant::ZERO + accepts_after);
        Server { listener, accepts, agreed: None, most_half_open: 0 }
    }

    fn look(&mut self, host: &Host) {
        let half_open = host.queues(self.listener).map_or(0, |(half_open, _)| half_open);
        self.most_half_open = self.most_half_open.max(half_open);
    }

    fn accept(&mut self, host: &mut Host) {
        while let Some(id) = host.accept(self.listener) {
            self.agreed = host.socket(id).map(|connection| connection.info().agreed);
        }
    }
}

impl Application<Host> for Server {
    fn on_event(&mut self, now: Instant, host: &mut Host, event: Event) {
        match event {
            Event::Acceptable(_) if self.accepts.is_none() => self.accept(host),
            Event::Tcp(id, tcp::Event::Readable) => {
                host.receive_into(id, &mut BytesMut::new());
                let _ = host.send(id, b"hello to you"); // the client is gone if not
            }
            Event::Tcp(id, tcp::Event::EndOfStream) => host.release(now, id),
            _ => {}
        }
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.accepts.map(|at| (at, "now it accepts"))
    }

    fn handle_timeout(&mut self, now: Instant, host: &mut Host) {
        if self.accepts.take_if(|at| *at <= now).is_some() {
            self.accept(host);
        }
    }
}

/// Name, cookies, and the SYNs of the flood.
const FLOODS: [(&str, Cookies, u32); 5] = [
    ("no flood", Cookies::Never, 0),
    ("30 s, no cookies", Cookies::Never, 3_000),
    ("100 s, no cookies", Cookies::Never, 10_000),
    ("100 s, when full", Cookies::WhenFull, 10_000),
    ("100 s, always", Cookies::Always, 10_000),
];

// ANCHOR: listen
fn listen(cookies: Cookies) -> Listen {
    // A SYN ACK is sent again five times, as on Linux (net.ipv4.tcp_synack_retries): after 63 seconds the SYN is forgotten.
    let tcp =
        tcp::Config { syn_retries: 5, explicit_congestion_notification: true, ..tcp::Config::default() };
    Listen { syn_backlog: SYN_QUEUE, cookies, tcp, ..Listen::default() }
}
// ANCHOR_END: listen

/// The same twenty visits in five different situations. Returns the world with cookies when the queue is full.
fn floods(checks: &mut Checks) -> Result<World, Box<dyn Error>> {
    let mut worlds = Vec::new();
    for (_, cookies, syns) in FLOODS {
        let mut world = World::new(listen(cookies), Duration::ZERO, syns)?;
        for visit in 0..VISITS {
            world.visit(0, Duration::from_millis(1000 + 500 * u64::from(visit)), tcp::Config::default());
        }
        world.run(200)?;
        worlds.push(world);
    }
    println!(
        "{VISITS} visits in a flood of 100 SYNs a second, with room for {SYN_QUEUE} half-open connections:\n"
    );
    let headings = ["", "answered within 1 s", "later", "never", "slowest (s)", "half-open at most"];
    let mut table = Table::new(headings);
    let mut at_once = Vec::new();
    for ((name, ..), world) in FLOODS.iter().zip(&worlds) {
        let times: Vec<Duration> = world.visits(0).iter().filter_map(Visit::took).collect();
        let fast = times.iter().filter(|took| took.as_secs() < 1).count();
        let never = VISITS as usize - times.len();
        let slowest = times.iter().max().map_or("–".into(), |took| format!("{:.2}", took.as_secs_f64()));
        let most = world.server()?.application.most_half_open;
        let counts = [fast, times.len() - fast, never].map(|count| count.to_string());
        table = table.row([(*name).into()].into_iter().chain(counts).chain([slowest, most.to_string()]));
        at_once.push((fast, never, most));
    }
    println!("{table}\n{}", counters(FLOODS.map(|(name, ..)| name), &worlds)?);
    checks.check(
        "without cookies the flood keeps all twenty out while it lasts",
        at_once[1].0 == 0 && at_once[2].0 == 0,
    );
    checks.check(
        "when it lasts longer than a SYN is remembered, for ever",
        at_once[1].1 == 0 && at_once[2].1 == 20,
    );
    checks.check("with cookies the client does not notice it", at_once[3].0 == 20 && at_once[4].0 == 20);
    checks.check("cookies for everybody need no SYN queue", at_once[4].2 == 0);
    Ok(worlds.swap_remove(3))
}

type Counter = (&'static str, fn(&Counters) -> u64);

const COUNTERS: [Counter; 12] = [
    ("TcpInSegs", |counters| counters.TcpInSegs),
    ("TcpOutSegs", |counters| counters.TcpOutSegs),
    ("TcpRetransSegs", |counters| counters.TcpRetransSegs),
    ("TcpPassiveOpens", |counters| counters.TcpPassiveOpens),
    ("TcpAttemptFails", |counters| counters.TcpAttemptFails),
    ("TcpExtListenOverflows", |counters| counters.TcpExtListenOverflows),
    ("TcpExtListenDrops", |counters| counters.TcpExtListenDrops),
    ("TcpExtTCPReqQFullDrop", |counters| counters.TcpExtTCPReqQFullDrop),
    ("TcpExtTCPReqQFullDoCookies", |counters| counters.TcpExtTCPReqQFullDoCookies),
    ("TcpExtSyncookiesSent", |counters| counters.TcpExtSyncookiesSent),
    ("TcpExtSyncookiesRecv", |counters| counters.TcpExtSyncookiesRecv),
    ("TcpExtTCPAbortOnOverflow", |counters| counters.TcpExtTCPAbortOnOverflow),
];

/// What the servers have counted. Counters that are zero everywhere are left out.
fn counters<const N: usize>(names: [&str; N], worlds: &[World]) -> Result<Table, Box<dyn Error>> {
    let mut table = Table::new([""].into_iter().chain(names));
    for (name, count) in COUNTERS {
        let servers = worlds.iter().map(World::server).collect::<Result<Vec<_>, _>>()?;
        let counts: Vec<u64> = servers.iter().map(|server| count(server.host.counters())).collect();
        if counts.iter().any(|&count| count > 0) {
            table = table.row([name.to_string()].into_iter().chain(counts.iter().map(u64::to_string)));
        }
    }
    Ok(table)
}

/// The numbers of a SYN and of its answer, as the client saw them, and the answer's timestamp.
struct Handshake {
    client: SocketAddr,
    isn: Seq,
    answer: Seq,
    size: Option<u16>,
    timestamp: Option<u32>,
    time: Instant,
}

fn handshake(world: &World) -> Option<Handshake> {
    let mut syn = None;
    for (time, _, packet) in world.internet.events().seen_by(world.clients[0]) {
        let header = Header::read(packet)?;
        let segment = Segment::decode(&mut Reader::whole(header.payload(packet))).ok()?;
        if segment.flags == Flags::SYN {
            let client = SocketAddr::new(header.source, segment.source);
            syn = syn.or(Some((client, segment.sequence, segment.options.maximum_segment_size(), time)));
        } else if segment.flags.contains(Flags::SYN) {
            let (client, isn, size, time) = syn?;
            let timestamp = segment.options.timestamps().map(|timestamps| timestamps.value);
            return Some(Handshake { client, isn, answer: segment.sequence, size, timestamp, time });
        }
    }
    None
}

// ANCHOR: cookie
/// Takes the first cookie that the client got apart, with the server's secret.
fn a_cookie(world: &World, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let seen = handshake(world).ok_or("there was no handshake")?;
    let (cookies, server) = (SynCookies::new(&SECRET), (SERVER, PORT).into());
    let parts = cookies.open(server, seen.client, seen.isn, seen.answer);
    let timestamp = seen.timestamp.ok_or("the SYN ACK has no timestamp")?;
    let carried = TimestampCookie::read(timestamp);
    let [answer, isn, hidden] = [seen.answer, seen.isn, parts.hidden_by].map(|Seq(number)| number);
    println!("\nThe SYN of {}: number 0x{isn:08x}, MSS {}.", seen.client, seen.size.unwrap_or(0));
    println!("Its answer has the number 0x{answer:08x}, which is the cookie.\n");
    println!("  0x{answer:08x} − 0x{hidden:08x} = {:032b}", answer.wrapping_sub(hidden));
    println!("                                       ╵step╵  ╵─────── MAC ──────────╵");
    println!("                                            size");
    println!("  step {}, MSS {}, MAC 0x{:06x}\n", parts.step, parts.maximum_segment_size, parts.mac);
    println!("And in the low six bits of its timestamp, 0x{timestamp:08x}: {:06b}", timestamp & 0x3f);
    println!("  ECN {}, SACK {}, window scale {:?}\n", carried.ecn, carried.sack, carried.window_scale);
    let check = |isn: Seq, later: u64| {
        let now = seen.time + Duration::from_secs(later);
        cookies.check(now, server, seen.client, isn, seen.answer)
    };
    checks.check("the cookie is good for its own SYN, and not for that with the next number", {
        check(seen.isn, 0) == Some(1440) && check(seen.isn + 1, 0).is_none()
    });
    checks.check("after two minutes and a bit it is good for nothing", check(seen.isn, 128).is_none());
    Ok(())
}
// ANCHOR_END: cookie

/// The same handshake with the SYN remembered and with a cookie, with the client's timestamps and without.
fn what_is_lost(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let headings = ["", "MSS", "timestamps", "client's window scale", "SACK", "ECN"];
    let (mut table, mut outcomes) = (Table::new(headings), Vec::new());
    for (name, cookies, timestamps) in [
        ("remembered", Cookies::Never, true),
        ("remembered, no timestamps", Cookies::Never, false),
        ("cookie", Cookies::Always, true),
        ("cookie, no timestamps", Cookies::Always, false),
    ] {
        let mut world = World::new(listen(cookies), Duration::ZERO, 0)?;
        let offers =
            tcp::Config { timestamps, explicit_congestion_notification: true, ..tcp::Config::default() };
        world.visit(0, Duration::ZERO, offers);
        world.run(1)?;
        let agreed = world.server()?.application.agreed.ok_or("nobody came")?;
        let scale = agreed.window_scale.map_or("–".into(), |(_, theirs)| theirs.to_string());
        let yes = |agreed| if agreed { "yes" } else { "–" }.to_string();
        table = table.row([
            name.into(),
            agreed.maximum_segment_size.to_string(),
            yes(agreed.timestamps),
            scale,
            yes(agreed.selective_acknowledgment),
            yes(agreed.explicit_congestion_notification),
        ]);
        outcomes.push(agreed);
    }
    println!("\nWhat the server knows of the client's offers afterwards:\n\n{table}");
    checks.check("with timestamps a cookie loses only some of the MSS: it has eight values", {
        Agreed { maximum_segment_size: 1440, ..outcomes[0] } == outcomes[2]
    });
    checks.check("without, it loses window scale, SACK and ECN too", {
        outcomes[3].window_scale.is_none()
            && !outcomes[3].selective_acknowledgment
            && !outcomes[3].explicit_congestion_notification
    });
    Ok(())
}

/// Two clients and an accept queue with room for one; the application sleeps for five seconds.
fn full_accept_queue(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut worlds = Vec::new();
    for abort_on_overflow in [false, true] {
        let listen = Listen { backlog: 0, abort_on_overflow, ..listen(Cookies::WhenFull) };
        let mut world = World::new(listen, Duration::from_secs(5), 0)?;
        for client in [0, 1] {
            world.visit(client, Duration::ZERO, tcp::Config::default());
        }
        world.run(20)?;
        println!("\nabort_on_overflow = {}: the second client:\n", u8::from(abort_on_overflow));
        println!("{}", world.internet.ladder(world.clients[1], world.server));
        worlds.push(world);
    }
    println!("{}", counters(["abort_on_overflow = 0", "abort_on_overflow = 1"], &worlds)?);
    let second = |world: usize| worlds[world].visits(1).first().copied().unwrap_or_default();
    let (waits, aborted) = (second(0), second(1));
    checks.check("both times the second client believes to be connected after one round trip", {
        [waits, aborted]
            .iter()
            .all(|visit| visit.connected == Some(Instant::ZERO + Duration::from_millis(40)))
    });
    checks.check("0: its ACK counts as lost, and it is answered once there is room", {
        waits.took().is_some_and(|took| took > Duration::from_secs(5)) && waits.failed.is_none()
    });
    checks.check(
        "1: it is told at once",
        aborted.answered.is_none() && aborted.failed == Some(WhyClosed::Reset),
    );
    Ok(())
}
