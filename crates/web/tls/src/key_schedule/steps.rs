use std::fmt;

use zeroize::Zeroizing;

/// A record of what the key schedule computes, step by step, for who wants to see it.
///
/// It is off unless asked for; then a step costs one comparison.
#[derive(Clone, Debug, Default)]
pub struct Steps(Option<Vec<Step>>);

impl Steps {
    /// Records nothing.
    pub const fn off() -> Self {
        Steps(None)
    }

    /// Records each step. What it holds is as secret as the connection.
    pub const fn on() -> Self {
        Steps(Some(Vec::new()))
    }

    /// The steps so far, in their order.
    pub fn recorded(&self) -> &[Step] {
        self.0.as_deref().unwrap_or_default()
    }

    pub(super) fn record(&mut self, step: impl FnOnce() -> Step) {
        if let Some(steps) = &mut self.0 {
            steps.push(step());
        }
    }
}

/// One step of the key schedule.
#[derive(Clone)]
pub struct Step {
    /// What was done.
    pub operation: Operation,
    /// The secret that went in: the salt of an extraction, the key of an expansion.
    pub secret: Zeroizing<Vec<u8>>,
    /// What came out.
    pub output: Zeroizing<Vec<u8>>,
}

/// What a step does, with its other input.
#[derive(Clone)]
pub enum Operation {
    /// HKDF-Extract (RFC 5869 §2.2): mixes new key material into a secret.
    Extract {
        /// The input key material.
        ikm: Zeroizing<Vec<u8>>,
    },
    /// HKDF-Expand-Label (RFC 8446 §7.1): makes something of a secret for one purpose.
    ExpandLabel {
        /// The purpose, without `tls13 ` before it.
        label: Vec<u8>,
        /// What it is bound to: mostly a digest of the transcript.
        context: Vec<u8>,
    },
}

impl fmt::Debug for Step {
    /// Names the step; the secrets stay hidden.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.operation {
            Operation::Extract { .. } => f.write_str("HKDF-Extract"),
            Operation::ExpandLabel { label, .. } => {
                write!(f, "HKDF-Expand-Label({:?})", String::from_utf8_lossy(label))
            }
        }
    }
}
