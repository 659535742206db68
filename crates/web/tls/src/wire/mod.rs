//! Bytes to messages and back: records, alerts, handshake messages and their extensions. No state and no policy.
//!
//! Messages borrow from the bytes that they were read from. What is read can always be written again, to the same bytes.
//! Who builds a message keeps to the lengths that stand at its fields: they come from the length fields before them, and
//! a longer value would not be read back.

mod alert;
mod certificate;
mod certificate_request;
mod certificate_verify;
mod client_hello;
mod encrypted_extensions;
mod end_of_early_data;
pub mod extension;
mod finished;
mod handshake;
mod hello_retry_request;
mod key_update;
mod new_session_ticket;
mod record;
mod server_hello;
mod vector;

pub use alert::{Alert, AlertLevel};
pub use certificate::{Certificate, CertificateEntry};
pub use certificate_request::CertificateRequest;
pub use certificate_verify::{CertificateVerify, Signer, signed_content};
pub use client_hello::ClientHello;
pub use encrypted_extensions::EncryptedExtensions;
pub use end_of_early_data::EndOfEarlyData;
pub use finished::Finished;
pub use handshake::{Handshake, HandshakeHeader};
pub use hello_retry_request::HelloRetryRequest;
pub use key_update::{KeyUpdate, KeyUpdateRequest};
pub use new_session_ticket::NewSessionTicket;
pub use record::{MAX_CIPHERTEXT, MAX_PLAINTEXT, RECORD_HEADER, Record, RecordHeader};
pub use server_hello::{DOWNGRADE_TLS1_1, DOWNGRADE_TLS1_2, HELLO_RETRY_REQUEST_RANDOM, ServerHello};
