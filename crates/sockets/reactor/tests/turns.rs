//! A loop's turns, on each back end: timers, wake-ups, signals, and what a request costs.

mod support;

use std::fs;
use std::io::ErrorKind;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use support::on_each;
use wirelab_reactor::{Backend, Interest, Reactor, Signal, Signals, Token, Trigger};
use wirelab_socket::{ListenOptions, TcpStream};

#[test]
fn timers_come_in_order_and_cancelled_ones_do_not_come() {
    on_each(|backend| {
        let mut reactor = Reactor::with_backend(backend).unwrap();
        for (after, key) in [(4, "d"), (2, "b"), (3, "c"), (1, "a")] {
            reactor.set_timer(Duration::from_millis(after), key);
        }
        let cancelled = reactor.set_timer(Duration::from_millis(2), "never");
        assert_eq!(reactor.cancel_timer(cancelled), Some("never"));
        let mut keys = String::new();
        while keys.len() < 4 {
            reactor.poll(None).unwrap();
            while let Some(timer) = reactor.next_expired() {
                assert!(timer.deadline <= reactor.now(), "no timer comes early");
                keys += timer.key;
            }
        }
        assert_eq!(keys, "abcd");
        assert!(reactor.timers().is_empty());
    });
}

#[test]
fn a_timer_that_an_event_of_the_same_turn_cancels_is_silent() {
    on_each(|backend| {
        let mut reactor = Reactor::with_backend(backend).unwrap();
        let timer = reactor.set_timer(Duration::ZERO, ());
        reactor.poll(None).unwrap(); // the timer is due now
        assert_eq!(reactor.cancel_timer(timer), Some(()));
        assert_eq!(reactor.next_expired(), None);
    });
}

#[test]
fn a_timer_that_sets_itself_again_does_not_hold_up_the_turn() {
    on_each(|backend| {
        let mut reactor = Reactor::with_backend(backend).unwrap();
        reactor.set_timer(Duration::ZERO, ());
        reactor.poll(None).unwrap();
        let mut served = 0;
        while let Some(_timer) = reactor.next_expired() {
            reactor.set_timer(Duration::ZERO, ());
            served += 1;
        }
        assert_eq!(served, 1024);
    });
}

#[test]
fn a_time_beyond_the_clock_is_a_timer_that_does_not_come() {
    on_each(|backend| {
        let mut reactor = Reactor::with_backend(backend).unwrap();
        reactor.set_timer(Duration::MAX, ());
        reactor.poll(Some(Duration::ZERO)).unwrap();
        assert_eq!(reactor.next_expired(), None);
        assert_eq!(reactor.timers().len(), 1);
    });
}

