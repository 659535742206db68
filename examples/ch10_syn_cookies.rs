//! Section 10.3: a SYN flood in virtual time, against our own TCP, with SYN cookies and without; what a cookie holds, what is lost by
//! it, and what happens when the other queue is full. Nothing leaves this process.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use wirelab::sansio::Instant;
use wirelab::tcpip::tcp::{self, Agreed, Cookies, Listen, SynCookies, TimestampCookie, WhyClosed};
use wirelab::tcpip::{Flags, Segment, Seq};
use wirelab_examples::{Args, Checks, Outcome, Table, Visit, Visited, write_capture};

const ABOUT: &str = "SYN cookies and the two queues, in virtual time (section 10.3).
Look at how the client fares in the flood, and at what the server remembers of it.";

/// The room for half-open connections.
const SYN_QUEUE: usize = 64;

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

/// Name, cookies, and the flood: its SYNs, and the pause between them.
const FLOODS: [(&str, Cookies, (u32, Duration)); 6] = [
    ("no flood", Cookies::Never, NO_FLOOD),
    ("60 s", Cookies::Never, (6_000, Duration::from_millis(10))),
    ("180 s", Cookies::Never, (18_000, Duration::from_millis(10))),
    ("180 s, 2 SYNs/s", Cookies::Never, (360, Duration::from_millis(500))),
    ("60 s, cookies", Cookies::WhenFull, (6_000, Duration::from_millis(10))),
    ("60 s, cookies only", Cookies::Always, (6_000, Duration::from_millis(10))),
];

const NO_FLOOD: (u32, Duration) = (0, Duration::ZERO);

// ANCHOR: listen
fn listen(cookies: Cookies) -> Listen {
    // A SYN ACK is sent again five times, as on Linux (net.ipv4.tcp_synack_retries): after 63 seconds the SYN is forgotten.
    let tcp =
        tcp::Config { syn_retries: 5, explicit_congestion_notification: true, ..tcp::Config::default() };
    Listen { syn_backlog: SYN_QUEUE, cookies, tcp, ..Listen::default() }
}
// ANCHOR_END: listen

/// The same twenty visits in six situations. Returns the world with cookies when the queue is full.
fn floods(checks: &mut Checks) -> Result<Visited, Box<dyn Error>> {
    let mut worlds = Vec::new();
    for (_, cookies, flood) in FLOODS {
        let mut world = Visited::new(listen(cookies), Duration::ZERO, flood)?;
        for visit in 0..VISITS {
            world.visit(0, Duration::from_millis(40_000 + 500 * u64::from(visit)), tcp::Config::default());
        }
        world.run(300)?;
        worlds.push(world);
    }
    println!(
        "{VISITS} visits, the first one 40 s after the flood has begun (100 SYNs a second, if the line does not say\notherwise), with room for {SYN_QUEUE} half-open connections:\n"
    );
    let headings = ["", "answered within 1 s", "later", "never", "slowest (s)", "half-open at most"];
    let mut table = Table::new(headings);
    let mut seen = Vec::new();
    for ((name, ..), world) in FLOODS.iter().zip(&worlds) {
        let times: Vec<Duration> = world.visits(0).iter().filter_map(Visit::took).collect();
        let fast = times.iter().filter(|took| took.as_secs() < 1).count();
        let (later, never) = (times.len() - fast, VISITS as usize - times.len());
        let slowest = times.iter().max().map_or("–".into(), |took| format!("{:.2}", took.as_secs_f64()));
        let most = world.most_half_open();
        table = table.cells(&[name, &fast, &later, &never, &slowest, &most]);
        seen.push((fast, never, most));
    }
    println!("{table}\n{}", Visited::counted(FLOODS.map(|(name, ..)| name), &worlds));
    checks.check("without cookies nobody gets in at once", seen[1..=3].iter().all(|seen| seen.0 == 0));
    checks.check("after the flood they do, if they still try", seen[1].1 == 0);
    checks.check("if the flood is more patient than they, never", seen[2].1 == 20);
    checks.check("with cookies the client does not notice it", seen[4].0 == 20 && seen[5].0 == 20);
    checks.check("cookies for everybody need no SYN queue", seen[5].2 == 0);
    Ok(worlds.swap_remove(4))
}

/// The first SYN of the client and its answer, as the client saw them, and when the SYN left from where.
fn handshake(world: &Visited) -> Option<(Instant, SocketAddr, Segment<'_>, Segment<'_>)> {
    let mut segments = world.internet.events().segments_of(world.clients[0]);
    let (time, _, header, syn) = segments.find(|(.., segment)| segment.flags == Flags::SYN)?;
    let (.., answer) = segments.find(|(.., segment)| segment.flags.contains(Flags::SYN))?;
    Some((time, SocketAddr::new(header.source, syn.source), syn, answer))
}

