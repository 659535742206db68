//! Every arrow of the diagram, driven through real connections.

use std::collections::HashSet;
use std::time::Duration;

use wirelab_tcpip::tcp::{Cause, Config, Event, State, TRANSITIONS, WhyClosed};
use wirelab_tcpip::{Flags, Options, Segment};

use crate::script::{RESTING, Scripted, plain};
use crate::wire::{CLIENT, SERVER, Wire};

/// Arrows that end or begin in LISTEN. A connection passes it inside of its constructor and never rests there: what
/// listens, and is closed again, is the host's listener.
const OF_LISTENERS: [(State, Cause); 3] =
    [(State::Closed, Cause::PassiveOpen), (State::Listen, Cause::Syn), (State::Listen, Cause::Close)];

/// Makes `cause` happen to a connection in `from`, and says where it is then; `None` if there is no way to make it happen.
fn drive(from: State, cause: Cause) -> Option<Scripted> {
    let config = Config { retries: 2, syn_retries: 2, ..plain() };
    if (from, cause) == (State::Closed, Cause::ActiveOpen) {
        return Some(Scripted::connecting(config));
    }
    let alive = wirelab_tcpip::tcp::KeepAlive { probes: 1, ..Default::default() };
    let mut script = Scripted::in_state(from, Config { keep_alive: Some(alive), ..config });
    let fin = |segment| Segment { flags: Flags::FIN | Flags::ACK, ..segment };
    match cause {
        Cause::Close => script.end.close(),
        Cause::Abort => script.end.abort(),
        Cause::Syn => drop(script.get(Segment { flags: Flags::SYN, ..script.syn_ack() })),
        Cause::SynAck => drop(script.get(script.syn_ack())),
        Cause::AckOfSyn | Cause::AckOfFin => drop(script.get(script.ack())),
        // In FIN-WAIT-1 a peer that has not got our FIN yet.
        Cause::Fin if from == State::FinWait1 => {
            let old = script.ack();
            script.get(fin(Segment { acknowledgment: old.acknowledgment + u32::MAX, ..old }));
        }
        Cause::Fin => drop(script.get(fin(script.ack()))),
        Cause::Reset => {
            script.get(Segment { flags: Flags::RST | Flags::ACK, ..script.ack() });
        }
        Cause::GaveUp | Cause::TimeWaitOver => drop(script.wait(Duration::from_secs(3 * 60 * 60))),
        Cause::ActiveOpen | Cause::PassiveOpen => return None,
    }
    script.sent();
    Some(script)
}

#[test]
fn every_arrow_of_the_table_is_followed_and_leads_where_the_table_says() {
    let mut reached = HashSet::new();
    for transition in TRANSITIONS {
        let key = (transition.from, transition.on);
        if OF_LISTENERS.contains(&key) {
            continue;
        }
        let script = drive(transition.from, transition.on).expect("a cause that can be made");
        assert_eq!(script.end.state(), transition.to, "{transition:?}\n{}", script.log);
        reached.insert(key);
    }
    reached.extend(OF_LISTENERS);
    let table: HashSet<_> = TRANSITIONS.iter().map(|transition| (transition.from, transition.on)).collect();
    assert_eq!(reached, table);
}

#[test]
fn the_arrows_through_listen_are_passed_by_the_first_syn() {
    let script = Scripted::accepting(plain(), Options::new());
    assert_eq!(script.end.state(), State::SynReceived);
}

/// RFC 9293 §3.10.7.4, second. In SYN-SENT it must acknowledge our SYN (§3.10.7.3).
#[test]
fn s3_10_7_4_a_reset_ends_the_connection_in_each_state() {
    for state in RESTING {
        let mut script = Scripted::in_state(state, plain());
        let answers = script.get(Segment { flags: Flags::RST | Flags::ACK, ..script.ack() });
        assert_eq!(script.end.state(), State::Closed, "from {state}\n{}", script.log);
        assert_eq!(answers, [], "a reset is never answered: from {state}");
        let why = match state {
            State::Closed => WhyClosed::Aborted,
            State::SynSent => WhyClosed::Refused,
            State::TimeWait => WhyClosed::Finished,
            _ => WhyClosed::Reset,
        };
        assert_eq!(script.end.why_closed(), Some(why), "from {state}");
    }
}

/// RFC 9293 §3.10.5: `sends` of the table is what is sent.
#[test]
fn s3_10_5_an_abort_sends_a_reset_where_the_peer_has_not_closed_already() {
    for state in RESTING {
        let Some(transition) = state.on(Cause::Abort) else { continue };
        let mut script = Scripted::in_state(state, plain());
        script.end.abort();
        let sent = script.sent();
        let resets = sent.iter().filter(|sent| sent.flags.contains(Flags::RST)).count();
        assert_eq!(resets, usize::from(transition.sends == "RST"), "from {state}\n{}", script.log);
        assert_eq!(sent.len(), resets, "and nothing else: from {state}");
    }
}

/// RFC 9293 §3.5, figure 8.
#[test]
fn s3_5_two_that_open_towards_each_other_get_one_connection() {
    let mut wire = Wire::simultaneous(&Config::default());
    wire.step();
    assert_eq!(wire.client().state(), State::SynSent);
    wire.connect();
    assert_eq!([wire.client().state(), wire.server().state()], [State::Established; 2], "{}", wire.log);
}

/// RFC 9293 §3.6, figure 13.
#[test]
fn s3_6_two_that_close_at_once_both_wait() {
    let mut wire = Wire::new(Config::default(), Config::default());
    wire.connect();
    wire.client().close();
    wire.server().close();
    wire.settle();
    assert_eq!([wire.client().state(), wire.server().state()], [State::FinWait1; 2]);
    wire.run_for(Duration::from_millis(15));
    assert_eq!([wire.client().state(), wire.server().state()], [State::Closing; 2], "{}", wire.log);
    wire.run_for(Duration::from_millis(20));
    assert_eq!([wire.client().state(), wire.server().state()], [State::TimeWait; 2], "{}", wire.log);
    wire.run_for(Duration::from_secs(61));
    for of in [CLIENT, SERVER] {
        assert_eq!(wire.events[of].last(), Some(&Event::Closed(WhyClosed::Finished)));
    }
}

/// RFC 9293 §3.10.4: CLOSE in SYN-RECEIVED.
#[test]
fn s3_10_4_who_closes_before_the_handshake_is_over_still_delivers() {
    let mut script = Scripted::accepting(plain(), Options::new());
    script.end.send(b"bye").expect("open");
    script.end.close();
    script.sent();
    assert_eq!(script.end.state(), State::FinWait1);
    script.get(script.ack());
    script.wait(Duration::from_secs(2));
    let acked = script.get(script.ack());
    assert_eq!(script.end.state(), State::FinWait2, "{acked:?}\n{}", script.log);
    assert_eq!(script.end.unacknowledged(), 0);
}
