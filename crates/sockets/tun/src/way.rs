use bytes::Bytes;
use wirelab_sansio::Instant;
use wirelab_sim::Link;

use crate::impairments::Line;
use crate::{Carried, Channel, Fates, Impairments};

/// One direction of a driver: impairments, and behind them a link, if there is one.
#[derive(Debug)]
pub(crate) struct Way {
    line: Line,
    channel: Option<Channel>,
    /// What has come through the line and goes into the channel.
    passed: Vec<Bytes>,
}

impl Way {
    pub(crate) fn new() -> Self {
        Way { line: Line::new(Impairments::default()), channel: None, passed: Vec::new() }
    }

    pub(crate) fn impair(&mut self, impairments: Impairments) {
        self.line = Line::new(impairments);
    }

    pub(crate) fn link(&mut self, link: Link, seed: u64) {
        self.channel = Some(Channel::new(link, seed));
    }

    pub(crate) fn fates(&self) -> Fates {
        self.line.fates()
    }

    pub(crate) fn carried(&self) -> Carried {
        self.channel.as_ref().map(Channel::carried).unwrap_or_default()
    }

    /// Takes in one packet; appends to `out` what arrives now.
    pub(crate) fn pass(&mut self, now: Instant, packet: Bytes, out: &mut Vec<Bytes>) {
        self.line.pass(now, packet, &mut self.passed);
        self.go_on(now, out);
    }

    /// Appends to `out` what has arrived until `now`.
    pub(crate) fn release(&mut self, now: Instant, out: &mut Vec<Bytes>) {
        self.line.release(now, &mut self.passed);
        self.go_on(now, out);
    }

    fn go_on(&mut self, now: Instant, out: &mut Vec<Bytes>) {
        let Some(channel) = &mut self.channel else { return out.append(&mut self.passed) };
        self.passed.drain(..).for_each(|packet| channel.send(now, packet));
        out.extend(std::iter::from_fn(|| channel.arrived(now)));
    }

    /// When the next packet arrives, if nothing comes in before.
    pub(crate) fn next(&self) -> Option<Instant> {
        [self.line.next(), self.channel.as_ref().and_then(Channel::next)].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use wirelab_sim::Queue;

    #[test]
    fn what_is_lost_before_the_link_does_not_use_it() {
        let mut way = Way::new();
        way.impair(Impairments { loss: 0.5, ..Impairments::default() });
        way.link(Link::new(Duration::ZERO).rate(1000).queue(Queue::Unlimited), 1);
        let mut out = Vec::new();
        (0..100).for_each(|_| way.pass(Instant::ZERO, Bytes::from_static(b"x"), &mut out));
        let through = 100 - way.fates().lost;
        assert!(out.is_empty() && (30..70).contains(&through), "{:?}", way.fates());
        let last = Instant::ZERO + Duration::from_millis(through);
        way.release(Instant::from_nanos(last.as_nanos() - 1), &mut out);
        assert_eq!((out.len() as u64, way.next()), (through - 1, Some(last)));
        way.release(last, &mut out);
        assert_eq!((out.len() as u64, way.carried().arrived), (through, through));
    }
}
