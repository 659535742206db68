use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use wirelab::reactor::Signal;
use wirelab::serve::Model;
use wirelab::server::{Config, Server};

use crate::{Args, ThreadTime, Work, processor_time, thread_times, wait_until};

/// A server in a process of its own: this program again, with `--serve MODEL`. A model with processes must be started before
/// there are threads, and whoever measures processor time shall not find the load in it.
pub struct Served {
    child: Child,
    output: BufReader<ChildStdout>,
    /// Where it listens.
    pub address: SocketAddr,
}

/// What a server counted, told at its end.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Its workers.
    pub workers: Vec<WorkerTold>,
    /// What happened by name.
    pub incidents: Vec<(String, u64)>,
    /// How many requests for `/` were handled while slow ones were ([`Work::meanwhile`]); the processes of a model keep this
    /// to themselves.
    pub meanwhile: u64,
}

/// What a worker counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerTold {
    /// Its name in the model.
    pub name: String,
    /// Connections that it was given.
    pub accepted: u64,
    /// Requests on its connections.
    pub requests: u64,
    /// Requests that it handled.
    pub handled: u64,
    /// Answers given to the last byte.
    pub responses: u64,
    /// Connections that it lost by dying.
    pub lost: u64,
}

/// The other side of [`Served`]: if the program was started with `--serve MODEL`, serves [`Work`] on a free port until SIGTERM,
/// says what was counted, and returns true. `--hand-over-at PATH` lets a successor take its place, `--take-over PATH` is one.
///
/// # Errors
/// Those of [`Server::run_as`].
pub fn serve(args: &Args, site: Work) -> io::Result<bool> {
    let Some(model) = args.get("--serve") else { return Ok(false) };
    // A client that has a connection may be slow to ask, on a busy machine. The usual 250 ms would turn it away.
    let farewell_time = Duration::from_secs(10);
    let config = Config { stop_on_signals: true, farewell_time, ..Config::default() };
    let mut server = match args.get("--take-over") {
        Some(path) => Server::take_over(path, config)?,
        None => Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), config)?,
    };
    if let Some(path) = args.get("--hand-over-at") {
        server = server.hand_over_at(path)?;
    }
    let handle = server.handle();
    println!("ready {}", server.local_addr());
    server.run_as(model.parse()?, site.clone())?;
    for worker in handle.workers() {
        let numbers =
            [worker.accepted(), worker.requests(), worker.handled(), worker.responses(), worker.lost()];
        println!("worker {} {}", worker.name(), numbers.map(|number| number.to_string()).join(" "));
    }
    for (name, count) in handle.counters().incidents() {
        println!("incident {name} {count}");
    }
    println!("meanwhile {}", site.meanwhile().iter().sum::<u64>());
    Ok(true)
}

impl Served {
    /// Starts this program with `--serve MODEL`, and waits until it listens.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(model: Model) -> io::Result<Self> {
        Served::start_with(model, &[])
    }

    /// The same with further arguments for [`serve`].
    ///
    /// # Errors
    /// It does not start.
    pub fn start_with(model: Model, arguments: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--serve", &model.to_string()]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (mut output, mut line) = (BufReader::new(output), String::new());
        output.read_line(&mut line)?;
        let address = line.trim_end().strip_prefix("ready ").and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| io::Error::other(format!("{model} does not start: {line}")))?;
        let mut served = Served { child, output, address };
        served.wait_for_threads(model)?;
        Ok(served)
    }

    /// Waits until all threads (or processes) of the model wait for something. Otherwise the first of them would take all
    /// connections until the others are there.
    fn wait_for_threads(&mut self, model: Model) -> io::Result<()> {
        let least = match model {
            Model::SingleLoop | Model::ThreadPerConnection => 1,
            Model::SharedListener(n) | Model::Shards(n) => n,
            Model::Readers(n) | Model::WorkerPool(n) | Model::Processes(n) => n + 1,
        };
        wait_until("all threads of the server to wait for connections", || {
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("{model} ended with {status}")));
            }
            let threads = thread_times(self.child.id())?;
            Ok(threads.len() >= least && threads.iter().all(|thread| thread.waits > 0))
        })
    }

    /// The number of its process, the master's if it has several.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// How long it has run, with all its threads and processes; see [`processor_time`].
    ///
    /// # Errors
    /// Those of [`processor_time`].
    pub fn processor_time(&self) -> io::Result<Duration> {
        processor_time(self.child.id())
    }

    /// How long its threads have run.
    ///
    /// # Errors
    /// Those of [`thread_times`].
    pub fn threads(&self) -> io::Result<Vec<ThreadTime>> {
        thread_times(self.child.id())
    }

    /// Lets it end in good order, and hears what it has counted.
    ///
    /// # Errors
    /// It ended otherwise.
    pub fn stop(self) -> io::Result<Told> {
        Signal::TERM.send(self.child.id())?;
        self.wait_for_end()
    }

    /// Waits until it ends by itself, and hears what it has counted.
    ///
    /// # Errors
    /// It ended otherwise than in good order.
    pub fn wait_for_end(mut self) -> io::Result<Told> {
        let mut told = Told::default();
        for line in (&mut self.output).lines() {
            told.hear(&line?);
        }
        let status = self.child.wait()?;
        if status.success() {
            Ok(told)
        } else {
            Err(io::Error::other(format!("the server ended with {status}")))
        }
    }
}

impl Told {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |word: &str| word.parse().unwrap_or(0);
        match words[..] {
            ["worker", name, accepted, requests, handled, responses, lost] => self.workers.push(WorkerTold {
                name: name.to_owned(),
                accepted: number(accepted),
                requests: number(requests),
                handled: number(handled),
                responses: number(responses),
                lost: number(lost),
            }),
            ["meanwhile", count] => self.meanwhile = number(count),
            ["incident", name, count] => self.incidents.push((name.to_owned(), number(count))),
            _ => {}
        }
    }

    /// How often something of this name happened.
    pub fn incident(&self, name: &str) -> u64 {
        self.incidents.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count)
    }

    /// Each worker's part of what was handled, in percent, the largest first.
    pub fn balance(&self) -> String {
        let all = self.sum(|worker| worker.handled).max(1);
        let parts = self.workers.iter().map(|worker| 100.0 * worker.handled as f64 / all as f64);
        let mut parts: Vec<f64> = parts.filter(|part| *part > 0.0).collect();
        parts.sort_by(|a, b| b.total_cmp(a));
        parts.iter().map(|part| format!("{part:.0}")).collect::<Vec<_>>().join(" ")
    }

    /// The sum over all workers.
    pub fn sum(&self, of: impl Fn(&WorkerTold) -> u64) -> u64 {
        self.workers.iter().map(of).sum()
    }
}

impl Drop for Served {
    /// A server whose program fails does not stay behind.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Told;

    #[test]
    fn what_is_told_is_heard() {
        let mut told = Told::default();
        for line in [
            "worker loop-0 1 2 3 4 5",
            "worker loop-1 10 20 30 40 50",
            "incident panic 7",
            "meanwhile 9",
            "hello",
        ] {
            told.hear(line);
        }
        assert_eq!(
            (told.sum(|worker| worker.handled), told.incident("panic"), told.incident("none")),
            (33, 7, 0)
        );
        assert_eq!((told.workers[1].name.as_str(), told.balance().as_str()), ("loop-1", "91 9"));
    }
}
