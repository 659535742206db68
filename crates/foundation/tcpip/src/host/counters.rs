/// What a host has counted, by the names under which `nstat -a` shows the same on Linux.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(non_snake_case, reason = "these are the names that nstat prints")]
#[allow(missing_docs, reason = "the names are explained in groups")]
pub struct Counters {
    // IP: packets received, those that could not be read, those for somebody else, protocols that we do not speak,
    // and what was sent.
    pub IpInReceives: u64,
    pub IpInHdrErrors: u64,
    pub IpInAddrErrors: u64,
    pub IpInUnknownProtos: u64,
    pub IpInDelivers: u64,
    pub IpOutRequests: u64,
    pub IpOutDiscards: u64,
    // Reassembly: fragments received, packets that became whole, those that never did.
    pub IpReasmReqds: u64,
    pub IpReasmOKs: u64,
    pub IpReasmFails: u64,
    // ICMP: received, unreadable, sent, and not sent because of the limit.
    pub IcmpInMsgs: u64,
    pub IcmpInErrors: u64,
    pub IcmpOutMsgs: u64,
    pub IcmpOutRateLimitGlobal: u64,
    // TCP: segments in, unreadable or with a wrong checksum, out, RST among them; connections opened by us and by others.
    pub TcpInSegs: u64,
    pub TcpInErrs: u64,
    pub TcpInCsumErrors: u64,
    pub TcpOutSegs: u64,
    pub TcpOutRsts: u64,
    pub TcpActiveOpens: u64,
    pub TcpPassiveOpens: u64,
    pub TcpAttemptFails: u64,
    pub TcpRetransSegs: u64,
    // Listeners: the accept queue was full; a SYN or a final ACK was dropped for whatever reason; SYN that found the SYN
    // queue full and were dropped (DoCookies: answered by a cookie); cookies sent, returned, and wrong ones.
    pub TcpExtListenOverflows: u64,
    pub TcpExtListenDrops: u64,
    pub TcpExtTCPReqQFullDrop: u64,
    pub TcpExtTCPReqQFullDoCookies: u64,
    pub TcpExtSyncookiesSent: u64,
    pub TcpExtSyncookiesRecv: u64,
    pub TcpExtSyncookiesFailed: u64,
    pub TcpExtTCPAbortOnOverflow: u64,
    // TIME-WAIT: entered, ended early by a newer SYN, ended early for want of room.
    pub TcpExtTW: u64,
    pub TcpExtTWRecycled: u64,
    pub TcpExtTCPTimeWaitOverflow: u64,
    // ICMP errors whose quoted sequence number is not on its way (RFC 5927).
    pub TcpExtOutOfWindowIcmps: u64,
    // UDP: delivered, for no socket, unreadable, wrong checksum, no room in the queue, sent.
    pub UdpInDatagrams: u64,
    pub UdpNoPorts: u64,
    pub UdpInErrors: u64,
    pub UdpInCsumErrors: u64,
    pub UdpRcvbufErrors: u64,
    pub UdpOutDatagrams: u64,
    pub UdpSndbufErrors: u64,
}
