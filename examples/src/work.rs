use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use wirelab::http::{Request, StatusCode};
use wirelab::server::{Context, Handler, Reply, Step};
use wirelab::socket::thread_cpu_time;

use crate::ThreadWatch;

/// A site whose pages keep their thread busy in different ways, and which counts what happens meanwhile.
///
/// | Path | What it does before it answers |
/// |---|---|
/// | `/` | nothing |
/// | `/thread` | says which thread it is |
/// | `/block/MS` | waits that long, and its thread with it |
/// | `/compute/MS` | uses that much time of a processor |
/// | `/later/MS` | waits that long, and lets its thread go on with others |
///
/// Clones are one site.
#[derive(Clone, Default)]
pub struct Work {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Requests for `/`.
    quick: AtomicU64,
    /// For each request of another page, how many for `/` were handled while it was.
    meanwhile: Mutex<Vec<u64>>,
    threads: Mutex<Vec<ThreadWatch>>,
}

/// How much is computed between two looks at the clock.
const ROUND: u64 = 4096;

impl Work {
    /// The site, with nothing done yet.
    pub fn new() -> Self {
        Work::default()
    }

    /// How many requests for `/` were handled so far.
    pub fn quick(&self) -> u64 {
        self.shared.quick.load(Ordering::Relaxed)
    }

    /// For each slow request that is done, in that order, how many for `/` were handled while it was.
    pub fn meanwhile(&self) -> Vec<u64> {
        locked(&self.shared.meanwhile).clone()
    }

    /// The threads on which it was called.
    pub fn threads(&self) -> Vec<ThreadWatch> {
        locked(&self.shared.threads).clone()
    }

    /// Notes the calling thread, once.
    fn note_thread(&self) {
        thread_local!(static SITE: Cell<usize> = const { Cell::new(0) });
        let site = Arc::as_ptr(&self.shared) as usize;
        if SITE.replace(site) != site
            && let Ok(watch) = ThreadWatch::current()
        {
            locked(&self.shared.threads).push(watch);
        }
    }

    fn done(&self, before: u64) -> Reply {
        locked(&self.shared.meanwhile).push(self.quick() - before);
        Reply::text("done\n")
    }

    fn later(&self, time: Duration) -> Step {
        let (site, before) = (self.clone(), self.quick());
        Step::Later(time, Box::new(move || site.done(before).into()))
    }
}

impl Handler for Work {
    fn handle(&self, request: Request, _: &Context) -> Step {
        self.note_thread();
        if request.target.path() == "/" {
            self.shared.quick.fetch_add(1, Ordering::Relaxed);
            return Reply::text("OK").into();
        }
        if request.target.path() == "/thread" {
            return Reply::text(thread::current().name().unwrap_or("nameless").to_owned()).into();
        }
        let parts =
            request.target.path().rsplit_once('/').and_then(|(page, ms)| Some((page, ms.parse().ok()?)));
        let (page, time) = parts.map_or(("", Duration::ZERO), |(page, ms)| (page, Duration::from_millis(ms)));
        let before = self.quick();
        match page {
            "/later" => return self.later(time),
            "/block" => thread::sleep(time),
            "/compute" if compute(time).is_ok() => {}
            _ => return Reply::error(StatusCode::NOT_FOUND).into(),
        }
        self.done(before).into()
    }
}

/// Keeps the processor busy until it has worked so long for this thread. (With the time of a clock on the wall, two of these on
/// one processor would be done as fast as one.)
fn compute(time: Duration) -> io::Result<()> {
    let (began, mut mixed) = (thread_cpu_time()?, 1_u64);
    while thread_cpu_time()? - began < time {
        mixed =
            std::hint::black_box((0..ROUND).fold(mixed, |mixed, n| mixed.rotate_left(5).wrapping_mul(n | 1)));
    }
    Ok(())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The lists are whole after every step, so that a panic elsewhere cannot have left them half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
