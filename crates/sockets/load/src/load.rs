use std::net::SocketAddr;

use wirelab_http::{Fields, Method};
use wirelab_http1::{Connection, Event};

use crate::mix::Asking;
use crate::run::Run;
use crate::{Arrivals, Config, Error, Mix, Report};

/// A load on a server: where, what, and how.
///
/// ```
/// use std::time::Duration;
/// use wirelab_http::{Method, Request, Target};
/// use wirelab_load::{Arrivals, Config, Load, Mix};
///
/// # fn main() -> Result<(), wirelab_load::Error> {
/// let remote = "192.0.2.7:80".parse().unwrap();
/// let get = Request::new(Method::Get, Target::parse(b"/").unwrap());
/// assert!(Load::new(remote, Mix::new("page", get.clone()), Config::default()).is_err(), "not this machine");
///
/// let nobody = "127.0.0.1:1".parse().unwrap();
/// let config = Config { duration: Duration::from_millis(50), ..Config::default() };
/// let report = Load::new(nobody, Mix::new("page", get), config)?.run()?;
/// assert_eq!(report.counts.failed.refused, report.counts.due, "each is counted, none is left out");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) mix: Mix,
    pub(crate) config: Config,
}

impl Load {
    /// A load that is ready to be given. A request without a Host field gets one with the address.
    ///
    /// # Errors
    /// [`Error::NotLoopback`]: the address is another machine's. [`Error::Config`], [`Error::Request`]: what was asked for
    /// cannot be done.
    pub fn new(address: SocketAddr, mut mix: Mix, config: Config) -> Result<Self, Error> {
        if !config.allow_remote && !address.ip().to_canonical().is_loopback() {
            return Err(Error::NotLoopback(address));
        }
        check(&config)?;
        for asking in mix.kinds_mut() {
            if !asking.request.fields.contains("Host") {
                asking.request = asking.request.clone().with("Host", address);
            }
            if config.connection_per_request {
                asking.request = asking.request.clone().with("Connection", "close");
            }
            try_out(asking)?;
        }
        Ok(Load { address, mix, config })
    }

    /// Gives the load, on this thread, and says what it has shown. It takes [`Config::duration`] and at most
    /// [`Config::grace`] more, and up to [`Config::timeout`] before that to make the connections.
    ///
    /// # Errors
    /// [`Error::Io`]: the loop has no descriptor. What happens to requests is never an error, but in the report.
    pub fn run(&self) -> Result<Report, Error> {
        self.run_watched(|_| {})
    }

    /// As [`run`](Self::run); once a second, `watch` is shown what has been measured so far, in which requests on their
    /// way are sent, and nothing else yet.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_watched(&self, mut watch: impl FnMut(&Report)) -> Result<Report, Error> {
        let mut run = Run::new(self)?;
        run.open_all()?;
        run.go(&mut watch)
    }
}

fn check(config: &Config) -> Result<(), Error> {
    let rate = match config.arrivals {
        Arrivals::Closed => 1.0,
        Arrivals::Constant(rate) | Arrivals::Poisson { rate, .. } => rate,
    };
    if !(rate > 0.0 && rate.is_finite()) {
        return Err(Error::Config("the rate is no positive number"));
    }
    if config.connections == 0 || config.connections > u32::MAX as usize {
        return Err(Error::Config("there must be at least one connection"));
    }
    Ok(())
}

/// Sends the request to nobody, to hear of its mistakes now and once.
fn try_out(asking: &Asking) -> Result<(), Error> {
    let refuse = |problem: String| Err(Error::Request { name: asking.name.clone(), problem });
    if asking.request.method == Method::Connect || asking.request.fields.contains("Upgrade") {
        return refuse("it asks for a tunnel".to_owned());
    }
    let mut nobody = Connection::client();
    let head = nobody.send(&Event::Request(asking.request.clone()));
    let all =
        head.and_then(|()| nobody.send_data(&asking.content)).and_then(|()| nobody.send_end(&Fields::new()));
    all.or_else(|misuse| refuse(misuse.to_string()))
}
