use std::fmt;
use std::io;
use std::sync::OnceLock;

use crate::incidents;
use crate::sys::Shared;
use crate::tally::{Common, Tally};

/// What a server has done so far, all its workers together. The numbers only grow; a monitor takes the difference of two
/// looks. A look adds up the workers' numbers: some loads from memory, and no lock.
#[derive(Default)]
pub struct Counters {
    table: OnceLock<Table>,
}

/// The counters' memory. It is shared with child processes that are forked later, which count in their own rows of it.
pub(crate) struct Table {
    common: Shared<Common>,
    rows: Shared<Tally>,
    names: Vec<String>,
}

/// What one worker has done so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    name: String,
    process: Option<u32>,
    accepted: u64,
    closed: u64,
    lost: u64,
    requests: u64,
    handled: u64,
    responses: u64,
    bytes_in: u64,
    bytes_out: u64,
    incidents: Vec<(&'static str, u64)>,
}

impl Table {
    /// A row for each name.
    pub(crate) fn new(names: Vec<String>) -> io::Result<Self> {
        Ok(Table { common: Shared::new(1)?, rows: Shared::new(names.len())?, names })
    }

    pub(crate) fn common(&self) -> &Common {
        &self.common[0]
    }

    pub(crate) fn row(&self, worker: usize) -> &Tally {
        &self.rows[worker]
    }
}

impl Counters {
    /// Gives the counters their memory. A server runs once, and so this is called once.
    pub(crate) fn begin(&self, names: Vec<String>) -> io::Result<&Table> {
        let table = Table::new(names)?;
        Ok(self.table.get_or_init(|| table))
    }

    fn rows(&self) -> &[Tally] {
        self.table.get().map_or(&[], |table| &table.rows)
    }

    fn sum(&self, of: impl Fn(&Tally) -> u64) -> u64 {
        self.rows().iter().map(of).sum()
    }

    /// Connections accepted.
    pub fn accepted(&self) -> u64 {
        self.sum(|row| row.accepted.get())
    }

    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        // First those that ended: one that is accepted and closed between the two looks must not count as -1.
        let closed = self.sum(|row| row.closed.get());
        self.accepted().saturating_sub(closed)
    }

    /// Connections that were open in a process that died, or in a loop that panicked.
    pub fn lost(&self) -> u64 {
        self.sum(|row| row.lost.get())
    }

    /// Requests whose head has arrived.
    pub fn requests(&self) -> u64 {
        self.sum(|row| row.requests.get())
    }

    /// Calls of the handler that have returned.
    pub fn handled(&self) -> u64 {
        self.sum(|row| row.handled.get())
    }

    /// Answers that were given to their last byte.
    pub fn responses(&self) -> u64 {
        self.sum(|row| row.responses.get())
    }

    /// Bytes received.
    pub fn bytes_in(&self) -> u64 {
        self.sum(|row| row.bytes_in.get())
    }

    /// Bytes handed to the kernel.
    pub fn bytes_out(&self) -> u64 {
        self.sum(|row| row.bytes_out.get())
    }

    /// How often something of this name happened: a time-out (`stall-time`, `linger-time`, `grace-time`), a broken
    /// connection (`reset`), a panic of the handler (`panic`), an error of the system (`accept-paused`, `lost-in-queue`,
    /// `not-registered`), the end of a child process (`worker-died`, `worker-restarted`), or what the sessions count.
    pub fn incident(&self, name: &str) -> u64 {
        self.sum(|row| row.incidents.count(name))
    }

    /// All that happened at least once, with its number, in alphabetical order.
    pub fn incidents(&self) -> Vec<(&'static str, u64)> {
        incidents::merged(self.rows().iter().map(|row| &row.incidents))
    }

    /// Each worker by itself, in the order of their numbers.
    pub fn workers(&self) -> Vec<Worker> {
        let names = self.table.get().map_or(&[][..], |table| &table.names);
        names.iter().zip(self.rows()).map(|(name, row)| Worker::of(name, row)).collect()
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counters")
            .field("accepted", &self.accepted())
            .field("open", &self.open())
            .field("lost", &self.lost())
            .field("requests", &self.requests())
            .field("handled", &self.handled())
            .field("responses", &self.responses())
            .field("bytes_in", &self.bytes_in())
            .field("bytes_out", &self.bytes_out())
            .field("incidents", &self.incidents())
            .finish()
    }
}

impl Worker {
    fn of(name: &str, row: &Tally) -> Self {
        let closed = row.closed.get();
        Worker {
            name: name.to_owned(),
            process: row.process(),
            accepted: row.accepted.get().max(closed),
            closed,
            lost: row.lost.get(),
            requests: row.requests.get(),
            handled: row.handled.get(),
            responses: row.responses.get(),
            bytes_in: row.bytes_in.get(),
            bytes_out: row.bytes_out.get(),
            incidents: incidents::merged(std::iter::once(&row.incidents)),
        }
    }

    /// Its name in the model: `loop`, `reader-2`, `process-0`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process, if that is not the master's.
    pub fn process_id(&self) -> Option<u32> {
        self.process
    }

    /// Connections that it was given.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        self.accepted - self.closed
    }

    /// Connections that were open when it died or panicked.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Requests whose head has arrived on its connections.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Calls of the handler that have returned on its thread.
    pub fn handled(&self) -> u64 {
        self.handled
    }

    /// Answers that were given to their last byte on its connections.
    pub fn responses(&self) -> u64 {
        self.responses
    }

    /// Bytes received.
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in
    }

    /// Bytes handed to the kernel.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out
    }

    /// As [`Counters::incidents`].
    pub fn incidents(&self) -> &[(&'static str, u64)] {
        &self.incidents
    }
}
