//! `/sockets`: the kernel's side.

use wirelab::http::{Method, Request};
use wirelab::server::Step;

use super::{Form, HTML, Lab, TEXT, not_found, page};
use crate::background::failed;
use crate::pages::sockets;
use crate::sockets::nagle;

impl Lab {
    /// What is below `/sockets`.
    pub(super) fn sockets(&self, request: &Request) -> Step {
        let html = Form::wanted(request) == Form::Html;
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
            _ => not_found(),
        }
    }
}
