use crate::ip::{PathMtuConfig, ReassemblyConfig};

/// What a host may hold, and how much it says unasked. Every limit that a stranger could fill is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The largest packet of the link, IP header included.
    pub mtu: u16,
    /// The time to live (hop limit) of what we send.
    pub hop_limit: u8,
    /// How many TCP connections there may be, of all states.
    pub connections: usize,
    /// How many of them may be in TIME-WAIT (`net.ipv4.tcp_max_tw_buckets`); the oldest makes room for one more.
    pub time_waits: usize,
    /// The first of the ports for connections that we open (`net.ipv4.ip_local_port_range`).
    pub first_ephemeral_port: u16,
    /// The last of them.
    pub last_ephemeral_port: u16,
    /// How many bytes of received datagrams a UDP socket holds, each counted with [`Config::DATAGRAM_OVERHEAD`].
    pub udp_queue: usize,
    /// How many packets wait that belong to no connection: datagrams, answers to strangers.
    pub transmit_queue: usize,
    /// How many fragments are held, and for how long.
    pub reassembly: ReassemblyConfig,
    /// How many paths' MTUs are remembered, and for how long.
    pub path_mtu: PathMtuConfig,
    /// How many events wait for the application that are not a connection's own.
    pub events: usize,
    /// How many RST a second we send to segments that are for nobody.
    pub resets_per_second: u32,
    /// How many ICMP errors a second (RFC 4443 §2.4(f), `net.ipv4.icmp_msgs_per_sec`).
    pub icmp_errors_per_second: u32,
    /// How many echo replies a second.
    pub echo_replies_per_second: u32,
}

impl Config {
    /// What a datagram costs beside its payload: an empty one is not free.
    pub const DATAGRAM_OVERHEAD: usize = 64;
}

impl Default for Config {
    fn default() -> Self {
        Config {
            mtu: 1500,
            hop_limit: 64,
            connections: 65_536,
            time_waits: 16_384,
            first_ephemeral_port: 32_768,
            last_ephemeral_port: 60_999,
            udp_queue: 208 * 1024,
            transmit_queue: 256,
            reassembly: ReassemblyConfig::default(),
            path_mtu: PathMtuConfig::default(),
            events: 1024,
            resets_per_second: 1000,
            icmp_errors_per_second: 1000,
            echo_replies_per_second: 1000,
        }
    }
}
