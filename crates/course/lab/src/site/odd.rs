//! The odd requests' pages, which are there only when an experiment is over.

use wirelab::http::Request;
use wirelab::server::{Reply, Step};

use super::{Form, HTML, Lab, TEXT, not_found, page};
use crate::background::failed;
use crate::odd::cases::Case;
use crate::odd::experiment::{self, converse};
use crate::odd::finished::Finished;
use crate::pages::{odd, text};

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
        let (address, parts) = (self.address, case.parts(&self.address.to_string()));
        let experiment = move || {
            converse(address, &parts, case.methods).map(|outcome| Finished::new(case, &parts, outcome))
        };
        self.running.run(experiment::LIMIT * 2, experiment, move |finished| match finished {
            Ok(finished) => show(&finished, form).into(),
            Err(error) => failed(&error.to_string()),
        })
    }
}

fn show(finished: &Finished, form: Form) -> Reply {
    match form {
        Form::Text(style) => page(TEXT, text::odd_case(finished, style)),
        Form::Html | Form::Json => page(HTML, odd::case(finished)),
    }
}
