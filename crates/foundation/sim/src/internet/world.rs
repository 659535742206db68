use std::any::Any;
use std::collections::BTreeSet;

use bytes::Bytes;
use wirelab_sansio::Instant;

use super::channel::{Arrival, Channel, Counters, Outcome};
use super::events::{Ends, Events, QueueSample, What};
use super::{ChannelId, LinkId, Node, NodeId, PortId, TransitId};
use crate::agenda::Agenda;
use crate::{Ladder, Link, Log, Random, RunError};

/// Nodes, the links between them, and what is still to happen.
///
/// When a test panics while an internet is alive, the end of its log is printed to standard error.
pub struct Internet {
    now: Instant,
    nodes: Vec<Place>,
    channels: Vec<Channel>,
    agenda: Agenda<Due>,
    /// The timeout of every node that has one.
    timeouts: BTreeSet<(Instant, usize)>,
    /// Nodes that were touched and may have something to send.
    touched: BTreeSet<usize>,
    random: Random,
    events: Events,
    steps: usize,
    max_steps: usize,
    /// Kept to save an allocation for each packet.
    outcomes: Vec<Outcome>,
}

/// A node and where it is attached.
struct Place {
    node: Box<dyn Node>,
    /// The channel that leaves by each port.
    ports: Vec<ChannelId>,
    timeout: Option<Instant>,
}

/// What is planned for a moment.
enum Due {
    Arrival(ChannelId, TransitId, Bytes),
    Departure(ChannelId),
    Action(Action),
}

type Action = Box<dyn FnOnce(&mut Internet)>;

impl Internet {
    /// A world without anything in it. All chance in it comes from the seed.
    pub fn new(seed: u64) -> Self {
        Internet {
            now: Instant::ZERO,
            nodes: Vec::new(),
            channels: Vec::new(),
            agenda: Agenda::new(),
            timeouts: BTreeSet::new(),
            touched: BTreeSet::new(),
            random: Random::new(seed),
            events: Events::default(),
            steps: 0,
            max_steps: 10_000_000,
            outcomes: Vec::new(),
        }
    }

