//! `/tcp`: a simulated transfer, on a thread of its own.

use std::time::Duration;

use bytes::Bytes;
use wirelab::http::{Request, StatusCode};
use wirelab::server::{Reply, Step};

use super::{Form, HTML, Lab, TEXT, page};
use crate::background::failed;
use crate::pages::tcp;
use crate::tcp::parameters::Parameters;
use crate::tcp::run::Run;

/// Real time, as opposed to the simulation's. The number of steps limits the work; this is for a machine that is busy.
const LIMIT: Duration = Duration::from_secs(30);

impl Lab {
    /// `/tcp` and `/tcp.pcapng`
    pub(super) fn tcp(&self, request: &Request) -> Step {
        let html = Form::wanted(request) == Form::Html;
        let parameters = match Parameters::parse(request.target.query().unwrap_or_default()) {
            Ok(parameters) => parameters,
            Err(why) => return refused(&why, html),
        };
        if request.target.path() == "/tcp.pcapng" {
            let capture = || Run::of(parameters).map(|run| run.capture().to_vec());
            return self.running.run(LIMIT, capture, |result| match result {
                Ok(file) => download(file),
                Err(why) => failed(&why),
            });
        }
        // Drawn on that thread, too: the event loop only sends.
        let draw = move || {
            Run::of(parameters)
                .map(|run| if html { (HTML, tcp::html(&run)) } else { (TEXT, tcp::text(&run)) })
        };
        self.running.run(LIMIT, draw, |result| match result {
            Ok((form, text)) => page(form, text).into(),
            Err(why) => failed(&why),
        })
    }
}

fn refused(why: &str, html: bool) -> Step {
    let reply = if html { page(HTML, tcp::refused(why)) } else { page(TEXT, format!("{why}\n")) };
    reply.status(StatusCode::BAD_REQUEST).into()
}

fn download(file: Vec<u8>) -> Step {
    Reply::of_type("application/x-pcapng", Bytes::from(file))
        .with("Content-Disposition", "attachment; filename=\"wirelab-tcp.pcapng\"")
        .with("X-Content-Type-Options", "nosniff")
        .with("Cache-Control", "no-store")
        .into()
}
