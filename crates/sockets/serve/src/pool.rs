use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use wirelab_reactor::{Token, Waker};

use crate::{Service, Tally};

/// Requests on their way to the threads that handle them, and answers on their way back.
///
/// ```text
///            push                 next
///   loop ───────────▶ requests ─────────▶ n threads: Service::handle
///        ◀─────────── answers  ◀─────────
///        take_answers              push, and wake
/// ```
pub(crate) struct Pool<S: Service> {
    requests: Mutex<Requests<S>>,
    some: Condvar,
    answers: Mutex<Vec<(Token, Option<S::Answer>)>>,
    waker: Waker,
    max_queue: usize,
}

struct Requests<S: Service> {
    waiting: VecDeque<(Token, S::Request)>,
    is_closed: bool,
}

impl<S: Service> Pool<S> {
    pub(crate) fn new(max_queue: usize, waker: Waker) -> Self {
        let requests = Mutex::new(Requests { waiting: VecDeque::new(), is_closed: false });
        Pool { requests, some: Condvar::new(), answers: Mutex::default(), waker, max_queue: max_queue.max(1) }
    }

    /// Puts a request at the end of the queue, or gives it back if that is full.
    pub(crate) fn push(&self, token: Token, request: S::Request) -> Result<(), S::Request> {
        let mut requests = locked(&self.requests);
        if requests.waiting.len() >= self.max_queue {
            return Err(request);
        }
        requests.waiting.push_back((token, request));
        drop(requests);
        self.some.notify_one();
        Ok(())
    }

    pub(crate) fn take_answers(&self) -> Vec<(Token, Option<S::Answer>)> {
        std::mem::take(&mut locked(&self.answers))
    }

    /// No more requests will come: the threads end when the queue is empty.
    pub(crate) fn close(&self) {
        let mut requests = locked(&self.requests);
        requests.is_closed = true;
        requests.waiting.clear(); // the loop has ended, and nobody waits for these answers
        drop(requests);
        self.some.notify_all();
    }

    /// A thread of the pool: handles requests until the pool is closed. A panic of the handler costs its request.
    pub(crate) fn run(&self, service: &S, counters: &Tally) {
        while let Some((token, request)) = self.next() {
            let answer = catch_unwind(AssertUnwindSafe(|| service.handle(request))).ok();
            counters.add(|row| &row.handled, 1);
            locked(&self.answers).push((token, answer));
            let _ = self.waker.wake(); // its descriptor lives as long as it does
        }
    }

    fn next(&self) -> Option<(Token, S::Request)> {
        let mut requests = locked(&self.requests);
        loop {
            if let Some(next) = requests.waiting.pop_front() {
                return Some(next);
            }
            if requests.is_closed {
                return None;
            }
            requests = self.some.wait(requests).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Both lists are whole after every step, so that a panic elsewhere cannot have left one half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
