//! The connection's numbers, each with a sentence.

use std::time::Duration;

use wirelab::socket::TcpInfo;

use crate::visit::Circumstances;

/// A number and what it says.
#[derive(Clone, Debug)]
pub struct Number {
    /// A short name, for the JSON and the script.
    pub key: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// With its unit.
    pub value: String,
    /// What it says.
    pub meaning: String,
}

/// All that are worth showing.
pub fn of(connection: &Circumstances) -> Vec<Number> {
    let mut numbers = of_connection(connection);
    match &connection.tcp {
        Some(info) => {
            numbers.extend(of_path(info));
            numbers.extend(of_segments(info));
        }
        None => numbers.push(number("tcp", "TCP_INFO", "none", "the kernel did not tell")),
    }
    numbers
}

fn of_connection(c: &Circumstances) -> Vec<Number> {
    let reuse = match c.request {
        1 => {
            "this is its first; reload within a minute, and this number should grow: no new handshake is needed"
        }
        _ => {
            "the handshake was paid for once, and all of them shared it; the style sheet and the script count too"
        }
    };
    vec![
        number("requests", "requests on this connection", c.request, reuse),
        number("connection", "number of this connection", c.connection, "counted since the lab was started"),
        number("peer", "your address and port", c.peer, "the port is what tells your connections apart"),
        number(
            "local",
            "our address and port",
            c.local,
            "with yours and the word TCP, this names the connection",
        ),
        number(
            "received",
            "bytes you have sent on it",
            c.received,
            "of all requests so far, and of what came with them",
        ),
        number("age", "age", time(c.age), "since our event loop accepted it"),
    ]
}

fn of_path(info: &TcpInfo) -> Vec<Number> {
    let threshold = match info.snd_ssthresh {
        0x7fff_ffff => {
            "none yet: nothing was lost, so that the window still doubles in each round trip".into()
        }
        segments => format!("above {segments} segments the window grows slowly"),
    };
    vec![
        number("state", "state", info.state, "of RFC 9293 §3.3.2; ESTABLISHED is open both ways"),
        number(
            "rtt",
            "round-trip time",
            time(info.rtt),
            "from data to its acknowledgement, smoothed (RFC 6298 §2)",
        ),
        number("rttvar", "its deviation", time(info.rttvar), "how much the round-trip time scatters"),
        number(
            "min_rtt",
            "shortest round-trip time",
            time(info.min_rtt),
            "of the last minutes: the path without queues",
        ),
        number(
            "rto",
            "retransmission time-out",
            time(info.rto),
            "after this long without an acknowledgement, data is sent again",
        ),
        number(
            "cwnd",
            "congestion window",
            format!("{} segments", info.snd_cwnd),
            "may be on their way unacknowledged (RFC 5681 §3.1); ten to begin with (RFC 6928)",
        ),
        number("ssthresh", "slow-start threshold", threshold_value(info), threshold),
        number(
            "snd_wnd",
            "your receive window",
            format!("{} bytes", info.snd_wnd),
            "your kernel has room for this much",
        ),
        number("mss", "segment size", format!("{} bytes", info.snd_mss), "of payload in one segment at most"),
        number(
            "pmtu",
            "path MTU",
            format!("{} bytes", info.pmtu),
            "the largest packet on the way, headers included",
        ),
    ]
}

fn threshold_value(info: &TcpInfo) -> String {
    if info.snd_ssthresh == 0x7fff_ffff {
        "infinite".into()
    } else {
        format!("{} segments", info.snd_ssthresh)
    }
}

fn of_segments(info: &TcpInfo) -> Vec<Number> {
    vec![
        number(
            "segs_in",
            "segments from you",
            format!("{} ({} with data)", info.segs_in, info.data_segs_in),
            "the others carry acknowledgements only",
        ),
        number(
            "segs_out",
            "segments to you",
            format!("{} ({} with data)", info.segs_out, info.data_segs_out),
            "the SYN of the handshake counts",
        ),
        number(
            "retrans",
            "retransmitted",
            info.total_retrans,
            "segments that had to be sent again; on loopback nothing is lost",
        ),
        number("acked", "bytes you acknowledged", info.bytes_acked, "of our answers, before this one"),
    ]
}

fn number(key: &'static str, name: &'static str, value: impl ToString, meaning: impl Into<String>) -> Number {
    Number { key, name, value: value.to_string(), meaning: meaning.into() }
}

/// A time with three digits or so.
fn time(time: Duration) -> String {
    match time.as_micros() {
        micros @ 0..1_000 => format!("{micros} µs"),
        micros @ 1_000..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        micros => format!("{:.1} s", micros as f64 / 1e6),
    }
}
