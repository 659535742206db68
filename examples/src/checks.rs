use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// What a program's `main` returns.
pub type Outcome = Result<ExitCode, Failure>;

/// Any error. The end of `main` prints errors with `Debug`; this one says there what it says to people.
pub struct Failure(Box<dyn Error>);

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure(error.into())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a program promises to show. A promise that is broken makes the exit code 1.
#[derive(Debug, Default)]
pub struct Checks {
    made: usize,
    failed: usize,
}

impl Checks {
    /// Prints whether it holds.
    pub fn check(&mut self, promise: impl AsRef<str>, holds: bool) {
        self.made += 1;
        self.failed += usize::from(!holds);
        println!("{} {}", if holds { "✓" } else { "✗" }, promise.as_ref());
    }

    /// Whether all did so far, and there was at least one.
    pub fn all_hold(&self) -> bool {
        self.failed == 0 && self.made > 0
    }

    /// The program's exit code.
    pub fn exit_code(&self) -> ExitCode {
        if self.all_hold() {
            return ExitCode::SUCCESS;
        }
        println!("{} of {} checks failed", self.failed, self.made);
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use super::Checks;

    #[test]
    fn one_broken_promise_is_enough_and_none_at_all_is_not() {
        let mut checks = Checks::default();
        assert!(!checks.all_hold(), "nothing was shown");
        checks.check("true", true);
        assert!(checks.all_hold());
        checks.check("false", false);
        checks.check("true again", true);
        assert!(!checks.all_hold());
    }
}
