/// What a host has counted, by the names under which `nstat -az` shows the same on Linux.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(non_snake_case, reason = "these are the names that nstat prints")]
pub struct Counters {
    /// Packets received.
    pub IpInReceives: u64,
    /// Packets whose header could not be read or did not check.
    pub IpInHdrErrors: u64,
    /// Packets for somebody else, or from an address that nobody can have.
    pub IpInAddrErrors: u64,
    /// Packets of a protocol that is not spoken here.
    pub IpInUnknownProtos: u64,
    /// Whole packets handed to a protocol.
    pub IpInDelivers: u64,
    /// Packets sent.
    pub IpOutRequests: u64,
    /// Packets not sent, for want of room in the queue or because they cannot be cut.
    pub IpOutDiscards: u64,
    /// Fragments received.
    pub IpReasmReqds: u64,
    /// Packets put together from fragments.
    pub IpReasmOKs: u64,
    /// Fragments refused, and packets whose fragments did not all come.
    pub IpReasmFails: u64,
    /// Messages received.
    pub IcmpInMsgs: u64,
    /// Messages that could not be read, did not check, or quote nothing of ours.
    pub IcmpInErrors: u64,
    /// Messages sent.
    pub IcmpOutMsgs: u64,
    /// Messages not sent because of a limit.
    pub IcmpOutRateLimitGlobal: u64,
    /// Segments received.
    pub TcpInSegs: u64,
    /// Segments that could not be read, with a wrong checksum or impossible ports.
    pub TcpInErrs: u64,
    /// Those of them with a wrong checksum.
    pub TcpInCsumErrors: u64,
    /// Segments sent, RST and retransmissions included (Linux counts these two apart).
    pub TcpOutSegs: u64,
    /// RST sent.
    pub TcpOutRsts: u64,
    /// Connections that we opened.
    pub TcpActiveOpens: u64,
    /// Connections that others opened and that came to be established.
    pub TcpPassiveOpens: u64,
    /// Handshakes that failed.
    pub TcpAttemptFails: u64,
    /// Segments sent again.
    pub TcpRetransSegs: u64,
    /// SYN and final ACK that found the accept queue full.
    pub TcpExtListenOverflows: u64,
    /// SYN and final ACK dropped by a listener, for whatever reason.
    pub TcpExtListenDrops: u64,
    /// SYN dropped because the SYN queue was full.
    pub TcpExtTCPReqQFullDrop: u64,
    /// SYN answered with a cookie because the SYN queue was full.
    pub TcpExtTCPReqQFullDoCookies: u64,
    /// Cookies sent.
    pub TcpExtSyncookiesSent: u64,
    /// Cookies that came back.
    pub TcpExtSyncookiesRecv: u64,
    /// ACK that should have brought a cookie, and brought none of ours.
    pub TcpExtSyncookiesFailed: u64,
    /// RST sent because the accept queue was full.
    pub TcpExtTCPAbortOnOverflow: u64,
    /// Connections that came to TIME-WAIT.
    pub TcpExtTW: u64,
    /// Those whose ends a newer SYN got.
    pub TcpExtTWRecycled: u64,
    /// Those ended early because there were too many.
    pub TcpExtTCPTimeWaitOverflow: u64,
    /// ICMP errors that quote a segment which is not on its way (RFC 5927 §4.1).
    pub TcpExtOutOfWindowIcmps: u64,
    /// Datagrams put into a socket's queue.
    pub UdpInDatagrams: u64,
    /// Datagrams for a port that nobody has.
    pub UdpNoPorts: u64,
    /// Datagrams not delivered for any other reason.
    pub UdpInErrors: u64,
    /// Those of them with a wrong checksum.
    pub UdpInCsumErrors: u64,
    /// Those of them for which the queue had no room.
    pub UdpRcvbufErrors: u64,
    /// Datagrams sent.
    pub UdpOutDatagrams: u64,
    /// Datagrams not sent for want of room.
    pub UdpSndbufErrors: u64,
}

macro_rules! named {
    ($($name:ident)*) => {
        #[allow(non_snake_case, reason = "these are the names that nstat prints")]
        impl Counters {
            /// All counters by name, in the order of the fields.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                let Counters { $($name),* } = *self; // does not compile if one is missing below
                [$((stringify!($name), $name)),*].into_iter()
            }
        }
    };
}

named! {
    IpInReceives IpInHdrErrors IpInAddrErrors IpInUnknownProtos IpInDelivers IpOutRequests IpOutDiscards
    IpReasmReqds IpReasmOKs IpReasmFails IcmpInMsgs IcmpInErrors IcmpOutMsgs IcmpOutRateLimitGlobal
    TcpInSegs TcpInErrs TcpInCsumErrors TcpOutSegs TcpOutRsts TcpActiveOpens TcpPassiveOpens
    TcpAttemptFails TcpRetransSegs TcpExtListenOverflows TcpExtListenDrops TcpExtTCPReqQFullDrop
    TcpExtTCPReqQFullDoCookies TcpExtSyncookiesSent TcpExtSyncookiesRecv TcpExtSyncookiesFailed
    TcpExtTCPAbortOnOverflow TcpExtTW TcpExtTWRecycled TcpExtTCPTimeWaitOverflow TcpExtOutOfWindowIcmps
    UdpInDatagrams UdpNoPorts UdpInErrors UdpInCsumErrors UdpRcvbufErrors UdpOutDatagrams
    UdpSndbufErrors
}

impl Counters {
    /// The counter of this name; `None` if there is none.
    ///
    /// ```
    /// use wirelab_tcpip::host::Counters;
    ///
    /// let counters = Counters { TcpInSegs: 3, ..Counters::default() };
    /// assert_eq!((counters.named("TcpInSegs"), counters.named("TcpInTea")), (Some(3), None));
    /// ```
    pub fn named(&self, name: &str) -> Option<u64> {
        self.iter().find(|(known, _)| *known == name).map(|(_, count)| count)
    }
}
