//! A window that stays closed for a minute: who has more to send asks from time to time, less and less often, and is answered; and
//! when it opens, everything arrives (RFC 9293 §3.8.6.1). The kernel asks us, we ask the kernel, and both at once.

#[path = "common/watched.rs"]
mod watched;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use watched::{Seen, driver, is_answered, kernels, old_numbers, ours};
use wirelab_sansio::Instant;
use wirelab_socket::{ListenOptions, Namespace};
use wirelab_tcpip::host::{Host, SocketId};
use wirelab_tcpip::tcp::{self, Listen, State};
use wirelab_tun::Direction;

const CLOSED: Duration = Duration::from_secs(60);
const BUFFER: usize = 64 * 1024;

/// A megabyte in which no stretch is like the next, another one for each seed.
fn megabyte(seed: u64) -> Vec<u8> {
    (0..1 << 20).map(|at: u64| ((at + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

/// What the kernel's end of the connection and ours have to say, and who opens it.
struct Silence {
    kernels: Vec<u8>,
    ours: Vec<u8>,
    we_connect: bool,
}

/// Sends, reads nothing for a minute, and then everything.
fn kernels_end(stream: TcpStream, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut writer = stream.try_clone()?;
    let sent = thread::spawn(move || {
        writer.write_all(&bytes)?;
        writer.shutdown(Shutdown::Write)
    });
    thread::sleep(CLOSED);
    let mut received = Vec::new();
    (&stream).read_to_end(&mut received)?;
    sent.join().unwrap()?;
    Ok(received)
}

/// The same on our side.
#[derive(Default)]
struct End {
    sent: usize,
    received: BytesMut,
    /// The state of the connection when the minute was nearly over.
    late: Option<tcp::Info>,
}

impl End {
    fn act(&mut self, host: &mut Host, now: Instant, socket: SocketId, bytes: &[u8]) -> bool {
        let Some(connection) = host.socket(socket) else { return false };
        if now < Instant::ZERO + CLOSED {
            self.late = Some(connection.info());
        } else {
            host.receive_into(socket, &mut self.received);
        }
        let state = host.socket(socket).map(tcp::Connection::state);
        let ready = matches!(state, Some(State::Established | State::CloseWait));
        if ready && self.sent <= bytes.len() {
            self.sent += host.send(socket, &bytes[self.sent..]).unwrap();
            if self.sent == bytes.len() {
                host.close(socket);
                self.sent += 1; // once
            }
        }
        host.stream_has_ended(socket)
    }
}

impl Silence {
    /// The segments of the conversation, after checking that all bytes arrive in the end.
    fn keep(self) -> Vec<Seen> {
        let _own = Namespace::enter_new().unwrap();
        let (mut driver, watched) = driver();
        let config = tcp::Config { receive_buffer: BUFFER, ..tcp::Config::default() };
        let listening = ListenOptions::default().receive_buffer(BUFFER).bind(kernels()).unwrap();
        let host = driver.protocol_mut();
        let listener = host.listen(ours(), Listen { tcp: config.clone(), ..Listen::default() }).unwrap();
        let mut socket = self.we_connect.then(|| host.connect(Instant::ZERO, kernels(), config).unwrap());
        let (bytes, we_connect) = (self.kernels.clone(), self.we_connect);
        let kernel = thread::spawn(move || {
            let stream = match we_connect {
                true => std::os::fd::OwnedFd::from(listening.accept_blocking()?.0).into(),
                false => TcpStream::connect(ours())?,
            };
            kernels_end(stream, bytes)
        });
        let mut end = End::default();
        let ended = driver.run(Instant::ZERO + 2 * CLOSED, |host, now| {
            socket = socket.or_else(|| host.accept(listener));
            let done = socket.is_some_and(|socket| end.act(host, now, socket, &self.ours));
            if done && kernel.is_finished() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let segments = watched.borrow().clone();
        assert!(ended.unwrap(), "{:#?}", &segments[segments.len().saturating_sub(40)..]);
        assert!(kernel.join().unwrap().unwrap() == self.ours, "what the kernel has received");
        assert!(end.received[..] == self.kernels[..], "what we have received");
        let late = end.late.expect("a connection");
        assert_eq!(late.send_window == 0, !self.ours.is_empty(), "{late:#?}");
        // Our windows are scaled by two: one byte that is left cannot be offered.
        assert_eq!(late.receive_window < 2, !self.kernels.is_empty(), "{late:#?}");
        segments
    }
}

/// The segments between the closing of the window that `by` looks at and its opening.
fn while_closed(segments: &[Seen], by: Direction) -> &[Seen] {
    let offers = |segment: &&Seen| segment.direction != by;
    let start = segments.iter().position(|segment| offers(&segment) && segment.window == 0);
    let start = start.expect("a closed window");
    let opens = segments[start..].iter().position(|segment| offers(&segment) && segment.window > 0);
    &segments[start..start + opens.expect("it opens")]
}

/// That there were several probes, each answered, and each some twice as long after the one before as that one was.
fn check(segments: &[Seen], by: Direction) {
    let closed = while_closed(segments, by);
    let mut probes = old_numbers(closed, by);
    let with_a_byte = |(_, segment): &(usize, &Seen)| segment.direction == by && segment.length == 1;
    probes.extend(closed.iter().enumerate().filter(with_a_byte).map(|(place, segment)| (place, *segment)));
    println!("{by:?}: {:?}", probes.iter().map(|(_, probe)| probe).collect::<Vec<_>>());
    assert!((6..=10).contains(&probes.len()), "{by:?}: {closed:#?}");
    assert!(probes.iter().all(|&probe| is_answered(closed, probe)), "{by:?}: {closed:#?}");
    let times: Vec<Instant> = probes.iter().map(|(_, probe)| probe.when).collect();
    let gaps: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    assert!(gaps.windows(2).all(|pair| (1.6..2.6).contains(&(pair[1] / pair[0]))), "{by:?}: {gaps:?}");
}

#[test]
#[ignore = "needs root, /dev/net/tun and a minute"]
fn the_kernel_probes_our_window_for_a_minute_and_then_all_arrives() {
    let silence = Silence { kernels: megabyte(1), ours: Vec::new(), we_connect: false };
    check(&silence.keep(), Direction::In);
}

#[test]
#[ignore = "needs root, /dev/net/tun and a minute"]
fn we_probe_the_kernel_s_window_for_a_minute_and_then_all_arrives() {
    let silence = Silence { kernels: Vec::new(), ours: megabyte(2), we_connect: true };
    check(&silence.keep(), Direction::Out);
}

#[test]
#[ignore = "needs root, /dev/net/tun and a minute"]
fn both_probe_each_other_for_a_minute_and_then_all_arrives_on_both_sides() {
    let silence = Silence { kernels: megabyte(3), ours: megabyte(4), we_connect: false };
    let segments = silence.keep();
    check(&segments, Direction::In);
    check(&segments, Direction::Out);
}
