//! The demo site as a process of its own, for tests that count its memory and descriptors, or send it signals.

#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::time::Duration;

use wirelab::server::{Config, DemoSite, Server};

fn main() -> std::io::Result<()> {
    let config = Config { stop_on_signals: true, head_time: Duration::from_secs(20), ..Config::default() };
    let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), config)?;
    let handle = server.handle();
    println!("ready {}", server.local_addr());
    server.run(DemoSite::new().with_uploads("/dev/full"))?;
    println!("requests {}", handle.counters().requests());
    Ok(())
}
