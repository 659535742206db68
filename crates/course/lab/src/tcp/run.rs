//! The simulation, and what was seen of it.

use std::time::Duration;

use wirelab::sansio::Instant;
use wirelab::sim::Log;
use wirelab::sim::internet::What;
use wirelab::tcpip::tcp::{Info, State};

use super::parameters::Parameters;
use super::world::{End, World};

/// A run is stopped after so much virtual time.
pub const LONGEST: Duration = Duration::from_secs(60);

/// And after so many steps, so that no choice of parameters can keep the lab busy.
pub const MOST_STEPS: usize = 50_000;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was read, and both ends have closed.
    Complete,
    /// [`LONGEST`] was over.
    OutOfTime,
    /// [`MOST_STEPS`] were made.
    OutOfSteps,
    /// One end gave up, or nothing was left to happen.
    Stuck,
}

/// A run that is over.
pub struct Run {
    /// What was asked for.
    pub parameters: Parameters,
    /// How it ended.
    pub ending: Ending,
    /// How many bytes the server read.
    pub received: u64,
    /// Client and server after the step in which the last event shown happened.
    pub ends: [End; 2],
    /// What the client knew in the end, or when it was last connected; nothing if it never was.
    pub last: Option<Info>,
    pub(super) log: Log,
    pub(super) samples: Vec<(Instant, Info)>,
    pub(super) queue: Vec<(Instant, usize)>,
    pub(super) arrivals: Vec<(Instant, u64)>,
    end: Instant,
    capture: Vec<u8>,
}

impl Run {
    /// Simulates.
    ///
    /// # Errors
    /// The hosts refuse to connect or to listen, or the capture cannot be written; neither depends on the visitor.
    pub fn of(parameters: Parameters) -> Result<Run, String> {
        let mut world = World::new(&parameters)?;
        let (mut samples, mut seen, mut recorded, mut ends) = (Vec::new(), 0, 0, None);
        let ending = loop {
            let step = world.internet.step();
            // Before the handshake nothing is known of the path, not even the size of a segment.
            let info = world.client_info().filter(|info| info.state != State::SynSent);
            samples.extend(info.map(|info| (world.internet.now(), info)));
            let fresh = world.internet.events().iter().skip(recorded);
            seen += fresh.filter(|event| is_entry(&event.what)).count();
            recorded = world.internet.events().len();
            if ends.is_none() && seen >= parameters.until {
                ends = Some(world.ends());
            }
            match step {
                Err(_) => break Ending::OutOfSteps,
                _ if world.is_complete() => break Ending::Complete,
                Ok(false) => break Ending::Stuck,
                Ok(true) if world.internet.now() >= Instant::ZERO + LONGEST => break Ending::OutOfTime,
                Ok(true) => {}
            }
        };
        let arrivals = world.sink().map(|sink| sink.arrivals.clone()).unwrap_or_default();
        let queue = world.internet.events().queue(world.link.up());
        Ok(Run {
            ending,
            received: arrivals.iter().map(|(_, count)| count).sum(),
            ends: ends.unwrap_or_else(|| world.ends()),
            last: samples.last().map(|(_, info)| *info),
            log: world.internet.ladder_log(world.client, world.server),
            queue: queue.map(|(when, sample)| (when, sample.packets)).collect(),
            arrivals,
            end: world.internet.now(),
            capture: world.capture().map_err(|error| error.to_string())?,
            samples,
            parameters,
        })
    }

    /// How many events there were.
    pub fn events(&self) -> usize {
        self.log.entries().len()
    }

    /// When it ended.
    pub fn end(&self) -> Instant {
        self.end
    }

    /// The run as a pcapng file: what the client's interface saw.
    pub fn capture(&self) -> &[u8] {
        &self.capture
    }
}

/// Whether it is an entry of the ladder's log.
fn is_entry(what: &What) -> bool {
    matches!(what, What::Sent(_) | What::Arrived(_) | What::Dropped(..) | What::Note(..))
}

#[cfg(test)]
mod tests {
    use wirelab::sim::{Reason, Side};

    use super::super::shown::Packet;
    use super::*;

    fn run(query: &str) -> Run {
        Run::of(Parameters::parse(query).unwrap()).unwrap()
    }

    #[test]
    fn the_same_parameters_give_the_same_run() {
        let [a, b] = [(); 2].map(|()| run("loss=10&bytes=100000&seed=7"));
        assert_eq!((a.ending, a.received), (Ending::Complete, 100_000));
        assert_eq!((a.ladder(), a.chart(), a.capture()), (b.ladder(), b.chart(), b.capture()));
        assert_ne!(a.capture(), run("loss=10&bytes=100000&seed=8").capture());
    }

    #[test]
    fn a_dropped_packet_is_dropped_and_sent_again_and_what_came_before_stays_the_same() {
        let (plain, dropped) = (run(""), run("drop=5&drop_back=3"));
        let (before, after) = (plain.packets(), dropped.packets());
        let fate = |packets: &[Packet], from, number| {
            let packet = packets.iter().position(|it| (it.from, it.number) == (from, number)).unwrap();
            (packet, packets[packet].dropped)
        };
        let (place, none) = fate(&before, Side::Client, 5);
        assert_eq!((none, fate(&after, Side::Client, 5)), (None, (place, Some(Reason::Rule))));
        assert_eq!(before[..place], after[..place]);
        assert_eq!(fate(&after, Side::Server, 3).1, Some(Reason::Rule));
        assert_ne!(plain.ladder(), dropped.ladder());
        assert!(dropped.last.as_ref().unwrap().retransmissions > 0);
        assert_eq!(dropped.received, 60_000, "TCP repairs it");
    }

    #[test]
    fn a_step_forward_shows_one_event_more_and_the_state_at_that_moment() {
        let states = |until: usize| run(&format!("until={until}")).ends.map(|end| end.state);
        assert_eq!(states(1), ["SYN-SENT", "LISTEN"]);
        assert_eq!(states(3), ["SYN-SENT", "SYN-RECEIVED"]);
        let all = run("until=1000000");
        assert_eq!(all.shown().end, all.events());
        assert_eq!(all.ends[0].state, "TIME-WAIT");
        for until in 1..10 {
            assert_eq!(run(&format!("until={until}")).shown(), 0..until);
        }
        let ladder = |until: usize| run(&format!("until={until}")).ladder().to_string();
        assert!(ladder(1).contains("under way") && !ladder(2).contains("under way"), "{}", ladder(2));
    }

    #[test]
    fn every_run_ends_however_unkind_the_parameters() {
        let slow = run("rate=10&bytes=250000");
        assert_eq!(slow.ending, Ending::OutOfTime);
        let small = run("bytes=250000&pause=1&write=1&nagle=off&ack=off&rate=100000");
        assert_eq!(small.ending, Ending::OutOfSteps);
        assert!(small.chart().svg().len() < 300_000);
        for control in ["off", "newreno", "cubic"] {
            let lossy = run(&format!("loss=50&bytes=250000&queue=1&control={control}&sack=off"));
            assert!(lossy.received <= 250_000, "{control}");
            assert!(lossy.chart().svg().len() < 300_000, "{control}");
        }
    }

    #[test]
    fn nagles_algorithm_makes_fewer_packets_of_small_writes() {
        let sent = |nagle| {
            let run = run(&format!("bytes=2000&write=100&pause=1&nagle={nagle}&until=100000"));
            run.last.unwrap().segments_sent
        };
        assert!(sent("on") < sent("off") / 2, "{} and {}", sent("on"), sent("off"));
    }
}
