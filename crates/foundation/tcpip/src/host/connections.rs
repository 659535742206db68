use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use wirelab_sansio::Instant;

use super::stream::Stream;
use super::{ListenerId, SocketId};
use crate::tcp::{Connection, Endpoints, Event};
use crate::wire::{Flags, Segment, Seq};

/// All connections, and the three orders in which they are asked for: by their ends, by their next timer, and by who may have
/// something to send. An idle connection is in none of the queues, and costs nothing.
#[derive(Debug, Default)]
pub(super) struct Connections {
    entries: HashMap<SocketId, Entry, BuildHasherDefault<Spread>>,
    /// The map's hash is keyed: a stranger who chooses his ports cannot make them collide.
    by_ends: HashMap<Endpoints, SocketId>,
    /// A timer changes with nearly every segment. It is moved once for each turn, when there is nothing more to send: before
    /// that the place of a connection that is ready says nothing.
    timers: BTreeSet<(Instant, SocketId)>,
    /// Each has its turn, sends one packet, and goes to the end.
    ready: VecDeque<SocketId>,
    /// Those in TIME-WAIT, the oldest first.
    time_waits: BTreeMap<u64, SocketId>,
    next_id: u64,
    next_time_wait: u64,
}

/// The hash of a number that we gave out ourselves, one behind the other: nobody can make them collide, and a connection is
/// looked up several times for each segment.
#[derive(Clone, Copy, Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    fn write_u64(&mut self, number: u64) {
        // Fibonacci hashing: the table looks at the highest bits and at the lowest ones.
        self.0 = (self.0.rotate_left(8) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) connection: Connection,
    pub(super) owner: Owner,
    pub(super) seen: Seen,
    /// What happened before somebody accepted it.
    pub(super) held: Vec<Event>,
    /// How many retransmissions the counters know of.
    pub(super) retransmissions: u64,
    pub(super) stream: Stream,
    timer: Option<Instant>,
    is_ready: bool,
    time_wait: Option<u64>,
}

/// Who has to do with a connection beside its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The SYN queue of a listener.
    HalfOpen(ListenerId),
    /// Its accept queue.
    Waiting(ListenerId),
    Application,
    /// The application has released it.
    Nobody,
}

/// What has been seen of a connection's numbers from outside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// The number behind the last that we sent: SND.NXT.
    pub(super) next: Seq,
    /// The highest number that was acknowledged: SND.UNA.
    pub(super) acknowledged: Seq,
    /// The last timestamp that we echoed.
    pub(super) echo: Option<u32>,
}

impl Seen {
    pub(super) fn starting_at(isn: Seq) -> Self {
        Seen { next: isn, acknowledged: isn, echo: None }
    }

    pub(super) fn sent(&mut self, segment: &Segment<'_>) {
        if segment.flags.contains(Flags::RST) {
            return;
        }
        self.next = self.next.max(segment.end());
        self.echo = segment.options.timestamps().map(|timestamps| timestamps.echo).or(self.echo);
    }

    pub(super) fn received(&mut self, segment: &Segment<'_>) {
        if segment.flags.contains(Flags::ACK) && segment.acknowledgment <= self.next {
            self.acknowledged = self.acknowledged.max(segment.acknowledgment);
        }
    }

    /// Whether a segment of this number may be on its way (RFC 5927 §4.1): SND.UNA =< SEG.SEQ < SND.NXT.
    pub(super) fn is_on_its_way(&self, sequence: Seq) -> bool {
        self.acknowledged <= sequence && sequence < self.next
    }
}

impl Connections {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn insert(&mut self, connection: Connection, owner: Owner, seen: Seen) -> SocketId {
        let id = SocketId(self.next_id);
        self.next_id += 1;
        self.by_ends.insert(connection.endpoints(), id);
        let entry = Entry {
            connection,
            owner,
            seen,
            held: Vec::new(),
            retransmissions: 0,
            stream: Stream::default(),
            timer: None,
            is_ready: false,
            time_wait: None,
        };
        self.entries.insert(id, entry);
        id
    }

    pub(super) fn find(&self, ends: &Endpoints) -> Option<SocketId> {
        self.by_ends.get(ends).copied()
    }

    pub(super) fn get(&self, id: SocketId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: SocketId) -> Option<&mut Entry> {
        self.entries.get_mut(&id)
    }

    /// The connection's ends are free for another one.
    pub(super) fn unlink(&mut self, id: SocketId) {
        let Some(entry) = self.entries.get(&id) else { return };
        let ends = entry.connection.endpoints();
        if self.by_ends.get(&ends) == Some(&id) {
            self.by_ends.remove(&ends);
        }
    }

