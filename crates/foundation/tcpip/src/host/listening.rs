//! What comes to listeners: SYN, and the ACK that bring cookies back.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use wirelab_sansio::Instant;

use super::connections::{Owner, Seen};
use super::{Event, Host, ListenerId, SocketId};
use crate::tcp::{Agreed, Config, Connection, Cookies, Endpoints, Listener, OnSyn, TimestampCookie};
use crate::wire::{Flags, Segment, Seq, Timestamps};

/// The listeners of a host, by their addresses.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    all: HashMap<ListenerId, (SocketAddr, Listener<SocketId>)>,
    by_address: HashMap<SocketAddr, ListenerId>,
}

impl Listeners {
    pub(super) fn insert(&mut self, id: ListenerId, local: SocketAddr, listener: Listener<SocketId>) {
        self.by_address.insert(local, id);
        self.all.insert(id, (local, listener));
    }

    pub(super) fn remove(&mut self, id: ListenerId) {
        if let Some((local, _)) = self.all.remove(&id) {
            self.by_address.remove(&local);
        }
    }

    pub(super) fn has(&self, local: SocketAddr) -> bool {
        self.by_address.contains_key(&local)
    }

    /// Whoever listens at this address, or else at the port on any address.
    pub(super) fn for_address(&self, local: SocketAddr) -> Option<ListenerId> {
        let any = || self.by_address.get(&any_address(local));
        self.by_address.get(&local).or_else(any).copied()
    }

    pub(super) fn get(&self, id: ListenerId) -> Option<&Listener<SocketId>> {
        self.all.get(&id).map(|(_, listener)| listener)
    }

    pub(super) fn get_mut(&mut self, id: ListenerId) -> Option<&mut Listener<SocketId>> {
        self.all.get_mut(&id).map(|(_, listener)| listener)
    }

    pub(super) fn is_full(&self, id: ListenerId) -> bool {
        self.get(id).is_some_and(Listener::is_full)
    }
}

