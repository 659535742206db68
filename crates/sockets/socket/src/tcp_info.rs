use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use crate::sys::{self, OptionName};

/// What the kernel knows of a TCP connection: `getsockopt(TCP_INFO)`.
///
/// The kernel's struct has grown with its versions, always at the end. A field that the running kernel does not
/// know is 0; all of these are there since Linux 5.4. Fields of the struct that say nothing to a reader are
/// left out.
///
/// ```
/// use wirelab_socket::{TcpListener, TcpState, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// assert_eq!(TcpState::LISTEN.to_string(), "LISTEN");
/// let info = TcpStream::connect(listener.local_addr()?)?.tcp_info()?;
/// assert_eq!(info.state, TcpState::ESTABLISHED);
/// assert_eq!(info.snd_cwnd, 10);                       // RFC 6928: ten segments to begin with
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpInfo {
    /// The state of RFC 9293 §3.3.2.
    pub state: TcpState,
    /// Retransmissions of the oldest unacknowledged segment so far; 0 once it is acknowledged.
    pub retransmits: u8,
    /// Keep-alive or zero-window probes that are unanswered.
    pub probes: u8,
    /// How often the retransmission time-out has been doubled since the last acknowledgement.
    pub backoff: u8,
    /// Whether timestamps were negotiated (RFC 7323 §3).
    pub timestamps: bool,
    /// Whether selective acknowledgements were negotiated (RFC 2018).
    pub sack: bool,
    /// The shift of the window that the peer advertises, if window scaling was negotiated (RFC 7323 §2), else
    /// 0.
    pub snd_wscale: u8,
    /// The shift of the window that this end advertises, if window scaling was negotiated, else 0.
    pub rcv_wscale: u8,
    /// The retransmission time-out (RFC 6298).
    pub rto: Duration,
    /// The present delay of delayed acknowledgements.
    pub ato: Duration,
    /// The largest segment that this end sends, in bytes of payload.
    pub snd_mss: u32,
    /// The largest segment that came recently, in bytes of payload: an estimate.
    pub rcv_mss: u32,
    /// Segments that are sent and unacknowledged. On a listener: the length of the accept queue.
    pub unacked: u32,
    /// Segments that were selectively acknowledged. On a listener: the limit of the accept queue.
    pub sacked: u32,
    /// Segments that are held to be lost.
    pub lost: u32,
    /// Segments that are retransmitted and unacknowledged.
    pub retrans: u32,
    /// Time since data was sent last.
    pub last_data_sent: Duration,
    /// Time since data arrived last.
    pub last_data_recv: Duration,
    /// Time since an acknowledgement arrived last.
    pub last_ack_recv: Duration,
    /// The path's largest packet, in bytes with headers (RFC 1191).
    pub pmtu: u32,
    /// The round-trip time, smoothed (RFC 6298 §2, SRTT).
    pub rtt: Duration,
    /// The mean deviation of the round-trip time (RFC 6298 §2, RTTVAR).
    pub rttvar: Duration,
    /// The slow-start threshold, in segments (RFC 5681 §3.1); 2147483647 until the first loss.
    pub snd_ssthresh: u32,
    /// The congestion window, in segments (RFC 5681 §3.1).
    pub snd_cwnd: u32,
    /// The largest segment that this end accepts, in bytes of payload.
    pub advmss: u32,
    /// The receiver's own estimate of the round-trip time; zero without data from the peer.
    pub rcv_rtt: Duration,
    /// Bytes that the program reads in a round-trip time, from which the kernel tunes the receive buffer.
    pub rcv_space: u32,
    /// Segments retransmitted since the connection began.
    pub total_retrans: u32,
    /// The rate at which segments leave at most, in bytes a second; `u64::MAX` without pacing.
    pub pacing_rate: u64,
    /// Bytes that the peer has acknowledged. The SYN counts as one on the side that connected.
    pub bytes_acked: u64,
    /// Bytes received in order.
    pub bytes_received: u64,
    /// Segments sent, with those that carry no data.
    pub segs_out: u32,
    /// Segments received, with those that carry no data.
    pub segs_in: u32,
    /// Bytes in the send buffer that were never sent.
    pub notsent_bytes: u32,
    /// The shortest round-trip time of the last minutes.
    pub min_rtt: Duration,
    /// Segments with data received.
    pub data_segs_in: u32,
    /// Segments with data sent.
    pub data_segs_out: u32,
    /// The rate at which data was delivered last, in bytes a second.
    pub delivery_rate: u64,
    /// Time spent with data to send.
    pub busy_time: Duration,
    /// The part of [`busy_time`](Self::busy_time) in which the peer's window was the limit: a slow reader.
    pub rwnd_limited: Duration,
    /// The part of [`busy_time`](Self::busy_time) in which the send buffer was the limit: a slow writer.
    pub sndbuf_limited: Duration,
    /// Bytes of data sent, with retransmissions.
    pub bytes_sent: u64,
    /// Bytes of data retransmitted.
    pub bytes_retrans: u64,
    /// Segments that came out of order.
    pub rcv_ooopack: u32,
    /// The window that the peer advertised last, in bytes.
    pub snd_wnd: u32,
}

