//! The messages of `tests/vectors/`: their golden trees, and the four checks.

use wirelab_tls::{Alert, Handshake, Record};
use wirelab_wire::testing::{all_four, golden_tree, never_panics, strict_prefixes_are_incomplete, vector};
use wirelab_wire::{Decode, Encode, Reader};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

/// Each kind of message, and each kind of extension.
const MESSAGES: [&str; 21] = [
    "certificate",
    "certificate_request",
    "certificate_request_filters",
    "certificate_status",
    "certificate_verify",
    "client_hello",
    "client_hello_bare",
    "client_hello_browser",
    "client_hello_cookie",
    "client_hello_psk",
    "encrypted_extensions",
    "encrypted_extensions_alpn",
    "end_of_early_data",
    "finished",
    "hello_retry_request",
    "key_update",
    "new_session_ticket",
    "server_hello",
    "server_hello_psk",
    "server_hello_tls12",
    "unknown_message",
];

#[test]
fn handshake_messages_pass_the_four_checks() {
    for name in MESSAGES {
        all_four::<Handshake<'_>>(VECTORS, name);
        strict_prefixes_are_incomplete::<Handshake<'_>>(vector(VECTORS, name));
    }
}

#[test]
fn messages_that_are_refused_are_explained_up_to_the_mistake() {
    for mistake in ["extension_twice", "odd_suites"] {
        golden_tree::<Handshake<'_>>(VECTORS, &format!("refused_{mistake}"));
    }
}

#[test]
fn records_and_alerts_pass_the_four_checks() {
    all_four::<Record<'_>>(VECTORS, "record");
    all_four::<Alert>(VECTORS, "alert");
    strict_prefixes_are_incomplete::<Alert>(vector(VECTORS, "alert"));
}

/// Each byte of each message, changed in each bit: read without a panic, and what is accepted is written again.
#[test]
fn messages_with_one_bit_changed_do_no_harm() {
    for name in MESSAGES {
        let bytes = vector(VECTORS, name);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.to_vec();
            changed[bit / 8] ^= 0x80 >> (bit % 8);
            if let Ok(message) = Handshake::decode(&mut Reader::prefix(&changed)) {
                let written = message.to_bytes();
                assert_eq!(&written[..], &changed[..written.len()], "{name}, bit {bit}");
            }
        }
    }
}

/// Explaining takes its time, so these are fewer: the same verdict with and without a recorder.
#[test]
fn messages_with_one_byte_changed_are_explained_to_the_same_verdict() {
    for name in MESSAGES {
        let bytes = vector(VECTORS, name);
        for at in (0..bytes.len().min(400)).step_by(13) {
            let mut changed = bytes.to_vec();
            changed[at] = !changed[at];
            never_panics::<Handshake<'_>>(changed.leak());
        }
    }
}