    /// After how many steps (arrivals, departures, timeouts, actions and packets sent) a run ends with
    /// [`RunError::TooManySteps`]: ten million if not set.
    #[must_use]
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.max_steps = steps;
        self
    }

    /// Writes no log, which a long run may not have the memory for. The counters count all the same.
    #[must_use]
    pub fn without_events(mut self) -> Self {
        self.events.off = true;
        self
    }

    /// Puts a node into the world.
    pub fn add(&mut self, name: impl Into<String>, node: impl Node) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.nodes.push(Place { node: Box::new(node), ports: Vec::new(), timeout: None });
        self.events.names.push(name.into());
        self.touched.insert(id.0);
        id
    }

    /// Joins two nodes by a link that is the same in both directions. Each gets one more port. Of a node joined to
    /// itself, the first of the two ports is the one at `a`.
    pub fn link(&mut self, a: NodeId, b: NodeId, link: Link) -> LinkId {
        self.link_both(a, b, link.clone(), link)
    }

    /// Joins two nodes by a link that may differ in its two directions: `up` is the one from `a` to `b`.
    pub fn link_both(&mut self, a: NodeId, b: NodeId, up: Link, down: Link) -> LinkId {
        let id = LinkId(self.channels.len() / 2);
        let at_a = (a, self.attach(a, id.up(), up.mtu));
        let at_b = (b, self.attach(b, id.down(), down.mtu));
        for (link, from, to) in [(up, at_a, at_b), (down, at_b, at_a)] {
            let random = Random::new(self.random.next_u64());
            self.channels.push(Channel::new(link, to, random));
            self.events.channels.push(Ends { from, to });
        }
        id
    }

    fn attach(&mut self, node: NodeId, channel: ChannelId, mtu: usize) -> PortId {
        let Some(place) = self.nodes.get_mut(node.0) else { return PortId(0) };
        let port = PortId(place.ports.len());
        place.ports.push(channel);
        place.node.attached(port, mtu);
        port
    }

    /// Drops the packets of one direction of a link for which `rule` says `true`; it gets their number, counted from 1, and
    /// their bytes. A rule replaces the one before.
    pub fn drop_if(&mut self, channel: ChannelId, rule: impl FnMut(u64, &[u8]) -> bool + 'static) {
        if let Some(channel) = self.channels.get_mut(channel.0) {
            channel.rule = Some(Box::new(rule));
        }
    }

    /// Changes one direction of a link from now on: what is under way stays so. A node learns of an MTU only when the link is
    /// attached, so that a smaller one here is a hole that nobody reports.
    pub fn set_link(&mut self, channel: ChannelId, link: Link) {
        if let Some(channel) = self.channels.get_mut(channel.0) {
            channel.link = link;
        }
    }

    /// Plans an action: at this time (now, if that is past) the closure is called.
    pub fn at(&mut self, time: Instant, action: impl FnOnce(&mut Internet) + 'static) {
        self.agenda.enter(time.max(self.now), Due::Action(Box::new(action)));
    }

    /// Plans a call: at this time the log has the remark, and the closure is called with the node, if it is of this type.
    pub fn call_at<T: Node>(
        &mut self,
        time: Instant,
        node: NodeId,
        remark: impl Into<String>,
        call: impl FnOnce(&mut T, Instant) + 'static,
    ) {
        let remark = remark.into();
        self.at(time, move |internet| {
            let now = internet.now();
            internet.note(node, remark);
            if let Some(node) = internet.get_mut(node) {
                call(node, now);
            }
        });
    }

    /// Sends a packet out of a port of a node, as if the node had sent it.
    pub fn send_from(&mut self, node: NodeId, port: PortId, packet: Bytes) {
        let channel = self.nodes.get(node.0).and_then(|place| place.ports.get(port.0)).copied();
        match channel {
            Some(channel) => self.send(channel, packet),
            None => self.note(node, format!("nothing is attached to port {}", port.0)),
        }
    }

    /// A node, if it is of this type.
    pub fn get<T: Node>(&self, id: NodeId) -> Option<&T> {
        let node: &dyn Any = self.nodes.get(id.0)?.node.as_ref();
        node.downcast_ref()
    }

    /// A node to be commanded, if it is of this type. What it has to send leaves at the next step.
    pub fn get_mut<T: Node>(&mut self, id: NodeId) -> Option<&mut T> {
        self.touched.insert(id.0);
        let node: &mut dyn Any = self.nodes.get_mut(id.0)?.node.as_mut();
        node.downcast_mut()
    }

    /// Writes a remark into the log, in the name of a node.
    pub fn note(&mut self, node: NodeId, text: impl Into<String>) {
        self.events.write(self.now, What::Note(node, text.into()));
    }

    /// The time in the simulation.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// How many steps were made.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// All that happened so far.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// What went over one direction of a link; of one that is not of this world, nothing.
    pub fn counters(&self, channel: ChannelId) -> Counters {
        self.channels.get(channel.0).map(|channel| channel.counters.clone()).unwrap_or_default()
    }

    /// How many packets are on their way, or wait for it, in one direction of a link.
    pub fn under_way(&self, channel: ChannelId) -> u64 {
        let Some(at) = self.channels.get(channel.0) else { return 0 };
        let over = at.counters.arrived + at.counters.drops();
        (at.counters.packets + at.counters.duplicated).saturating_sub(over)
    }

    /// The packets that wait or are leaving in one direction of a link.
    pub fn queued(&self, channel: ChannelId) -> usize {
        self.channels.get(channel.0).map_or(0, Channel::held)
    }

    /// The first link that joins two nodes, seen from `a` or from `b`.
    pub fn link_between(&self, a: NodeId, b: NodeId) -> Option<LinkId> {
        let joins = |ends: &&[Ends]| {
            ends.iter().any(|ends| (ends.from.0, ends.to.0) == (a, b) || (ends.from.0, ends.to.0) == (b, a))
        };
        self.events.channels.chunks(2).position(|ends| joins(&ends)).map(LinkId)
    }

    /// The picture of what two nodes sent to each other, over however many links.
    ///
    /// A packet that was changed on its way is recognised by what forwarders leave alone, which `follow.rs` lists; of two
    /// that look alike, the one that came first to a node is taken for the one that leaves it first. Sequence numbers are
    /// relative, as in the pictures of Wireshark.
    pub fn ladder(&self, left: NodeId, right: NodeId) -> Ladder {
        Ladder::new(&self.ladder_log(left, right))
    }

    /// What that picture is drawn from.
    pub fn ladder_log(&self, left: NodeId, right: NodeId) -> Log {
        let addresses = |id: NodeId| self.nodes.get(id.0).map(|place| place.node.addresses());
        let (ours, theirs) = (addresses(left).unwrap_or_default(), addresses(right).unwrap_or_default());
        self.events.between((left, &ours), (right, &theirs))
    }

    /// Runs until nothing is left to happen. A node that always has a timer needs [`run_until`](Self::run_until).
    ///
    /// # Errors
    /// [`RunError::TooManySteps`].
    pub fn run(&mut self) -> Result<(), RunError> {
        while self.step()? {}
        Ok(())
    }

    /// Runs until `deadline`, which is the time afterwards.
    ///
    /// # Errors
    /// [`RunError::TooManySteps`]; the time is then that of the last thing that happened.
    pub fn run_until(&mut self, deadline: Instant) -> Result<(), RunError> {
        self.settle()?;
        while self.next_time().is_some_and(|next| next <= deadline) {
            self.step()?;
        }
        self.now = self.now.max(deadline);
        Ok(())
    }

    /// Lets the next thing happen, and every node that it touches react. `false` when there is none.
    ///
    /// What is due at the same moment happens in the order in which it was planned, timeouts last: a packet that arrives
    /// at the very moment of a timeout is in time.
    ///
    /// # Errors
    /// [`RunError::TooManySteps`].
    pub fn step(&mut self) -> Result<bool, RunError> {
        self.settle()?;
        let Some(next) = self.next_time() else { return Ok(false) };
        self.count()?;
        self.now = self.now.max(next);
        match self.agenda.take_due(self.now) {
            Some(Due::Arrival(channel, transit, packet)) => self.arrive(channel, transit, packet),
            Some(Due::Departure(channel)) => self.on_channel(channel, Channel::departed),
            Some(Due::Action(action)) => action(self),
            None => self.expire(),
        }
        self.settle()?;
        Ok(true)
    }

    fn next_time(&self) -> Option<Instant> {
        let timeout = self.timeouts.first().map(|&(when, _)| when);
        [self.agenda.next_time(), timeout].into_iter().flatten().min()
    }

    fn count(&mut self) -> Result<(), RunError> {
        if self.steps >= self.max_steps {
            return Err(RunError::TooManySteps { steps: self.max_steps, at: self.now });
        }
        self.steps += 1;
        Ok(())
    }

    fn arrive(&mut self, id: ChannelId, transit: TransitId, packet: Bytes) {
        let Some(channel) = self.channels.get_mut(id.0) else { return };
        channel.counters.arrived += 1;
        channel.counters.arrived_bytes += packet.len() as u64;
        let (node, port) = channel.to;
        self.events.write(self.now, What::Arrived(transit));
        if let Some(place) = self.nodes.get_mut(node.0) {
            place.node.receive(self.now, port, packet);
            self.touched.insert(node.0);
        }
    }

    fn expire(&mut self) {
        let Some((_, index)) = self.timeouts.pop_first() else { return };
        let Some(place) = self.nodes.get_mut(index) else { return };
        place.timeout = None;
        if let Some((_, why)) = place.node.poll_timeout() {
            self.events.write(self.now, What::Note(NodeId(index), format!("timeout: {why}")));
        }
        place.node.handle_timeout(self.now);
        self.touched.insert(index);
    }

    /// Lets every node that was touched send what it has.
    fn settle(&mut self) -> Result<(), RunError> {
        while let Some(index) = self.touched.pop_first() {
            while let Some(place) = self.nodes.get_mut(index) {
                let transmit = place.node.poll_transmit(self.now);
                while let Some(note) = place.node.poll_note() {
                    self.events.write(self.now, What::Note(NodeId(index), note));
                }
                let Some((port, packet)) = transmit else { break };
                self.count()?;
                self.send_from(NodeId(index), port, packet);
            }
            self.set_timer(index);
        }
        Ok(())
    }

    fn set_timer(&mut self, index: usize) {
        let Some(place) = self.nodes.get_mut(index) else { return };
        let timeout = place.node.poll_timeout().map(|(when, _)| when);
        if timeout == place.timeout {
            return;
        }
        if let Some(before) = std::mem::replace(&mut place.timeout, timeout) {
            self.timeouts.remove(&(before, index));
        }
        self.timeouts.extend(timeout.map(|when| (when, index)));
    }

    fn send(&mut self, channel: ChannelId, packet: Bytes) {
        let transit = self.events.begin(self.now, channel, &packet);
        self.on_channel(channel, |channel, now, out| channel.send(now, transit, packet, out));
    }

    /// Lets a channel do something, and writes down and plans what follows from it.
    fn on_channel(&mut self, id: ChannelId, act: impl FnOnce(&mut Channel, Instant, &mut Vec<Outcome>)) {
        let mut outcomes = std::mem::take(&mut self.outcomes);
        if let Some(channel) = self.channels.get_mut(id.0) {
            act(channel, self.now, &mut outcomes);
        }
        for outcome in outcomes.drain(..) {
            self.conclude(id, outcome);
        }
        self.outcomes = outcomes;
    }

    fn conclude(&mut self, id: ChannelId, outcome: Outcome) {
        let now = self.now;
        match outcome {
            Outcome::Dropped(transit, reason) => self.events.write(now, What::Dropped(transit, reason)),
            Outcome::Marked(transit) => self.events.write(now, What::Marked(transit)),
            Outcome::Queue(packets, bytes) => {
                self.events.write(now, What::Queue(QueueSample { channel: id, packets, bytes }));
            }
            Outcome::Busy(time) => self.agenda.enter(now + time, Due::Departure(id)),
            Outcome::Arrives(arrival) => self.travel(id, arrival),
        }
    }

    fn travel(&mut self, id: ChannelId, arrival: Arrival) {
        let Arrival { transit, packet, after, copy, corrupted } = arrival;
        let transit = if copy { self.copy(id, transit, &packet) } else { transit };
        self.events.change(transit, &packet);
        if corrupted {
            self.events.write(self.now, What::Corrupted(transit));
        }
        self.agenda.enter(self.now + after, Due::Arrival(id, transit, packet));
    }

    fn copy(&mut self, id: ChannelId, transit: TransitId, packet: &Bytes) -> TransitId {
        if let Some(channel) = self.channels.get_mut(id.0) {
            channel.counters.duplicated += 1;
        }
        self.events.duplicate(self.now, transit, id, packet)
    }
}

impl Drop for Internet {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.events.is_empty() {
            let log = self.events.to_string();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines.get(lines.len().saturating_sub(100)..).unwrap_or_default();
            eprintln!("the end of what happened:\n{}", last.join("\n"));
        }
    }
}
