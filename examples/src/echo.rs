use std::io::{self, Read};
use std::net::SocketAddr;
use std::thread;

use wirelab::socket::{ListenOptions, TcpStream};

use crate::Cost;

/// What an echo service on connections of this process is asked to do.
///
/// ```
/// use wirelab_examples::{EchoLoad, Meter};
///
/// # fn main() -> std::io::Result<()> {
/// let load = EchoLoad { active: 1, idle: 0, rounds: 10 };
/// let cost = load.measure(|streams, messages| {
///     let (mut meter, mut calls, mut buffer) = (Meter::new(messages), 0, [0; 256]);
///     loop {
///         let count = streams[0].read(&mut buffer)?;
///         if count == 0 {
///             return Ok(meter.cost());
///         }
///         streams[0].write(&buffer[..count])?;
///         calls += 2;
///         meter.served(calls)?;
///     }
/// })?;
/// assert_eq!((cost.messages, cost.calls_each()), (9, 2.0));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EchoLoad {
    /// How many connections speak: in each round all of them, and all wait for their echo before the next.
    pub active: usize,
    /// How many connections say nothing.
    pub idle: usize,
    /// How many rounds there are.
    pub rounds: usize,
}

impl EchoLoad {
    /// The bytes of a message.
    pub const MESSAGE: usize = 64;

    /// Runs the service once, on a thread of its own. It gets its connections, those that speak first, and the number of messages; it
    /// ends when all connections have, and says what it cost.
    ///
    /// # Errors
    /// Those of the service and of the connections; an echo is not what was sent.
    pub fn measure(
        &self,
        serve: impl FnOnce(Vec<TcpStream>, usize) -> io::Result<Cost> + Send + 'static,
    ) -> io::Result<Cost> {
        let EchoLoad { active, idle, rounds } = *self;
        let listener = ListenOptions::default().bind(([127, 0, 0, 1], 0).into())?;
        let address = listener.local_addr()?;
        let server = thread::spawn(move || {
            let accept = |_| Ok(listener.accept_blocking()?.0);
            serve((0..active + idle).map(accept).collect::<io::Result<_>>()?, active * rounds)
        });
        let clients = connect(address, active)?;
        let silent = connect(address, idle)?;
        for round in 0..rounds {
            say(&clients, [round as u8; Self::MESSAGE])?;
        }
        drop((clients, silent));
        server.join().map_err(|_| io::Error::other("the server panicked"))?
    }

    /// The best of three runs: whatever else the machine does can only add to it.
    ///
    /// # Errors
    /// Those of [`measure`](Self::measure).
    pub fn best_of_three(
        &self,
        serve: impl Fn(Vec<TcpStream>, usize) -> io::Result<Cost> + Copy + Send + 'static,
    ) -> io::Result<Cost> {
        let costs = (0..3).map(|_| self.measure(serve)).collect::<io::Result<Vec<_>>>()?;
        Ok(costs.into_iter().min_by_key(|cost| cost.cpu).unwrap_or_default())
    }
}

fn connect(address: SocketAddr, count: usize) -> io::Result<Vec<TcpStream>> {
    (0..count).map(|_| TcpStream::connect(address)).collect()
}

/// One round.
fn say(clients: &[TcpStream], message: [u8; EchoLoad::MESSAGE]) -> io::Result<()> {
    for client in clients {
        client.write(&message)?;
    }
    for mut client in clients {
        let mut echo = [0; EchoLoad::MESSAGE];
        client.read_exact(&mut echo)?;
        if echo != message {
            return Err(io::Error::other("the echo is not what was sent"));
        }
    }
    Ok(())
}
