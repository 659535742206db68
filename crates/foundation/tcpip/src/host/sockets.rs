//! What an application does with TCP.

use std::net::{IpAddr, SocketAddr};

use bytes::{Bytes, BytesMut};
use wirelab_sansio::Instant;

use super::connections::{Owner, Seen};
use super::{Event, Host, ListenerId, Misuse, SocketId, is_unicast};
use crate::tcp::{self, Connection, Endpoints, Listen, Listener};

impl Host {
    /// Listens at an address of this host, or, with the unspecified address, at all of its family.
    ///
    /// # Errors
    /// The address is not ours, or somebody listens there.
    pub fn listen(&mut self, local: SocketAddr, options: Listen) -> Result<ListenerId, Misuse> {
        if !local.ip().is_unspecified() && !self.addresses.contains(&local.ip()) {
            return Err(Misuse::NotOurs(local.ip()));
        }
        if self.listeners.has(local) || local.port() == 0 {
            return Err(Misuse::Taken(local));
        }
        let id = ListenerId(self.new_id());
        self.listeners.insert(id, local, Listener::new(options));
        Ok(id)
    }

    /// The connection that has waited longest in the accept queue.
    pub fn accept(&mut self, listener: ListenerId) -> Option<SocketId> {
        let id = self.listeners.get_mut(listener)?.accept()?;
        let entry = self.connections.get_mut(id)?;
        entry.owner = Owner::Application;
        let held = std::mem::take(&mut entry.held);
        self.events.extend(held.into_iter().map(|event| Event::Tcp(id, event)));
        Some(id)
    }

    /// Listens no longer. Who waits in one of the queues gets a RST, as on Linux.
    pub fn stop_listening(&mut self, now: Instant, listener: ListenerId) {
        let queued = |owner| matches!(owner, Owner::HalfOpen(id) | Owner::Waiting(id) if id == listener);
        for id in self.connections.owned_by(queued) {
            if let Some(entry) = self.connections.get_mut(id) {
                entry.owner = Owner::Nobody;
                entry.connection.abort();
            }
            self.settle(now, id);
        }
        self.listeners.remove(listener);
    }

    /// How many handshakes of a listener are half done, and how many connections wait to be accepted.
    pub fn queues(&self, listener: ListenerId) -> Option<(usize, usize)> {
        self.listeners.get(listener).map(|listener| (listener.half_open(), listener.waiting()))
    }

    /// Opens a connection from an ephemeral port. [`tcp::Event::Established`] or [`tcp::Event::Closed`] says how it ends.
    ///
    /// # Errors
    /// Nothing can be sent there, or all ports or connections are in use.
    pub fn connect(
        &mut self,
        now: Instant,
        remote: SocketAddr,
        config: tcp::Config,
    ) -> Result<SocketId, Misuse> {
        if self.connections.len() >= self.config.connections {
            return Err(Misuse::TooManyConnections(self.config.connections));
        }
        let local = self.source_for(remote)?;
        let (connections, listeners) = (&self.connections, &self.listeners);
        let is_free = |port| {
            let local = SocketAddr::new(local, port);
            local != remote
                && connections.find(&Endpoints { local, remote }).is_none()
                && listeners.for_address(local).is_none()
        };
        let port = self.ports.choose(local, remote, is_free).ok_or(Misuse::PortsExhausted(remote))?;
        let ends = Endpoints { local: SocketAddr::new(local, port), remote };
        let isn = self.numbers.at(now, ends.local, remote);
        let mut connection = Connection::connect(now, ends, isn, self.fitting(ends, config));
        connection.set_timestamp_offset(self.timestamps.of(ends.local, remote));
        self.apply_path_mtu(now, &mut connection);
        let id = self.connections.insert(connection, Owner::Application, Seen::starting_at(isn));
        self.counters.TcpActiveOpens += 1;
        self.settle(now, id);
        Ok(id)
    }

    /// The first of our addresses that is of the destination's family.
    pub(super) fn source_for(&self, remote: SocketAddr) -> Result<IpAddr, Misuse> {
        if !is_unicast(remote.ip()) || remote.port() == 0 {
            return Err(Misuse::NotADestination(remote));
        }
        let same_family = |address: &&IpAddr| address.is_ipv4() == remote.is_ipv4();
        self.addresses.iter().find(same_family).copied().ok_or(Misuse::NoAddress(remote.ip()))
    }

    /// The same configuration, the segments not larger than the link's packets can carry (RFC 6691).
    pub(super) fn fitting(&self, ends: Endpoints, config: tcp::Config) -> tcp::Config {
        let headers = if ends.local.is_ipv4() { 40 } else { 60 };
        let most = self.config.mtu.saturating_sub(headers);
        tcp::Config { maximum_segment_size: config.maximum_segment_size.min(most), ..config }
    }

    /// A path that is known to be narrow need not be found so again.
    pub(super) fn apply_path_mtu(&self, now: Instant, connection: &mut Connection) {
        let remote = connection.endpoints().remote;
        let mtu = self.paths.mtu(now, remote.ip());
        if mtu < self.config.mtu {
            let headers = if remote.is_ipv4() { 40 } else { 60 };
            connection.set_path_segment_size(now, mtu.saturating_sub(headers));
        }
    }

    /// The connection itself, for looking at.
    pub fn socket(&self, id: SocketId) -> Option<&Connection> {
        self.connections
            .get(id)
            .filter(|entry| entry.owner == Owner::Application)
            .map(|entry| &entry.connection)
    }

    /// Hands bytes over, and returns how many the send buffer had room for.
    ///
    /// # Errors
    /// There is no such socket, or nothing can be sent on it any more.
    pub fn send(&mut self, id: SocketId, bytes: &[u8]) -> Result<usize, Misuse> {
        let sent = self.of_application(id).ok_or(Misuse::NoSuchSocket)?.send(bytes)?;
        self.connections.make_ready(id);
        Ok(sent)
    }

    /// Appends all that can be read to `out`, and returns how much that was.
    pub fn receive_into(&mut self, id: SocketId, out: &mut BytesMut) -> usize {
        let read = self.of_application(id).map_or(0, |connection| connection.receive_into(out));
        self.connections.make_ready(id);
        read
    }

    /// At most `most` of the bytes that can be read.
    pub fn read(&mut self, id: SocketId, most: usize) -> Bytes {
        let read = self.of_application(id).map_or_else(Bytes::new, |connection| connection.read(most));
        self.connections.make_ready(id);
        read
    }

    /// Ends our direction once everything that was handed over has been sent (`shutdown(SHUT_WR)`).
    pub fn close(&mut self, id: SocketId) {
        if let Some(connection) = self.of_application(id) {
            connection.close();
            self.connections.make_ready(id);
        }
    }

    /// Gives the connection up with a RST.
    pub fn abort(&mut self, id: SocketId) {
        if let Some(connection) = self.of_application(id) {
            connection.abort();
            self.connections.make_ready(id);
        }
    }

    /// Sends small segments at once (`TCP_NODELAY`), or not.
    pub fn set_nodelay(&mut self, id: SocketId, nodelay: bool) {
        if let Some(connection) = self.of_application(id) {
            connection.set_nodelay(nodelay);
            self.connections.make_ready(id);
        }
    }

    /// The application has no more use for the connection (`close`): the host brings it to its end and forgets it. The number
    /// is no socket any more.
    pub fn release(&mut self, now: Instant, id: SocketId) {
        if let Some(connection) = self.of_application(id) {
            connection.release(now);
            if let Some(entry) = self.connections.get_mut(id) {
                entry.owner = Owner::Nobody;
            }
            self.settle(now, id);
        }
    }
}
