use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wirelab::socket::{TcpListener, TcpStream};

use crate::{ThreadWatch, wait_until};

/// What threads that accept write down, without locks: a thread that waits shall wait for a connection and for nothing else.
#[derive(Debug, Default)]
pub struct AcceptLog {
    /// The number of the thread that took each connection, in order.
    takers: Vec<AtomicUsize>,
    taken: AtomicUsize,
    told_in_vain: AtomicU64,
    busy: AtomicBool,
    stop: AtomicBool,
}

impl AcceptLog {
    /// A thread has taken a connection. Returns whether it shall go on; while [`keep_busy`](Self::keep_busy) holds, not before it
    /// is over for the thread that took the first connection.
    pub fn took(&self, thread: usize) -> bool {
        let at = self.taken.fetch_add(1, SeqCst);
        if let Some(taker) = self.takers.get(at) {
            taker.store(thread, SeqCst);
        }
        while at == 0 && self.busy.load(SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        !self.stop.load(SeqCst)
    }

    /// A thread was told of a connection, and found none.
    pub fn told_in_vain(&self) {
        self.told_in_vain.fetch_add(1, SeqCst);
    }

    /// From now on, or from now on no more, whoever takes the first connection stays with it.
    pub fn keep_busy(&self, busy: bool) {
        self.busy.store(busy, SeqCst);
    }

    /// How often threads were told of a connection and found none.
    pub fn in_vain(&self) -> u64 {
        self.told_in_vain.load(SeqCst)
    }

    /// Which thread took each connection.
    pub fn takers(&self) -> Vec<usize> {
        let taken = self.taken.load(SeqCst);
        self.takers.iter().take(taken).map(|taker| taker.load(SeqCst)).collect()
    }
}

/// Threads that accept on one socket, watched while they do.
///
/// ```
/// use wirelab::socket::{TcpListener, TcpStream};
/// use wirelab_examples::{AcceptLog, Acceptors};
///
/// fn accept(listener: TcpListener, thread: usize, log: &AcceptLog) -> std::io::Result<()> {
///     while listener.accept_blocking().is_ok() && log.took(thread) {}
///     Ok(())
/// }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let acceptors = Acceptors::start(2, 3, accept)?;
/// (0..3).try_for_each(|_| acceptors.connect())?;
/// acceptors.wait_until_taken(3)?;
/// assert_eq!(acceptors.shares().iter().sum::<usize>(), 3);
/// acceptors.stop()
/// # }
/// ```
pub struct Acceptors {
    /// Their socket.
    pub listener: TcpListener,
    /// What they write down.
    pub log: Arc<AcceptLog>,
    threads: Vec<(JoinHandle<io::Result<()>>, ThreadWatch)>,
}

impl Acceptors {
    /// So many threads for so many connections. Each has a number, and stands in line for a connection in that order.
    ///
    /// # Errors
    /// There is no socket, or no thread, to be had.
    pub fn start(
        threads: usize,
        connections: usize,
        accept: fn(TcpListener, usize, &AcceptLog) -> io::Result<()>,
    ) -> io::Result<Acceptors> {
        let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        let takers = (0..connections).map(|_| AtomicUsize::new(usize::MAX)).collect();
        let log = Arc::new(AcceptLog { takers, ..AcceptLog::default() });
        let mut acceptors = Acceptors { listener, log, threads: Vec::new() };
        for number in 0..threads {
            let (listener, log) = (acceptors.listener.try_clone()?, acceptors.log.clone());
            acceptors.threads.push(ThreadWatch::spawn(move || accept(listener, number, &log))?);
            acceptors.wait_until_all_wait()?;
        }
        Ok(acceptors)
    }

    /// Waits until each of them waits.
    ///
    /// # Errors
    /// Those of [`ThreadWatch::wait_until_waiting`].
    pub fn wait_until_all_wait(&self) -> io::Result<()> {
        self.threads.iter().try_for_each(|(_, watch)| watch.wait_until_waiting())
    }

    /// Waits until so many connections were taken.
    ///
    /// # Errors
    /// Those of [`wait_until`].
    pub fn wait_until_taken(&self, count: usize) -> io::Result<()> {
        wait_until("a connection to be accepted", || Ok(self.log.taken.load(SeqCst) >= count))
    }

    /// A client connects, and has nothing to say.
    ///
    /// # Errors
    /// Those of [`TcpStream::connect`].
    pub fn connect(&self) -> io::Result<()> {
        TcpStream::connect(self.listener.local_addr()?).map(drop)
    }

    /// How often they were woken, all together.
    ///
    /// # Errors
    /// Those of [`ThreadWatch::wakes`].
    pub fn wakes(&self) -> io::Result<u64> {
        self.threads.iter().map(|(_, watch)| watch.wakes()).sum()
    }

    /// How many connections each of them took.
    pub fn shares(&self) -> Vec<usize> {
        let takers = self.log.takers();
        let share = |number| takers.iter().filter(|&&taker| taker == number).count();
        (0..self.threads.len()).map(share).collect()
    }

    /// Ends each of them with a last connection.
    ///
    /// # Errors
    /// One of them ended with one.
    pub fn stop(self) -> Result<(), Box<dyn Error>> {
        self.log.stop.store(true, SeqCst);
        self.threads.iter().try_for_each(|_| self.connect())?;
        for (thread, _) in self.threads {
            thread.join().map_err(|_| "a thread panicked")??;
        }
        Ok(())
    }
}