/// The same port on the address that stands for all of its family.
pub(super) fn any_address(local: SocketAddr) -> SocketAddr {
    let any = match local {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    SocketAddr::new(any, local.port())
}

impl Host {
    /// LISTEN (RFC 9293 §3.10.7.2). `after`: the numbers of an earlier connection of these ends, which the new one must not
    /// use again.
    pub(super) fn for_listener(
        &mut self,
        now: Instant,
        id: ListenerId,
        ends: Endpoints,
        segment: &Segment<'_>,
        after: Option<Seq>,
    ) {
        if segment.flags.contains(Flags::RST) {
            return;
        }
        if segment.flags.contains(Flags::ACK) {
            return self.ack_without_connection(now, id, ends, segment);
        }
        // SYN and FIN together ask for nothing that exists; stacks that answered them let port scanners through firewalls.
        if !segment.flags.contains(Flags::SYN) || segment.flags.contains(Flags::FIN) {
            return;
        }
        let room = self.connections.len() < self.config.connections;
        let Some(listener) = self.listeners.get_mut(id) else { return };
        match listener.on_syn(room) {
            OnSyn::Remember => {
                listener.opened();
                let config = listener.options.tcp.clone();
                self.remember_syn(now, id, ends, segment, config, after);
            }
            OnSyn::Cookie => {
                if listener.options.cookies == Cookies::WhenFull {
                    self.counters.TcpExtTCPReqQFullDoCookies += 1;
                }
                listener.cookie_sent(now);
                let config = listener.options.tcp.clone();
                self.send_cookie(now, ends, segment, &config);
            }
            OnSyn::Overflow => {
                self.counters.TcpExtListenOverflows += 1;
                self.counters.TcpExtListenDrops += 1;
            }
            OnSyn::Drop => {
                self.counters.TcpExtTCPReqQFullDrop += 1;
                self.counters.TcpExtListenDrops += 1;
            }
        }
    }

    fn remember_syn(
        &mut self,
        now: Instant,
        listener: ListenerId,
        ends: Endpoints,
        syn: &Segment<'_>,
        config: Config,
        after: Option<Seq>,
    ) {
        let mut isn = self.numbers.at(now, ends.local, ends.remote);
        if let Some(last) = after
            && isn <= last
        {
            // RFC 9293 §3.10.7.4: larger than the last one. A fast connection has overtaken the clock.
            isn = last + 0x1_0001;
        }
        let config = self.fitting(ends, config);
        let mut connection = Connection::accept(now, ends, isn, config, syn);
        connection.set_timestamp_offset(self.timestamps.of(ends.local, ends.remote));
        self.apply_path_mtu(now, &mut connection);
        let seen = Seen::starting_at(isn);
        let id = self.connections.insert(connection, Owner::HalfOpen(listener), seen);
        self.settle(now, id);
    }

    /// A SYN ACK for which we keep nothing.
    fn send_cookie(&mut self, now: Instant, ends: Endpoints, syn: &Segment<'_>, config: &Config) {
        let config = self.fitting(ends, config.clone());
        let ecn = syn.flags.contains(Flags::ECE | Flags::CWR);
        let mut agreed = Agreed::between(&config, syn, ecn);
        if !agreed.timestamps {
            // Only the timestamp has room for these.
            agreed = Agreed {
                window_scale: None,
                selective_acknowledgment: false,
                explicit_congestion_notification: false,
                ..agreed
            };
        }
        let size = agreed.maximum_segment_size;
        let cookie = self.cookies.make(now, ends.local, ends.remote, syn.sequence, size);
        let carried = TimestampCookie {
            window_scale: agreed.window_scale.map(|(_, theirs)| theirs),
            sack: agreed.selective_acknowledgment,
            ecn: agreed.explicit_congestion_notification,
        };
        let offset = self.timestamps.of(ends.local, ends.remote);
        let clock = ((now.as_nanos() / 1_000_000) as u32).wrapping_add(offset);
        let echo = syn.options.timestamps().map_or(0, |timestamps| timestamps.value);
        let timestamps = Timestamps { value: carried.write(clock), echo };
        let mut flags = Flags::SYN | Flags::ACK;
        if agreed.explicit_congestion_notification {
            flags |= Flags::ECE;
        }
        let answer = Segment {
            source: ends.local.port(),
            destination: ends.remote.port(),
            sequence: cookie,
            acknowledgment: syn.sequence + 1,
            flags,
            window: config.receive_buffer.min(usize::from(u16::MAX)) as u16,
            options: agreed.options(config.maximum_segment_size, timestamps),
            ..Segment::default()
        };
        self.counters.TcpExtSyncookiesSent += 1;
        self.queue_segment(now, ends, &answer);
    }

    /// An ACK of a connection that does not exist: a cookie, if we have sent some lately (RFC 4987 §3.6), or a reason for RST.
    fn ack_without_connection(&mut self, now: Instant, id: ListenerId, ends: Endpoints, ack: &Segment<'_>) {
        let expected = self.listeners.get(id).filter(|listener| listener.expects_cookies(now));
        let Some(listener) = expected.filter(|_| !ack.flags.contains(Flags::SYN)) else {
            return self.for_nobody(now, ends, ack);
        };
        let (config, is_full) = (listener.options.tcp.clone(), listener.is_full());
        let [isn, cookie] = [ack.sequence, ack.acknowledgment].map(|Seq(number)| Seq(number.wrapping_sub(1)));
        let Some(size) = self.cookies.check(now, ends.local, ends.remote, isn, cookie) else {
            self.counters.TcpExtSyncookiesFailed += 1;
            return self.for_nobody(now, ends, ack);
        };
        self.counters.TcpExtSyncookiesRecv += 1;
        if is_full || self.connections.len() >= self.config.connections {
            self.counters.TcpExtListenOverflows += u64::from(is_full);
            self.counters.TcpExtListenDrops += 1;
            return;
        }
        let config = self.fitting(ends, config);
        let agreed = agreed_by_cookie(&config, size, ack);
        let mut connection = Connection::from_cookie(now, ends, config, agreed, ack);
        self.apply_path_mtu(now, &mut connection);
        let seen = Seen::starting_at(cookie + 1);
        let socket = self.connections.insert(connection, Owner::Waiting(id), seen);
        self.counters.TcpPassiveOpens += 1;
        if let Some(listener) = self.listeners.get_mut(id) {
            listener.returned(socket);
        }
        self.events.push_back(Event::Acceptable(id));
        self.settle(now, socket);
    }

    /// The final ACK found no room in the accept queue (`net.ipv4.tcp_abort_on_overflow`).
    pub(super) fn accept_queue_is_full(&mut self, now: Instant, id: SocketId, listener: ListenerId) {
        self.counters.TcpExtListenOverflows += 1;
        self.counters.TcpExtListenDrops += 1;
        let aborts = self.listeners.get(listener).is_some_and(|listener| listener.options.abort_on_overflow);
        if aborts && let Some(entry) = self.connections.get_mut(id) {
            self.counters.TcpExtTCPAbortOnOverflow += 1;
            entry.connection.abort();
            self.settle(now, id);
        }
    }
}

/// What a cookie and the timestamp that came with it say.
fn agreed_by_cookie(config: &Config, size: u16, ack: &Segment<'_>) -> Agreed {
    let offer = Agreed::offer(config);
    let timestamps = ack.options.timestamps().filter(|_| offer.timestamps);
    let carried = timestamps.map(|timestamps| TimestampCookie::read(timestamps.echo));
    let scale = |(ours, _): (u8, u8)| Some((ours, carried?.window_scale?));
    Agreed {
        maximum_segment_size: size.min(config.maximum_segment_size),
        window_scale: offer.window_scale.and_then(scale),
        timestamps: timestamps.is_some(),
        selective_acknowledgment: offer.selective_acknowledgment
            && carried.is_some_and(|carried| carried.sack),
        explicit_congestion_notification: offer.explicit_congestion_notification
            && carried.is_some_and(|carried| carried.ecn),
    }
}
