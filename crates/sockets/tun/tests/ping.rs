//! The kernel's `ping` against a host that knows nothing but ICMP: what the driver does with its packets.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Write;
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Duration;
use std::{io, thread};

use bytes::BytesMut;
use wirelab_capture::{Block, Reader};
use wirelab_sansio::{Instant, PacketProtocol};
use wirelab_socket::Namespace;
use wirelab_tcpip::{Icmp, IcmpMessage, Icmpv6, Icmpv6Message, Protocol, ip};
use wirelab_tun::{Config, Direction, Driver, Impairments, Tun, capture_into};
use wirelab_wire::{Decode, Reader as Bytes};

/// Answers every ping, whatever address it asks for.
#[derive(Debug, Default)]
struct Responder {
    answers: VecDeque<BytesMut>,
    /// The sequence numbers of the pings.
    asked: Vec<u16>,
}

impl Responder {
    fn answer(&mut self, packet: &[u8]) -> Option<()> {
        let packet = ip::Packet::parse(packet).ok()?;
        let header = ip::Header::new(packet.destination, packet.source, packet.protocol);
        let (between, mut r) = (packet.pseudo_header(), Bytes::whole(packet.payload));
        let mut body = BytesMut::new();
        match packet.protocol {
            Protocol::ICMP => {
                IcmpMessage::check(packet.payload).ok()?;
                let Icmp::EchoRequest { identifier, sequence, data } = IcmpMessage::decode(&mut r).ok()?.body
                else {
                    return None;
                };
                self.asked.push(sequence);
                IcmpMessage::new(Icmp::EchoReply { identifier, sequence, data })
                    .encode_with_checksum(&mut body);
            }
            Protocol::ICMPV6 => {
                Icmpv6Message::check(packet.payload, &between).ok()?;
                let Icmpv6::EchoRequest { identifier, sequence, data } =
                    Icmpv6Message::decode(&mut r).ok()?.body
                else {
                    return None;
                };
                self.asked.push(sequence);
                Icmpv6Message::new(Icmpv6::EchoReply { identifier, sequence, data })
                    .encode_between(&header.pseudo_header()?, &mut body);
            }
            _ => return None,
        }
        let mut answer = BytesMut::new();
        ip::write_packet(&mut answer, &header, |out| out.extend_from_slice(&body)).ok()?;
        self.answers.push_back(answer);
        Some(())
    }
}

impl PacketProtocol for Responder {
    fn receive(&mut self, _: Instant, packet: &[u8]) {
        self.answer(packet);
    }

    fn poll_transmit(&mut self, _: Instant, out: &mut BytesMut) -> bool {
        self.answers.pop_front().map(|answer| out.extend_from_slice(&answer)).is_some()
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        None
    }

    fn handle_timeout(&mut self, _: Instant) {}
}

/// Runs `ping` with these arguments while the driver runs, and returns what it has printed.
fn ping(driver: &mut Driver<Responder>, arguments: &[&str]) -> String {
    let mut command = Command::new("ping");
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // The thread begins in the namespace of this one, but only waits.
    let output = thread::spawn(move || child.wait_with_output());
    let deadline = driver.now() + Duration::from_secs(60);
    let ended = driver.run(deadline, |_, _| match output.is_finished() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    });
    assert!(ended.unwrap(), "ping does not end");
    let output = output.join().unwrap().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn driver() -> Driver<Responder> {
    Driver::new(Tun::open(&Config::default()).unwrap(), Responder::default())
}

#[test]
#[ignore = "needs root, /dev/net/tun and ping"]
fn the_kernels_ping_gets_an_answer_to_each_packet_of_both_versions() {
    let _own = Namespace::enter_new().unwrap();
    let mut driver = driver();
    for (address, size) in
        [("10.77.0.2", "56"), ("10.77.0.2", "1472"), ("fd77::2", "56"), ("fd77::2", "1452")]
    {
        let printed = ping(&mut driver, &["-c", "5", "-i", "0.01", "-W", "5", "-s", size, address]);
        assert!(printed.contains("5 packets transmitted, 5 received, 0% packet loss"), "{printed}");
    }
    assert_eq!(driver.protocol().asked, [1, 2, 3, 4, 5].repeat(4));
    assert_eq!(driver.refused(), 0);
}

#[test]
#[ignore = "needs root, /dev/net/tun and ping"]
fn what_the_driver_loses_and_duplicates_is_what_ping_misses_and_gets_twice() {
    let _own = Namespace::enter_new().unwrap();
    let out = Impairments { loss: 0.2, duplication: 0.2, seed: 4, ..Impairments::default() };
    let mut driver = driver().impair(Direction::Out, out);
    let printed = ping(&mut driver, &["-c", "50", "-i", "0.002", "-W", "1", "10.77.0.2"]);
    let fates = driver.fates(Direction::Out);
    assert_eq!(fates.packets, 50, "{printed}");
    assert!(fates.lost > 0 && fates.duplicated > 0, "{fates:?}");
    let summary =
        format!("50 packets transmitted, {} received, +{} duplicates", 50 - fates.lost, fates.duplicated);
    assert!(printed.contains(&summary), "{fates:?}\n{printed}");
}

#[test]
#[ignore = "needs root, /dev/net/tun and ping"]
fn what_the_driver_holds_back_arrives_behind_what_was_sent_later() {
    let _own = Namespace::enter_new().unwrap();
    let incoming = Impairments { reordering: 0.2, behind: 2, seed: 1, ..Impairments::default() };
    let mut driver = driver().impair(Direction::In, incoming);
    // IPv4 alone: what the kernel asks of IPv6 routers would be counted too.
    let printed = ping(&mut driver, &["-c", "50", "-i", "0.002", "-W", "5", "10.77.0.2"]);
    assert!(printed.contains(" 50 received"), "{printed}");
    let asked = &driver.protocol().asked;
    assert!(!asked.is_sorted(), "{asked:?}");
    let mut sorted = asked.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=50).collect::<Vec<_>>());
}

/// A file that the test keeps.
#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
#[ignore = "needs root, /dev/net/tun and ping"]
fn a_capture_has_every_packet_in_both_directions() {
    let _own = Namespace::enter_new().unwrap();
    let file = Kept::default();
    let mut driver = driver().tap(capture_into(file.clone(), "tun0").unwrap());
    ping(&mut driver, &["-c", "3", "-i", "0.01", "-W", "5", "10.77.0.2"]);
    let bytes = file.0.borrow();
    let mut messages = Vec::new();
    for block in Reader::new(&bytes) {
        if let Block::Packet(packet) = block.unwrap()
            && let Ok(captured) = ip::Packet::parse(packet.data)
            && captured.protocol == Protocol::ICMP
        {
            messages.push((packet.direction(), captured.payload[0]));
        }
    }
    use wirelab_capture::Direction::{Inbound, Outbound};
    assert_eq!(messages, [(Inbound, 8), (Outbound, 0)].repeat(3));
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn a_run_ends_when_the_application_breaks_or_its_time_is_over() {
    let _own = Namespace::enter_new().unwrap();
    let mut driver = driver();
    let deadline = driver.now() + Duration::from_millis(20);
    assert!(!driver.run(deadline, |_, _| ControlFlow::Continue(())).unwrap());
    assert!(driver.now() >= deadline);
    let never = driver.now() + Duration::from_secs(3600);
    assert!(driver.run(never, |_, _| ControlFlow::Break(())).unwrap());
}
