//! The odd requests' pages, which are there only when an experiment is over.

use std::io;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use wirelab::http::{Request, StatusCode};
use wirelab::server::{Reply, Step};

use super::{Form, HTML, Lab, TEXT, not_found, page};
use crate::odd::cases::Case;
use crate::odd::experiment::{self, Outcome};
use crate::odd::finished::Finished;
use crate::pages::{odd, text};

/// How often it is looked whether an experiment is over.
const POLL: Duration = Duration::from_millis(5);

impl Lab {
    /// `/odd`
    pub(super) fn odd(&self, request: &Request) -> Step {
        let form = Form::wanted(request);
        let wanted =
            request.target.query().unwrap_or_default().split('&').find_map(|part| part.strip_prefix("case="));
        let Some(id) = wanted else {
            return match form {
                Form::Html => page(HTML, odd::list()).into(),
                _ => page(TEXT, text::odd_list()).into(),
            };
        };
        let Some(case) = Case::find(id) else { return not_found() };
        let parts = case.parts(&self.address.to_string());
        match experiment::start(&self.running, self.address, parts.clone(), case.methods) {
            Some(outcome) => await_outcome(Experiment { case, parts, outcome, form, since: Instant::now() }),
            None => Reply::text("Enough experiments are running; try again.\n")
                .status(StatusCode::SERVICE_UNAVAILABLE)
                .into(),
        }
    }
}

struct Experiment {
    case: &'static Case,
    parts: Vec<Vec<u8>>,
    outcome: Receiver<io::Result<Outcome>>,
    form: Form,
    since: Instant,
}

/// Comes back until the experiment's thread has something to say; the loop serves others, and the experiment, meanwhile.
fn await_outcome(experiment: Experiment) -> Step {
    match experiment.outcome.try_recv() {
        Ok(Ok(outcome)) => show(&experiment, outcome),
        Err(TryRecvError::Empty) if experiment.since.elapsed() < experiment::LIMIT * 2 => {
            Step::Later(POLL, Box::new(|| await_outcome(experiment)))
        }
        Ok(Err(error)) => failed(&error.to_string()),
        Err(_) => failed("it did not end in time"),
    }
}

fn show(experiment: &Experiment, outcome: Outcome) -> Step {
    let finished = Finished::new(experiment.case, &experiment.parts, outcome);
    match experiment.form {
        Form::Html => page(HTML, odd::case(&finished)).into(),
        Form::Text(style) => page(TEXT, text::odd_case(&finished, style)).into(),
        Form::Json => not_found(),
    }
}

fn failed(why: &str) -> Step {
    Reply::text(format!("The experiment failed: {why}\n")).status(StatusCode::INTERNAL_SERVER_ERROR).into()
}
