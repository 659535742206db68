//! A device and the application on it.

mod stations;

use std::collections::VecDeque;
use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use stations::{A, B, Station, at_ms, ip, ms, ping, received};
use wirelab_sansio::Instant;
use wirelab_sim::Link;
use wirelab_sim::internet::{Application, Device, Flows, HostNode, Idle, Internet};

/// Tells its application of every packet, and sends what that asks it to.
#[derive(Default)]
struct Card {
    events: VecDeque<String>,
    outgoing: VecDeque<Bytes>,
    ready_at: Option<Instant>,
}

impl Device for Card {
    type Event = String;
    fn receive(&mut self, _now: Instant, packet: &[u8]) {
        self.events.push_back(Flows::new().label(packet));
    }
    fn poll_transmit(&mut self, _now: Instant, out: &mut BytesMut) -> bool {
        let packet = self.outgoing.pop_front();
        out.extend_from_slice(packet.as_deref().unwrap_or_default());
        packet.is_some()
    }
    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.ready_at.map(|at| (at, "ready"))
    }
    fn handle_timeout(&mut self, now: Instant) {
        if self.ready_at.take_if(|at| *at <= now).is_some() {
            self.events.push_back("ready".into());
        }
    }
    fn poll_event(&mut self) -> Option<String> {
        self.events.pop_front()
    }
    fn addresses(&self) -> Vec<IpAddr> {
        vec![ip(A)]
    }
}

/// Sends a ping every 100 ms until three are answered.
#[derive(Default)]
struct Pinger {
    answered: u16,
    next: Instant,
}

impl Application<Card> for Pinger {
    fn on_event(&mut self, _now: Instant, _host: &mut Card, event: String) {
        self.answered += u16::from(event.starts_with("echo reply"));
    }
    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        (self.answered < 3).then_some((self.next, "next ping"))
    }
    fn handle_timeout(&mut self, now: Instant, host: &mut Card) {
        if self.answered < 3 && now >= self.next {
            host.outgoing.push_back(ping(B, self.answered + 1));
            self.next = now + ms(100);
        }
    }
}

#[test]
fn an_application_with_a_timer_pings_until_it_has_three_answers() {
    let mut internet = Internet::new(1);
    let a = internet.add("a", HostNode::new(Card::default(), Pinger::default()));
    let b = internet.add("b", Station::answering(B));
    let link = internet.link(a, b, Link::new(ms(20)));
    internet.drop_if(link.down(), |number, _| number == 2);
    internet.run().unwrap();
    assert_eq!(internet.get::<HostNode<Card, Pinger>>(a).unwrap().application.answered, 3);
    let lines: Vec<String> =
        internet.ladder(a, b).to_string().lines().map(|line| line.trim().to_owned()).collect();
    assert_eq!(lines[1], "0.000 ms  │ *  timeout: next ping              │");
    assert_eq!(received(&internet, b).len(), 4, "one was lost, and asked again");
}

#[test]
fn a_closure_is_an_application() {
    let mut internet = Internet::new(1);
    let once = |_now: Instant, card: &mut Card, event: String| {
        if event == "ready" {
            card.outgoing.push_back(ping(B, 1));
        }
    };
    let card = Card { ready_at: Some(at_ms(30)), ..Card::default() };
    let a = internet.add("a", HostNode::new(card, once));
    let b = internet.add("b", Station::answering(B));
    internet.link(a, b, Link::new(ms(20)));
    internet.run().unwrap();
    assert_eq!(internet.now(), at_ms(70));
}

#[test]
fn a_host_is_commanded_from_outside_at_any_time() {
    let mut internet = Internet::new(1);
    let a = internet.add("a", HostNode::new(Card::default(), Idle));
    let b = internet.add("b", Station::answering(B));
    internet.link(a, b, Link::new(ms(20)));
    internet.at(at_ms(500), move |internet| {
        let node = internet.get_mut::<HostNode<Card, Idle>>(a).expect("a host");
        node.host.outgoing.push_back(ping(B, 9));
        node.note("asked");
    });
    internet.run().unwrap();
    assert_eq!(received(&internet, b)[0].0, at_ms(520));
    assert_eq!(internet.events().notes(a).collect::<Vec<_>>(), [(at_ms(500), "asked")]);
    assert!(internet.get::<Station>(a).is_none(), "it is of another type");
}
