/// The limits of reading, and what a written file begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long a block may be, in bytes with its header, read or written. 16 MiB.
    pub longest_block: u32,
    /// How many interfaces a section may describe when it is read. 65 536.
    pub most_interfaces: u32,
    /// How many bytes of a packet are written; the rest is cut off, and its length stays known. 262 144, as in tcpdump.
    pub snap_length: u32,
    /// What [`Instant::ZERO`](wirelab_sansio::Instant::ZERO) is in the world's time. [`Clock::VIRTUAL`].
    pub clock: Clock,
    /// The name of the program that writes (`shb_userappl`). `"wirelab"`.
    pub application: &'static str,
    /// How long a line of a key log may be, in bytes without its end. 4096.
    pub longest_key_line: usize,
    /// How many secrets a key log may hold. 65 536.
    pub most_secrets: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            longest_block: 16 << 20,
            most_interfaces: 1 << 16,
            snap_length: 1 << 18,
            clock: Clock::VIRTUAL,
            application: "wirelab",
            longest_key_line: 4096,
            most_secrets: 1 << 16,
        }
    }
}

/// What a capture's timestamps mean. Both variants hold nanoseconds from 1970-01-01T00:00:00Z to
/// [`Instant::ZERO`](wirelab_sansio::Instant::ZERO).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// A clock that a program moves by itself. The file says so, since its timestamps look like any others.
    Virtual(u64),
    /// A clock of the world: the moment at which the driver began to count.
    Real(u64),
}

impl Clock {
    /// Virtual time that begins at 2000-01-01T00:00:00Z: the same run writes the same bytes on any day.
    pub const VIRTUAL: Clock = Clock::Virtual(946_684_800_000_000_000);

    /// Nanoseconds from 1970-01-01T00:00:00Z to the first moment.
    pub fn epoch(self) -> u64 {
        match self {
            Clock::Virtual(epoch) | Clock::Real(epoch) => epoch,
        }
    }
}
