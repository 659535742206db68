use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};

use super::EphemeralKey;
use crate::{Misuse, NamedGroup};

/// Where a handshake takes its random numbers and its key pairs from. A protocol has no source of its own.
///
/// ```
/// use ring::rand::SystemRandom;
/// use wirelab_tls::Entropy;
///
/// let (mut one, mut other) = ([0; 32], [0; 32]);
/// let entropy = Entropy::new(SystemRandom::new());
/// entropy.fill(&mut one)?;
/// entropy.fill(&mut other)?;
/// assert_ne!(one, other);
/// # Ok::<(), wirelab_tls::Misuse>(())
/// ```
#[derive(Clone, Debug)]
pub struct Entropy(Source);

#[derive(Clone, Debug)]
enum Source {
    System(SystemRandom),
    Recorded(Arc<Mutex<Recorded>>),
}

#[derive(Debug)]
struct Recorded {
    bytes: VecDeque<u8>,
    keys: VecDeque<EphemeralKey>,
}

impl Entropy {
    /// From the system.
    pub fn new(random: SystemRandom) -> Self {
        Entropy(Source::System(random))
    }

    /// What another handshake has used, in the same order, so that it runs again to the same bytes (RFC 8448). Nothing is
    /// secret with it.
    pub fn recorded(bytes: &[u8], keys: Vec<EphemeralKey>) -> Self {
        let recorded = Recorded { bytes: bytes.iter().copied().collect(), keys: keys.into() };
        Entropy(Source::Recorded(Arc::new(Mutex::new(recorded))))
    }

    /// Random bytes.
    ///
    /// # Errors
    /// [`Misuse::NoRandomness`]: the system, or the recording, has no more.
    pub fn fill(&self, out: &mut [u8]) -> Result<(), Misuse> {
        match &self.0 {
            Source::System(random) => random.fill(out).map_err(|_| Misuse::NoRandomness),
            Source::Recorded(recorded) => {
                let mut recorded = recorded.lock().unwrap_or_else(PoisonError::into_inner);
                out.iter_mut().try_for_each(|place| {
                    *place = recorded.bytes.pop_front().ok_or(Misuse::NoRandomness)?;
                    Ok(())
                })
            }
        }
    }

    /// Random bytes of a fixed number.
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    pub fn array<const N: usize>(&self) -> Result<[u8; N], Misuse> {
        let mut out = [0; N];
        self.fill(&mut out)?;
        Ok(out)
    }

    /// A key pair for one exchange.
    ///
    /// # Errors
    /// [`Misuse::NoRandomness`]; [`Misuse::Config`]: the group is not implemented.
    pub fn ephemeral_key(&self, group: NamedGroup) -> Result<EphemeralKey, Misuse> {
        match &self.0 {
            Source::System(random) if EphemeralKey::GROUPS.contains(&group) => {
                EphemeralKey::generate(group, random).map_err(|_| Misuse::NoRandomness)
            }
            Source::System(_) => Err(Misuse::Config("group")),
            Source::Recorded(recorded) => {
                let mut recorded = recorded.lock().unwrap_or_else(PoisonError::into_inner);
                let place = recorded.keys.iter().position(|key| key.group() == group);
                place.and_then(|place| recorded.keys.remove(place)).ok_or(Misuse::NoRandomness)
            }
        }
    }

    /// The system's generator, for signatures, which are random too. A recording has no other.
    pub fn system(&self) -> SystemRandom {
        match &self.0 {
            Source::System(random) => random.clone(),
            Source::Recorded(_) => SystemRandom::new(),
        }
    }
}
