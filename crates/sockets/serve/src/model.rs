use std::fmt;
use std::io;
use std::str::FromStr;

/// Which threads and processes do what.
///
/// ```text
///                    accepts            reads, writes         handles requests
///  SingleLoop        one loop           the same              the same
///  Readers(n)        one thread         n loops               the same n
///  WorkerPool(n)     one loop           the same              n threads
///  SharedListener(n) n loops, one queue the same              the same
///  Shards(n)         n loops, n queues  the same              the same
///  Processes(n)      n processes' loops the same              the same
///  ThreadPerConn.    one thread         a thread each         the same
/// ```
///
/// ```
/// use wirelab_serve::Model;
///
/// let model: Model = "shards:4".parse()?;
/// assert_eq!(model, Model::Shards(4));
/// assert_eq!((model.name(), model.to_string().as_str()), ("shards", "shards:4"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// One loop does everything. What a handler computes or waits for, all connections wait for.
    SingleLoop,
    /// One thread accepts, and hands each connection to the one of `n` loops that has the fewest.
    Readers(usize),
    /// One loop accepts, reads and writes; `n` threads handle requests.
    WorkerPool(usize),
    /// `n` loops accept from one socket and its one queue.
    SharedListener(usize),
    /// `n` loops, each with a socket and a queue of its own: the kernel chooses by a hash of the addresses
    /// (`SO_REUSEPORT`).
    Shards(usize),
    /// A master forks `n` processes that accept from one socket, and restarts those that die.
    Processes(usize),
    /// A thread for each connection. The thread reads, handles, and writes, and waits in each of them.
    ThreadPerConnection,
}

impl Model {
    /// All of them, with `n` as the machine has processors: the one that this many threads can keep busy.
    pub fn all() -> [Model; 7] {
        let n = std::thread::available_parallelism().map_or(1, usize::from);
        [
            Model::SingleLoop,
            Model::Readers(n),
            Model::WorkerPool(n),
            Model::SharedListener(n),
            Model::Shards(n),
            Model::Processes(n),
            Model::ThreadPerConnection,
        ]
    }

    /// All of them, with two threads or processes where there are several.
    pub const ALL: [Model; 7] = [
        Model::SingleLoop,
        Model::Readers(2),
        Model::WorkerPool(2),
        Model::SharedListener(2),
        Model::Shards(2),
        Model::Processes(2),
        Model::ThreadPerConnection,
    ];

    /// Its name, without the number.
    pub fn name(self) -> &'static str {
        match self {
            Model::SingleLoop => "single-loop",
            Model::Readers(_) => "readers",
            Model::WorkerPool(_) => "worker-pool",
            Model::SharedListener(_) => "shared-listener",
            Model::Shards(_) => "shards",
            Model::Processes(_) => "processes",
            Model::ThreadPerConnection => "thread-per-connection",
        }
    }

    /// How many threads or processes it was given, where that is its to say.
    pub fn count(self) -> Option<usize> {
        match self {
            Model::SingleLoop | Model::ThreadPerConnection => None,
            Model::Readers(n)
            | Model::WorkerPool(n)
            | Model::SharedListener(n)
            | Model::Shards(n)
            | Model::Processes(n) => Some(n),
        }
    }

    /// Whether it can be run, and on so many listeners.
    pub(crate) fn check(self, listeners: usize) -> io::Result<()> {
        if self.count().is_some_and(|count| !(1..=MAX_COUNT).contains(&count)) {
            return Err(invalid(format!("{self}: from 1 to {MAX_COUNT}")));
        }
        match self {
            Model::Shards(n) if n >= listeners => Ok(()),
            _ if listeners == 1 => Ok(()),
            _ => Err(invalid(format!("{self} cannot serve what {listeners} sockets accept"))),
        }
    }

    fn with_count(self, count: usize) -> Option<Model> {
        Some(match self {
            Model::SingleLoop | Model::ThreadPerConnection => return None,
            Model::Readers(_) => Model::Readers(count),
            Model::WorkerPool(_) => Model::WorkerPool(count),
            Model::SharedListener(_) => Model::SharedListener(count),
            Model::Shards(_) => Model::Shards(count),
            Model::Processes(_) => Model::Processes(count),
        })
    }
}

/// `name`, or `name:count`.
impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count() {
            Some(count) => write!(f, "{}:{count}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

/// `name`, with a thread for each processor, or `name:count`.
impl FromStr for Model {
    type Err = io::Error;

    fn from_str(text: &str) -> io::Result<Model> {
        let (name, count) = text.split_once(':').map_or((text, None), |(name, count)| (name, Some(count)));
        let unknown = || invalid(format!("there is no model `{text}`; there are {}", names()));
        let model = Model::all().into_iter().find(|model| model.name() == name).ok_or_else(unknown)?;
        let Some(count) = count else { return Ok(model) };
        let count = count.parse().ok().filter(|count| (1..=MAX_COUNT).contains(count));
        count.and_then(|count| model.with_count(count)).ok_or_else(unknown)
    }
}

/// More threads than this are a mistake.
const MAX_COUNT: usize = 1024;

fn names() -> String {
    let with_count = |model: Model| match model.count() {
        Some(_) => format!("{0}, {0}:N", model.name()),
        None => model.name().to_owned(),
    };
    Model::ALL.map(with_count).join(", ")
}

pub(crate) fn invalid(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text.into())
}
