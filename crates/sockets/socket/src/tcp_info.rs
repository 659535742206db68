use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use crate::sys::{self, OptionName};

mod reader;
mod state;
mod value;

pub use state::{CongestionState, TcpState};
pub use value::{TcpInfoField, TcpInfoValue};

use reader::Reader;
use value::Shown;

/// `struct tcp_info` of `linux/tcp.h`, front to back: the kernel's name of each field, its type here, how it is
/// read, its unit, and what it means. Everything that is known of a field is said here and once.
macro_rules! fields {
    ($($name:ident: $type:ty = $read:ident $unit:literal $meaning:literal)*) => {
        /// What the kernel knows of a TCP connection: `getsockopt(TCP_INFO)`.
        ///
        /// The kernel's struct has grown with its versions, always at the end. A field that the running kernel
        /// does not know is 0. Linux 6.7 has all of these; what Linux 6.18 has added behind them (Accurate ECN)
        /// is not read.
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
        /// for field in info.fields() {
        ///     println!("{:26} {:20} {}", field.name, field.value.to_string(), field.meaning);
        /// }
        /// # Ok(()) }
        /// ```
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct TcpInfo {
            $(#[doc = $meaning] pub $name: $type,)*
        }

        impl TcpInfo {
            /// Reads `struct tcp_info` as `getsockopt(TCP_INFO)` and the attribute `INET_DIAG_INFO` of
            /// `sock_diag(7)` give it, in the machine's byte order; what is missing at the end is 0, and what
            /// is too much is not read.
            pub fn from_bytes(bytes: &[u8]) -> Self {
                let mut r = Reader::new(bytes);
                TcpInfo { $($name: r.$read(),)* }
            }

            /// Every field in the kernel's order, to be printed.
            pub fn fields(&self) -> impl Iterator<Item = TcpInfoField> + use<> {
                [$(TcpInfoField {
                    name: stringify!($name),
                    value: self.$name.shown($unit),
                    meaning: $meaning,
                },)*].into_iter()
            }
        }
    };
}

fields! {
    state: TcpState = state ""
        "The state of RFC 9293 §3.3.2."
    ca_state: CongestionState = congestion_state ""
        "What congestion control makes of the acknowledgements."
    retransmits: u8 = u8 ""
        "Retransmissions of the oldest unacknowledged segment so far; 0 once it is acknowledged."
    probes: u8 = u8 ""
        "Keep-alive or zero-window probes that are unanswered."
    backoff: u8 = u8 ""
        "How often the retransmission time-out has been doubled since the last acknowledgement."
    timestamps: bool = flag ""
        "Whether timestamps were negotiated (RFC 7323 §3)."
    sack: bool = flag ""
        "Whether selective acknowledgements were negotiated (RFC 2018)."
    wscale: bool = flag ""
        "Whether window scaling was negotiated (RFC 7323 §2)."
    ecn: bool = flag ""
        "Whether explicit congestion notification was negotiated (RFC 3168)."
    ecn_seen: bool = flag ""
        "Whether a packet has come that was marked as capable of it."
    syn_data: bool = flag ""
        "Whether the peer acknowledged data in the SYN (TCP Fast Open, RFC 7413)."
    usec_ts: bool = flag ""
        "Whether timestamps count microseconds."
    tfo_child: bool = flag ""
        "Whether the connection was accepted by TCP Fast Open."
    snd_wscale: u8 = bits_4 "bits"
        "The shift of the window that the peer advertises, if scaling was negotiated."
    rcv_wscale: u8 = bits_4 "bits"
        "The shift of the window that this end advertises, if scaling was negotiated."
    delivery_rate_app_limited: bool = bit ""
        "Whether the program, which had no more to send, limited `delivery_rate`."
    fastopen_client_fail: u8 = bits_2 ""
        "Why Fast Open sent no data in the SYN: 0 unknown, 1 no cookie, 2 not acknowledged, 3 SYN lost."
    rto: Duration = micros ""
        "The retransmission time-out (RFC 6298)."
    ato: Duration = micros ""
        "The present delay of delayed acknowledgements."
    snd_mss: u32 = u32 "bytes"
        "The largest segment that this end sends, in bytes of payload."
    rcv_mss: u32 = u32 "bytes"
        "The largest segment that came recently, in bytes of payload: an estimate."
    unacked: u32 = u32 "segments"
        "Segments that are sent and unacknowledged. On a listener: the length of the accept queue."
    sacked: u32 = u32 "segments"
        "Segments that were selectively acknowledged. On a listener: the limit of the accept queue."
    lost: u32 = u32 "segments"
        "Segments that are held to be lost."
    retrans: u32 = u32 "segments"
        "Segments that are retransmitted and unacknowledged."
    fackets: u32 = u32 "segments"
        "Not in use any more: 0."
    last_data_sent: Duration = millis ""
        "Time since data was sent last."
    last_ack_sent: Duration = millis ""
        "Never filled: 0."
    last_data_recv: Duration = millis ""
        "Time since data arrived last."
    last_ack_recv: Duration = millis ""
        "Time since an acknowledgement arrived last."
    pmtu: u32 = u32 "bytes"
        "The path's largest packet, in bytes with headers (RFC 1191)."
    rcv_ssthresh: u32 = u32 "bytes"
        "The window that this end is ready to grow to."
    rtt: Duration = micros ""
        "The round-trip time, smoothed (RFC 6298 §2, SRTT)."
    rttvar: Duration = micros ""
        "The mean deviation of the round-trip time (RFC 6298 §2, RTTVAR)."
    snd_ssthresh: u32 = u32 "segments"
        "The slow-start threshold, in segments (RFC 5681 §3.1); 2147483647 until the first loss."
    snd_cwnd: u32 = u32 "segments"
        "The congestion window, in segments (RFC 5681 §3.1)."
    advmss: u32 = u32 "bytes"
        "The largest segment that this end accepts, in bytes of payload."
    reordering: u32 = u32 "segments"
        "By how many places a segment may be overtaken before it is held to be lost."
    rcv_rtt: Duration = micros ""
        "The receiver's own estimate of the round-trip time; zero without data from the peer."
    rcv_space: u32 = u32 "bytes"
        "Bytes that the program reads in a round-trip time, from which the kernel tunes the receive buffer."
    total_retrans: u32 = u32 "segments"
        "Segments retransmitted since the connection began."
    pacing_rate: u64 = u64 "bytes/s"
        "The rate at which segments leave at most, in bytes a second; `u64::MAX` without pacing."
    max_pacing_rate: u64 = u64 "bytes/s"
        "The limit that the program has set on it (`SO_MAX_PACING_RATE`); `u64::MAX` without one."
    bytes_acked: u64 = u64 "bytes"
        "Bytes that the peer has acknowledged. The SYN counts as one on the side that connected."
    bytes_received: u64 = u64 "bytes"
        "Bytes received in order."
    segs_out: u32 = u32 "segments"
        "Segments sent, with those that carry no data."
    segs_in: u32 = u32 "segments"
        "Segments received, with those that carry no data."
    notsent_bytes: u32 = u32 "bytes"
        "Bytes in the send buffer that were never sent."
    min_rtt: Duration = micros ""
        "The shortest round-trip time of the last minutes."
    data_segs_in: u32 = u32 "segments"
        "Segments with data received."
    data_segs_out: u32 = u32 "segments"
        "Segments with data sent."
    delivery_rate: u64 = u64 "bytes/s"
        "The rate at which data was delivered last, in bytes a second."
    busy_time: Duration = micros_64 ""
        "Time spent with data to send."
    rwnd_limited: Duration = micros_64 ""
        "The part of `busy_time` in which the peer's window was the limit: a slow reader."
    sndbuf_limited: Duration = micros_64 ""
        "The part of `busy_time` in which the send buffer was the limit: a slow writer."
    delivered: u32 = u32 "segments"
        "Segments with data that the peer has, as far as is known."
    delivered_ce: u32 = u32 "segments"
        "Those of them that were marked by a congested router (RFC 3168)."
    bytes_sent: u64 = u64 "bytes"
        "Bytes of data sent, with retransmissions."
    bytes_retrans: u64 = u64 "bytes"
        "Bytes of data retransmitted."
    dsack_dups: u32 = u32 "segments"
        "Segments that the peer says it got twice (RFC 2883): retransmitted in vain."
    reord_seen: u32 = u32 ""
        "How often acknowledgements showed that segments had overtaken each other."
    rcv_ooopack: u32 = u32 "segments"
        "Segments that came out of order."
    snd_wnd: u32 = u32 "bytes"
        "The window that the peer advertised last, in bytes."
    rcv_wnd: u32 = u32 "bytes"
        "The window that this end advertised last, in bytes."
    rehash: u32 = u32 ""
        "How often another path was tried, by another hash of the flow, after time-outs."
    total_rto: u16 = u16 ""
        "Retransmission time-outs since the connection began, those of SYNs with them."
    total_rto_recoveries: u16 = u16 ""
        "Times of trouble with one or more time-outs each, since the connection began."
    total_rto_time: Duration = millis ""
        "Time spent in them."
}

impl TcpInfo {
    pub(crate) fn read(fd: BorrowedFd<'_>) -> io::Result<Self> {
        // The kernel writes as much as it knows, or as fits.
        let mut bytes = [0; 512];
        let length = sys::get_option(fd, OptionName::INFO, &mut bytes)?;
        Ok(Self::from_bytes(&bytes[..length]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::mem::offset_of;

    /// The size of the part of the struct that is read.
    const SIZE: usize = 248;

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
        assert_eq!(offset_in(info.reordering), offset_of!(libc::tcp_info, tcpi_reordering));
        assert_eq!(offset_in(info.total_retrans), offset_of!(libc::tcp_info, tcpi_total_retrans));
        assert_eq!(offset_in(info.segs_in), offset_of!(libc::tcp_info, tcpi_segs_in));
        assert_eq!(offset_in(info.data_segs_out), offset_of!(libc::tcp_info, tcpi_data_segs_out));
        assert_eq!(offset_in(info.delivered), offset_of!(libc::tcp_info, tcpi_delivered));
        assert_eq!(offset_in(info.snd_wnd), offset_of!(libc::tcp_info, tcpi_snd_wnd));
        let bytes_retrans = usize::from(info.bytes_retrans.to_ne_bytes()[0]);
        assert_eq!(bytes_retrans, offset_of!(libc::tcp_info, tcpi_bytes_retrans));
        // Behind these the headers of this system do not go; `linux/tcp.h` of Linux 6.7 does.
        assert_eq!((offset_in(info.rcv_wnd), offset_in(info.rehash)), (232, 236));
        let recoveries = (info.total_rto.to_ne_bytes()[0], info.total_rto_recoveries.to_ne_bytes()[0]);
        assert_eq!(recoveries, (240, 242));
        assert_eq!(offset_in(info.total_rto_time.as_millis() as u32), 244);
    }

    #[test]
    fn bits_are_read_in_the_order_of_the_struct() {
        let mut bytes = [0; SIZE];
        (bytes[5], bytes[6]) = (0b0000_1101, if cfg!(target_endian = "little") { 0xa7 } else { 0x7a });
        let info = TcpInfo::from_bytes(&bytes);
        assert_eq!(
            (info.timestamps, info.sack, info.wscale, info.ecn, info.ecn_seen),
            (true, false, true, true, false)
        );
        assert_eq!((info.snd_wscale, info.rcv_wscale, info.rto), (7, 10, Duration::ZERO));
        bytes[5..8].fill(0xff);
        let info = TcpInfo::from_bytes(&bytes);
        assert_eq!(
            (info.tfo_child, info.delivery_rate_app_limited, info.fastopen_client_fail),
            (true, true, 3)
        );
        assert_eq!(info.rto, Duration::ZERO, "the unused bits of the byte are not part of the next field");
    }

    #[test]
    fn an_older_kernels_shorter_struct_gives_zeroes() {
        let whole: Vec<_> = TcpInfo::from_bytes(&counting()).fields().collect();
        for length in 0..=256 {
            let cut: Vec<_> = TcpInfo::from_bytes(&counting()[..length]).fields().collect();
            let same = std::iter::zip(&cut, &whole).take_while(|(cut, whole)| cut == whole).count();
            assert!(
                cut[same..].iter().all(|field| field.value.is_zero()),
                "of {length} bytes: {:?}",
                cut[same]
            );
            assert_eq!(same == cut.len(), length >= SIZE, "of {length} bytes");
        }
        assert_eq!(TcpInfo::from_bytes(&[]), TcpInfo::default());
    }

    #[test]
    fn every_field_has_a_name_of_its_own_and_is_shown_with_its_unit() {
        let fields: Vec<_> = TcpInfo::from_bytes(&counting()).fields().collect();
        let names: HashSet<_> = fields.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), fields.len());
        let info =
            TcpInfo { rto: Duration::from_millis(204), rtt: Duration::from_micros(31), ..TcpInfo::default() };
        let shown = |name| info.fields().find(|field| field.name == name).unwrap().value.to_string();
        assert_eq!(
            [
                shown("rto"),
                shown("rtt"),
                shown("snd_cwnd"),
                shown("sack"),
                shown("backoff"),
                shown("ca_state")
            ],
            ["204 ms", "0.031 ms", "0 segments", "no", "0", "Open"]
        );
    }
}
