use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use wirelab::kernel::{self, Sysctl};
use wirelab::socket::{ConnectOptions, Namespace, Socket, TcpListener, TcpStream};

use crate::Recording;

/// A client with few ports, on the loopback device: what 28,232 ports are too many to show, and a few show at once.
///
/// ```
/// use wirelab_examples::FewPorts;
///
/// # fn main() -> std::io::Result<()> {
/// let client = FewPorts::find(3, false)?;
/// let [server, ..] = client.servers()?;
/// let _open = [client.connect(&server)?, client.connect(&server)?, client.connect(&server)?];
/// assert!(client.connect(&server).is_err());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct FewPorts {
    /// The ports.
    pub ports: RangeInclusive<u16>,
    own: bool,
    recording: Option<Recording>,
}

impl FewPorts {
    /// So many ports that no socket of this network has. It may be everybody's, if it is not the program's `own`, and then others'
    /// connections in TIME-WAIT are waited for.
    ///
    /// # Errors
    /// There are none; those of [`kernel::free_ports`].
    pub fn find(count: u16, own: bool) -> io::Result<Self> {
        let began = Instant::now();
        loop {
            if let Some(ports) = kernel::free_ports(count)? {
                return Ok(FewPorts { ports, own, recording: None });
            }
            match began.elapsed().as_secs() {
                0 => println!(
                    "Others have a port of every {count}. Waiting for those in TIME-WAIT: a minute at most.\n"
                ),
                1..90 => {}
                _ => return Err(io::Error::other(format!("there are no {count} free ports in a row"))),
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    /// Records what passes in each network that [`servers`](Self::servers) makes.
    #[must_use]
    pub fn recorded_by(mut self, recording: Recording) -> Self {
        self.recording = Some(recording);
        self
    }

    /// An address of the loopback device, which has all of 127.0.0.0/8, and any port.
    pub fn host(number: u8) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, number], 0))
    }

    /// Three servers: two ports of an address, and another address; none of them has one of the ports. A client with a network of
    /// its own gets a new one for them, where no port is in TIME-WAIT.
    ///
    /// # Errors
    /// The network, or its range of ports, cannot be had.
    pub fn servers(&self) -> io::Result<[TcpListener; 3]> {
        if self.own {
            Namespace::enter_new()?;
            self.recording.as_ref().map_or(Ok(()), Recording::here_too)?;
        }
        let servers = [self.listen(1)?, self.listen(1)?, self.listen(2)?];
        if self.own {
            Sysctl::IP_LOCAL_PORT_RANGE.write(format!("{} {}", self.ports.start(), self.ports.end()))?;
        }
        Ok(servers)
    }

    fn listen(&self, host: u8) -> io::Result<TcpListener> {
        loop {
            let listener = TcpListener::bind(Self::host(host))?;
            if !self.ports.contains(&listener.local_addr()?.port()) {
                return Ok(listener);
            }
        }
    }

    /// How it connects. In a network that is everybody's, the range of ports is the socket's alone.
    pub fn options(&self) -> ConnectOptions {
        let usual = ConnectOptions::default();
        if self.own { usual } else { usual.local_ports(self.ports.clone()) }
    }

    /// Connects from one of the ports.
    ///
    /// # Errors
    /// Those of [`ConnectOptions::connect`].
    pub fn connect(&self, to: &TcpListener) -> io::Result<TcpStream> {
        self.options().connect(to.local_addr()?)
    }

    /// `bind` to an address and port 0, which chooses one of the ports.
    ///
    /// # Errors
    /// Those of [`Socket::bind`].
    pub fn bound(&self, to: SocketAddr) -> io::Result<Socket> {
        let socket = Socket::tcp_for(&to)?;
        if !self.own {
            socket.set_local_port_range(Some(self.ports.clone()))?;
        }
        socket.bind(to).map(|()| socket)
    }
}
