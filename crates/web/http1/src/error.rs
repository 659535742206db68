use wirelab_http::{InvalidTarget, StatusCode, Version};
use wirelab_wire::WireError;

/// Why a connection died, or a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are not HTTP/1.1: which one, in which field, and which rule it breaks.
    #[error("{0}")]
    Wire(WireError),
    /// They are, and yet the message may not be taken.
    #[error("{0} ({rule})", rule = .0.rule())]
    Violation(#[from] Violation),
    /// The program using this connection asked for something impossible. The peer cannot cause it.
    #[error("{0}")]
    Misuse(#[from] Misuse),
}

/// A rule about messages that the peer broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Longer than [`Config::max_start_line`](crate::Config::max_start_line).
    #[error("the start line is longer than {limit} bytes")]
    StartLineTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// A method that does not end within [`Config::max_start_line`](crate::Config::max_start_line).
    #[error("the method does not end within {limit} bytes")]
    MethodTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// Longer than [`Config::max_head`](crate::Config::max_head).
    #[error("the head is longer than {limit} bytes")]
    HeadTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// More than [`Config::max_fields`](crate::Config::max_fields).
    #[error("there are more than {limit} fields")]
    TooManyFields {
        /// The limit.
        limit: usize,
    },
    /// A major version other than 1.
    #[error("version {0} is not spoken here")]
    VersionNotSupported(Version),
    /// A request target that is none, or not one for this method.
    #[error("the request target is refused: {0}")]
    Target(#[from] InvalidTarget),
    /// An HTTP/1.1 request without Host.
    #[error("there is no Host field")]
    HostMissing,
    /// More than one Host.
    #[error("there is more than one Host field")]
    HostRepeated,
    /// A Host that is not `host[:port]`.
    #[error("the Host field is not a host and an optional port")]
    HostInvalid,
    /// Target and Host name different authorities: whoever looks at one of them only is deceived.
    #[error("the request target names another host than the Host field")]
    HostDiffersFromTarget,
    /// A Content-Length that is not a plain decimal number.
    #[error("Content-Length is not a decimal number")]
    LengthInvalid,
    /// A Content-Length that does not fit into 64 bits.
    #[error("Content-Length does not fit into 64 bits")]
    LengthOverflow,
    /// Two Content-Length fields, or one with a list. Even if they agree: the next reader may see only one of them.
    #[error("there is more than one Content-Length")]
    LengthRepeated,
    /// Both framings at once, the classic of request smuggling.
    #[error("there are both Content-Length and Transfer-Encoding")]
    LengthWithTransferCoding,
    /// The last coding is not `chunked`, but another one, an odd spelling of it, or nothing: where would the message end?
    #[error("`chunked` is not the last transfer coding")]
    ChunkedNotLast,
    /// `chunked, chunked`.
    #[error("`chunked` is there more than once")]
    ChunkedRepeated,
    /// A transfer coding that this end does not know, with `chunked` behind it.
    #[error("the transfer coding is not known here")]
    TransferCodingUnknown,
    /// Transfer-Encoding in a message that claims HTTP/1.0, which had none.
    #[error("Transfer-Encoding in an HTTP/1.0 message")]
    TransferCodingInHttp10,
    /// A chunk line longer than [`Config::max_chunk_line`](crate::Config::max_chunk_line).
    #[error("the line before a chunk is longer than {limit} bytes")]
    ChunkLineTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// More than [`Config::max_chunk_extensions`](crate::Config::max_chunk_extensions).
    #[error("the chunk extensions of one message are longer than {limit} bytes in all")]
    ChunkExtensionsTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// Longer than [`Config::max_trailers`](crate::Config::max_trailers).
    #[error("the trailers are longer than {limit} bytes")]
    TrailersTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The stream ended within a message.
    #[error("the stream ended in the middle of {within}")]
    Truncated {
        /// Which part of a message was incomplete.
        within: &'static str,
    },
    /// A response that no request asked for.
    #[error("bytes arrived that no request asked for")]
    UnaskedResponse,
    /// `101 Switching Protocols` to a request that did not offer to.
    #[error("the server switched protocols without having been asked to")]
    UnaskedSwitch,
}

impl Violation {
    /// What a server answers.
    pub fn status(&self) -> StatusCode {
        use Violation::*;
        match self {
            StartLineTooLong { .. } => StatusCode::URI_TOO_LONG,
            HeadTooLong { .. } | TooManyFields { .. } | TrailersTooLong { .. } => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            VersionNotSupported(_) => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            MethodTooLong { .. } | TransferCodingUnknown => StatusCode::NOT_IMPLEMENTED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Where the rule stands.
    pub fn rule(&self) -> &'static str {
        use Violation::*;
        match self {
            StartLineTooLong { .. } | MethodTooLong { .. } => "RFC 9112 §3",
            HeadTooLong { .. } | TooManyFields { .. } | TrailersTooLong { .. } => "RFC 6585 §5",
            VersionNotSupported(_) => "RFC 9110 §15.6.6",
            Target(_) | HostMissing | HostRepeated | HostInvalid => "RFC 9112 §3.2",
            HostDiffersFromTarget => "RFC 9112 §3.2.2",
            LengthInvalid | LengthOverflow | LengthRepeated => "RFC 9112 §6.3",
            LengthWithTransferCoding | TransferCodingUnknown | TransferCodingInHttp10 => "RFC 9112 §6.1",
            ChunkedNotLast => "RFC 9112 §6.3",
            ChunkedRepeated => "RFC 9112 §7",
            ChunkLineTooLong { .. } | ChunkExtensionsTooLong { .. } => "RFC 9112 §7.1.1",
            Truncated { .. } => "RFC 9112 §8",
            UnaskedResponse => "RFC 9112 §9.2",
            UnaskedSwitch => "RFC 9110 §7.8",
        }
    }

    /// A short name for logs, counters and tests.
    pub fn name(&self) -> &'static str {
        use Violation::*;
        match self {
            StartLineTooLong { .. } => "start-line-too-long",
            MethodTooLong { .. } => "method-too-long",
            HeadTooLong { .. } => "head-too-long",
            TooManyFields { .. } => "too-many-fields",
            VersionNotSupported(_) => "version-not-supported",
            Target(_) => "target",
            HostMissing => "host-missing",
            HostRepeated => "host-repeated",
            HostInvalid => "host-invalid",
            HostDiffersFromTarget => "host-differs-from-target",
            LengthInvalid => "length-invalid",
            LengthOverflow => "length-overflow",
            LengthRepeated => "length-repeated",
            LengthWithTransferCoding => "length-with-transfer-coding",
            ChunkedNotLast => "chunked-not-last",
            ChunkedRepeated => "chunked-repeated",
            TransferCodingUnknown => "transfer-coding-unknown",
            TransferCodingInHttp10 => "transfer-coding-in-http-1.0",
            ChunkLineTooLong { .. } => "chunk-line-too-long",
            ChunkExtensionsTooLong { .. } => "chunk-extensions-too-long",
            TrailersTooLong { .. } => "trailers-too-long",
            Truncated { .. } => "truncated",
            UnaskedResponse => "unasked-response",
            UnaskedSwitch => "unasked-switch",
        }
    }
}

/// A command that makes no sense here. Nothing was sent because of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// A head in the middle of a message, data before a head, anything after the end.
    #[error("this cannot be sent while the sending side is in state {state}")]
    OutOfOrder {
        /// The name of the state.
        state: &'static str,
    },
    /// A response from a client, a request from a server, [`Event::Closed`](crate::Event::Closed) from anybody.
    #[error("this end cannot send that kind of event")]
    WrongRole,
    /// Data beyond the announced Content-Length.
    #[error("{by} bytes more than Content-Length announced")]
    TooMuchData {
        /// How many bytes too many.
        by: u64,
    },
    /// The end before all of the announced Content-Length was sent.
    #[error("{missing} bytes fewer than Content-Length announced")]
    TooLittleData {
        /// How many bytes too few.
        missing: u64,
    },
    /// Framing fields that contradict each other or the status (RFC 9112 §6.1, §6.2).
    #[error("the framing fields of the head cannot be sent: {0}")]
    Framing(&'static str),
    /// A head that cannot be sent because every strict recipient would refuse it.
    #[error("the head cannot be sent: {0}")]
    Head(&'static str),
    /// A trailer that would change how the message is framed or routed (RFC 9110 §6.5.1).
    #[error("a trailer cannot be a field of framing or routing")]
    ForbiddenTrailer,
    /// Trailers need the chunked coding (RFC 9112 §7.1.2).
    #[error("trailers can only be sent with the chunked coding")]
    TrailersWithoutChunks,
    /// An interim response to a client of HTTP/1.0, which knows none (RFC 9110 §15.2).
    #[error("an HTTP/1.0 client cannot be sent a 1xx response")]
    InterimToHttp10,
    /// More requests ahead than [`Config::max_pipelined`](crate::Config::max_pipelined), or behind one that may switch
    /// protocols.
    #[error("no further request can be sent before a response has come")]
    TooFarAhead,
}

impl Error {
    /// What a server answers; `None` where there is nobody to answer to.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Error::Wire(_) => Some(StatusCode::BAD_REQUEST),
            Error::Violation(violation) => Some(violation.status()),
            Error::Misuse(_) => None,
        }
    }

    /// Where the broken rule stands.
    pub fn rule(&self) -> &'static str {
        match self {
            Error::Wire(error) => error.rule().map_or("RFC 9112 §2", |rule| rule.section),
            Error::Violation(violation) => violation.rule(),
            Error::Misuse(_) => "",
        }
    }

    /// A short name for logs, counters and tests.
    pub fn name(&self) -> &'static str {
        match self {
            Error::Wire(error) => error.rule().map_or("length", |rule| rule.name),
            Error::Violation(violation) => violation.name(),
            Error::Misuse(_) => "misuse",
        }
    }
}

impl From<WireError> for Error {
    fn from(error: WireError) -> Self {
        Error::Wire(error)
    }
}