impl TcpInfo {
    pub(crate) fn read(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let mut bytes = [0; 512];
        let length = sys::get_option(fd, OptionName::INFO, &mut bytes)?;
        Ok(Self::from_bytes(&bytes[..length]))
    }

    /// Reads `struct tcp_info` of `linux/tcp.h` front to back, as `getsockopt(TCP_INFO)` and the attribute
    /// `INET_DIAG_INFO` of `sock_diag(7)` give it, in the machine's byte order; what is missing at the end is 0.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut info = TcpInfo::default();
        let mut r = Fields(bytes);
        info.decode_states(&mut r);
        info.decode_segments(&mut r);
        info.decode_path(&mut r);
        info.decode_totals(&mut r);
        info
    }

    fn decode_states(&mut self, r: &mut Fields<'_>) {
        self.state = TcpState(r.u8());
        let _congestion_state = r.u8();
        self.retransmits = r.u8();
        self.probes = r.u8();
        self.backoff = r.u8();
        let options = r.u8();
        self.timestamps = options & 1 != 0;
        self.sack = options & 2 != 0;
        let (low, high) = bit_fields(r.u8());
        (self.snd_wscale, self.rcv_wscale) = (low, high);
        let _flags = r.u8();
    }

    fn decode_segments(&mut self, r: &mut Fields<'_>) {
        self.rto = r.micros();
        self.ato = r.micros();
        self.snd_mss = r.u32();
        self.rcv_mss = r.u32();
        self.unacked = r.u32();
        self.sacked = r.u32();
        self.lost = r.u32();
        self.retrans = r.u32();
        let _forward_acknowledged = r.u32();
        self.last_data_sent = r.millis();
        let _last_ack_sent = r.millis(); // always 0
        self.last_data_recv = r.millis();
        self.last_ack_recv = r.millis();
    }

    fn decode_path(&mut self, r: &mut Fields<'_>) {
        self.pmtu = r.u32();
        let _rcv_ssthresh = r.u32();
        self.rtt = r.micros();
        self.rttvar = r.micros();
        self.snd_ssthresh = r.u32();
        self.snd_cwnd = r.u32();
        self.advmss = r.u32();
        let _reordering = r.u32();
        self.rcv_rtt = r.micros();
        self.rcv_space = r.u32();
    }

    fn decode_totals(&mut self, r: &mut Fields<'_>) {
        self.total_retrans = r.u32();
        self.pacing_rate = r.u64();
        let _max_pacing_rate = r.u64();
        self.bytes_acked = r.u64();
        self.bytes_received = r.u64();
        self.segs_out = r.u32();
        self.segs_in = r.u32();
        self.notsent_bytes = r.u32();
        self.min_rtt = r.micros();
        self.data_segs_in = r.u32();
        self.data_segs_out = r.u32();
        self.delivery_rate = r.u64();
        self.busy_time = Duration::from_micros(r.u64());
        self.rwnd_limited = Duration::from_micros(r.u64());
        self.sndbuf_limited = Duration::from_micros(r.u64());
        let _delivered = r.u32();
        let _delivered_ce = r.u32();
        self.bytes_sent = r.u64();
        self.bytes_retrans = r.u64();
        let _dsack_dups = r.u32();
        let _reord_seen = r.u32();
        self.rcv_ooopack = r.u32();
        self.snd_wnd = r.u32();
    }
}

/// Two fields of four bits in a C struct: the first is the low half where the machine is little-endian.
fn bit_fields(byte: u8) -> (u8, u8) {
    if cfg!(target_endian = "little") { (byte & 15, byte >> 4) } else { (byte >> 4, byte & 15) }
}

