use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::fd::AsFd;

use crate::{TcpInfo, TcpListener};

/// The accept queue of a listener at one moment.
///
/// ```
/// use wirelab_socket::{ListenOptions, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = ListenOptions::default().backlog(5).bind("127.0.0.1:0".parse().unwrap())?;
/// let _client = TcpStream::connect(listener.local_addr()?)?;
/// let queue = listener.accept_queue()?;
/// assert_eq!((queue.length, queue.limit), (1, 5));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptQueue {
    /// Connections that are established and not yet accepted.
    pub length: u32,
    /// The backlog in force: the one of `listen`, or `net.core.somaxconn` if that is lower. The queue counts as
    /// full when `length` is *greater*, so that it holds one more.
    pub limit: u32,
}

impl TcpListener {
    /// How full the accept queue is, from `TCP_INFO`, two of whose fields mean this on a listening socket.
    ///
    /// # Errors
    /// None are known for a listening socket.
    pub fn accept_queue(&self) -> io::Result<AcceptQueue> {
        let info = TcpInfo::read(self.as_fd())?;
        Ok(AcceptQueue { length: info.unacked, limit: info.sacked })
    }

    /// The length of the SYN queue: handshakes on this port whose last ACK has not come, from `/proc/net/tcp`
    /// and `tcp6` of the calling thread's network namespace, which must be the listener's own.
    ///
    /// The kernel writes out every socket of the network namespace for it: to look at, not to steer by.
    ///
    /// # Errors
    /// `/proc` is not mounted.
    pub fn syn_queue(&self) -> io::Result<usize> {
        let address = self.local_addr()?;
        let mut handshakes = HashSet::new();
        // A socket bound to [::] may have IPv4 peers.
        if address.is_ipv4() || address.ip().is_unspecified() {
            find_syn_received(&table("tcp")?, address.port(), &mut handshakes);
        }
        if address.is_ipv6() {
            find_syn_received(&table("tcp6")?, address.port(), &mut handshakes);
        }
        Ok(handshakes.len())
    }
}

/// The text of a table, as the calling thread's namespace has it: `/proc/net` would be the one of the main thread.
fn table(name: &str) -> io::Result<String> {
    fs::read_to_string(format!("/proc/thread-self/net/{name}"))
}

/// A line reads `0: 0100007F:2260 00000000:0000 0A …`: number, local and remote address in hexadecimal, and the
/// state.
///
/// Collected in a set, as the kernel hands out the table in pieces and may repeat a line when it changes in
/// between.
fn find_syn_received(table: &str, port: u16, found: &mut HashSet<(String, String)>) {
    const SYN_RECEIVED: &str = "03";
    let local_port = format!(":{port:04X}");
    for line in table.lines().skip(1) {
        let mut fields = line.split_whitespace().skip(1);
        if let (Some(local), Some(remote), Some(SYN_RECEIVED)) = (fields.next(), fields.next(), fields.next())
            && local.ends_with(&local_port)
        {
            found.insert((local.to_owned(), remote.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unfinished_handshakes_of_the_port_are_counted() {
        let table = "  sl  local_address rem_address   st\n\
                     0: 0100007F:2260 00000000:0000 0A\n\
                     1: 0100007F:2260 0100007F:9C40 03\n\
                     2: 0100007F:2260 0100007F:9C41 01\n\
                     3: 0100007F:2261 0100007F:9C42 03\n\
                     4: 0100007F:9C40 0100007F:2260 03\n";
        let mut found = HashSet::new();
        find_syn_received(table, 0x2260, &mut found);
        find_syn_received(table, 0x2260, &mut found);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("0100007F:2260".into(), "0100007F:9C40".into())]);
    }
}
