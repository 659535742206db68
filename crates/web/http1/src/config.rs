/// Limits, so that no peer decides how much memory a connection takes. The defaults are safe for the open internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The longest start line in bytes, its CRLF and empty lines before it included. RFC 9112 §3 asks for at least 8000.
    pub max_start_line: usize,
    /// The longest head in bytes, start line included.
    pub max_head: usize,
    /// How many fields a head, or the trailers, may have.
    pub max_fields: usize,
    /// The longest line of a chunk's size and extensions in bytes.
    pub max_chunk_line: usize,
    /// How many bytes of chunk extensions one message may have in all: nobody uses them but those who flood.
    pub max_chunk_extensions: usize,
    /// The longest trailers in bytes.
    pub max_trailers: usize,
    /// How many requests a client may send ahead of the responses.
    pub max_pipelined: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_start_line: 8 * 1024,
            max_head: 64 * 1024,
            max_fields: 100,
            max_chunk_line: 1024,
            max_chunk_extensions: 16 * 1024,
            max_trailers: 8 * 1024,
            max_pipelined: 64,
        }
    }
}
