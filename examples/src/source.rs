use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use wirelab::socket::{ListenOptions, TcpStream, record, thread_cpu_time};

/// What is sent to a peer in several ways, to compare them: a file, which the file cache has, and the same bytes in memory.
///
/// ```
/// use std::io::Write;
/// use wirelab_examples::Source;
///
/// # fn main() -> std::io::Result<()> {
/// let source = Source::new(100_000)?;
/// let all = &source.content;
/// let sent = source.counted(|stream| {
///     Ok(Box::new(move |place| (&stream).write_all(&all[place..]).map(|()| all.len() - place)))
/// })?;
/// assert!(sent.arrived && sent.steps == 1 && sent.calls["sendto"] >= 1);
/// # Ok(()) }
/// ```
pub struct Source {
    /// The file, which has no name any more.
    pub file: File,
    /// Its content.
    pub content: Bytes,
}

/// Sends the next bytes, given how many were sent; and returns how many more it has sent.
pub type SendStep<'a> = Box<dyn FnMut(usize) -> io::Result<usize> + 'a>;

/// A transfer to a thread that read all the time.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The sender's system calls by name, without those that prepare and end the connection.
    pub calls: BTreeMap<&'static str, usize>,
    /// How many steps it took.
    pub steps: usize,
    /// Whether what arrived is what was sent.
    pub arrived: bool,
}

impl Source {
    /// How much a step may leave for the receiver, at least, without waiting.
    pub const PIECE: usize = 64 * 1024;

    /// So many bytes. No two pieces are alike, so that one in the wrong place is seen.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn new(length: usize) -> io::Result<Self> {
        let mut state = 1_u64;
        let words = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 16).to_ne_bytes()
        });
        let content: Bytes = words.flatten().take(length).collect::<Vec<u8>>().into();
        let path = std::env::temp_dir().join(format!("wirelab-source-{}", std::process::id()));
        std::fs::write(&path, &content)?; // and now the file cache has it
        let file = File::open(&path)?;
        std::fs::remove_file(&path)?; // it lives on until it is closed
        Ok(Source { file, content })
    }

    /// Sends everything, counts the calls, and lets a thread see what arrives.
    ///
    /// # Errors
    /// Those of the sender and of the connection.
    pub fn counted<'a>(
        &'a self,
        sender: impl FnOnce(TcpStream) -> io::Result<SendStep<'a>>,
    ) -> io::Result<Delivered> {
        let (stream, peer) = connected()?;
        let expected = self.content.clone();
        let receiver = thread::spawn(move || {
            let mut received = Vec::with_capacity(expected.len());
            (&peer).read_to_end(&mut received).map(|_| received == expected)
        });
        // The stream ends with its sender.
        let (steps, recorded) = record(|| self.send_all(sender(stream)?));
        let mut calls = BTreeMap::new();
        let others = ["setsockopt", "getsockopt", "pipe2", "close"];
        for call in recorded.iter().filter(|call| !others.contains(&call.name)) {
            *calls.entry(call.name).or_default() += 1;
        }
        let arrived = receiver.join().map_err(|_| io::Error::other("the receiver panicked"))?;
        Ok(Delivered { calls, steps: steps?, arrived: arrived? })
    }

    fn send_all(&self, mut step: SendStep<'_>) -> io::Result<usize> {
        let (mut place, mut steps) = (0, 0);
        while place < self.content.len() {
            place += step(place)?;
            steps += 1;
        }
        Ok(steps)
    }

    /// The processor time of a whole transfer at the sender's and at the receiver's end: the best of five. The two take turns on
    /// this thread: run side by side, either would do some of the other's work in TCP, and not the same each time. A step
    /// must not send more than a [`PIECE`](Self::PIECE).
    ///
    /// # Errors
    /// Those of the sender and of the connection.
    pub fn timed<'a>(
        &'a self,
        sender: impl Fn(TcpStream) -> io::Result<SendStep<'a>>,
    ) -> io::Result<[Duration; 2]> {
        let (mut best, mut buffer) = ([Duration::MAX; 2], vec![0; Self::PIECE]);
        for _ in 0..5 {
            let (stream, peer) = connected()?;
            peer.set_nonblocking(true)?;
            let mut step = sender(stream)?;
            let (mut place, mut times) = (0, [Duration::ZERO; 2]);
            while place < self.content.len() {
                let start = thread_cpu_time()?;
                place += step(place)?;
                let sent = thread_cpu_time()?;
                while peer.read(&mut buffer).is_ok_and(|count| count > 0) {}
                times[0] += sent - start;
                times[1] += thread_cpu_time()? - sent;
            }
            best = [best[0].min(times[0]), best[1].min(times[1])];
        }
        Ok(best)
    }
}

/// Both ends, with room for several pieces between them.
fn connected() -> io::Result<(TcpStream, TcpStream)> {
    let options = ListenOptions::default().receive_buffer(4 * Source::PIECE);
    let (stream, peer) = options.bind(([127, 0, 0, 1], 0).into())?.pair()?;
    stream.set_send_buffer(4 * Source::PIECE)?;
    Ok((stream, peer))
}
