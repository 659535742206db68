//! What it costs to send a file: `cargo bench -p wirelab-benches --bench moving_bytes`.
//!
//! The same file, in the page cache, goes over a connection of the loopback device by `read` and `write`, by `sendfile`, and
//! by [`std::io::copy`], which is what one would use instead. The reader throws everything away (`MSG_TRUNC` would save it
//! the copy; a real peer has to copy). Counted is the processor time of the sending thread.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::OwnedFd;
use std::time::Duration;

use wirelab::socket::{TcpListener, TcpStream, thread_cpu_time};
use wirelab_benches::rounds;

const ROUNDS: usize = 21;
const LENGTH: usize = 64 << 20;
const PIECE: usize = 64 << 10;

type Way = fn(&mut File, &mut std::net::TcpStream, &TcpStream) -> io::Result<()>;

const WAYS: [(&str, Way); 3] =
    [("read and write, 64 KiB", read_and_write), ("sendfile", sendfile), ("std::io::copy", std_copy)];

fn main() -> io::Result<()> {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("nothing is timed outside of `cargo bench`");
        return Ok(());
    }
    println!("A file of {} MiB over loopback; medians of {ROUNDS} turns in rotation.", LENGTH >> 20);
    let mut file = file()?;
    let mut failed = None;
    let times = rounds::medians(ROUNDS, WAYS.len(), |at| match send(&mut file, WAYS[at].1) {
        Ok(time) => time.as_secs_f64(),
        Err(error) => (failed = Some(error), f64::NAN).1,
    });
    if let Some(error) = failed {
        return Err(error);
    }
    println!("  {:<26} {:>14} {:>14} {:>6}", "", "sender, ms", "GB/CPU-second", "×");
    for ((title, _), time) in WAYS.iter().zip(&times) {
        let rate = LENGTH as f64 / time / 1e9;
        println!("  {title:<26} {:>14.2} {rate:>14.2} {:>6.2}", time * 1e3, time / times[0]);
    }
    Ok(())
}

/// A file without a name, read once so that it is in the page cache.
fn file() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("wirelab-bench-moving-{}", std::process::id()));
    std::fs::write(&path, vec![b'x'; LENGTH])?;
    let mut file = File::open(&path)?;
    std::fs::remove_file(&path)?;
    io::copy(&mut file, &mut io::sink())?;
    Ok(file)
}

/// The sender's processor time for the whole file.
fn send(file: &mut File, way: Way) -> io::Result<Duration> {
    let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    let ours = TcpStream::connect(listener.local_addr()?)?;
    let (reader, _) = listener.accept_blocking()?;
    let mut std_stream = std::net::TcpStream::from(OwnedFd::from(ours.try_clone()?));
    file.seek(SeekFrom::Start(0))?;
    std::thread::scope(|scope| {
        let received = scope.spawn(|| count(&reader));
        let before = thread_cpu_time()?;
        way(file, &mut std_stream, &ours)?;
        let time = thread_cpu_time()? - before;
        ours.shutdown(std::net::Shutdown::Write)?;
        match received.join() {
            Ok(Ok(LENGTH)) => Ok(time),
            other => Err(io::Error::other(format!("the reader got {other:?}"))),
        }
    })
}

fn count(stream: &TcpStream) -> io::Result<usize> {
    let (mut buffer, mut total) = (vec![0; 256 << 10], 0);
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(total),
            count => total += count,
        }
    }
}

fn read_and_write(file: &mut File, _: &mut std::net::TcpStream, stream: &TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        let mut rest = match file.read(&mut buffer)? {
            0 => return Ok(()),
            count => &buffer[..count],
        };
        while !rest.is_empty() {
            rest = &rest[stream.write(rest)?..];
        }
    }
}

fn sendfile(file: &mut File, _: &mut std::net::TcpStream, stream: &TcpStream) -> io::Result<()> {
    let mut offset = 0;
    while offset < LENGTH {
        offset += stream.sendfile(file, offset as u64, LENGTH - offset)?;
    }
    Ok(())
}

fn std_copy(file: &mut File, stream: &mut std::net::TcpStream, _: &TcpStream) -> io::Result<()> {
    io::copy(file, stream).map(drop)
}