#[test]
fn no_message_of_another_thread_is_lost_though_wakes_are_joined() {
    on_each(|backend| {
        let mut reactor = Reactor::<()>::with_backend(backend).unwrap();
        let (sender, receiver) = mpsc::channel();
        let threads: Vec<_> = (0..4u32)
            .map(|thread| {
                let (sender, waker) = (sender.clone(), reactor.waker());
                thread::spawn(move || {
                    for message in 0..5000 {
                        sender.send((thread, message)).unwrap();
                        waker.wake().unwrap();
                    }
                })
            })
            .collect();
        let mut next = [0; 4];
        while next.iter().sum::<u32>() < 20_000 {
            reactor.poll(Some(Duration::from_secs(10))).unwrap();
            assert!(reactor.take_wake(), "a wake was lost after {next:?}");
            for (thread, message) in receiver.try_iter() {
                assert_eq!(message, next[thread as usize]);
                next[thread as usize] += 1;
            }
            assert_eq!(reactor.next_event(), None, "a wake is no event");
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_wake_before_the_wait_ends_the_wait_and_several_are_one() {
    on_each(|backend| {
        let mut reactor = Reactor::<()>::with_backend(backend).unwrap();
        for _ in 0..3 {
            reactor.waker().wake().unwrap();
        }
        reactor.poll(None).unwrap();
        assert!(reactor.take_wake());
        assert!(!reactor.take_wake());
        reactor.poll(Some(Duration::ZERO)).unwrap();
        assert!(!reactor.take_wake());
    });
}

/// The signals that the calling thread blocks, as the kernel shows them.
fn blocked() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).expect("a SigBlk line");
    u64::from_str_radix(mask.trim(), 16).unwrap()
}

fn bit(signal: Signal) -> u64 {
    1 << (signal.0 - 1)
}

#[test]
fn a_signal_is_an_event_like_any_other() {
    on_each(|backend| {
        let signals = Signals::new(&[Signal::TERM, Signal::USR1]).unwrap();
        let mut reactor = Reactor::<()>::with_backend(backend).unwrap();
        reactor.register(&signals, Token(9), Interest::READABLE, Trigger::Level).unwrap();
        reactor.poll(Some(Duration::ZERO)).unwrap();
        assert_eq!(reactor.next_event(), None);

        Signal::TERM.raise().unwrap();
        Signal::TERM.raise().unwrap();
        Signal::USR1.raise().unwrap();
        reactor.poll(None).unwrap();
        assert_eq!(reactor.next_event().map(|event| event.token()), Some(Token(9)));
        let mut got: Vec<_> = std::iter::from_fn(|| signals.read().unwrap()).map(|signal| signal.0).collect();
        got.sort();
        assert_eq!(got, [Signal::USR1.0, Signal::TERM.0], "two of a kind are one");
    });
}

#[test]
fn dropping_the_signals_restores_the_mask_and_throws_away_what_is_pending() {
    let before = blocked();
    let signals = Signals::new(&[Signal::USR2]).unwrap();
    assert_eq!(blocked(), before | bit(Signal::USR2));
    assert_eq!(
        thread::spawn(blocked).join().unwrap(),
        before | bit(Signal::USR2),
        "threads inherit the mask"
    );
    Signal::USR2.raise().unwrap();
    drop(signals); // the default of SIGUSR2 would end the process
    assert_eq!(blocked(), before);
}

#[test]
fn a_number_that_is_no_signal_is_refused_and_changes_nothing() {
    let before = blocked();
    assert_eq!(Signals::new(&[Signal::USR2, Signal(4711)]).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(blocked(), before);
    assert_eq!(Signal(4711).raise().unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// The claim of the crate's documentation, counted: no read that only hears `WouldBlock`, and no event that brings
/// nothing.
#[test]
fn a_request_costs_one_event_one_read_and_one_write() {
    on_each(|backend| {
        const REQUESTS: usize = 500;
        let listener = ListenOptions::default().bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let client = thread::spawn(move || {
            let stream = TcpStream::connect(address).unwrap();
            for _ in 0..REQUESTS {
                stream.write(b"question").unwrap();
                assert_eq!(stream.read(&mut [0; 64]).unwrap(), 6);
            }
        });
        let (stream, _) = listener.accept_blocking().unwrap();
        let mut reactor = Reactor::<()>::with_backend(backend).unwrap();
        let channel = reactor.open(stream, Token(1)).unwrap();
        let (mut events, mut reads, mut writes) = (0, 0, 0);
        let mut buffer = BytesMut::with_capacity(64);
        'serving: loop {
            reactor.poll(None).unwrap();
            while let Some(event) = reactor.next_event() {
                events += 1;
                // Epoll's first event may only say that there is room to write.
                while event.is_readable() {
                    reads += 1;
                    buffer.clear();
                    match reactor.read(&channel, &mut buffer).unwrap() {
                        0 => break 'serving,
                        _ => assert_eq!(&buffer[..], b"question"),
                    }
                    writes += 1;
                    assert_eq!(reactor.write(&channel, b"answer").unwrap(), 6);
                    if !event.is_read_closed() {
                        break;
                    }
                }
            }
        }
        reactor.close(channel);
        client.join().unwrap();
        assert_eq!((reads, writes), (REQUESTS + 1, REQUESTS), "one read more for the end");
        let first = usize::from(backend == Backend::Epoll);
        assert!((REQUESTS + 1..=REQUESTS + 1 + first).contains(&events), "{events} events");
    });
}
