use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// Far more than anything takes that a program waits for; whoever waits longer waits for nothing.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits for something that the kernel or another thread does in its own time: asks again and again, and gives others the
/// processor in between.
///
/// ```
/// use wirelab_examples::wait_until;
///
/// # fn main() -> std::io::Result<()> {
/// let mut asked = 0;
/// wait_until("the third answer", || {
///     asked += 1;
///     Ok(asked == 3)
/// })
/// # }
/// ```
///
/// # Errors
/// Those of `condition`; `TimedOut`, with `what` it was, after half a minute.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    let began = Instant::now();
    while !condition()? {
        let waited = began.elapsed();
        if waited > LIMIT {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("waited in vain for {what}")));
        }
        // Most things come in microseconds. For the others, polling shall not take a processor from them.
        if waited < Duration::from_millis(1) {
            thread::yield_now();
        } else {
            thread::sleep(Duration::from_micros(200));
        }
    }
    Ok(())
}