/// The rest of the struct, in the machine's byte order.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        match self.0.split_first_chunk() {
            Some((field, rest)) => {
                self.0 = rest;
                *field
            }
            None => {
                self.0 = &[];
                [0; N]
            }
        }
    }

    fn u8(&mut self) -> u8 {
        u8::from_ne_bytes(self.take())
    }

    fn u32(&mut self) -> u32 {
        u32::from_ne_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_ne_bytes(self.take())
    }

    fn micros(&mut self) -> Duration {
        Duration::from_micros(self.u32().into())
    }

    fn millis(&mut self) -> Duration {
        Duration::from_millis(self.u32().into())
    }
}

/// A state of RFC 9293 §3.3.2, with the kernel's number for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TcpState(pub u8);

macro_rules! states {
    ($($number:literal $constant:ident $name:literal $doc:literal;)*) => {
        impl TcpState {
            $(#[doc = $doc] pub const $constant: TcpState = TcpState($number);)*

            /// The RFC's name.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

states! {
    1 ESTABLISHED "ESTABLISHED" "Both ways are open.";
    2 SYN_SENT "SYN-SENT" "The SYN is sent and not answered.";
    3 SYN_RECEIVED "SYN-RECEIVED" "The SYN is answered, and the last ACK of the handshake is awaited.";
    4 FIN_WAIT_1 "FIN-WAIT-1" "Our FIN is sent and not acknowledged.";
    5 FIN_WAIT_2 "FIN-WAIT-2" "Our FIN is acknowledged; the peer may go on sending.";
    6 TIME_WAIT "TIME-WAIT" "Both FINs are acknowledged, and stray segments are given time to die out.";
    7 CLOSED "CLOSED" "No connection.";
    8 CLOSE_WAIT "CLOSE-WAIT" "The peer's FIN came, and our program has not closed its side yet.";
    9 LAST_ACK "LAST-ACK" "The peer's FIN came, and ours is sent and not acknowledged.";
    10 LISTEN "LISTEN" "Waiting for SYNs.";
    11 CLOSING "CLOSING" "Both FINs crossed on their way.";
}

impl fmt::Display for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "state {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    /// Each byte of the struct holds its own offset, so that a field's value says where it was read.
    fn counting() -> [u8; 256] {
        std::array::from_fn(|at| at as u8)
    }

    fn offset_in(value: u32) -> usize {
        usize::from(value.to_ne_bytes()[0])
    }

    #[test]
    fn fields_are_read_where_the_kernel_puts_them() {
        let info = TcpInfo::from_bytes(&counting());
        assert_eq!(offset_in(info.snd_mss), offset_of!(libc::tcp_info, tcpi_snd_mss));
        assert_eq!(offset_in(info.rtt.as_micros() as u32), offset_of!(libc::tcp_info, tcpi_rtt));
        assert_eq!(offset_in(info.snd_cwnd), offset_of!(libc::tcp_info, tcpi_snd_cwnd));
        assert_eq!(offset_in(info.total_retrans), offset_of!(libc::tcp_info, tcpi_total_retrans));
        assert_eq!(offset_in(info.segs_in), offset_of!(libc::tcp_info, tcpi_segs_in));
        assert_eq!(offset_in(info.data_segs_out), offset_of!(libc::tcp_info, tcpi_data_segs_out));
        assert_eq!(offset_in(info.snd_wnd), offset_of!(libc::tcp_info, tcpi_snd_wnd));
        let bytes_retrans = usize::from(info.bytes_retrans.to_ne_bytes()[0]);
        assert_eq!(bytes_retrans, offset_of!(libc::tcp_info, tcpi_bytes_retrans));
    }

    #[test]
    fn an_older_kernels_shorter_struct_gives_zeroes() {
        let whole = TcpInfo::from_bytes(&counting());
        for length in 0..256 {
            let info = TcpInfo::from_bytes(&counting()[..length]);
            let expected = if length >= 84 { whole.snd_cwnd } else { 0 };
            assert_eq!(info.snd_cwnd, expected, "of {length} bytes");
        }
        assert_eq!(TcpInfo::from_bytes(&[]), TcpInfo::default());
    }

    #[test]
    fn an_unknown_state_is_shown_by_its_number() {
        assert_eq!(TcpState(8).to_string(), "CLOSE-WAIT");
        assert_eq!(TcpState(99).to_string(), "state 99");
    }
}
