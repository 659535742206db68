//! A peer on the kernel's sockets, what is said to it, and a bad network.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::{self, JoinHandle};

use wirelab_sim::Random;
use wirelab_tun::Impairments;

/// `length` bytes in which no part looks like another.
pub(crate) fn content(seed: u64, length: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..length.div_ceil(8)).flat_map(|_| random.next_u64().to_be_bytes()).take(length).collect()
}

/// Sends all of `bytes` over the kernel's connection while it reads what comes, ends its side, and returns what came until
/// the peer had ended its own.
pub(crate) fn exchange(stream: TcpStream, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut writer = stream.try_clone()?;
    let sent: JoinHandle<io::Result<()>> = thread::spawn(move || {
        writer.write_all(&bytes)?;
        writer.shutdown(Shutdown::Write)
    });
    let mut received = Vec::new();
    (&stream).read_to_end(&mut received)?;
    sent.join().expect("the writer")?;
    Ok(received)
}

/// Five in a hundred are lost, two arrive twice, five come late.
pub(crate) fn bad(seed: u64) -> Impairments {
    Impairments { loss: 0.05, duplication: 0.02, reordering: 0.05, seed, ..Impairments::default() }
}
