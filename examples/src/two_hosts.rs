use std::io;
use std::time::Duration;

use wirelab::sim::internet::{Internet, Node, NodeId};
use wirelab::sim::{Ladder, Link};

use crate::write_capture;

/// Two hosts in virtual time, and a link between them.
///
/// ```
/// use std::time::Duration;
///
/// use wirelab::sansio::Instant;
/// use wirelab::sim::internet::{HostNode, Idle, host_at};
/// use wirelab::tcpip::tcp;
/// use wirelab_examples::TwoHosts;
///
/// let (mut client, mut server) = (host_at(TwoHosts::CLIENT, 1), host_at(TwoHosts::SERVER, 2));
/// server.listen(TwoHosts::WEB.into(), tcp::Listen::default())?;
/// client.connect(Instant::ZERO, TwoHosts::WEB.into(), tcp::Config::default())?;
/// let (client, server) = (HostNode::new(client, Idle), HostNode::new(server, Idle));
/// let mut hosts = TwoHosts::new(client, server, Duration::from_millis(10));
/// hosts.internet.run_until(Instant::ZERO + Duration::from_secs(1))?;
/// assert_eq!(hosts.ladder().to_string().lines().count(), 4, "the names, and three segments");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TwoHosts {
    /// The network.
    pub internet: Internet,
    /// Its one end.
    pub client: NodeId,
    /// Its other end.
    pub server: NodeId,
}

impl TwoHosts {
    /// A client's address.
    pub const CLIENT: [u8; 4] = [192, 0, 2, 1];

    /// A server's address.
    pub const SERVER: [u8; 4] = [198, 51, 100, 1];

    /// Where a web server listens.
    pub const WEB: ([u8; 4], u16) = (Self::SERVER, 80);

    /// Both ends; a packet takes `delay` from one to the other.
    pub fn new(client: impl Node, server: impl Node, delay: Duration) -> Self {
        let mut internet = Internet::new(1);
        let client = internet.add("client", client);
        let server = internet.add("server", server);
        internet.link(client, server, Link::new(delay));
        TwoHosts { internet, client, server }
    }

    /// What passed between them.
    pub fn ladder(&self) -> Ladder {
        self.internet.ladder(self.client, self.server)
    }

    /// Writes what the client has sent and received into a capture file.
    ///
    /// # Errors
    /// Those of [`write_capture`].
    pub fn write_capture(&self, file: &str) -> io::Result<()> {
        write_capture(&self.internet, self.client, file)
    }
}
