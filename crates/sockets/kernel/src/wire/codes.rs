use std::fmt;

macro_rules! codes {
    ($($constant:ident $number:literal $name:literal $doc:literal;)*) => {
        $(#[doc = $doc] pub const $constant: Self = Self($number);)*

        /// The name in the kernel's headers.
        pub fn name(self) -> Option<&'static str> {
            match self.0 {
                $($number => Some($name),)*
                _ => None,
            }
        }
    };
}

macro_rules! flags {
    ($integer:ty: $($constant:ident $bit:literal $name:literal $doc:literal;)*) => {
        $(#[doc = $doc] pub const $constant: Self = Self($bit);)*

        /// Whether all of these are set.
        pub const fn contains(self, flags: Self) -> bool {
            self.0 & flags.0 == flags.0
        }

        /// These and those.
        #[must_use]
        pub const fn with(self, flags: Self) -> Self {
            Self(self.0 | flags.0)
        }

        /// These without those.
        #[must_use]
        pub const fn without(self, flags: Self) -> Self {
            Self(self.0 & !flags.0)
        }

        /// The names of those that are set, with bars between them; the rest in hexadecimal.
        fn names(self) -> String {
            let mut names: Vec<String> = Vec::new();
            let mut rest: $integer = self.0;
            $(if rest & $bit == $bit {
                names.push($name.to_owned());
                rest &= !$bit;
            })*
            if rest != 0 || names.is_empty() {
                names.push(format!("{rest:#x}"));
            }
            names.join("|")
        }
    };
}

/// What a netlink message is (`nlmsg_type`). Those below 16 are the same in all families of netlink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageType(pub u16);

impl MessageType {
    codes! {
        NOOP 1 "NLMSG_NOOP" "Nothing; to be ignored.";
        ERROR 2 "NLMSG_ERROR" "The request failed; or, with the error 0, it was done.";
        DONE 3 "NLMSG_DONE" "The end of a dump.";
        OVERRUN 4 "NLMSG_OVERRUN" "Data was lost.";
        SOCK_DIAG_BY_FAMILY 20 "SOCK_DIAG_BY_FAMILY" "Asks for sockets, and answers with one.";
    }
}

/// `nlmsg_flags`. The bits from 0x100 on mean other things in other kinds of requests; here they are those of requests
/// that ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u16);

impl Flags {
    flags! { u16:
        REQUEST 0x1 "NLM_F_REQUEST" "A request.";
        MULTI 0x2 "NLM_F_MULTI" "One of several messages, which end with `NLMSG_DONE`.";
        ACK 0x4 "NLM_F_ACK" "The sender wants an answer in any case.";
        DUMP_INTERRUPTED 0x10 "NLM_F_DUMP_INTR" "The table changed during the dump, whose parts do not fit together.";
        DUMP 0x300 "NLM_F_DUMP" "All that match, not one alone (`NLM_F_ROOT|NLM_F_MATCH`).";
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names())
    }
}

/// An address family: what an address looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Family(pub u8);

impl Family {
    codes! {
        UNIX 1 "AF_UNIX" "Names of files, or names of their own.";
        INET 2 "AF_INET" "IPv4.";
        INET6 10 "AF_INET6" "IPv6; a socket of this family may also speak IPv4, with mapped addresses.";
    }
}

/// The protocol above IP (`IPPROTO_…`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Protocol(pub u8);

impl Protocol {
    codes! {
        TCP 6 "IPPROTO_TCP" "TCP.";
        UDP 17 "IPPROTO_UDP" "UDP.";
    }
}

/// Which timer of a TCP socket runs (`idiag_timer`), if any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Timer(pub u8);

impl Timer {
    codes! {
        OFF 0 "off" "None.";
        RETRANSMIT 1 "on" "Retransmission, a tail loss probe, or an early retransmission.";
        KEEP_ALIVE 2 "keepalive" "Keep-alive, or the end of FIN-WAIT-2.";
        TIME_WAIT 3 "timewait" "The end of TIME-WAIT (or of FIN-WAIT-2 after `close`).";
        PROBE 4 "persist" "The next probe of a zero window.";
    }
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "timer {}", self.0),
        }
    }
}

/// Which attributes a request asks for (`idiag_ext`): the bit of an attribute is its number less one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Extensions(pub u8);

impl Extensions {
    flags! { u8:
        MEMINFO 0x01 "MEMINFO" "`INET_DIAG_MEMINFO`: four numbers of memory.";
        INFO 0x02 "INFO" "`INET_DIAG_INFO`: `struct tcp_info`.";
        VEGASINFO 0x04 "VEGASINFO" "`INET_DIAG_VEGASINFO`: what the congestion control keeps.";
        CONG 0x08 "CONG" "`INET_DIAG_CONG`: the name of the congestion control.";
        TOS 0x10 "TOS" "`INET_DIAG_TOS`: IPv4's type of service.";
        TCLASS 0x20 "TCLASS" "`INET_DIAG_TCLASS`: IPv6's traffic class.";
        SKMEMINFO 0x40 "SKMEMINFO" "`INET_DIAG_SKMEMINFO`: nine numbers of memory.";
        SHUTDOWN 0x80 "SHUTDOWN" "`INET_DIAG_SHUTDOWN`: which directions are shut down.";
    }
}

impl fmt::Display for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names())
    }
}

/// What kind of Unix socket (`SOCK_…`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct UnixKind(pub u8);

impl UnixKind {
    codes! {
        STREAM 1 "SOCK_STREAM" "A stream of bytes.";
        DATAGRAM 2 "SOCK_DGRAM" "Datagrams.";
        SEQUENCED 5 "SOCK_SEQPACKET" "Datagrams over a connection.";
    }
}

/// Which attributes a request for Unix sockets asks for (`udiag_show`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Show(pub u32);

impl Show {
    flags! { u32:
        NAME 0x01 "NAME" "`UNIX_DIAG_NAME`: the name.";
        VFS 0x02 "VFS" "`UNIX_DIAG_VFS`: the file.";
        PEER 0x04 "PEER" "`UNIX_DIAG_PEER`: the other end.";
        ICONS 0x08 "ICONS" "`UNIX_DIAG_ICONS`: what waits for `accept`.";
        RQLEN 0x10 "RQLEN" "`UNIX_DIAG_RQLEN`: the queues.";
        MEMINFO 0x20 "MEMINFO" "`UNIX_DIAG_MEMINFO`: nine numbers of memory.";
        UID 0x40 "UID" "`UNIX_DIAG_UID`: the user.";
    }
}

impl fmt::Display for Show {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names())
    }
}
