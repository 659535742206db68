use std::fmt::Display;
use std::fs;
use std::io;

use crate::proc;

/// A setting of the kernel's network stack: a file below `/proc/sys`.
///
/// Most belong to a network namespace: a program that made one of its own
/// ([`Namespace::enter_new`](wirelab_socket::Namespace::enter_new)) can change them there, and nobody else notices. A new
/// namespace begins with the kernel's defaults, not with the host's values.
///
/// ```
/// use wirelab_kernel::Sysctl;
/// use wirelab_socket::ListenOptions;
///
/// # fn main() -> std::io::Result<()> {
/// let greatest = Sysctl::SOMAXCONN.number()?;
/// let listener = ListenOptions::default().backlog(u32::MAX).bind("127.0.0.1:0".parse().unwrap())?;
/// assert_eq!(u64::from(listener.accept_queue()?.limit), greatest);       // lowered without a word
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sysctl {
    /// Its name with dots, as `sysctl` takes it.
    pub name: &'static str,
    /// What its number counts.
    pub unit: &'static str,
    /// What it does.
    pub says: &'static str,
}

macro_rules! sysctls {
    ($($constant:ident $name:literal $unit:literal $says:literal)*) => {
        impl Sysctl {
            $(
                #[doc = concat!("`", $name, "` (", $unit, "): ", $says, ".")]
                pub const $constant: Sysctl = Sysctl { name: $name, unit: $unit, says: $says };
            )*

            /// All that are known here.
            pub const ALL: &'static [Sysctl] = &[$(Sysctl::$constant),*];
        }
    };
}

sysctls! {
    SOMAXCONN "net.core.somaxconn" "connections" "the greatest backlog that listen grants; 4096, and 128 before Linux 5.4"
    TCP_MAX_SYN_BACKLOG "net.ipv4.tcp_max_syn_backlog" "handshakes" "with cookies off, the SYN queue is kept a quarter free of it for known peers; its default depends on the memory"
    TCP_SYNCOOKIES "net.ipv4.tcp_syncookies" "0, 1 or 2" "whether a SYN that meets a full SYN queue is answered with a cookie: never, then, or always"
    TCP_ABORT_ON_OVERFLOW "net.ipv4.tcp_abort_on_overflow" "0 or 1" "whether a last ACK that meets a full accept queue is answered with a reset, or dropped so that the client tries again"
    TCP_SYN_RETRIES "net.ipv4.tcp_syn_retries" "retransmissions" "how often connect repeats its SYN before it fails with ETIMEDOUT"
    TCP_SYNACK_RETRIES "net.ipv4.tcp_synack_retries" "retransmissions" "how often a listener repeats its SYN+ACK before it forgets the handshake"
    TCP_MIGRATE_REQ "net.ipv4.tcp_migrate_req" "0 or 1" "whether the queue of a closed SO_REUSEPORT listener goes over to another one, instead of being reset"
    TCP_FASTOPEN "net.ipv4.tcp_fastopen" "bits" "whether data in SYNs is sent (1) and taken (2) (RFC 7413)"
    IP_LOCAL_PORT_RANGE "net.ipv4.ip_local_port_range" "ports" "the first and the last ephemeral port"
    IP_UNPRIVILEGED_PORT_START "net.ipv4.ip_unprivileged_port_start" "port" "the first port that everybody may bind"
    TCP_TW_REUSE "net.ipv4.tcp_tw_reuse" "0, 1 or 2" "whether connect may take a port that is in TIME-WAIT towards the same peer, after a second: never, always, or on loopback"
    TCP_FIN_TIMEOUT "net.ipv4.tcp_fin_timeout" "seconds" "how long a closed socket waits in FIN-WAIT-2 for the peer's FIN. (TIME-WAIT is 60 seconds, and no setting changes it.)"
    TCP_MAX_TW_BUCKETS "net.ipv4.tcp_max_tw_buckets" "sockets" "how many sockets may be in TIME-WAIT; further ones skip it"
    TCP_RMEM "net.ipv4.tcp_rmem" "bytes" "the receive buffer of a TCP socket: least, at first, and most that the kernel's tuning gives"
    TCP_WMEM "net.ipv4.tcp_wmem" "bytes" "the send buffer of a TCP socket: least, at first, and most that the kernel's tuning gives"
    TCP_MEM "net.ipv4.tcp_mem" "pages" "the memory of all TCP sockets together: no pressure below, pressure above, and the end"
    RMEM_MAX "net.core.rmem_max" "bytes" "the most that SO_RCVBUF may ask for"
    WMEM_MAX "net.core.wmem_max" "bytes" "the most that SO_SNDBUF may ask for"
    TCP_KEEPALIVE_TIME "net.ipv4.tcp_keepalive_time" "seconds" "silence before the first keep-alive probe"
    TCP_KEEPALIVE_INTVL "net.ipv4.tcp_keepalive_intvl" "seconds" "time between two keep-alive probes"
    TCP_KEEPALIVE_PROBES "net.ipv4.tcp_keepalive_probes" "probes" "keep-alive probes without an answer until the connection fails"
    TCP_SLOW_START_AFTER_IDLE "net.ipv4.tcp_slow_start_after_idle" "0 or 1" "whether the congestion window shrinks while a connection says nothing"
    TCP_AUTOCORKING "net.ipv4.tcp_autocorking" "0 or 1" "whether a small write waits for an earlier packet that is still in the device's queue"
    TCP_CONGESTION_CONTROL "net.ipv4.tcp_congestion_control" "name" "the congestion control of new sockets"
}