// ANCHOR: cookie
/// Takes the first cookie that the client got apart, with the server's secret.
fn a_cookie(world: &Visited, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let (time, client, syn, answer) = handshake(world).ok_or("there was no handshake")?;
    let (cookies, server) = (SynCookies::new(&Visited::SECRET), Visited::ADDRESS.into());
    let (isn, cookie) = (syn.sequence, answer.sequence);
    let parts = cookies.open(server, client, isn, cookie);
    let timestamp = answer.options.timestamps().ok_or("the SYN ACK has no timestamp")?.value;
    let carried = TimestampCookie::read(timestamp);
    let [Seq(number), Seq(hidden)] = [cookie, parts.hidden_by];
    let size = syn.options.maximum_segment_size().unwrap_or(0);
    println!("\nThe SYN of {client}: number 0x{:08x}, MSS {size}.", isn.0);
    println!("Its answer has the number 0x{number:08x}, which is the cookie.\n");
    let body = number.wrapping_sub(hidden);
    let [step, size, mac] = [body >> 27, body >> 24 & 7, body & 0xff_ffff];
    println!("  0x{number:08x} − 0x{hidden:08x} = {step:05b}  {size:03b}  {mac:024b}");
    println!("{:28}step   size MAC", "");
    println!("  step {}, MSS {}, MAC 0x{:06x}\n", parts.step, parts.maximum_segment_size, parts.mac);
    let scale = carried.window_scale.map_or("none".into(), |scale| scale.to_string());
    let bits = [timestamp >> 5 & 1, timestamp >> 4 & 1, timestamp & 0xf];
    println!("The low six bits of its timestamp 0x{timestamp:08x}: {} {} {:04b}", bits[0], bits[1], bits[2]);
    println!("  ECN {}, SACK {}, window scale {scale}\n", carried.ecn, carried.sack);
    let check =
        |isn: Seq, later: u64| cookies.check(time + Duration::from_secs(later), server, client, isn, cookie);
    checks.check("the cookie is good for its own SYN, and not for that with the next number", {
        check(isn, 0) == Some(1440) && check(isn + 1, 0).is_none()
    });
    checks.check("after two minutes and a bit it is good for nothing", check(isn, 128).is_none());
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
        let mut world = Visited::new(listen(cookies), Duration::ZERO, NO_FLOOD)?;
        world.visit(0, Duration::ZERO, tcp::Config { timestamps, ..listen(cookies).tcp });
        world.run(1)?;
        let agreed = world.agreed().ok_or("nobody came")?;
        let scale = agreed.window_scale.map_or("–".into(), |(_, theirs)| theirs.to_string());
        let yes = |agreed| if agreed { "yes" } else { "–" };
        table = table.cells(&[
            &name,
            &agreed.maximum_segment_size,
            &yes(agreed.timestamps),
            &scale,
            &yes(agreed.selective_acknowledgment),
            &yes(agreed.explicit_congestion_notification),
        ]);
        outcomes.push(agreed);
    }
    println!("\nWhat the server knows of the client's offers afterwards:\n\n{table}");
    checks.check("with timestamps a cookie loses only some of the MSS: it has eight values", {
        Agreed { maximum_segment_size: 1440, ..outcomes[0] } == outcomes[2]
    });
    let Agreed { window_scale, selective_acknowledgment: sack, .. } = outcomes[3];
    let ecn = outcomes[3].explicit_congestion_notification;
    checks.check("without, it loses window scale, SACK and ECN too", {
        window_scale.is_none() && !sack && !ecn
    });
    Ok(())
}

/// Two clients and an accept queue with room for one; the application sleeps for five seconds.
fn full_accept_queue(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut worlds = Vec::new();
    for abort_on_overflow in [false, true] {
        let listen = Listen { backlog: 0, abort_on_overflow, ..listen(Cookies::WhenFull) };
        let mut world = Visited::new(listen, Duration::from_secs(5), NO_FLOOD)?;
        for client in [0, 1] {
            world.visit(client, Duration::ZERO, tcp::Config::default());
        }
        world.run(20)?;
        let setting = u8::from(abort_on_overflow);
        println!("\nabort_on_overflow = {setting}: the second client (the server's timers are for both):\n");
        println!("{}", world.internet.ladder(world.clients[1], world.server));
        worlds.push(world);
    }
    println!("{}", Visited::counted(["abort_on_overflow = 0", "abort_on_overflow = 1"], &worlds));
    let second = |world: usize| worlds[world].visits(1).first().copied().unwrap_or_default();
    let (waits, aborted) = (second(0), second(1));
    let round_trip = Some(Instant::ZERO + Duration::from_millis(40));
    checks.check("both times the second client believes to be connected after one round trip", {
        [waits, aborted].iter().all(|visit| visit.connected == round_trip)
    });
    checks.check("0: its ACK counts as lost, and it is answered once there is room", {
        waits.took().is_some_and(|took| took > Duration::from_secs(5)) && waits.failed.is_none()
    });
    let told = aborted.answered.is_none() && aborted.failed == Some(WhyClosed::Reset);
    checks.check("1: it is told at once", told);
    Ok(())
}