    pub(super) fn remove(&mut self, id: SocketId) {
        self.unlink(id);
        self.leave_time_wait(id);
        if let Some(entry) = self.entries.remove(&id)
            && let Some(timer) = entry.timer
        {
            self.timers.remove(&(timer, id));
        }
    }

    /// It may have something to send.
    pub(super) fn make_ready(&mut self, id: SocketId) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(&id)?;
        if !std::mem::replace(&mut entry.is_ready, true) {
            self.ready.push_back(id);
        }
        Some(entry)
    }

    /// Whose turn it is. He counts as ready until he [`rest`](Self::rest)s.
    pub(super) fn next_ready(&mut self) -> Option<SocketId> {
        self.ready.pop_front()
    }

    /// It has had its turn, and gets another one.
    pub(super) fn turn_again(&mut self, id: SocketId) {
        self.ready.push_back(id);
    }

    /// It has nothing to send now, and its next timer has its place in the order until it is ready again.
    pub(super) fn rest(&mut self, id: SocketId) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(&id)?;
        entry.is_ready = false;
        let timer = entry.connection.poll_timeout().map(|(when, _)| when);
        if timer != entry.timer {
            if let Some(old) = std::mem::replace(&mut entry.timer, timer) {
                self.timers.remove(&(old, id));
            }
            if let Some(new) = timer {
                self.timers.insert((new, id));
            }
        }
        Some(entry)
    }

    pub(super) fn next_timer(&self) -> Option<(Instant, &'static str)> {
        let mut next = self.first_in_order().and_then(|entry| entry.connection.poll_timeout());
        for entry in self.ready.iter().filter_map(|id| self.entries.get(id)) {
            let timer = entry.connection.poll_timeout();
            next = next.into_iter().chain(timer).min_by_key(|&(when, _)| when);
        }
        next
    }

    fn first_in_order(&self) -> Option<&Entry> {
        let entry = |&(_, id): &(Instant, SocketId)| self.entries.get(&id).filter(|entry| !entry.is_ready);
        // The first is at hand; only where it does not count, the others are walked through.
        entry(self.timers.first()?).or_else(|| match self.timers.len() {
            1 => None,
            _ => self.timers.iter().find_map(entry),
        })
    }

    /// Those whose timers have run out by `now`, the earliest first.
    pub(super) fn due(&self, now: Instant) -> Vec<SocketId> {
        let timer_of = |id: &SocketId| {
            let (when, _) = self.entries.get(id)?.connection.poll_timeout()?;
            (when <= now).then_some((when, *id))
        };
        let in_order = self.timers.iter().take_while(|(when, _)| *when <= now).map(|(_, id)| id);
        let in_order = in_order.filter(|id| self.entries.get(id).is_some_and(|entry| !entry.is_ready));
        let mut due: Vec<_> = in_order.chain(&self.ready).filter_map(timer_of).collect();
        due.sort_unstable();
        due.into_iter().map(|(_, id)| id).collect()
    }

    /// It has come to TIME-WAIT. `true` if it was not there before.
    pub(super) fn enter_time_wait(&mut self, id: SocketId) -> bool {
        let Some(entry) = self.entries.get_mut(&id).filter(|entry| entry.time_wait.is_none()) else {
            return false;
        };
        entry.time_wait = Some(self.next_time_wait);
        self.time_waits.insert(self.next_time_wait, id);
        self.next_time_wait += 1;
        true
    }

    pub(super) fn leave_time_wait(&mut self, id: SocketId) {
        let place = self.entries.get_mut(&id).and_then(|entry| entry.time_wait.take());
        if let Some(place) = place {
            self.time_waits.remove(&place);
        }
    }

    /// The oldest in TIME-WAIT, if there are more than `most`.
    pub(super) fn surplus_time_wait(&self, most: usize) -> Option<SocketId> {
        let surplus = self.time_waits.len() > most;
        self.time_waits.values().next().copied().filter(|_| surplus)
    }

    pub(super) fn time_waits(&self) -> usize {
        self.time_waits.len()
    }

    pub(super) fn owned_by(&self, owner: impl Fn(Owner) -> bool) -> Vec<SocketId> {
        let mut ids: Vec<SocketId> =
            self.entries.iter().filter(|(_, entry)| owner(entry.owner)).map(|(id, _)| *id).collect();
        ids.sort_unstable(); // the map's order differs from run to run
        ids
    }
}
