//! The command line.

use std::net::SocketAddr;

/// What `--help` prints.
pub const HELP: &str = "\
The lab: a page that shows every byte of your own request, explained.

usage: cargo run -- [--listen ADDRESS:PORT] [--self-test]

  --listen ADDRESS:PORT  where to listen (default 127.0.0.1:8000, or a free port if that one is taken)
  --self-test            start on a free port, fetch every page, compare what the pages show with the bytes
                         that were sent and received, and end
  --help                 this text
";

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Serve at this address; `true`: another port will do if this one is taken.
    Serve(SocketAddr, bool),
    /// Fetch every page from oneself, and compare.
    SelfTest,
    /// Print [`HELP`].
    Help,
}

/// Where the lab listens if nobody says otherwise.
pub const DEFAULT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8000);

impl Command {
    /// Reads the arguments.
    ///
    /// # Errors
    /// An option that does not exist, or a value that is no address.
    pub fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;
        let mut command = Command::Serve(DEFAULT, true);
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("listen") => command = Command::Serve(arguments.value()?.parse()?, false),
                Long("self-test") => command = Command::SelfTest,
                Long("help") | Short('h') => return Ok(Command::Help),
                other => return Err(other.unexpected()),
            }
        }
        Ok(command)
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, DEFAULT};

    fn parse(arguments: &[&str]) -> Result<Command, lexopt::Error> {
        Command::parse(lexopt::Parser::from_iter(["lab"].iter().chain(arguments)))
    }

    #[test]
    fn without_arguments_any_port_will_do() {
        assert_eq!(parse(&[]).unwrap(), Command::Serve(DEFAULT, true));
    }

    #[test]
    fn an_address_that_was_asked_for_is_the_only_one() {
        let address = "127.0.0.1:1234".parse().unwrap();
        assert_eq!(parse(&["--listen", "127.0.0.1:1234"]).unwrap(), Command::Serve(address, false));
        assert!(parse(&["--listen", "nowhere"]).is_err());
        assert!(parse(&["--lisen"]).is_err());
    }
}
