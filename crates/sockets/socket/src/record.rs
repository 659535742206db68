use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;

pub(crate) mod strace;

/// A system call as it was made and as it ended. `Display` writes it as `strace` does.
///
/// ```
/// use wirelab_socket::{record, Socket};
///
/// # fn main() -> std::io::Result<()> {
/// let address = "127.0.0.1:0".parse().unwrap();
/// let (socket, calls) = record(|| Socket::tcp_for(&address));
/// let fd = calls[0].result.unwrap();
/// assert_eq!(calls[0].to_string(), format!("socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = {fd}"));
/// # drop(socket); Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The kernel's name of the call, which is not always the C library's: `send` is `sendto` without an
    /// address.
    pub name: &'static str,
    /// The arguments, as `strace` writes them: at most 32 bytes of what was sent or received, and `...` for
    /// what the kernel did not fill.
    pub arguments: String,
    /// What the call returned, or the number of the error.
    pub result: Result<i64, i32>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}) = ", self.name, self.arguments)?;
        match self.result {
            Ok(flags) if self.name == "fcntl" && self.arguments.ends_with("F_GETFL") => {
                write!(f, "{flags:#x} (flags {})", strace::status_flags(flags as i32))
            }
            Ok(flags) if self.name == "fcntl" && self.arguments.ends_with("F_GETFD") && flags == 1 => {
                f.write_str("0x1 (flags FD_CLOEXEC)")
            }
            Ok(number) => write!(f, "{number}"),
            Err(number) => {
                let error = io::Error::from_raw_os_error(number).to_string();
                let words = error.split(" (os error").next().unwrap_or_default();
                write!(f, "-1 {} ({words})", strace::Errno(number))
            }
        }
    }
}

/// More calls than this are made and not kept.
const LIMIT: usize = 65_536;

thread_local! {
    /// How many calls of [`record`] the thread is in. Of the two, this is the one that every system call asks:
    /// an integer without initialisation and without a destructor, at a fixed distance from a register.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

/// Runs `body` and returns, beside its result, the system calls that this crate made for it on this thread, in
/// their order. The first 65,536 are kept.
///
/// Calls that are made past this crate (by `std`, or by a descriptor that was taken out of a socket) are not
/// among them. A `record` inside another gets its own part, and the outer one gets all of it. A test compares
/// it with what `strace` sees.
pub fn record<R>(body: impl FnOnce() -> R) -> (R, Vec<Call>) {
    let scope = Scope::enter();
    let result = body();
    (result, scope.calls())
}

/// The way out of [`record`], taken when `body` panics too.
struct Scope {
    start: usize,
}

impl Scope {
    fn enter() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Scope { start: CALLS.with_borrow(Vec::len) }
    }

    fn calls(&self) -> Vec<Call> {
        CALLS.with_borrow(|calls| calls.get(self.start..).unwrap_or_default().to_vec())
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        if DEPTH.get() == 0 {
            CALLS.take();
        }
    }
}

/// Whether anybody wants to know.
#[inline]
pub(crate) fn is_on() -> bool {
    DEPTH.get() > 0
}

pub(crate) fn note(name: &'static str, arguments: String, result: Result<i64, i32>) {
    CALLS.with_borrow_mut(|calls| {
        if calls.len() < LIMIT {
            calls.push(Call { name, arguments, result });
        }
    });
}