impl Sysctl {
    /// The setting of this name.
    pub fn named(name: &str) -> Option<Sysctl> {
        Sysctl::ALL.iter().copied().find(|setting| setting.name == name)
    }

    /// Its file.
    pub fn path(&self) -> String {
        format!("/proc/sys/{}", self.name.replace('.', "/"))
    }

    /// Its value as text: words with a tab between them.
    ///
    /// # Errors
    /// This kernel, or this namespace, does not have it; `/proc` is not mounted.
    pub fn read(&self) -> io::Result<String> {
        proc::read(&self.path()).map(|text| text.trim().to_owned())
    }

    /// Its value, if that is one number.
    ///
    /// # Errors
    /// As [`read`](Self::read); `InvalidData`: it is not one number.
    pub fn number(&self) -> io::Result<u64> {
        match self.numbers()?[..] {
            [number] => Ok(number),
            _ => Err(proc::invalid(&self.path(), "not one number")),
        }
    }

    /// Its value, if that is numbers: `ip_local_port_range` has two, `tcp_rmem` three.
    ///
    /// # Errors
    /// As [`read`](Self::read); `InvalidData`: one of them is no number.
    pub fn numbers(&self) -> io::Result<Vec<u64>> {
        let text = self.read()?;
        let numbers = text.split_whitespace().map(str::parse).collect::<Result<_, _>>();
        numbers.map_err(|_| proc::invalid(&self.path(), &format!("`{text}` is not made of numbers")))
    }

    /// Changes it for the network namespace of the calling thread. For a namespace of one's own; on the host's, every other
    /// program is affected too.
    ///
    /// # Errors
    /// `PermissionDenied`: it takes root of the namespace to write (CAP_NET_ADMIN). `InvalidInput`: the kernel does not take
    /// the value. `NotFound`: the setting is the host's alone, and cannot be seen from another namespace.
    pub fn write(&self, value: impl Display) -> io::Result<()> {
        let written = fs::write(self.path(), value.to_string());
        written.map_err(|error| proc::about(&self.path(), &format!("writing {value}: {error}"), error.kind()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_kernel_has_every_setting_that_is_known_here() {
        for setting in Sysctl::ALL {
            assert!(!setting.read().unwrap().is_empty(), "{}", setting.name);
        }
        assert_eq!(Sysctl::IP_LOCAL_PORT_RANGE.numbers().unwrap().len(), 2);
        assert_eq!(Sysctl::TCP_RMEM.numbers().unwrap().len(), 3);
        assert_eq!(Sysctl::named("net.core.somaxconn"), Some(Sysctl::SOMAXCONN));
    }

    #[test]
    fn what_is_not_a_number_says_so() {
        let name = Sysctl::TCP_CONGESTION_CONTROL;
        assert_eq!(name.number().unwrap_err().kind(), io::ErrorKind::InvalidData);
        let error = Sysctl::TCP_RMEM.number().unwrap_err().to_string();
        assert_eq!(error, "/proc/sys/net/ipv4/tcp_rmem: not one number");
    }

    #[test]
    fn a_setting_of_a_namespace_of_ones_own_changes_nothing_outside() {
        let outside = Sysctl::TCP_FIN_TIMEOUT.number().unwrap();
        let inside = std::thread::spawn(move || {
            let _namespace = wirelab_socket::Namespace::enter_new()?;
            Sysctl::TCP_FIN_TIMEOUT.write(outside + 1)?;
            Sysctl::TCP_FIN_TIMEOUT.number()
        });
        match inside.join().unwrap() {
            Ok(inside) => assert_eq!(inside, outside + 1),
            // A namespace needs rights that not everybody has.
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}"),
        }
        assert_eq!(Sysctl::TCP_FIN_TIMEOUT.number().unwrap(), outside);
    }
}
