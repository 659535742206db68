//! The same load on each execution model, and who of its workers did how much.

use std::net::SocketAddr;
use std::time::Duration;

use wirelab::http::{Method, Request, Target};
use wirelab::load::{Arrivals, Config as LoadConfig, Load, Mix, Report};
use wirelab::serve::{Model, Worker};
use wirelab::server::{Config, Context, Reply, Server, Step};

/// Requests a second, each on a connection of its own.
const RATE: f64 = 1500.0;

/// How long each model is given the load.
const TIME: Duration = Duration::from_millis(250);

/// How long all of it may take.
pub const LIMIT: Duration = Duration::from_secs(20);

/// What was seen of one model.
#[derive(Clone, Debug)]
pub struct Balance {
    /// Which one.
    pub model: Model,
    /// What each of its workers has done.
    pub workers: Vec<Worker>,
    /// How many requests were sent.
    pub sent: u64,
    /// How many of them were answered.
    pub answered: u64,
}

/// The models that can run here. `Processes` forks, which a program with several threads must not do.
pub fn models() -> impl Iterator<Item = Model> {
    Model::ALL.into_iter().filter(|model| !matches!(model, Model::Processes(_)))
}

/// Runs each model in turn.
///
/// # Errors
/// A model or its load could not be started; in words.
pub fn all() -> Result<Vec<Balance>, String> {
    models().map(|model| observe(model).map_err(|error| format!("{model}: {error}"))).collect()
}

fn observe(model: Model) -> Result<Balance, String> {
    let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), Config::default());
    let server = server.map_err(|error| error.to_string())?;
    let (address, handle) = (server.local_addr(), server.handle());
    let thread = std::thread::spawn(move || server.run_as(model, answer));
    let report = load(address);
    handle.stop();
    match thread.join() {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(error.to_string()),
        Err(_) => return Err("a thread of the server panicked".to_owned()),
    }
    let counts = report?.counts;
    Ok(Balance { model, workers: handle.workers(), sent: counts.sent, answered: counts.answered })
}

fn answer(_: Request, _: &Context) -> Step {
    Reply::text("OK").into()
}

fn load(address: SocketAddr) -> Result<Report, String> {
    let target = Target::parse(b"/").map_err(|error| error.to_string())?;
    let config = LoadConfig {
        arrivals: Arrivals::Constant(RATE),
        duration: TIME,
        connection_per_request: true,
        ..LoadConfig::default()
    };
    let load = Load::new(address, Mix::new("page", Request::new(Method::Get, target)), config);
    load.and_then(|load| load.run()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workers_together_did_what_was_asked_of_each_model() {
        let balances = all().unwrap();
        assert_eq!(balances.len(), Model::ALL.len() - 1);
        for Balance { model, workers, sent, answered } in balances {
            assert!(sent > 100 && answered == sent, "{model}: {answered} of {sent}");
            let of = |count: fn(&Worker) -> u64| workers.iter().map(count).sum::<u64>();
            assert_eq!(of(Worker::requests), sent, "{model}: {workers:?}");
            assert_eq!(of(Worker::handled), sent, "{model}: {workers:?}");
        }
    }
}
