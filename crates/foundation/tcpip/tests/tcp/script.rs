use std::fmt::Write as _;
use std::time::Duration;

use wirelab_sansio::Instant;
use wirelab_tcpip::tcp::{Config, Connection, State};
use wirelab_tcpip::{Flags, Options, Segment, Seq};

use crate::wire::{CLIENT, endpoints};

/// Our initial sequence number.
pub(crate) const OURS: Seq = Seq(u32::MAX - 40);
/// The peer's.
pub(crate) const THEIRS: Seq = Seq(u32::MAX - 2000);

/// A segment that the connection sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) at: Instant,
    pub(crate) seq: Seq,
    pub(crate) ack: Seq,
    pub(crate) flags: Flags,
    pub(crate) window: u16,
    pub(crate) options: Options,
    pub(crate) payload: Vec<u8>,
    pub(crate) ecn_capable: bool,
}

impl Sent {
    /// Whether it is nothing but an acknowledgment.
    pub(crate) fn is_ack(&self) -> bool {
        self.flags == Flags::ACK && self.payload.is_empty()
    }
}

/// A connection whose peer is the test.
pub(crate) struct Scripted {
    pub(crate) now: Instant,
    pub(crate) end: Connection,
    /// The number behind the last that it sent.
    pub(crate) sent_to: Seq,
    pub(crate) log: String,
}

/// Without options, and every acknowledgment at once: what a script need not think of.
pub(crate) fn plain() -> Config {
    Config {
        timestamps: false,
        window_scaling: false,
        selective_acknowledgment: false,
        delayed_acknowledgment: None,
        ..Config::default()
    }
}

/// The states in which a connection rests.
pub(crate) const RESTING: [State; 10] = [
    State::Closed,
    State::SynSent,
    State::SynReceived,
    State::Established,
    State::FinWait1,
    State::FinWait2,
    State::CloseWait,
    State::Closing,
    State::LastAck,
    State::TimeWait,
];

impl Scripted {
    /// SYN-SENT, and the SYN has gone out.
    pub(crate) fn connecting(config: Config) -> Scripted {
        let now = Instant::from_nanos(1_000_000_000);
        let end = Connection::connect(now, endpoints(CLIENT), OURS, config);
        let mut script = Scripted { now, end, sent_to: OURS, log: String::new() };
        script.sent();
        script
    }

    /// SYN-RECEIVED, made by a SYN with these options.
    pub(crate) fn accepting(config: Config, options: Options) -> Scripted {
        let now = Instant::from_nanos(1_000_000_000);
        let syn =
            Segment { sequence: THEIRS, flags: Flags::SYN, window: 0xffff, options, ..Segment::default() };
        let end = Connection::accept(now, endpoints(CLIENT), OURS, config, &syn);
        let mut script = Scripted { now, end, sent_to: OURS, log: String::new() };
        script.sent();
        script
    }

    /// The peer's SYN ACK to a SYN.
    pub(crate) fn syn_ack(&self) -> Segment<'static> {
        Segment { sequence: THEIRS, flags: Flags::SYN | Flags::ACK, ..self.ack() }
    }

    /// ESTABLISHED by a SYN ACK with a segment size of 1460 and no other option.
    pub(crate) fn established(config: Config) -> Scripted {
        let mut options = Options::new();
        options.push_maximum_segment_size(1460);
        Scripted::established_with(config, options)
    }

    pub(crate) fn established_with(config: Config, options: Options) -> Scripted {
        let mut script = Scripted::connecting(config);
        let syn_ack = Segment { options, ..script.syn_ack() };
        script.get(syn_ack);
        assert_eq!(script.end.state(), State::Established, "{}", script.log);
        script
    }

    /// A connection in that state, by the shortest way.
    pub(crate) fn in_state(state: State, config: Config) -> Scripted {
        let mut script = match state {
            State::SynSent => Scripted::connecting(config),
            State::SynReceived => Scripted::accepting(config, Options::new()),
            _ => Scripted::established(config),
        };
        match state {
            State::Closed => script.end.abort(),
            State::FinWait1 | State::FinWait2 | State::Closing | State::TimeWait => script.end.close(),
            _ => {}
        }
        let unacknowledged = script.ack();
        script.sent();
        let fin = |segment| Segment { flags: Flags::FIN | Flags::ACK, ..segment };
        match state {
            State::FinWait2 => drop(script.get(script.ack())),
            State::Closing => drop(script.get(fin(unacknowledged))),
            State::TimeWait => {
                script.get(script.ack());
                script.get(fin(script.ack()));
            }
            State::CloseWait => drop(script.get(fin(script.ack()))),
            State::LastAck => {
                script.get(fin(script.ack()));
                script.end.close();
                script.sent();
            }
            _ => {}
        }
        assert_eq!(script.end.state(), state, "{}", script.log);
        script
    }

    /// What a peer sends that has got everything and expects nothing: the next number, all acknowledged, a wide window.
    pub(crate) fn ack(&self) -> Segment<'static> {
        Segment {
            source: 80,
            destination: 50_000,
            sequence: self.end.expects(),
            acknowledgment: self.sent_to,
            flags: Flags::ACK,
            window: 0xffff,
            ..Segment::default()
        }
    }

    /// The same with data.
    pub(crate) fn data<'a>(&self, payload: &'a [u8]) -> Segment<'a> {
        Segment { payload, ..self.ack() }
    }

    /// The connection gets a segment, and this is what it says to it.
    pub(crate) fn get(&mut self, segment: Segment<'_>) -> Vec<Sent> {
        writeln!(self.log, "{} --> {segment}", self.now).expect("a string");
        self.end.receive(self.now, &segment, false);
        self.sent()
    }

    /// What it has to send now.
    pub(crate) fn sent(&mut self) -> Vec<Sent> {
        let mut all = Vec::new();
        while let Some(outgoing) = self.end.poll_transmit(self.now) {
            let segment = outgoing.segment;
            writeln!(self.log, "{} <-- {segment}", self.now).expect("a string");
            if !segment.flags.contains(Flags::RST) {
                self.sent_to = self.sent_to.max(segment.end());
            }
            all.push(Sent {
                at: self.now,
                seq: segment.sequence,
                ack: segment.acknowledgment,
                flags: segment.flags,
                window: segment.window,
                options: segment.options,
                payload: segment.payload.to_vec(),
                ecn_capable: outgoing.ecn_capable,
            });
            assert!(all.len() < 10_000, "it sends without end:\n{}", self.log);
        }
        if self.end.state() == State::Closed {
            assert_eq!(self.end.poll_timeout(), None, "a timer runs in CLOSED:\n{}", self.log);
        }
        all
    }

    /// Lets so much time pass, and returns all that was sent in it.
    pub(crate) fn wait(&mut self, time: Duration) -> Vec<Sent> {
        let until = self.now + time;
        let mut all = self.sent();
        for _ in 0..100_000 {
            let Some((when, why)) = self.end.poll_timeout().filter(|&(when, _)| when <= until) else {
                self.now = until;
                return all;
            };
            self.now = self.now.max(when);
            writeln!(self.log, "{} {why}", self.now).expect("a string");
            self.end.handle_timeout(self.now);
            all.extend(self.sent());
        }
        panic!("timers without end:\n{}", self.log);
    }
}
