use std::io::{self, ErrorKind};
use std::time::Duration;

use wirelab::socket::TcpStream;

use crate::Table;

/// Attempts of one kind that all take a port: until one is refused because there is none left, or there were many.
///
/// ```
/// use wirelab::socket::TcpListener;
/// use wirelab_examples::Attempts;
///
/// # fn main() -> std::io::Result<()> {
/// let first = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let taken = first.local_addr()?;
/// let again = Attempts::of("the same port again", 5, || TcpListener::bind(taken))?;
/// assert!(again.made.is_empty() && again.refused(std::io::ErrorKind::AddrInUse));
/// # Ok(()) }
/// ```
pub struct Attempts<T> {
    name: &'static str,
    /// What came of those that succeeded.
    pub made: Vec<T>,
    /// What the last one was refused with.
    pub error: Option<io::Error>,
}

impl<T> Attempts<T> {
    /// Attempts until a refusal (`AddrInUse`, `AddrNotAvailable`), or `many` times.
    ///
    /// # Errors
    /// An attempt failed for another reason.
    pub fn of(
        name: &'static str,
        many: usize,
        mut attempt: impl FnMut() -> io::Result<T>,
    ) -> io::Result<Self> {
        let (mut made, mut error) = (Vec::new(), None);
        while made.len() < many && error.is_none() {
            match attempt() {
                Ok(one) => made.push(one),
                Err(refused)
                    if matches!(refused.kind(), ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse) =>
                {
                    error = Some(refused);
                }
                Err(other) => return Err(other),
            }
        }
        Ok(Attempts { name, made, error })
    }

    /// The headings of [`row`](Self::row).
    pub fn headings() -> Table {
        Table::new(["", "made", "then"])
    }

    /// The table with one more row: how many there were, and how they ended.
    pub fn row(&self, table: Table) -> Table {
        let then = self.error.as_ref().map_or("no end to be seen".to_owned(), ToString::to_string);
        table.cells(&[&self.name, &self.made.len(), &then])
    }

    /// Whether the last one was refused so.
    pub fn refused(&self, kind: ErrorKind) -> bool {
        self.error.as_ref().is_some_and(|error| error.kind() == kind)
    }
}

impl Attempts<TcpStream> {
    /// Whether one of the connections has this port at our end.
    pub fn has_port(&self, port: u16) -> bool {
        self.made.iter().any(|stream| stream.local_addr().is_ok_and(|address| address.port() == port))
    }

    /// Ends the connections by RST when they are dropped, so that none leaves a TIME-WAIT.
    ///
    /// # Errors
    /// None are known.
    pub fn forget(&self) -> io::Result<()> {
        self.made.iter().try_for_each(|stream| stream.set_linger(Some(Duration::ZERO)))
    }
}
