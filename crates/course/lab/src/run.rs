//! From the command line to the event loop.

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use wirelab::server::{Config, Server};

use crate::cli::{Command, HELP};
use crate::{Lab, self_test};

/// The program.
pub fn main() -> ExitCode {
    let result = match Command::parse(lexopt::Parser::from_env()) {
        Err(error) => Err(format!("{error}\n\n{HELP}")),
        Ok(Command::Help) => say(HELP).map_err(|error| error.to_string()),
        Ok(Command::SelfTest) => {
            self_test::run().and_then(|report| say(&report).map_err(|error| error.to_string()))
        }
        Ok(Command::Serve(address, any_port)) => serve(address, any_port).map_err(|error| error.to_string()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(address: SocketAddr, any_port: bool) -> io::Result<()> {
    let server = match bind(address) {
        Err(error) if any_port && error.kind() == ErrorKind::AddrInUse => {
            say(&format!("port {} is taken; another one then\n", address.port()))?;
            bind(SocketAddr::new(address.ip(), 0))
        }
        other => other,
    }
    .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?;
    let address = server.local_addr();
    say(&format!(
        "ready http://{address}/\n\
         Open it in a browser. In a terminal: curl -s http://{address}/ (with colours: curl -s http://{address}/ansi)\n\
         Ctrl-C stops the lab.\n"
    ))?;
    server.run(Lab::new(address))
}

fn bind(address: SocketAddr) -> io::Result<Server> {
    Server::bind(address, Config { stop_on_signals: true, ..Config::default() })
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
