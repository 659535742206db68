//! Builds the book with mdBook's library, and serves it with this workspace's own server.

#![forbid(unsafe_code)]

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mdbook_driver::MDBook;
use wirelab::server::{Config, Files, Server};

const HELP: &str = "\
Builds the book, and serves it by this workspace's own HTTP server.

usage: cargo run -p wirelab-book [-- OPTIONS]

  --listen ADDR   where to serve it (default 127.0.0.1:3000)
  --out DIR       where to build it (default: the folder book/book of the checkout)
  --build-only    build, and serve nothing
  --help          this text
";

struct Options {
    listen: SocketAddr,
    out: PathBuf,
    serve: bool,
}

fn main() -> ExitCode {
    match options().and_then(|options| options.map_or(Ok(()), run)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wirelab-book: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the checkout that this program was built from.
fn book_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../book")
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;
    let mut options = Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
        out: book_root().join("book"),
        serve: true,
    };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("listen") => options.listen = arguments.value()?.parse()?,
            Long("out") => options.out = PathBuf::from(arguments.value()?),
            Long("build-only") => options.serve = false,
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(None);
            }
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(Some(options))
}

fn run(options: Options) -> Result<(), Box<dyn Error>> {
    build(&options.out)?;
    println!("built {}", options.out.display());
    if options.serve {
        let config = Config { stop_on_signals: true, ..Config::default() };
        let server = Server::bind(options.listen, config)?;
        println!("ready http://{}/  (Ctrl-C ends it)", server.local_addr());
        server.run(Files::new(&options.out)?)?;
    }
    Ok(())
}

fn build(out: &Path) -> Result<(), Box<dyn Error>> {
    // An absolute path, since mdBook takes a relative one from the book's root.
    let out = std::path::absolute(out)?;
    let mut book = MDBook::load(book_root()).map_err(|error| format!("{error:#}"))?;
    book.config.build.build_dir = out;
    book.build().map_err(|error| format!("{error:#}"))?;
    Ok(())
}
