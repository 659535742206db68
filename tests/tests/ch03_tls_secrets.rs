//! Sections 3.3 and 3.5: how a secret is agreed on, and what a leaked key opens.

use wirelab_tests::programs::{is_golden, printed};

#[test]
fn what_can_be_done_by_hand_is_the_same_every_time() {
    is_golden("ch03_diffie_hellman", &["--by-hand"]);
}

#[test]
fn the_eavesdropper_finds_small_secrets_and_the_curves_agree() {
    let out = printed("ch03_diffie_hellman", &[]);
    assert_eq!(out.matches('✓').count(), 10, "{out}");
    for curve in ["X25519", "secp256r1", "secp384r1"] {
        assert!(out.lines().any(|line| line.starts_with(curve)), "{curve} is missing:\n{out}");
    }
}

#[test]
fn the_leaked_key_opens_one_recording_and_not_the_other() {
    is_golden("ch03_forward_secrecy", &[]);
}
