//! The protection of records (RFC 8446 §5): how content gets its nonce, its tag, its hidden type and its padding.

mod error;
mod nonce;
mod opener;
mod sealer;

pub use error::{OpenError, SealError};
pub use opener::{Opened, Opener};
pub use sealer::Sealer;
