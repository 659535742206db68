//! `/sockets`: the kernel's side.

use std::sync::{Mutex, PoisonError};

use wirelab::http::{Method, Request, StatusCode};
use wirelab::server::{Reply, Step, collect};

use super::{Form, HTML, JSON, LONGEST_CONTENT, Lab, TEXT, not_found, page};
use crate::background::failed;
use crate::pages::sockets;
use crate::sockets::queue::{Action, Queue, Snapshot};
use crate::sockets::{nagle, workers};

/// The listener that visitors play with: made for the first of them, and shared by all.
#[derive(Default)]
pub(super) struct SharedQueue(Mutex<Option<Queue>>);

impl SharedQueue {
    fn with<R>(&self, use_it: impl FnOnce(&mut Queue) -> std::io::Result<R>) -> std::io::Result<R> {
        // A panic in between leaves a queue that still can be asked, or drained.
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *queue {
            Some(queue) => use_it(queue),
            empty => use_it(empty.insert(Queue::new()?)),
        }
    }
}

impl Lab {
    /// What is below `/sockets`.
    pub(super) fn sockets(&self, request: Request) -> Step {
        let html = Form::wanted(&request) == Form::Html;
        let choose = move |pages: (String, String)| {
            if html { page(HTML, pages.0).into() } else { page(TEXT, pages.1).into() }
        };
        match (&request.method, request.target.path()) {
            (Method::Get | Method::Head, "/sockets") => choose(sockets::index()),
            (Method::Get | Method::Head, "/sockets/nagle") => {
                self.running.run(nagle::LIMIT * 2, nagle::both, move |exchanges| match exchanges {
                    Ok(exchanges) => choose(sockets::nagle::pages(&exchanges)),
                    Err(error) => failed(&error.to_string()),
                })
            }
            (Method::Get | Method::Head, "/sockets/workers") => {
                self.running.run(workers::LIMIT, workers::all, move |balances| match balances {
                    Ok(balances) => choose(sockets::workers::pages(&balances)),
                    Err(error) => failed(&error),
                })
            }
            (Method::Get | Method::Head, "/sockets/queue") => {
                self.look(|seen| choose(sockets::queue::pages(seen)))
            }
            (Method::Get | Method::Head, "/sockets/queue.json") => {
                self.look(|seen| page(JSON, sockets::queue::json(seen)).into())
            }
            (Method::Post, "/sockets/queue") => self.act(request),
            _ => not_found(),
        }
    }

    fn look(&self, show: impl FnOnce(&Snapshot) -> Step) -> Step {
        match self.queue.with(|queue| queue.look()) {
            Ok(seen) => show(&seen),
            Err(error) => failed(&error.to_string()),
        }
    }

    /// A button was pressed: `action=NAME`.
    fn act(&self, request: Request) -> Step {
        let queue = self.queue.clone();
        collect(LONGEST_CONTENT, request, move |_, content| {
            let name = content.strip_prefix(b"action=").and_then(|name| std::str::from_utf8(name).ok());
            let Some(action) = name.and_then(Action::named) else {
                return Reply::text("There is no such action.\n").status(StatusCode::BAD_REQUEST).into();
            };
            match queue.with(|queue| queue.act(action)) {
                // RFC 9110 §15.4.4: look at the page again, by GET.
                Ok(()) => Reply::text("done\n")
                    .status(StatusCode::SEE_OTHER)
                    .with("Location", "/sockets/queue")
                    .into(),
                Err(error) => failed(&error.to_string()),
            }
        })
    }
}
