use std::collections::VecDeque;
use std::io;
use std::time::Instant as Clock;

use wirelab::sansio::Instant;
use wirelab::sim::{Log, PacketId, Side};
use wirelab::socket::{TcpInfo, TcpStream};

/// A [`Log`] of what passes between the two ends of a connection, both of which this process holds: written from the
/// counters of their `TCP_INFO`, which are compared at each [`look`](Self::look).
///
/// A segment is in the log when one end has counted it as sent, and has arrived when the other end has counted it as
/// received; its time is that of the look, so that only their order is exact. Nothing else is written down.
///
/// ```
/// use wirelab::sim::{Ladder, Side};
/// use wirelab::socket::{TcpListener, TcpStream};
/// use wirelab_examples::TcpWatch;
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let client = TcpStream::connect(listener.local_addr()?)?;
/// let (server, _) = listener.accept_blocking()?;
///
/// let mut watch = TcpWatch::new(&client, &server)?;
/// client.write(b"hello")?;
/// server.read(&mut [0; 5])?;
/// watch.look(Side::Client)?;
/// let ladder = Ladder::new(&watch.into_log()).to_string();
/// assert!(ladder.contains("─── 5 bytes ─"), "{ladder}");
/// # Ok(()) }
/// ```
pub struct TcpWatch<'a> {
    ends: [&'a TcpStream; 2],
    at_first: [TcpInfo; 2],
    before: [TcpInfo; 2],
    /// Segments that each end has sent since the first look.
    sent: [u32; 2],
    /// Of each end, what has not arrived: with it, so many segments were sent since the first look.
    under_way: [VecDeque<(u32, PacketId)>; 2],
    began: Clock,
    log: Log,
}

impl<'a> TcpWatch<'a> {
    /// Counts from now on.
    ///
    /// # Errors
    /// Those of [`TcpStream::tcp_info`].
    pub fn new(client: &'a TcpStream, server: &'a TcpStream) -> io::Result<Self> {
        let now = [client.tcp_info()?, server.tcp_info()?];
        Ok(TcpWatch {
            ends: [client, server],
            at_first: now,
            before: now,
            sent: [0; 2],
            under_way: Default::default(),
            began: Clock::now(),
            log: Log::new("client", "server"),
        })
    }

    /// Writes down what was counted since the last look. If both ends have sent since, they are taken to have taken turns,
    /// and `first` to have begun; so look often.
    ///
    /// # Errors
    /// Those of [`TcpStream::tcp_info`].
    pub fn look(&mut self, first: Side) -> io::Result<()> {
        let now = [self.ends[0].tcp_info()?, self.ends[1].tcp_info()?];
        let mut begins = self.sent_since(first, &now);
        let answers = self.sent_since(first.other(), &now);
        let rest = begins.split_off(begins.len().min(1));
        for (from, segments) in [(first, begins), (first.other(), answers), (first, rest)] {
            self.write_down(from, segments, &now);
        }
        self.before = now;
        Ok(())
    }

    /// What an end has sent since the last look: acknowledgements without data one by one, and the segments with data.
    fn sent_since(&self, from: Side, now: &[TcpInfo; 2]) -> Vec<Sent> {
        let (before, now) = (&self.before[from as usize], &now[from as usize]);
        let segments = now.segs_out.saturating_sub(before.segs_out);
        let with_data = now.data_segs_out.saturating_sub(before.data_segs_out);
        let bytes = now.bytes_sent.saturating_sub(before.bytes_sent) as usize;
        let acknowledgements = segments.saturating_sub(with_data) as usize;
        let mut sent = vec![Sent { segments: 1, bytes: 0 }; acknowledgements];
        sent.extend((with_data > 0).then_some(Sent { segments: with_data, bytes }));
        sent
    }

    fn write_down(&mut self, from: Side, sent: Vec<Sent>, now: &[TcpInfo; 2]) {
        let (sender, receiver) = (from as usize, from.other() as usize);
        for Sent { segments, bytes } in sent {
            let label = match (segments, bytes) {
                (_, 0) => "ACK".to_owned(),
                (1, _) => format!("{bytes} bytes"),
                _ => format!("{bytes} bytes in {segments} segments"),
            };
            let packet = self.log.sent(moment(self.began), from, bytes, label);
            self.sent[sender] += segments;
            self.under_way[sender].push_back((self.sent[sender], packet));
        }
        let arrived = now[receiver].segs_in.saturating_sub(self.at_first[receiver].segs_in);
        while let Some(&(_, packet)) = self.under_way[sender].front().filter(|(count, _)| *count <= arrived) {
            self.log.arrived(moment(self.began), packet);
            self.under_way[sender].pop_front();
        }
    }

    /// Writes down what a program did.
    pub fn note(&mut self, side: Side, text: impl Into<String>) {
        self.log.note(moment(self.began), side, text);
    }

    /// What was written down.
    pub fn into_log(self) -> Log {
        self.log
    }
}

/// Segments that left together.
#[derive(Clone, Copy)]
struct Sent {
    segments: u32,
    bytes: usize,
}

/// Whole microseconds: the looks are not closer together.
fn moment(began: Clock) -> Instant {
    Instant::from_nanos(began.elapsed().as_micros() as u64 * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirelab::socket::TcpListener;

    #[test]
    fn what_was_written_is_seen_to_leave_and_to_arrive() {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept_blocking().unwrap();
        let mut watch = TcpWatch::new(&client, &server).unwrap();
        client.write(b"question").unwrap();
        server.read(&mut [0; 8]).unwrap();
        watch.look(Side::Client).unwrap();
        watch.note(Side::Server, "thinks");
        server.write(b"answer!").unwrap();
        client.read(&mut [0; 7]).unwrap();
        watch.look(Side::Server).unwrap();
        let log = watch.into_log();
        let (_, bytes) = log.traffic(Side::Client);
        assert_eq!((bytes, log.traffic(Side::Server).1), (8, 7), "{log}");
        assert!(log.to_string().contains("server receives 8 bytes: 8 bytes"), "{log}");
        assert!(log.to_string().contains("client receives 7 bytes: 7 bytes"), "{log}");
    }
}
